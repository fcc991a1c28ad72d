// A seeded random tree with names that queries hit: words in many joints and cases, some beyond ASCII.

import type { ModelFolder } from '../index/randomTree.ts';

export const words = [
  ...[
    'photo',
    'Holiday',
    'report',
    'data',
    'main',
    'test',
    'index',
    'IMG',
    'e',
    'x1',
    'beach',
    'Final',
    'draft',
    '2019',
    '07',
    'backup',
  ],
  ...[
    'Ärger',
    'Straße',
    'ΟΔΟΣ',
    'İstanbul',
    'ni\u0301na',
    '日本',
    '🍲',
    "o'hara",
    'readme',
    'package',
    'node',
    'music',
    'ab',
    'aba',
    'a',
  ],
];
const joints = ['-', '_', ' ', '.', '', ''];
const extensions = ['.txt', '.pdf', '.JPG', '.tar.gz', '', '.', '.d.ts', '.mp3', '.longextension'];

export function namedTree(random: () => number, files: number): ModelFolder {
  const root = emptyFolder();
  const folders = [root];
  const pick = <T>(list: readonly T[]): T => {
    const found = list[Math.floor(random() ** 2 * list.length)];
    if (found === undefined) throw new RangeError('nothing to pick from');
    return found;
  };
  const name = (): string => {
    let made = pick(words);
    for (let more = Math.floor(random() * 3); more > 0; more--) made += pick(joints) + pick(words);
    return random() < 0.3 ? `${made}${Math.floor(random() * 100)}` : made;
  };
  // Few different times, so that ranks tie.
  const time = (): number => (random() < 0.5 ? 1.6e12 : Math.floor(random() * 50) * 3.3e10 + Math.floor(random() * 2000));
  for (let made = 0; made < files; made++) {
    const into = pick(folders);
    if (random() < 0.12 && folders.length < files / 3) {
      const child = emptyFolder();
      const called = name();
      if (into.files.has(called) || into.folders.has(called)) continue;
      into.folders.set(called, { mtimeMs: time(), folder: child });
      folders.unshift(child);
    } else {
      const called = name() + pick(extensions);
      if (!into.folders.has(called)) into.files.set(called, { sizeBytes: Math.floor(random() ** 6 * 2 ** 33), mtimeMs: time() });
    }
  }
  return root;
}

function emptyFolder(): ModelFolder {
  return { folders: new Map(), files: new Map() };
}

/** Queries from nearly nothing to nearly everything. */
export function randomQuery(random: () => number): string {
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  const part = (): string => {
    const word = [...(pick(words) ?? 'a')];
    const start = Math.floor(random() * word.length);
    return word.slice(start, start + 1 + Math.floor(random() * word.length)).join('');
  };
  const make = [
    part,
    part,
    () => pick(words) ?? 'a',
    () => `${part()}/${part()}`,
    () => `${pick(words) ?? 'a'}/`,
    () => `/${part()}`,
    () => `${part()}/${pick(words) ?? 'a'}/${part()}`,
    () => `-${part()}${part()}`,
    () => `-${pick(words) ?? 'a'}`,
    () => `"${pick(words) ?? 'a'}${pick(joints) ?? ''}${part()}"`,
    () => `ext:${pick(['pdf', 'jpg,txt', 'gz', 'ts', 'longextension', 'nothing']) ?? ''}`,
    () => `-ext:${pick(['pdf', 'txt,mp3']) ?? ''}`,
    () => pick(['kind:file', 'kind:folder', 'kind:image', 'kind:document', '-kind:audio', '-kind:folder']) ?? '',
    () => pick(['size>10MB', 'size<1k', 'size:1kb..5mb', 'size>=0']) ?? '',
    () => pick(['newer:2010-01-01', 'older:2015', 'newer:1980', 'older:2021-03']) ?? '',
  ];
  return Array.from({ length: 1 + Math.floor(random() * random() * 4) }, () => (pick(make) ?? part)()).join(' ');
}
