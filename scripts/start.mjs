// `npm start [-- --share DIR] [--port N] [--internet]`: a table for two in a browser.

import { runScript } from './setup.mjs';

await runScript(import.meta.url, () => import('./startTable.ts'));
