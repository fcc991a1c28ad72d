// `node scripts/network.mjs [--port N] [--peer DATA_FOLDER --share DIR] [--party NAME]`: a DHT on 127.0.0.1 in the foreground, and on
// request a second peer in the party "demo", for debugging the extension by hand (.vscode/launch.json).

import { runScript } from './setup.mjs';

await runScript(import.meta.url, () => import('./network.ts'));
