// `npm run build [-- --target T] [--watch]`: bundles into dist/, with the native addons of one platform in prebuilds/.

import { ensureSetup } from './setup.mjs';

await ensureSetup(import.meta.url);
const { main } = await import('./bundle.ts');
await main(process.argv.slice(2));
