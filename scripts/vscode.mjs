// `node scripts/vscode.mjs`: installs the VS Codes and the browser of the end-to-end tests, where they are missing.

import { ensureSetup } from './setup.mjs';

await ensureSetup(import.meta.url);
const { ensureChromium, ensureVSCode, flavors } = await import('./vscode.ts');
for (const flavor of flavors) await ensureVSCode(flavor);
await ensureChromium();
