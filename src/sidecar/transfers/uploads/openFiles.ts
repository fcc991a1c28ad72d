// Shared files that are open for uploads. A large file is asked for by many ranges, of many peers: its descriptor stays open for a moment after
// the last one, and each further range only looks whether the place still holds that very file, as it was.

import { createHmac, randomBytes } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { transferLimits } from '../../limits.ts';
import type { SafePath } from '../../storage/safePath.ts';
import { stampOf, youngForMs } from '../content/trees.ts';
import { type LocatedFile, openShared, type SharedFile } from '../disk/sharedFile.ts';
import { notShared, readChanged } from '../failures.ts';
import { tooManyOpen } from './refusals.ts';

/** An open file, shared by those that read it. */
export interface OpenFile extends SharedFile {
  /** Equal when nothing was written in between; see ReadReply.version. */
  version: Uint8Array;
  /** Throws `changed` when it is not as it was when it was opened. */
  check(): Promise<void>;
  /** Lets go. The last one closes it, at once or after a moment. */
  release(): void;
}

interface Entry {
  file: SharedFile;
  version: Uint8Array;
  users: number;
  /** It stays open for a moment for the next range. */
  isKept: boolean;
  idle: NodeJS.Timeout | undefined;
}

export class OpenFiles {
  readonly #versionKey: Buffer;
  /** Those that the next read of the same file may use, by absolute path, the one used last at the end. */
  readonly #kept = new Map<string, Entry>();
  readonly #closing = new Set<Promise<void>>();
  #count = 0;

  constructor(secret: Uint8Array) {
    this.#versionKey = createHmac('sha256', secret).update('potluck: versions of shared files').digest();
  }

  /** Rejects as `openShared`, and with `busy` when too many are open. `isKept`: more ranges are likely. */
  async open(located: LocatedFile, sharePath: SafePath, { isKept }: { isKept: boolean }): Promise<OpenFile> {
    const known = this.#kept.get(located.absolutePath);
    if (known !== undefined) {
      known.users++;
      clearTimeout(known.idle);
      const isSame = await isStill(known.file, located).catch(() => false);
      if (isSame) {
        if (located.isSharedNow?.() === false) {
          this.#release(located.absolutePath, known);
          throw notShared(sharePath);
        }
        known.isKept ||= isKept;
        this.#keep(located.absolutePath, known);
        return this.#use(located.absolutePath, known);
      }
      if (this.#kept.get(located.absolutePath) === known) this.#kept.delete(located.absolutePath);
      this.#release(located.absolutePath, known);
    }
    const file = await this.#opened(() => openShared(located, sharePath));
    const entry: Entry = { file, version: await this.#settle(file), users: 1, isKept, idle: undefined };
    const isSettled = youngForMs(file.stats, Date.now()) === 0;
    if (isSettled && !this.#kept.has(located.absolutePath)) this.#keep(located.absolutePath, entry);
    return this.#use(located.absolutePath, entry);
  }

  /** Any other file that counts as open: `openIt` answers it, or throws. */
  async openOther(openIt: () => Promise<SharedFile>): Promise<OpenFile> {
    const file = await this.#opened(openIt);
    return this.#use('', { file, version: this.#version(file.stats), users: 1, isKept: false, idle: undefined });
  }

  /** Closes what nobody reads. */
  async close(): Promise<void> {
    for (const [path, entry] of [...this.#kept]) {
      this.#kept.delete(path);
      if (entry.users === 0) this.#closeFile(entry);
      else entry.isKept = false;
    }
    await Promise.all(this.#closing);
  }

  async #opened(openIt: () => Promise<SharedFile>): Promise<SharedFile> {
    if (this.#count >= transferLimits.openFiles) this.#makeRoom();
    this.#count++;
    try {
      return await openIt();
    } catch (error) {
      this.#count--;
      throw error;
    }
  }

  #makeRoom(): void {
    for (const [path, entry] of this.#kept) {
      if (entry.users > 0) continue;
      this.#kept.delete(path);
      this.#closeFile(entry);
      return;
    }
    throw tooManyOpen();
  }

  /** A file that was written a moment ago could be written again without a change of its times: that moment is waited for. */
  async #settle(file: SharedFile): Promise<Uint8Array> {
    const youngMs = youngForMs(file.stats, Date.now());
    if (youngMs === 0) return this.#version(file.stats);
    try {
      await delay(youngMs);
      file.stats = await file.handle.stat({ bigint: true });
      file.sizeBytes = Number(file.stats.size);
      file.mtimeMs = Number(file.stats.mtimeNs / 1_000_000n);
    } catch (error) {
      this.#count--;
      await file.handle.close();
      throw error;
    }
    // Still being written: it is like no other state.
    return youngForMs(file.stats, Date.now()) === 0 ? this.#version(file.stats) : randomBytes(8);
  }

  #version({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): Uint8Array {
    return createHmac('sha256', this.#versionKey).update(`${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`).digest().subarray(0, 8);
  }

  #keep(path: string, entry: Entry): void {
    this.#kept.delete(path);
    this.#kept.set(path, entry);
  }

  #use(path: string, entry: Entry): OpenFile {
    let isReleased = false;
    return {
      ...entry.file,
      version: entry.version,
      check: async () => {
        if (!isSameState(entry.file.stats, await entry.file.handle.stat({ bigint: true }))) {
          if (this.#kept.get(path) === entry) this.#kept.delete(path);
          throw readChanged();
        }
      },
      release: () => {
        if (isReleased) return;
        isReleased = true;
        this.#release(path, entry);
      },
    };
  }

  #release(path: string, entry: Entry): void {
    entry.users--;
    if (entry.users > 0) return;
    clearTimeout(entry.idle);
    if (!entry.isKept || this.#kept.get(path) !== entry) {
      if (this.#kept.get(path) === entry) this.#kept.delete(path);
      this.#closeFile(entry);
      return;
    }
    entry.idle = setTimeout(() => {
      if (this.#kept.get(path) === entry) this.#kept.delete(path);
      this.#closeFile(entry);
    }, transferLimits.openFileIdleMs).unref();
  }

  #closeFile(entry: Entry): void {
    clearTimeout(entry.idle);
    this.#count--;
    // A descriptor that cannot be closed was for reading: nothing is lost.
    const closing: Promise<void> = entry.file.handle.close().catch(() => undefined);
    this.#closing.add(closing);
    void closing.finally(() => this.#closing.delete(closing));
  }
}

function isSameState(one: BigIntStats, other: BigIntStats): boolean {
  return stampOf(one) === stampOf(other) && one.size === other.size;
}

/** The place holds this very file, and nothing was written to it. Reached through a link it would still be no other than the one that was checked. */
async function isStill(file: SharedFile, { absolutePath }: LocatedFile): Promise<boolean> {
  const there = await lstat(absolutePath, { bigint: true });
  return there.dev === file.stats.dev && there.ino === file.stats.ino && isSameState(file.stats, there);
}
