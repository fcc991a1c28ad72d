// `npm run bench -- NAME`: runs bench/NAME and prints its figures.

import { ensureSetup } from './setup.mjs';

await ensureSetup(import.meta.url);
const { main } = await import('./runBench.ts');
await main(process.argv.slice(2));
