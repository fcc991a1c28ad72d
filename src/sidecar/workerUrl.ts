// Where a worker's code lies: beside the module that starts it, both as source (`.ts`) and in the bundle (`.cjs`).

import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** URL of worker `name` for the module at `moduleUrl` (its `import.meta.url`). */
export function workerUrl(moduleUrl: string, name: string): URL {
  return new URL(`./${name}${path.extname(fileURLToPath(moduleUrl))}`, moduleUrl);
}
