// A seeded random tree, as a plain model and as an index: what segments and chunks are compared with.

import type { IndexSink } from '../../../../../src/sidecar/catalog/index/rows.ts';

export interface ModelFolder {
  folders: Map<string, { mtimeMs: number; folder: ModelFolder }>;
  files: Map<string, { sizeBytes: number; mtimeMs: number }>;
}

/** mulberry32: small, seeded, good enough to make trees. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const words = [
  'a',
  'README.md',
  'index',
  'ü',
  '日本',
  '🍲',
  '\uffee',
  'x y',
  'new\nline',
  '.hidden',
  'Z',
  '-',
  'long'.repeat(60),
];

export function randomTree(random: () => number, depth = 0): ModelFolder {
  const folder: ModelFolder = { folders: new Map(), files: new Map() };
  const pick = (count: number): number => Math.floor(random() * count);
  const name = (): string => `${words[pick(words.length)] ?? 'a'}${pick(3) === 0 ? pick(1000) : ''}`;
  for (let count = depth < 6 ? pick(5) : 0; count > 0; count--)
    folder.folders.set(name(), { mtimeMs: pick(2e9) * 1000, folder: randomTree(random, depth + 1) });
  for (let count = pick(8); count > 0; count--) {
    const file = name();
    if (!folder.folders.has(file))
      folder.files.set(file, { sizeBytes: Math.floor(random() ** 8 * 2 ** 42), mtimeMs: pick(2e9) * 777 - 1e9 });
  }
  return folder;
}

export function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

/** The model in index order. */
export function feed(folder: ModelFolder, sink: IndexSink): void {
  const folders = [...folder.folders].toSorted(([one], [other]) => byBytes(one, other));
  const files = [...folder.files].toSorted(([one], [other]) => byBytes(one, other));
  sink.folder(folders.length, files.length);
  for (const [name, { mtimeMs }] of folders) sink.entry(Buffer.from(name), 0, mtimeMs);
  for (const [name, { sizeBytes, mtimeMs }] of files) sink.entry(Buffer.from(name), sizeBytes, mtimeMs);
  for (const [, child] of folders) feed(child.folder, sink);
}

/** Records what a sink is given, as text. */
export function recorder(): IndexSink & { lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    folder: (folderCount, fileCount) => void lines.push(`folder ${folderCount} ${fileCount}`),
    entry: (name, sizeBytes, mtimeMs) =>
      void lines.push(`${JSON.stringify(Buffer.from(name).toString())} ${sizeBytes} ${mtimeMs}`),
  };
}
