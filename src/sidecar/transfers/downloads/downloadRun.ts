// One attempt at one download, file or folder: plan, room, folders, files side by side, final names. Knows neither the queue nor
// who is told; it counts into the record and leaves what is verified for the next attempt.

import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, realpathSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { AppError, asAppError } from '../../../protocol/errors.ts';
import type { EntryRef } from '../../../protocol/model.ts';
import { localLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import { localName, makeFoldersBelow, parseSafePath } from '../../storage/safePath.ts';
import type { FileSource } from '../../wire/services.ts';
import type { DownloadCatalog } from './downloadRecord.ts';
import type { DownloadRecord } from './downloadTable.ts';
import { diskFull, localFailure, notShared } from '../failures.ts';
import type { Hasher } from '../content/hasher.ts';
import { Journal } from '../disk/journal.ts';
import { PartialFile, type WriteAll } from '../disk/partialFile.ts';
import type { Permits } from './permits.ts';
import { claimFolder, makePartialFolder, placeFile, removePartialFolder, syncFolder } from '../disk/placement.ts';
import { breathe, type Plan, planFolder, type PlannedFile, stepEntries } from './plan.ts';
import { receiveFile } from './receive.ts';
import type { Trees } from '../content/trees.ts';

export interface RunOptions {
  record: DownloadRecord;
  source: FileSource;
  catalog: DownloadCatalog;
  permits: Permits;
  hasher: Hasher;
  trees: Trees;
  log: Log;
  signal: AbortSignal;
  stallMs: number | undefined;
  write: WriteAll | undefined;
  freeBytes: (folder: string) => number | undefined;
  /** The record's destination was claimed: it must be in the database before anything is put there. */
  onClaim: () => void;
  /** Bytes came (or turned out wrong), or a file was finished. */
  onProgress: (bytes: number) => void;
}

/** A file may fail alone in a folder for these; anything else stops the whole download. */
const ownFailures: ReadonlySet<string> = new Set([
  'not-found',
  'permission-denied',
  'changed',
  'verification-failed',
  'io',
  'is-folder',
  'not-folder',
  'invalid-argument',
  'already-exists',
]);

/** Bytes free for us on the disk of a folder; undefined where it cannot be told. */
export function freeBytesOn(folder: string): number | undefined {
  try {
    const { bavail, bsize, blocks } = statfsSync(folder);
    return blocks === 0 ? undefined : bavail * bsize;
  } catch {
    return undefined;
  }
}

/** Runs to the end, or rejects with AppError. Failed files of a folder are in `record.failedFiles` then, with their number as result. */
export async function runDownload(options: RunOptions): Promise<{ failedFiles: number }> {
  return new DownloadRun(options).run();
}

class DownloadRun {
  readonly #options: RunOptions;
  readonly #record: DownloadRecord;
  readonly #ref: EntryRef;
  readonly #abort = new AbortController();
  #root = '';
  #partials = '';
  #failedFiles = 0;
  readonly #folders = new Set<string>();

  constructor(options: RunOptions) {
    this.#options = options;
    this.#record = options.record;
    this.#ref = options.record.entry;
  }

  async run(): Promise<{ failedFiles: number }> {
    const stop = () => this.#abort.abort();
    this.#options.signal.addEventListener('abort', stop, { once: true });
    if (this.#options.signal.aborted) stop();
    try {
      return await this.#run();
    } finally {
      this.#options.signal.removeEventListener('abort', stop);
    }
  }

  async #run(): Promise<{ failedFiles: number }> {
    const record = this.#record;
    this.#root = realFolder(record.folder, { mayMake: record.destination === '' });
    const partials = (this.#partials = makePartialFolder(this.#root, record.downloadId));
    const plan = await this.#plan(partials);
    record.totalBytes = plan.totalBytes;
    record.totalFiles = plan.files.length;
    record.doneBytes = 0;
    record.doneFiles = 0;
    record.failedFiles = [];
    const journal = new Journal(partials);
    journal.open();
    try {
      const missing = plan.files.filter((file) => !this.#isPlaced(file, journal));
      this.#checkRoom(missing);
      if (record.kind === 'folder') await this.#makeFolders(plan);
      await this.#fetchAll(missing, journal);
    } finally {
      journal.close();
    }
    for (const folder of this.#folders) syncFolder(folder);
    // A download that some files are missing from keeps its journal: a retry fetches only those.
    if (this.#failedFiles === 0) removePartialFolder(this.#root, record.downloadId);
    return { failedFiles: this.#failedFiles };
  }

  async #plan(partials: string): Promise<Plan> {
    const base = parseSafePath(this.#ref.path);
    if (this.#record.kind === 'folder') {
      return planFolder(base, this.#options.catalog.files(this.#ref), { isCaseSensitive: isCaseSensitive(partials) });
    }
    const entry = this.#options.catalog.stat(this.#ref);
    if (entry === undefined) throw notShared(base);
    return {
      files: [{ path: base, relative: '', sizeBytes: entry.sizeBytes, mtimeMs: entry.mtimeMs }],
      folders: [],
      totalBytes: entry.sizeBytes,
    };
  }

  /** Finished in an earlier attempt: by the journal, or (after a power cut) by size and time in a folder that is ours. */
  #isPlaced(file: PlannedFile, journal: Journal): boolean {
    const target = journal.placed(file.path);
    const isDone = target !== undefined || (this.#record.kind === 'folder' && this.#looksPlaced(file));
    if (!isDone) return false;
    if (target !== undefined && this.#record.kind === 'file') this.#claim(path.join(this.#root, target));
    this.#record.doneFiles++;
    this.#record.doneBytes += file.sizeBytes;
    return true;
  }

  #looksPlaced(file: PlannedFile): boolean {
    if (this.#record.destination === '') return false;
    const stats = lstatSync(path.join(this.#record.destination, file.relative), { throwIfNoEntry: false });
    return stats !== undefined && stats.isFile() && stats.size === file.sizeBytes && Math.abs(stats.mtimeMs - file.mtimeMs) < 2;
  }

  #checkRoom(missing: PlannedFile[]): void {
    const free = this.#options.freeBytes(this.#root);
    if (free === undefined) return;
    let needed = 0;
    for (const file of missing) needed += file.sizeBytes;
    if (needed <= free) return;
    for (const file of missing) needed -= Math.min(file.sizeBytes, this.#partial(file).existingBytes());
    if (needed > free) throw diskFull(this.#record.folder, needed, free);
  }

  /** Picks the folder once, and makes the whole tree, empty folders too. */
  async #makeFolders(plan: Plan): Promise<void> {
    const record = this.#record;
    if (record.destination === '') this.#claim(claimFolder(this.#root, localName(record.name)));
    // A name claimed through a link to the download folder is as good as through its real path.
    const top = path.join(this.#root, path.basename(record.destination));
    try {
      makeFoldersBelow(this.#root, top);
      for (const [index, folder] of plan.folders.entries()) {
        if (index % stepEntries === 0) await breathe();
        if (this.#abort.signal.aborted) return;
        makeFoldersBelow(this.#root, path.join(top, folder));
        this.#folders.add(path.dirname(path.join(top, folder)));
      }
    } catch (error) {
      throw localFailure(error, top);
    }
    this.#folders.add(this.#root);
  }

  #claim(destination: string): void {
    if (this.#record.destination === destination) return;
    this.#record.destination = destination;
    this.#options.onClaim();
  }

  /** Fetches side by side. The first failure that is not a single file's own stops all, and is thrown when all have stopped. */
  async #fetchAll(missing: PlannedFile[], journal: Journal): Promise<void> {
    const { signal } = this.#abort;
    let failure: AppError | undefined;
    let next = 0;
    const work = async () => {
      for (let file = missing[next++]; file && failure === undefined; file = missing[next++]) {
        try {
          await this.#fetchCounted(file, journal);
        } catch (error) {
          failure ??= asAppError(error);
          this.#abort.abort();
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(localLimits.filesInFlight, missing.length) }, work));
    if (failure !== undefined) throw failure;
    if (signal.aborted) throw new AppError('cancelled', 'The download was stopped.');
  }

  async #fetchCounted(file: PlannedFile, journal: Journal): Promise<void> {
    const release = await this.#options.permits.take(this.#abort.signal);
    try {
      await this.#fetchTwice(file, journal);
      this.#record.doneFiles++;
      this.#options.onProgress(0);
    } catch (error) {
      const failure = asAppError(error);
      if (this.#record.kind === 'file' || !ownFailures.has(failure.kind)) throw failure;
      this.#failedFiles++;
      this.#options.log.warn(`Left out of a folder download: ${failure.message}`);
      if (this.#record.failedFiles.length < localLimits.failedFilesShown) {
        this.#record.failedFiles.push({ path: file.path, message: failure.message });
      }
    } finally {
      release();
    }
  }

  /** Content that changed or does not verify is fetched once more: the first time may be an accident. */
  async #fetchTwice(file: PlannedFile, journal: Journal): Promise<void> {
    try {
      await this.#fetch(file, journal);
    } catch (error) {
      const { kind } = asAppError(error);
      if (kind !== 'changed' && kind !== 'verification-failed') throw error;
      await this.#fetch(file, journal);
    }
  }

  async #fetch(file: PlannedFile, journal: Journal): Promise<void> {
    const { source, hasher, trees, stallMs, onProgress } = this.#options;
    const record = this.#record;
    const partial = this.#partial(file);
    let counted = 0;
    const count = (delta: number) => {
      counted += delta;
      record.doneBytes += delta;
      onProgress(delta);
    };
    let planned = file.sizeBytes;
    try {
      await receiveFile({
        source,
        shareId: this.#ref.shareId,
        path: file.path,
        partial,
        hasher,
        trees,
        signal: this.#abort.signal,
        ...(stallMs === undefined ? {} : { stallMs }),
        onHead: ({ sizeBytes }) => {
          record.totalBytes += sizeBytes - planned;
          if (sizeBytes > planned) this.#checkMore(sizeBytes - planned);
          planned = sizeBytes;
        },
        onBytes: count,
      });
      this.#place(file, partial, journal);
    } catch (error) {
      // Fetched again or left out: what an attempt counted goes. A download that stops here shows what lies in its partial file.
      if (ownFailures.has(asAppError(error).kind)) {
        count(-counted);
        record.totalBytes += file.sizeBytes - planned;
      }
      throw error;
    }
  }

  /** The file is larger than its index said. */
  #checkMore(bytes: number): void {
    const free = this.#options.freeBytes(this.#root);
    if (free !== undefined && bytes > free) throw diskFull(this.#record.folder, bytes, free);
  }

  #place(file: PlannedFile, partial: PartialFile, journal: Journal): void {
    const isSingle = this.#record.kind === 'file';
    const wanted = isSingle
      ? path.join(this.#root, localName(this.#record.name))
      : path.join(this.#root, path.basename(this.#record.destination), file.relative);
    const place = { root: this.#root, folder: path.dirname(wanted), name: path.basename(wanted) };
    const target = placeFile(partial.path, place, (placed) => journal.add(file.path, path.relative(this.#root, placed)));
    this.#folders.add(place.folder);
    if (isSingle) this.#claim(target);
  }

  /** Named by a hash: no peer's word, however long or strange, becomes a path here. */
  #partial(file: PlannedFile): PartialFile {
    const name = createHash('sha256').update(file.path).digest('hex').slice(0, 40);
    return new PartialFile(path.join(this.#partials, `${name}.part`), this.#options.write);
  }
}

/**
 * The download folder itself, made when missing (not for a download that began: then its disk is away); a link to it is the user's own
 * choice and followed.
 */
function realFolder(folder: string, { mayMake }: { mayMake: boolean }): string {
  try {
    if (mayMake) mkdirSync(folder, { recursive: true });
    const real = realpathSync(folder);
    if (!statSync(real).isDirectory()) throw new Error('it is not a folder');
    return real;
  } catch (error) {
    throw localFailure(error, folder);
  }
}

/** Asks the disk itself: Linux mounts case-insensitive file systems, macOS has both. */
function isCaseSensitive(folder: string): boolean {
  const probe = path.join(folder, 'case-probe');
  try {
    writeFileSync(probe, '');
    return lstatSync(path.join(folder, 'CASE-PROBE'), { throwIfNoEntry: false }) === undefined;
  } catch (error) {
    throw localFailure(error, folder);
  } finally {
    rmSync(probe, { force: true });
  }
}
