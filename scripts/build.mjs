// `npm run build [-- --target T] [--watch]`: bundles into dist/, with the native addons of one platform in prebuilds/.

import { runScript } from './setup.mjs';

await runScript(import.meta.url, () => import('./bundle.ts'));
