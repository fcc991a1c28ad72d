// Where the segment files of one peer (or of our own shares) lie, and how they come and go: written under a temporary name, renamed
// when whole, the older one deleted after. The name carries the feed length, so that a crash in between leaves no doubt.

import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { PeerId, ShareId } from '../../../protocol/ids.ts';

const suffix = '.segment';
const temporarySuffix = '.new';

export class SegmentFolder {
  readonly path: string;

  constructor(dataFolder: string, owner: PeerId | 'own') {
    this.path = path.join(dataFolder, 'index', owner);
  }

  make(): void {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
  }

  file(shareId: ShareId, feedLength: number): string {
    return path.join(this.path, `${shareId}-${feedLength}${suffix}`);
  }

  /** Where a worker writes the next one; whatever an earlier try left there is removed. */
  temporary(shareId: ShareId): string {
    this.make();
    const file = path.join(this.path, `${shareId}${temporarySuffix}`);
    rmSync(file, { force: true });
    return file;
  }

  /** Gives a written and fsynced segment its name, durably. */
  commit(temporary: string, shareId: ShareId, feedLength: number): string {
    const file = this.file(shareId, feedLength);
    renameSync(temporary, file);
    if (process.platform !== 'win32') {
      const folder = openSync(this.path, 'r');
      fsyncSync(folder);
      closeSync(folder);
    }
    return file;
  }

  /** Deletes every file here but these. */
  keepOnly(files: ReadonlySet<string>): void {
    for (const name of this.#names()) {
      const file = path.join(this.path, name);
      if (!files.has(file)) rmSync(file, { force: true, recursive: false });
    }
  }

  /** Deletes what belongs to a share, but `keep`. */
  remove(shareId: ShareId, keep?: string): void {
    for (const name of this.#names()) {
      const file = path.join(this.path, name);
      if (name.startsWith(shareId) && file !== keep) rmSync(file, { force: true });
    }
  }

  #names(): string[] {
    try {
      return readdirSync(this.path).filter((name) => name.endsWith(suffix) || name.endsWith(temporarySuffix));
    } catch {
      // Nothing was ever written here.
      return [];
    }
  }
}
