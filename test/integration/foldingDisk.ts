// A disk that takes some names for one, as those of macOS and Windows do, where the test's own does not: a sidecar is started so that whatever it
// asks of a folder finds what is there under any of these names.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { World } from './world.ts';

/** What the disk does not tell apart. */
export type Folds = 'case and spelling' | 'spelling';

const fold = (root: string, folds: Folds) => `
const fs = require('node:fs');
const path = require('node:path');
const root = ${JSON.stringify(root)};
const { readdirSync } = fs;
const key = (name) => name.normalize('NFC')${folds === 'spelling' ? '' : ".toLowerCase().normalize('NFC')"};
const found = (asked) => {
  if (typeof asked !== 'string' || !asked.startsWith(root + path.sep)) return asked;
  let at = root;
  for (const name of asked.slice(root.length + 1).split(path.sep)) {
    let names = [];
    try {
      names = readdirSync(at);
    } catch {}
    at = path.join(at, names.includes(name) ? name : (names.find((each) => key(each) === key(name)) ?? name));
  }
  return at;
};
const one = ['open', 'lstat', 'stat', 'mkdir', 'unlink', 'rmdir', 'rm', 'readdir', 'realpath', 'writeFile', 'readFile', 'truncate', 'access'];
const two = ['link', 'rename', 'copyFile'];
const patch = (holder, name, count) => {
  const real = holder[name];
  if (typeof real !== 'function') return;
  const patched = (...args) => real.apply(holder, args.map((arg, at) => (at < count ? found(arg) : arg)));
  holder[name] = Object.assign(patched, real, real.native && { native: (asked, ...rest) => real.native(found(asked), ...rest) });
};
for (const [names, count] of [[one, 1], [two, 2]])
  for (const name of names) {
    patch(fs, name + 'Sync', count);
    patch(fs, name, count);
    patch(fs.promises, name, count);
  }
patch(fs, 'existsSync', 1);
`;

/** What to start a sidecar with, and the folder that is on such a disk. */
export function nodeOnFoldingDisk(world: World, folds: Folds): { execPath: string; folder: string } {
  const [folder, hook, execPath] = ['folding', 'fold.cjs', 'node.sh'].map((name) => path.join(world.folder, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(folder);
  writeFileSync(hook, fold(folder, folds));
  writeFileSync(execPath, `#!/bin/sh\nexec "${process.execPath}" --require "${hook}" "$@"\n`);
  chmodSync(execPath, 0o755);
  return { execPath, folder };
}
