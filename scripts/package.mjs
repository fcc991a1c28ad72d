// `npm run package [-- TARGET | all]`: makes potluck-<target>.vsix and prints the sizes.

import { runScript } from './setup.mjs';

await runScript(import.meta.url, () => import('./vsix.ts'));
