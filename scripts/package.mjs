// `npm run package [-- TARGET | all]`: makes potluck-<target>.vsix and prints the sizes.

import { ensureSetup } from './setup.mjs';

await ensureSetup(import.meta.url);
const { main } = await import('./vsix.ts');
await main(process.argv.slice(2));
