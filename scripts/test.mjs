// `npm test [-- check lint unit integration namespaces e2e]`: every check there is, in that order.

import { runScript } from './setup.mjs';

await runScript(import.meta.url, () => import('./runTests.ts'));
