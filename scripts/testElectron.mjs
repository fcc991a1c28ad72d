// `npm run test:electron`: the in-host suite in desktop VS Code.

import { ensureSetup } from './setup.mjs';

await ensureSetup(import.meta.url);
const { main } = await import('../test/vscode/runInElectron.ts');
await main(process.argv.slice(2));
