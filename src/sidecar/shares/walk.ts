// Walks a folder that is (or might be) shared and hands what may be shown to a sink, in index order. Synchronous, for workers. What
// may be shown is for folderLook.ts to say.

import type { Entry, SkippedEntry, SkipReason } from '../../protocol/model.ts';
import type { IndexSink } from '../catalog/index/rows.ts';
import { indexLimits, localLimits } from '../limits.ts';
import { placeBelow, readFolder, type FolderPlace, type Found, type LookListener } from './folderLook.ts';
import { IgnoreRules } from './ignoreRules.ts';

export interface WalkResult {
  skippedCounts: Partial<Record<SkipReason, number>>;
  /** The first ones, secrets first. */
  skipped: SkippedEntry[];
  /** First level of what is shared. */
  topLevel: Entry[];
  fileCount: number;
  folderCount: number;
  totalBytes: number;
}

/**
 * Walks `root`, an absolute path without links. Throws what `readdir` throws when the root itself cannot be read, and RangeError when
 * it has more entries than an index may hold; all else that goes wrong is a skipped entry.
 */
export function walk(root: string, sink: IndexSink, options: WalkOptions): WalkResult {
  return new Walk(root, sink, options).run();
}

export interface WalkOptions {
  onProgress: (entries: number) => void;
  /** Each file that is shared, for who looks at more than the index does. */
  onFile?: (relative: string, sizeBytes: number) => void;
}

class Walk {
  readonly #root: string;
  readonly #sink: IndexSink;
  readonly #onProgress: (entries: number) => void;
  readonly #onFile: WalkOptions['onFile'];
  readonly #listener: LookListener = {
    skipped: (relative, reason, why) => this.#skip(relative, reason, why),
    seen: () => {
      if (++this.#seen % 512 === 0) this.#onProgress(this.#seen);
    },
  };
  readonly #secrets: SkippedEntry[] = [];
  readonly #others: SkippedEntry[] = [];
  readonly #skippedCounts: Partial<Record<SkipReason, number>> = {};
  #topLevel: Entry[] = [];
  #fileCount = 0;
  #folderCount = 0;
  #totalBytes = 0;
  #namesBytes = 0;
  #seen = 0;

  constructor(root: string, sink: IndexSink, { onProgress, onFile }: WalkOptions) {
    this.#root = root;
    this.#sink = sink;
    this.#onProgress = onProgress;
    this.#onFile = onFile;
  }

  run(): WalkResult {
    const pending: FolderPlace[] = [{ relative: '', relativeBytes: -1, depth: 0, rules: new IgnoreRules(), identity: undefined }];
    for (let visit = pending.pop(); visit !== undefined; visit = pending.pop()) {
      const below = this.#visit(visit);
      for (let child = below.pop(); child !== undefined; child = below.pop()) pending.push(child);
    }
    this.#onProgress(this.#seen);
    return {
      skippedCounts: this.#skippedCounts,
      skipped: [...this.#secrets, ...this.#others].slice(0, localLimits.skippedShown),
      topLevel: this.#topLevel,
      fileCount: this.#fileCount,
      folderCount: this.#folderCount,
      totalBytes: this.#totalBytes,
    };
  }

  /** Hands the folder to the sink and answers its folders, in order. */
  #visit(place: FolderPlace): FolderPlace[] {
    const { rules, folders, files } = readFolder(this.#root, place, this.#listener);
    this.#emit(place, folders, files);
    return folders.map((folder) => placeBelow(place, rules, folder));
  }

  #emit(place: FolderPlace, folders: Found[], files: Found[]): void {
    this.#folderCount += folders.length;
    this.#fileCount += files.length;
    if (this.#folderCount + this.#fileCount > indexLimits.entries)
      throw new RangeError(`it holds more than ${indexLimits.entries} files and folders`);
    for (const { latin1 } of [...folders, ...files]) this.#namesBytes += latin1.length;
    if (this.#namesBytes > indexLimits.namesBytes)
      throw new RangeError(`its names take more than ${indexLimits.namesBytes} bytes`);
    this.#sink.folder(folders.length, files.length);
    for (const entry of folders) this.#sink.entry(Buffer.from(entry.latin1, 'latin1'), 0, entry.mtimeMs);
    for (const entry of files) {
      this.#totalBytes += entry.sizeBytes;
      this.#sink.entry(Buffer.from(entry.latin1, 'latin1'), entry.sizeBytes, entry.mtimeMs);
    }
    if (this.#totalBytes > indexLimits.sizeBytes) throw new RangeError('its sizes add up to more than 2^53 bytes');
    if (this.#onFile !== undefined) {
      const prefix = place.relative === '' ? '' : `${place.relative}/`;
      for (const { name, sizeBytes } of files) this.#onFile(prefix + name, sizeBytes);
    }
    if (place.relative === '') {
      const shown = (kind: Entry['kind']) => (entry: Found) => ({
        name: entry.name,
        kind,
        sizeBytes: entry.sizeBytes,
        mtimeMs: entry.mtimeMs,
      });
      this.#topLevel = [...folders.map(shown('folder')), ...files.map(shown('file'))].slice(0, localLimits.skippedShown);
    }
  }

  #skip(relative: string, reason: SkipReason, why: (() => string | undefined) | undefined): void {
    this.#skippedCounts[reason] = (this.#skippedCounts[reason] ?? 0) + 1;
    const list = reason === 'secret' ? this.#secrets : this.#others;
    if (list.length >= localLimits.skippedShown) return;
    const rule = why?.();
    list.push({ path: relative === '' ? '.' : relative, reason, ...(rule !== undefined && { rule }) });
  }
}
