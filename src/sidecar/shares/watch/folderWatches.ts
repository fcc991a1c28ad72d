// Listens to a share with one watch for each folder: inotify through `fs.watch`. Measured against chokidar and @parcel/watcher, which ran out
// of memory or lost files in fresh folders (DESIGN decision 4).

import { watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import { watchLimits } from '../../limits.ts';
import { absoluteOf } from '../folderLook.ts';
import type { Heard, Listening } from './listening.ts';
import type { PoolMember, WatchPool } from './watchPool.ts';

interface Watch {
  watcher: FSWatcher;
  heatMs: number;
  /** Events in this second about names that change all the time. */
  restless: number;
  secondMs: number;
}

/** The coldest watches are looked for so many at a time. */
const coldestAtOnce = 256;

export class FolderWatches implements Listening, PoolMember {
  readonly #root: string;
  readonly #pool: WatchPool;
  readonly #heard: Heard;
  readonly #watches = new Map<string, Watch>();
  /** Folders whose watch rests, to be watched again when they are looked at. */
  readonly #resting = new Map<string, NodeJS.Timeout>();
  #coldest: { folder: string; heatMs: number }[] = [];

  constructor(root: string, pool: WatchPool, heard: Heard) {
    this.#root = root;
    this.#pool = pool;
    this.#heard = heard;
  }

  get size(): number {
    return this.#watches.size;
  }

  get note(): string | undefined {
    return this.#pool.note;
  }

  add(folder: string, { heatMs, isAnew }: { heatMs: number; isAnew: boolean }): boolean {
    const known = this.#watches.get(folder);
    if (known !== undefined && !isAnew) {
      known.heatMs = Math.max(known.heatMs, heatMs);
      return true;
    }
    if (known !== undefined) this.#close(folder, known);
    clearTimeout(this.#resting.get(folder));
    this.#resting.delete(folder);
    this.#pool.join(this);
    if (!this.#pool.take(this, folder === '' ? Infinity : heatMs)) return false;
    try {
      const watcher = watch(absoluteOf(this.#root, folder), { encoding: 'latin1' });
      const opened: Watch = { watcher, heatMs: folder === '' ? Infinity : heatMs, restless: 0, secondMs: 0 };
      const ownName = Buffer.from(path.basename(absoluteOf(this.#root, folder))).toString('latin1');
      watcher.on('change', (type, name) => this.#event(folder, opened, { type, name, ownName }));
      watcher.on('error', () => this.#failed(folder, opened));
      this.#watches.set(folder, opened);
      return true;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (code === 'ENOSPC' || code === 'EMFILE' || code === 'ENFILE') this.#pool.refused(code);
      else this.#pool.give();
      return false;
    }
  }

  has(folder: string): boolean {
    return this.#watches.has(folder);
  }

  remove(folder: string): void {
    const known = this.#watches.get(folder);
    if (known !== undefined) this.#close(folder, known);
    clearTimeout(this.#resting.get(folder));
    this.#resting.delete(folder);
  }

  folders(): Iterable<string> {
    return this.#watches.keys();
  }

  room(folderCount: number): number {
    return this.#pool.room(this, folderCount);
  }

  count(): number {
    return this.#watches.size + this.#resting.size;
  }

  close(): void {
    for (const [folder, known] of this.#watches) this.#close(folder, known);
    for (const timer of this.#resting.values()) clearTimeout(timer);
    this.#resting.clear();
    this.#pool.leave(this);
  }

  coldest(): { folder: string; heatMs: number } | undefined {
    for (;;) {
      const next = this.#coldest.pop();
      if (next === undefined) break;
      if (this.#watches.get(next.folder)?.heatMs === next.heatMs) return next;
    }
    const all = Array.from(this.#watches, ([folder, { heatMs }]) => ({ folder, heatMs }));
    this.#coldest = all
      .sort((one, other) => one.heatMs - other.heatMs)
      .slice(0, coldestAtOnce)
      .reverse();
    const coldest = this.#coldest.pop();
    return coldest?.heatMs === Infinity ? undefined : coldest;
  }

  evict(folder: string): void {
    this.remove(folder);
    // An event may have been on its way.
    this.#heard.folder(folder, {});
  }

  missed(): void {
    this.#heard.missed();
  }

  #event(
    folder: string,
    known: Watch,
    { type, name, ownName }: { type: string; name: string | Buffer | null; ownName: string },
  ): void {
    this.#pool.heard();
    known.heatMs = folder === '' ? Infinity : Date.now();
    if (typeof name !== 'string') return this.#heard.folder(folder, { isHot: true });
    // What happens to the folder itself comes under its own name; a child may have the same.
    if (type === 'rename' && name === ownName) this.#heard.folder(folder, { isReplaced: true, isHot: true });
    if (!this.#heard.name(folder, name, type === 'rename')) return;
    const second = Math.floor(Date.now() / watchLimits.repeatedMs);
    if (second !== known.secondMs) {
      known.secondMs = second;
      known.restless = 0;
    }
    if (++known.restless > watchLimits.repeatedEvents) this.#rest(folder, known);
  }

  /** Each event costs: one that writes all the time is looked at once a second. */
  #rest(folder: string, known: Watch): void {
    this.#close(folder, known);
    this.#resting.set(
      folder,
      setTimeout(() => {
        // Looking at it watches it again.
        this.#resting.delete(folder);
        this.#heard.folder(folder, { isHot: true });
      }, watchLimits.repeatedMs),
    );
  }

  #failed(folder: string, known: Watch): void {
    this.#close(folder, known);
    this.#heard.folder(folder, { isReplaced: true, isHot: true });
  }

  #close(folder: string, known: Watch): void {
    if (this.#watches.get(folder) !== known) return;
    this.#watches.delete(folder);
    this.#pool.give();
    known.watcher.close();
  }
}
