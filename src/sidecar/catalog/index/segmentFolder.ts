// Where the segment files of one peer (or of our own shares) lie, and how they come and go: written under a temporary name, renamed
// when whole, the older one deleted after. The name carries the feed length, so that a crash in between leaves no doubt. The search data
// beside a segment, which the search makes of it, goes with it.

import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { PeerId, ShareId } from '../../../protocol/ids.ts';

const suffix = '.segment';
const temporarySuffix = '.new';
const searchSuffix = '.search';

/** Where the search data of a segment lies: beside it. */
export function searchFile(segmentFile: string): string {
  return `${segmentFile.endsWith(suffix) ? segmentFile.slice(0, -suffix.length) : segmentFile}${searchSuffix}`;
}

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

  /** Deletes every file here but these segments and their search data. */
  keepOnly(segmentFiles: ReadonlySet<string>): void {
    const kept = new Set([...segmentFiles].flatMap((file) => [file, searchFile(file)]));
    for (const file of this.#files()) if (!kept.has(file)) rmSync(file, { force: true, recursive: false });
  }

  /** Deletes what belongs to a share, but the segment `keep` with its search data, also when that is just being written. */
  remove(shareId: ShareId, keep?: string): void {
    const kept = keep === undefined ? [] : [keep, searchFile(keep), `${searchFile(keep)}${temporarySuffix}`];
    for (const file of this.#files())
      if (path.basename(file).startsWith(shareId) && !kept.includes(file)) rmSync(file, { force: true });
  }

  #files(): string[] {
    try {
      const names = readdirSync(this.path);
      return names.filter((name) => ours.some((end) => name.endsWith(end))).map((name) => path.join(this.path, name));
    } catch {
      // Nothing was ever written here.
      return [];
    }
  }
}

const ours = [suffix, temporarySuffix, searchSuffix];
