// `npm run test:electron`: the in-host suite in desktop VS Code.

import { runScript } from './setup.mjs';

await runScript(import.meta.url, () => import('../test/vscode/runInElectron.ts'));
