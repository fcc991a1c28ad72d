// What lies in drop boxes, counted: one walk at a time, and kept for a while for those who only show it.

import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { sendingLimits } from '../limits.ts';
import { contains } from '../storage/folders.ts';

/** What is used of a box: empty files cost as well. */
export interface Room {
  bytes: number;
  entries: number;
}

export class BoxRoom {
  /** By folder; with when it was counted, by performance.now(). */
  readonly #counted = new Map<string, { room: Promise<Room | undefined>; atMs: number }>();
  #last: Promise<unknown> = Promise.resolve();

  /** Undefined when it holds more files than are counted, or cannot be read. `isNow`: not as it was a moment ago. */
  held(folder: string, { isNow = false }: { isNow?: boolean } = {}): Promise<Room | undefined> {
    const kept = isNow ? undefined : this.kept(folder);
    if (kept !== undefined) return kept;
    const counted = { room: this.#last.then(() => heldIn(folder)), atMs: Infinity };
    this.#last = counted.room.then(() => (counted.atMs = performance.now()));
    this.#counted.set(folder, counted);
    return counted.room;
  }

  /** As it was a moment ago; undefined when it is not known. */
  kept(folder: string): Promise<Room | undefined> | undefined {
    const known = this.#counted.get(folder);
    return known !== undefined && performance.now() - known.atMs < sendingLimits.boxCountedMs ? known.room : undefined;
  }

  /** Something came into this folder, or will not come. */
  changed(folder: string): void {
    for (const each of this.#counted.keys()) if (contains(each, folder)) this.#counted.delete(each);
  }
}

async function heldIn(folder: string): Promise<Room | undefined> {
  const held: Room = { bytes: 0, entries: 0 };
  const folders = [folder];
  try {
    for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
      for (const each of await readdir(at, { withFileTypes: true })) {
        if (++held.entries > sendingLimits.boxEntries) return undefined;
        const absolute = path.join(at, each.name);
        if (each.isDirectory()) folders.push(absolute);
        else if (each.isFile()) held.bytes += (await lstat(absolute)).size;
      }
    }
    return held;
  } catch {
    return undefined; // Not to be read: then nothing is put there by itself.
  }
}
