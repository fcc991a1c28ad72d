// A tree of real files for benches: hard links (copies where that cannot be) of what lies on this machine, each source once.

import { copyFileSync, linkSync, mkdirSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { root } from '../../scripts/projectRoot.ts';

const sources = [
  path.join(root, 'node_modules'),
  path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'potluck-dev'),
  '/usr/share',
  '/usr/lib',
  '/usr/include',
];

export interface RealTree {
  fileCount: number;
  /** Relative to the tree, with `/`; '' is the tree itself. */
  folders: string[];
}

/** Fills `target` with `files` files, or, without `isExact`, with as many as the machine has up to that. Throws when it must and has not so many. */
export function makeRealTree(target: string, files: number, { isExact = true }: { isExact?: boolean } = {}): RealTree {
  const tree: RealTree = { fileCount: 0, folders: [''] };
  mkdirSync(target, { recursive: true });
  for (const [at, source] of sources.entries()) {
    if (tree.fileCount >= files) break;
    const name = `${at}-${path.basename(source)}`;
    copyFolder(source, { target, relative: name, tree, most: files });
  }
  if (isExact && tree.fileCount < files)
    throw new Error(`This machine has only ${tree.fileCount} of ${files} files in ${sources.join(', ')}.`);
  return tree;
}

function copyFolder(source: string, into: { target: string; relative: string; tree: RealTree; most: number }): void {
  const { target, relative, tree, most } = into;
  const items = entriesOf(source);
  if (items.length === 0) return;
  mkdirSync(path.join(target, relative));
  tree.folders.push(relative);
  for (const item of items) {
    if (tree.fileCount >= most) return;
    const from = path.join(source, item.name);
    const below = `${relative}/${item.name}`;
    if (item.isDirectory() && item.name !== '.cache') copyFolder(from, { ...into, relative: below });
    else if (item.isFile() && copyFile(from, path.join(target, below))) tree.fileCount++;
  }
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // Not there, or not ours to read: the next source has more.
  }
}

function copyFile(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch {
    // Another disk, or a system that lets nobody link foreign files.
  }
  try {
    copyFileSync(from, to);
    return true;
  } catch {
    return false; // Unreadable.
  }
}
