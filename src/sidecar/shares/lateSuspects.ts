// Files that are shared, look secret, and that no preview warned of: they came with a first or a large walk, or came or changed later. Reads what
// walks and steps name, one file at a time beside all other work; what is too much is counted, not read. In memory alone: after a start only what
// changed meanwhile is looked at.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Suspect, SuspectReport } from '../../protocol/model.ts';
import type { Delta } from '../catalog/index/rows.ts';
import { previewLimits as limits } from '../limits.ts';
import { pathBelow, type SafePath } from '../storage/safePath.ts';
import { secretsIn } from './secretContents.ts';
import { isWorthReading, type ReadingList, textIn } from './suspects.ts';

export interface LateSuspectsOptions {
  /** Told before the share was made. */
  known?: readonly string[];
  /** Whether the index has this file now. */
  isThere(path: string): boolean;
  onChange(): void;
}

export class LateSuspects {
  readonly #root: string;
  readonly #options: LateSuspectsOptions;
  readonly #found = new Map<string, Suspect>();
  /** To be read, with their sizes. */
  readonly #queue = new Map<string, number>();
  #queuedBytes = 0;
  /** The first walk does not tell them again. */
  #known: ReadonlySet<string>;
  #readFiles = 0;
  #unreadFiles = 0;
  /** Which is being read; undefined also when it changed meanwhile. */
  #current: string | undefined;
  #reading: Promise<void> | undefined;
  #isClosed = false;

  constructor(root: string, options: LateSuspectsOptions) {
    this.#root = root;
    this.#known = new Set(options.known);
    this.#options = options;
  }

  /** Undefined while nothing was found, and nothing left unread. */
  get report(): SuspectReport | undefined {
    if (this.#found.size === 0 && this.#unreadFiles === 0) return undefined;
    const suspects = [...this.#found.values()];
    return { suspects, found: suspects.length, readFiles: this.#readFiles, unreadFiles: this.#unreadFiles };
  }

  /** A walk made the index anew; these were not in it before. What waits to be read and is gone is left out when its turn comes. */
  walked({ files, unreadFiles }: ReadingList): void {
    for (const path of this.#found.keys()) if (!this.#options.isThere(path)) this.#found.delete(path);
    for (const { path, sizeBytes } of files) if (!this.#known.has(path)) this.#enqueue(path, sizeBytes);
    this.#known = new Set();
    this.#unreadFiles += unreadFiles;
    this.#options.onChange();
    this.#readOn();
  }

  /** A step is in the index, and about to be published. */
  changed({ folders }: Delta): void {
    const [foundBefore, unreadBefore] = [this.#found.size, this.#unreadFiles];
    const [gone, files] = [new Set<string>(), new Map<string, number>()];
    for (const { path, removed, set } of folders) {
      const prefix = path === '' ? '' : `${path}/`;
      for (const name of removed) gone.add(prefix + name);
      for (const { name, kind, sizeBytes } of set) if (kind === 'file') files.set(prefix + name, sizeBytes);
    }
    this.#forget((path) => gone.has(path) || files.has(path));
    for (const [path, sizeBytes] of files) this.#enqueue(path, sizeBytes);
    if (this.#found.size !== foundBefore || this.#unreadFiles !== unreadBefore) this.#options.onChange();
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
    if (path === this.#current) this.#current = undefined;
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

  /** Files, and folders with all below them; a file replaces such a folder. */
  #forget(isGone: (path: string) => boolean): void {
    if (this.#current !== undefined && isWithin(this.#current, isGone)) this.#current = undefined;
    for (const path of this.#queue.keys()) if (isWithin(path, isGone)) this.#unqueue(path);
    for (const path of this.#found.keys()) if (isWithin(path, isGone)) this.#found.delete(path);
  }

  #readOn(): void {
    if (this.#queue.size > 0) this.#reading ??= this.#readAll().finally(() => (this.#reading = undefined));
  }

  async #readAll(): Promise<void> {
    for (const path of this.#queue.keys()) {
      this.#unqueue(path);
      if (!this.#options.isThere(path)) {
        await nextTurn();
        continue;
      }
      this.#current = path;
      const suspect = await look(this.#root, path);
      if (this.#isClosed) return;
      this.#readFiles++;
      if (this.#current === undefined || suspect === undefined || !this.#options.isThere(path)) continue;
      if (this.#found.size >= limits.suspects) this.#unreadFiles++;
      else this.#found.set(path, suspect);
      this.#options.onChange();
    }
  }
}

/** Whether it, or a folder that it is in, is one of them. */
function isWithin(path: string, isOne: (path: string) => boolean): boolean {
  for (let at = path.length; at > 0; at = path.lastIndexOf('/', at - 1)) if (isOne(path.slice(0, at))) return true;
  return false;
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
