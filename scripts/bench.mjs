// `npm run bench -- NAME`: runs bench/NAME and prints its figures.

import { runScript } from './setup.mjs';

await runScript(import.meta.url, () => import('./runBench.ts'));
