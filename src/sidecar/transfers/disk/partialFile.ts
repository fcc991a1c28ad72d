// A file while it arrives: apart from its final name, on the same file system, never through a link, readable by nobody as if it
// were whole. Knows bytes and positions, not what they must be.

import { constants, lstatSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { indexLimits } from '../../limits.ts';
import { codeOf, localFailure, removeFile } from '../failures.ts';

/** Writes all of `block`. Tests put a bounded one in its place. */
export type WriteAll = (handle: FileHandle, block: Uint8Array, position: number) => Promise<void>;

export const writeAll: WriteAll = async (handle, block, position) => {
  for (let at = 0; at < block.length;) {
    const { bytesWritten } = await handle.write(block, at, block.length - at, position + at);
    at += bytesWritten;
  }
};

const noFollow = constants.O_NOFOLLOW ?? 0;

export class PartialFile {
  readonly path: string;
  readonly #write: WriteAll;
  #handle: FileHandle | undefined;

  constructor(path: string, write: WriteAll = writeAll) {
    this.path = path;
    this.#write = write;
  }

  /** Bytes that an earlier attempt left. Anything but a plain file of ours is removed (the name, not what it leads to): 0. */
  existingBytes(): number {
    const stats = lstatSync(this.path, { throwIfNoEntry: false });
    if (stats === undefined) return 0;
    if (stats.isFile() && stats.nlink === 1) return stats.size;
    this.remove();
    return 0;
  }

  /** Opens what is there, or a new file. Throws as `localFailure`. */
  async open(): Promise<void> {
    if (this.#handle) return;
    const flags = constants.O_RDWR | noFollow;
    try {
      this.#handle = await open(this.path, flags | constants.O_CREAT | constants.O_EXCL).catch((error: unknown) => {
        if (codeOf(error) !== 'EEXIST') throw error;
        const isKept = this.existingBytes() > 0;
        if (!isKept) this.remove();
        return open(this.path, flags | (isKept ? 0 : constants.O_CREAT | constants.O_EXCL));
      });
      const stats = await this.#handle.stat();
      if (!stats.isFile() || stats.nlink !== 1) throw new Error('it is not a plain file');
    } catch (error) {
      await this.close();
      throw localFailure(error, this.path);
    }
  }

  async write(block: Uint8Array, position: number): Promise<void> {
    try {
      await this.#write(this.#opened(), block, position);
    } catch (error) {
      throw localFailure(error, this.path);
    }
  }

  /** Reads up to `buffer.length` bytes; fewer only at the end. */
  async read(buffer: Uint8Array, position: number): Promise<number> {
    let got = 0;
    try {
      while (got < buffer.length) {
        const { bytesRead } = await this.#opened().read(buffer, got, buffer.length - got, position + got);
        if (bytesRead === 0) break;
        got += bytesRead;
      }
    } catch (error) {
      throw localFailure(error, this.path);
    }
    return got;
  }

  async truncate(sizeBytes: number): Promise<void> {
    try {
      await this.#opened().truncate(sizeBytes);
    } catch (error) {
      throw localFailure(error, this.path);
    }
  }

  /** Everything was written and verified: exact size, the source's mtime, on the disk for good, closed. */
  async complete(sizeBytes: number, mtimeMs: number): Promise<void> {
    try {
      const handle = this.#opened();
      const { size } = await handle.stat();
      if (size !== sizeBytes) throw new Error(`it has ${size} bytes instead of ${sizeBytes}`);
      if (Number.isFinite(mtimeMs) && Math.abs(mtimeMs) <= indexLimits.mtimeMs) {
        await handle.utimes(Date.now() / 1000, mtimeMs / 1000).catch(() => undefined); // a disk without such times keeps its own
      }
      await handle.sync();
    } catch (error) {
      throw localFailure(error, this.path);
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  remove(): void {
    removeFile(this.path);
  }

  #opened(): FileHandle {
    if (!this.#handle) throw new Error('it is not open');
    return this.#handle;
  }
}
