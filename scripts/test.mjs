// `npm test [-- check lint unit integration e2e]`: every check there is, in that order.

import { ensureSetup } from './setup.mjs';

await ensureSetup(import.meta.url);
const { main } = await import('./runTests.ts');
await main(process.argv.slice(2));
