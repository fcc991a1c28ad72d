// Follows an index of a peer in its order: which folder the next entry is in. Checks the order of names, that none comes twice (also
// not once as folder and once as file), depth and path length.

import { indexLimits } from '../../limits.ts';
import { badIndex, ByteWriter } from './bytes.ts';
import { textOf } from './nameBytes.ts';

interface ReadFolder {
  parent: ReadFolder | undefined;
  name: string;
  pathBytes: number;
  depth: number;
}

const root: ReadFolder = { parent: undefined, name: '', pathBytes: -1, depth: 0 };

export class TreeReader {
  /** Folders that still come, the next one last. */
  readonly #pending: ReadFolder[] = [root];
  #current = root;
  #children: ReadFolder[] = [];
  #foldersLeft = 0;
  #filesLeft = 0;
  /** Whether an entry of the same kind came before in this folder. */
  #hasLast = false;
  /** Longest name that the path has room for. */
  #room = 0;
  /** Names of the current folder's folders, one after another, and where each ends. */
  readonly #folderNames = new ByteWriter(4096);
  readonly #folderEnds: number[] = [];
  /** The first of them that is not below the last file. */
  #folderAt = 0;

  /** Path of the folder that the next entry is in. */
  get path(): string {
    const names: string[] = [];
    for (let folder = this.#current; folder.parent !== undefined; folder = folder.parent) names.unshift(folder.name);
    return names.join('/');
  }

  get isFolderNext(): boolean {
    return this.#foldersLeft > 0;
  }

  get isFolderComplete(): boolean {
    return this.#foldersLeft === 0 && this.#filesLeft === 0;
  }

  get isTreeComplete(): boolean {
    return this.isFolderComplete && this.#pending.length === 0;
  }

  folder(folderCount: number, fileCount: number): void {
    const next = this.#pending.pop();
    if (next === undefined) throw badIndex('it has a folder that none lists');
    this.#current = next;
    this.#foldersLeft = folderCount;
    this.#filesLeft = fileCount;
    this.#hasLast = false;
    this.#room = indexLimits.pathBytes - next.pathBytes - 1;
    this.#folderNames.clear();
    this.#folderEnds.length = 0;
    this.#folderAt = 0;
  }

  /** A checked name; `order` is how it compares with the entry before. */
  entry(name: Uint8Array, order: number): void {
    if (this.#hasLast && order <= 0) throw badIndex(`the name ${JSON.stringify(textOf(name))} is out of order or comes twice`);
    if (this.#current.depth >= indexLimits.depth) throw badIndex(`it is deeper than ${indexLimits.depth} folders`);
    if (name.length > this.#room) throw badIndex(`a path is longer than ${indexLimits.pathBytes} bytes`);
    this.#hasLast = true;
    if (this.#foldersLeft > 0) this.#folderEntry(name);
    else {
      this.#filesLeft--;
      if (this.#folderAt < this.#folderEnds.length) this.#checkNoFolder(name);
    }
  }

  #folderEntry(name: Uint8Array): void {
    const { depth, pathBytes } = this.#current;
    const parent = this.#current;
    this.#children.push({ parent, name: textOf(name), pathBytes: pathBytes + 1 + name.length, depth: depth + 1 });
    if (this.#filesLeft > 0) {
      this.#folderNames.raw(name);
      this.#folderEnds.push(this.#folderNames.length);
    }
    if (--this.#foldersLeft > 0) return;
    for (let child = this.#children.pop(); child !== undefined; child = this.#children.pop()) this.#pending.push(child);
    this.#hasLast = false;
  }

  /** Both lists ascend, so one pointer finds a name that is in both. */
  #checkNoFolder(name: Uint8Array): void {
    for (; this.#folderAt < this.#folderEnds.length; this.#folderAt++) {
      const start = this.#folderAt === 0 ? 0 : (this.#folderEnds[this.#folderAt - 1] ?? 0);
      const order = compareBytes(this.#folderNames.view(), start, this.#folderEnds[this.#folderAt] ?? 0, name);
      if (order === 0) throw badIndex(`the name ${JSON.stringify(textOf(name))} is both a folder and a file`);
      if (order > 0) return;
    }
  }
}

function compareBytes(bytes: Uint8Array, start: number, end: number, other: Uint8Array): number {
  const most = Math.min(end - start, other.length);
  for (let at = 0; at < most; at++) {
    const difference = (bytes[start + at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return end - start - other.length;
}
