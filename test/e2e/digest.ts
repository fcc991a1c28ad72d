// A folder as one text, to compare a copy with its source.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Every path below a folder with the hash of its content; configuration files too. A folder is a line of its own. */
export function digestOf(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      const hash = entry.isFile() ? createHash('sha256').update(readFileSync(file)).digest('hex') : 'folder';
      return `${path.relative(folder, file)} ${hash}`;
    })
    .sort()
    .join('\n');
}
