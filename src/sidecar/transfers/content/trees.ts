// What is known of hashed content: tree files under `<dataFolder>/trees` (bounded, oldest use goes first) and the roots of files
// on this disk, valid while size and times stand. Knows no peer: who may ask is for Uploads.

import { type BigIntStats, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { isContentId } from '../../../protocol/ids.ts';
import { localLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import type { Database } from '../../storage/database.ts';
import { isProven, isRange, proofOf } from './merkle.ts';
import { withTree } from './treeFile.ts';

/** File times tick every 1 to 15 ms: a file may change again this soon without a change of its times. */
const racyMs = 50;
/** Remembered roots written in one go: a commit costs an fsync. */
const rowsPerCommit = 256;
const commitAfterMs = 500;

/** What of a file's state tells one content from another. */
export type FileStamp = Pick<BigIntStats, 'size' | 'mtimeNs' | 'ctimeNs'>;

/** Identifies a state of a file: changes with its content, and with its times even where an editor puts the mtime back. */
export function stampOf(stats: Pick<FileStamp, 'mtimeNs' | 'ctimeNs'>): bigint {
  return BigInt.asIntN(64, stats.mtimeNs * 31n + stats.ctimeNs);
}

/** For how long from now on a file could still change without a change of its times. 0: every change will show. */
export function youngForMs(stats: FileStamp, nowMs: number): number {
  const changedMs = Number((stats.mtimeNs > stats.ctimeNs ? stats.mtimeNs : stats.ctimeNs) / 1_000_000n);
  const ageMs = Math.abs(nowMs - changedMs);
  return ageMs < racyMs ? racyMs - ageMs : 0;
}

export class Trees {
  readonly #folder: string;
  readonly #database: Database;
  readonly #log: Log;
  readonly #limitBytes: number;
  /** Root in hex -> bytes on disk, oldest use first. */
  readonly #known = new Map<string, number>();
  #totalBytes = 0;
  #temporaries = 0;
  readonly #unwritten = new Map<string, { sizeBytes: number; stamp: bigint; root: Uint8Array }>();
  #timer: NodeJS.Timeout | undefined;
  readonly #onRoot: ((absolutePath: string) => void) | undefined;
  #isOpen = false;

  constructor(options: {
    dataFolder: string;
    database: Database;
    log: Log;
    limitBytes?: number;
    /** A root was learnt of a file. */
    onRoot?: (absolutePath: string) => void;
  }) {
    this.#onRoot = options.onRoot;
    this.#folder = path.join(options.dataFolder, 'trees');
    this.#database = options.database;
    this.#log = options.log;
    this.#limitBytes = options.limitBytes ?? localLimits.treeBytes;
  }

  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const found: { name: string; bytes: number; usedMs: number }[] = [];
    for (const name of readdirSync(this.#folder)) {
      const file = path.join(this.#folder, name);
      if (!isContentId(name)) {
        rmSync(file, { force: true }); // a temporary of a process that died
        continue;
      }
      const stats = statSync(file, { throwIfNoEntry: false });
      if (stats) found.push({ name, bytes: stats.size, usedMs: stats.mtimeMs });
    }
    for (const { name, bytes } of found.sort((a, b) => a.usedMs - b.usedMs)) this.#add(name, bytes);
    const count = this.#database.get<{ n: number }>('SELECT count(*) AS n FROM localRoot')?.n ?? 0;
    if (count > localLimits.rememberedRoots) {
      this.#database.run('DELETE FROM localRoot WHERE path IN (SELECT path FROM localRoot ORDER BY usedAtMs LIMIT :surplus)', {
        surplus: count - Math.floor(localLimits.rememberedRoots * 0.9),
      });
    }
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#writeRoots();
    this.#isOpen = false;
  }

  /** A place for a tree file being written, for content of this size; undefined for content too small to be asked for by leaf. */
  temporaryPath(sizeBytes: number): string | undefined {
    if (sizeBytes <= localLimits.inlineHashBytes) return undefined;
    return path.join(this.#folder, `tmp-${process.pid}-${++this.#temporaries}`);
  }

  /** Takes over a complete tree file. Losing it costs a little speed, so a failure is only logged. */
  adopt(root: Uint8Array, temporaryPath: string): void {
    const name = Buffer.from(root).toString('hex');
    try {
      if (this.#known.has(name)) {
        rmSync(temporaryPath, { force: true });
        this.#touch(name);
        return;
      }
      renameSync(temporaryPath, path.join(this.#folder, name));
      this.#add(name, statSync(path.join(this.#folder, name)).size);
    } catch (error) {
      this.#log.warn(`A tree could not be kept: ${String(error)}`);
      rmSync(temporaryPath, { force: true });
    }
  }

  has(root: Uint8Array): boolean {
    return this.#known.has(Buffer.from(root).toString('hex'));
  }

  /** Leaves and uncles of a range, or undefined when this tree is not here or has no such range. */
  prove(root: Uint8Array, first: number, count: number): { leaves: Uint8Array[]; uncles: Uint8Array[] } | undefined {
    const name = Buffer.from(root).toString('hex');
    if (!this.#known.has(name)) return undefined;
    const answer = withTree(path.join(this.#folder, name), (tree) => {
      if (!isRange(tree.leafCount, first, count)) return 'no such range';
      const proof = proofOf(tree, first, count);
      return isProven({ root, leafCount: tree.leafCount }, { first, count }, proof) ? proof : undefined;
    });
    if (answer === 'no such range') return undefined;
    if (answer === undefined)
      this.#drop(name); // damaged: better none than one that makes us a liar
    else this.#touch(name);
    return answer;
  }

  /** The root of a file on this disk, if it was hashed in this state. */
  rootOf(absolutePath: string, stats: FileStamp): Uint8Array | undefined {
    const waiting = this.#unwritten.get(absolutePath);
    if (waiting) return waiting.stamp === stampOf(stats) && BigInt(waiting.sizeBytes) === stats.size ? waiting.root : undefined;
    const row = this.#database.get<{ root: Uint8Array }>(
      'SELECT root FROM localRoot WHERE path = :path AND sizeBytes = :sizeBytes AND mtimeNs = :stamp',
      { path: absolutePath, sizeBytes: stats.size, stamp: stampOf(stats) },
    );
    return row?.root;
  }

  /** Whether a root is known of the file, in whatever state. */
  mayKnow(absolutePath: string): boolean {
    if (this.#unwritten.has(absolutePath)) return true;
    return this.#database.get('SELECT 1 FROM localRoot WHERE path = :path', { path: absolutePath }) !== undefined;
  }

  /** Files below a folder whose root was remembered, in some order after a path; whether it still holds `rootOf` says. */
  rootsBelow(folder: string, after: string, limit: number): { path: string }[] {
    if (after === '') this.#writeRoots();
    const prefix = folder.endsWith(path.sep) ? folder : folder + path.sep;
    const high = prefix.slice(0, -1) + String.fromCharCode(path.sep.charCodeAt(0) + 1);
    const sql = 'SELECT path FROM localRoot WHERE path > :after AND path < :high ORDER BY path LIMIT :limit';
    return this.#database.all(sql, { after: after === '' ? prefix : after, high, limit });
  }

  /**
   * Remembers a file's root for the state that `stats` tell of, seen the same before and after hashing. `readFromMs` is when reading
   * began: a file that had changed just before could have changed again unseen, and is not remembered.
   */
  remember(absolutePath: string, stats: FileStamp, root: Uint8Array, readFromMs: number): void {
    if (!this.#isOpen || youngForMs(stats, readFromMs) > 0) return;
    this.#unwritten.set(absolutePath, { sizeBytes: Number(stats.size), stamp: stampOf(stats), root });
    if (this.#unwritten.size >= rowsPerCommit) this.#writeRoots();
    else this.#timer ??= setTimeout(() => this.#writeRoots(), commitAfterMs).unref();
    this.#onRoot?.(absolutePath);
  }

  /** What was remembered can be found by its content. */
  flush(): void {
    this.#writeRoots();
  }

  #writeRoots(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#isOpen || this.#unwritten.size === 0) return;
    const rows = [...this.#unwritten];
    this.#unwritten.clear();
    try {
      this.#database.transaction(() => {
        for (const [file, { sizeBytes, stamp, root }] of rows) {
          this.#database.run(
            'INSERT OR REPLACE INTO localRoot (path, sizeBytes, mtimeNs, root, usedAtMs) VALUES (:path, :sizeBytes, :stamp, :root, :now)',
            { path: file, sizeBytes, stamp, root, now: Date.now() },
          );
        }
      });
    } catch (error) {
      this.#log.warn(`Roots could not be remembered; files are hashed again when asked for: ${String(error)}`);
    }
  }

  #add(name: string, bytes: number): void {
    this.#known.set(name, bytes);
    this.#totalBytes += bytes;
    for (const oldest of this.#known.keys()) {
      if (this.#totalBytes <= this.#limitBytes) break;
      this.#drop(oldest);
    }
  }

  #drop(name: string): void {
    this.#totalBytes -= this.#known.get(name) ?? 0;
    this.#known.delete(name);
    rmSync(path.join(this.#folder, name), { force: true });
  }

  #touch(name: string): void {
    const bytes = this.#known.get(name);
    if (bytes === undefined) return;
    this.#known.delete(name);
    this.#known.set(name, bytes);
    const now = new Date();
    try {
      utimesSync(path.join(this.#folder, name), now, now);
    } catch {
      // The order of use survives in memory; on disk it only decides after a restart.
    }
  }
}
