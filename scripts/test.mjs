// `npm test [-- check lint unit integration e2e]`: every check there is, in that order.

import { runScript } from './setup.mjs';

await runScript(import.meta.url, () => import('./runTests.ts'));
