// `npm start [-- --share DIR] [--port N] [--internet]`: a table for two in a browser.

import { ensureSetup } from './setup.mjs';

await ensureSetup(import.meta.url);
const { main } = await import('./startTable.ts');
await main(process.argv.slice(2));
