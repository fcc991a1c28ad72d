// Files that came into a share, or changed, while it is shared, and look secret: no preview could warn of them. Reads what a step names, one file at
// a time beside all other work; what is too much is counted, not read. In memory alone: after a start only what changed meanwhile is looked at.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Suspect, SuspectReport } from '../../protocol/model.ts';
import type { Delta } from '../catalog/index/rows.ts';
import { previewLimits as limits } from '../limits.ts';
import { pathBelow, type SafePath } from '../storage/safePath.ts';
import { secretsIn } from './secretContents.ts';
import { isWorthReading, textIn } from './suspects.ts';

export class LateSuspects {
  readonly #root: string;
  readonly #onChange: () => void;
  readonly #found = new Map<string, Suspect>();
  /** To be read. */
  readonly #queue = new Set<string>();
  #readFiles = 0;
  #unreadFiles = 0;
  /** Which is being read; undefined also when it went meanwhile. */
  #current: string | undefined;
  #reading: Promise<void> | undefined;
  #isClosed = false;

  constructor(root: string, onChange: () => void) {
    this.#root = root;
    this.#onChange = onChange;
  }

  /** Undefined while nothing was found. */
  get report(): SuspectReport | undefined {
    if (this.#found.size === 0) return undefined;
    const suspects = [...this.#found.values()];
    return { suspects, found: suspects.length, readFiles: this.#readFiles, unreadFiles: this.#unreadFiles };
  }

  /** A step was published. */
  changed({ folders }: Delta): void {
    const before = this.#found.size;
    for (const { path, removed, set } of folders) {
      const prefix = path === '' ? '' : `${path}/`;
      for (const name of removed) this.#forget(prefix + name);
      for (const { name, kind, sizeBytes } of set) {
        if (kind !== 'file') continue;
        this.#found.delete(prefix + name);
        if (!isWorthReading(name, sizeBytes)) continue;
        if (this.#queue.size < limits.lateFiles) this.#queue.add(prefix + name);
        else this.#unreadFiles++;
      }
    }
    if (this.#found.size !== before) this.#onChange();
    if (this.#queue.size > 0) this.#reading ??= this.#readAll().finally(() => (this.#reading = undefined));
  }

  /** Resolves when all that is known of was read. */
  async settled(): Promise<void> {
    await this.#reading;
  }

  close(): void {
    this.#isClosed = true;
    this.#queue.clear();
  }

  /** A file, or a folder with all below it. */
  #forget(gone: string): void {
    this.#queue.delete(gone);
    this.#found.delete(gone);
    if (this.#current === gone || this.#current?.startsWith(`${gone}/`) === true) this.#current = undefined;
    if (this.#found.size === 0 && this.#queue.size === 0) return;
    for (const list of [this.#queue, this.#found])
      for (const each of list.keys()) if (each.startsWith(`${gone}/`)) list.delete(each);
  }

  async #readAll(): Promise<void> {
    for (const path of this.#queue) {
      this.#queue.delete(path);
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
