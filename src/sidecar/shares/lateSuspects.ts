// Files that are shared, look secret, and that no preview warned of: they came with a first or a large walk, or came or changed later. Reads what
// walks and steps name, one file at a time beside all other work; what is too much is counted, not read. In memory alone: after a start only what
// changed meanwhile is looked at.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Suspect, SuspectReport } from '../../protocol/model.ts';
import type { Delta } from '../catalog/index/rows.ts';
import { previewLimits as limits } from '../limits.ts';
import { pathBelow, type SafePath } from '../storage/safePath.ts';
import { secretsIn } from './secretContents.ts';
import { isWorthReading, type ReadingList, textIn } from './suspects.ts';

export class LateSuspects {
  readonly #root: string;
  readonly #onChange: () => void;
  readonly #found = new Map<string, Suspect>();
  /** To be read, with their sizes. */
  readonly #queue = new Map<string, number>();
  #queuedBytes = 0;
  /** Told before the share was made: the first walk does not tell them again. */
  #known: ReadonlySet<string>;
  #readFiles = 0;
  #unreadFiles = 0;
  /** Which is being read; undefined also when it went meanwhile. */
  #current: string | undefined;
  #reading: Promise<void> | undefined;
  #isClosed = false;

  constructor(root: string, { known = [], onChange }: { known?: readonly string[]; onChange: () => void }) {
    this.#root = root;
    this.#known = new Set(known);
    this.#onChange = onChange;
  }

  /** Undefined while nothing was found, and nothing left unread. */
  get report(): SuspectReport | undefined {
    if (this.#found.size === 0 && this.#unreadFiles === 0) return undefined;
    const suspects = [...this.#found.values()];
    return { suspects, found: suspects.length, readFiles: this.#readFiles, unreadFiles: this.#unreadFiles };
  }

  /** A walk made the index anew. `newFiles` were not in it before; of what was, `isThere` says what still is. */
  walked({ files, unreadFiles }: ReadingList, isThere: (path: string) => boolean): void {
    for (const path of this.#found.keys()) if (!isThere(path)) this.#found.delete(path);
    for (const path of this.#queue.keys()) if (!isThere(path)) this.#unqueue(path);
    if (this.#current !== undefined && !isThere(this.#current)) this.#current = undefined;
    for (const { path, sizeBytes } of files) if (!this.#known.has(path)) this.#enqueue(path, sizeBytes);
    this.#known = new Set();
    this.#unreadFiles += unreadFiles;
    this.#onChange();
    this.#readOn();
  }

  /** A step is about to be published. */
  changed({ folders }: Delta): void {
    const [foundBefore, unreadBefore] = [this.#found.size, this.#unreadFiles];
    for (const { path, removed, set } of folders) {
      const prefix = path === '' ? '' : `${path}/`;
      for (const name of removed) this.#forget(prefix + name);
      for (const { name, kind, sizeBytes } of set) {
        if (kind === 'file') this.#enqueue(prefix + name, sizeBytes);
      }
    }
    if (this.#found.size !== foundBefore || this.#unreadFiles !== unreadBefore) this.#onChange();
    this.#readOn();
  }

  /** Resolves when all that is known of was read. */
  async settled(): Promise<void> {
    await this.#reading;
  }

  close(): void {
    this.#isClosed = true;
    this.#queue.clear();
  }

  #enqueue(path: string, sizeBytes: number): void {
    this.#found.delete(path);
    this.#unqueue(path);
    if (!isWorthReading(path, sizeBytes)) return;
    if (this.#queue.size >= limits.secretFiles || this.#queuedBytes + sizeBytes > limits.secretBytes) {
      this.#unreadFiles++;
      return;
    }
    this.#queue.set(path, sizeBytes);
    this.#queuedBytes += sizeBytes;
  }

  #unqueue(path: string): void {
    this.#queuedBytes -= this.#queue.get(path) ?? 0;
    this.#queue.delete(path);
  }

  /** A file, or a folder with all below it. */
  #forget(gone: string): void {
    this.#unqueue(gone);
    this.#found.delete(gone);
    if (this.#current === gone || this.#current?.startsWith(`${gone}/`) === true) this.#current = undefined;
    if (this.#found.size === 0 && this.#queue.size === 0) return;
    for (const each of this.#queue.keys()) if (each.startsWith(`${gone}/`)) this.#unqueue(each);
    for (const each of this.#found.keys()) if (each.startsWith(`${gone}/`)) this.#found.delete(each);
  }

  #readOn(): void {
    if (this.#queue.size > 0) this.#reading ??= this.#readAll().finally(() => (this.#reading = undefined));
  }

  async #readAll(): Promise<void> {
    for (const path of this.#queue.keys()) {
      this.#unqueue(path);
      this.#current = path;
      const suspect = await look(this.#root, path);
      if (this.#isClosed) return;
      this.#readFiles++;
      if (this.#current === undefined || suspect === undefined || this.#queue.has(path)) continue;
      if (this.#found.size >= limits.suspects) this.#unreadFiles++;
      else this.#found.set(path, suspect);
      this.#onChange();
    }
  }
}

async function look(root: string, path: string): Promise<Suspect | undefined> {
  try {
    // Neither a link nor a FIFO that took the file's place is followed or waited for. Windows has neither flag.
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
    const file = await open(pathBelow(root, path as SafePath), flags); // From our own index: its paths are safe.
    try {
      const stats = await file.stat();
      if (!stats.isFile()) return undefined;
      const buffer = Buffer.allocUnsafe(Math.min(stats.size, limits.secretFileBytes));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      const text = textIn(buffer.subarray(0, bytesRead));
      const found = text === undefined ? undefined : secretsIn(text);
      return found && { path, sizeBytes: stats.size, ...found };
    } finally {
      await file.close();
    }
  } catch {
    return undefined; // What cannot be read cannot be served either.
  }
}
