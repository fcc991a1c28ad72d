// Ranges for the ranged viewer: temporary files in the cache, each holding only the range's bytes, oldest first to go, none kept
// over a restart.

import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { localLimits } from '../../limits.ts';
import { localFailure } from '../failures.ts';
import { writeAll } from '../disk/writing.ts';
import type { Received } from '../downloads/swarm/contract.ts';

export class RangeFiles {
  readonly #folder: string;
  readonly #limitBytes: number;
  /** By what was asked; oldest use first. */
  readonly #files = new Map<string, { localPath: string; bytes: number; received: Received }>();
  #totalBytes = 0;
  #count = 0;

  constructor(cacheFolder: string, limitBytes: number = localLimits.rangeCacheBytes) {
    this.#folder = path.join(cacheFolder, 'ranges');
    this.#limitBytes = limitBytes;
  }

  open(): void {
    rmSync(this.#folder, { recursive: true, force: true });
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  get(key: string): { localPath: string; received: Received } | undefined {
    const known = this.#files.get(key);
    if (!known) return undefined;
    this.#files.delete(key);
    this.#files.set(key, known);
    return known;
  }

  /** Fills a new file by `fill`, which is given a writer of consecutive bytes. */
  async add(
    key: string,
    fill: (write: (bytes: Uint8Array) => Promise<void>) => Promise<Received>,
  ): Promise<{ localPath: string; received: Received }> {
    const localPath = path.join(this.#folder, `range-${++this.#count}`);
    let bytes = 0;
    const handle = await open(localPath, 'wx', 0o600).catch((error: unknown) => {
      throw localFailure(error, localPath);
    });
    try {
      const received = await fill(async (block) => {
        try {
          await writeAll(handle, block, bytes);
        } catch (error) {
          throw localFailure(error, this.#folder);
        }
        bytes += block.length;
      });
      await handle.close();
      chmodSync(localPath, 0o400);
      this.#drop(key);
      this.#files.set(key, { localPath, bytes, received });
      this.#totalBytes += bytes;
      for (const oldest of this.#files.keys()) {
        if (this.#totalBytes <= this.#limitBytes || oldest === key) break;
        this.#drop(oldest);
      }
      return { localPath, received };
    } catch (error) {
      await handle.close();
      rmSync(localPath, { force: true });
      throw error;
    }
  }

  #drop(key: string): void {
    const known = this.#files.get(key);
    if (!known) return;
    this.#files.delete(key);
    this.#totalBytes -= known.bytes;
    rmSync(known.localPath, { force: true });
  }
}
