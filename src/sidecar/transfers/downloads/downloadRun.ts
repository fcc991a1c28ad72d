// One attempt at one download, file or folder: plan, room, folders, small files by packs and large ones side by side, final names. Knows neither
// the queue nor who is told; it counts into the record and leaves what is verified for the next attempt.

import { lstatSync } from 'node:fs';
import path from 'node:path';
import { AppError, asAppError, type ErrorKind } from '../../../protocol/errors.ts';
import { isOfLink } from '../../../protocol/linkPeer.ts';
import { localLimits, transferLimits } from '../../limits.ts';
import { localName, parseSafePath } from '../../storage/safePath.ts';
import type { DiskRun } from '../disk/diskRun.ts';
import type { Settled } from '../disk/diskCalls.ts';
import { makePartialFolder, removePartialFolder } from '../disk/placement.ts';
import { diskFull, localFailure, notShared, wasCancelled } from '../failures.ts';
import { hashBytes } from '../content/merkle.ts';
import { fetchPacks } from './packRun.ts';
import { type Plan, planFolder, type PlannedFile, stepEntries } from './plan.ts';
import { claimTop, keepsNamesApart, partialBytes, realFolder } from './preparing.ts';
import type { PlacedFile, RunOptions } from './runOptions.ts';
import { fillsFolder } from './selections.ts';
import { fetchSingle, ownFailures, partialPathOf, type Single, type SingleOptions } from './singleRun.ts';
import { SourcesShown } from './sourcesShown.ts';

export { freeBytesOn } from './preparing.ts';

/** Runs to the end, or rejects with AppError. Failed files of a folder are in `record.failedFiles` then, with their number as result. */
export async function runDownload(options: RunOptions): Promise<{ failedFiles: number }> {
  return new DownloadRun(options).run();
}

class DownloadRun {
  readonly #options: RunOptions;
  readonly #record: RunOptions['record'];
  readonly #abort = new AbortController();
  readonly #shown: SourcesShown;
  readonly #packs = {};
  #root = '';
  #partials = '';
  /** Where the plan's names begin. */
  #top = '';
  #plan: Plan = { files: [], folders: [], totalBytes: 0 };
  /** Files that are fetched by themselves, as they become known. */
  readonly #singles: number[] = [];
  #failedFiles = 0;
  #failure: AppError | undefined;
  /** A file of a link that nobody who is here has: the others are fetched first. */
  #away: AppError | undefined;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#record = options.record;
    this.#shown = new SourcesShown((sources) => options.onSources(sources));
  }

  async run(): Promise<{ failedFiles: number }> {
    const { signal } = this.#options;
    const stop = () => this.#abort.abort();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      return await this.#all();
    } finally {
      signal.removeEventListener('abort', stop);
      this.#shown.stop();
    }
  }

  async #all(): Promise<{ failedFiles: number }> {
    const record = this.#record;
    const wasClaimed = record.destination !== '';
    this.#root = realFolder(record.folder, { mayMake: !wasClaimed });
    this.#partials = makePartialFolder(this.#root, record.downloadId);
    this.#plan = await this.#makePlan();
    this.#stopped();
    Object.assign(record, { totalBytes: this.#plan.totalBytes, totalFiles: this.#plan.files.length, failedFiles: [] });
    Object.assign(record, { doneBytes: 0, doneFiles: 0, reusedBytes: 0, skippedFiles: 0 });
    this.#claimTop();
    const isFolder = record.kind === 'folder';
    const run = await this.#options.disk.openRun({
      ...{ root: this.#root, partials: this.#partials, top: this.#top, conflict: this.#options.conflict },
      origin: this.#options.origin,
      ...(isFolder ? {} : { name: localName(record.name) }),
      isOwnTop: isFolder && this.#options.conflict === 'keep-both' && !fillsFolder(record),
    });
    run.listen({ settled: (settled) => this.#settled(settled), failed: (error) => this.#stopBy(error) });
    try {
      const isKnownNew = run.isFresh && !wasClaimed && this.#options.conflict !== 'skip';
      const missing = isKnownNew ? [...this.#plan.files.keys()] : await this.#sift(run);
      this.#checkRoom(missing);
      await this.#makeFolders(run);
      await this.#fetchAll(missing, run);
      // Those whose files all failed, too; one that cannot be made was why.
      if (this.#failedFiles > 0) await run.makeFolders(this.#plan.folders).catch(() => undefined);
    } finally {
      await run.close();
    }
    if (isFolder && lstatSync(this.#top, { throwIfNoEntry: false })?.isDirectory() !== true) throw goneTop(this.#top);
    // A download that some files are missing from keeps its journal: a retry fetches only those.
    if (this.#failedFiles === 0) removePartialFolder(this.#root, record.downloadId);
    return { failedFiles: this.#failedFiles };
  }

  async #makePlan(): Promise<Plan> {
    const { catalog } = this.#options;
    const ref = this.#record.entry;
    const base = parseSafePath(ref.path);
    const entry = ref.path === '' ? undefined : catalog.stat(ref);
    // Without this, a share that is not known just now would be an empty folder, and done.
    if (entry === undefined && (ref.path !== '' || catalog.titleOf(ref.peerId, ref.shareId) === undefined)) throw notShared(base);
    if (this.#record.kind === 'folder') {
      return planFolder(base, catalog.files(ref), { areNamesExact: keepsNamesApart(this.#partials) });
    }
    if (entry === undefined || entry.kind !== 'file') throw notShared(base);
    const { sizeBytes, mtimeMs } = entry;
    return { files: [{ path: base, relative: '', sizeBytes, mtimeMs }], folders: [], totalBytes: sizeBytes };
  }

  #claimTop(): void {
    const record = this.#record;
    this.#top = this.#root;
    if (record.kind === 'file') return;
    if (record.destination === '') this.#claim(claimTop(this.#root, localName(record.name), this.#options.conflict));
    if (fillsFolder(record)) return;
    // A name claimed through a link to the download folder is as good as through its real path.
    this.#top = path.join(this.#root, path.basename(record.destination));
  }

  #claim(destination: string): void {
    if (this.#record.destination === destination) return;
    this.#record.destination = destination;
    this.#options.onClaim();
  }

  /** Answers what is to be fetched; counts what is there. */
  async #sift(run: DiskRun): Promise<number[]> {
    const { files } = this.#plan;
    const missing: number[] = [];
    for (let first = 0; first < files.length; first += stepEntries) {
      const asked = files.slice(first, first + stepEntries);
      const { states, targets } = await run.sift(
        asked.map(({ relative, sizeBytes, mtimeMs }) => ({ relative, sizeBytes, mtimeMs })),
      );
      this.#stopped();
      for (const [at, file] of asked.entries()) {
        if (states[at] === 0) {
          missing.push(first + at);
          continue;
        }
        this.#record.doneFiles++;
        this.#record.doneBytes += file.sizeBytes;
        if (states[at] === 2) this.#record.skippedFiles++;
        const target = states[at] === 2 ? path.join(this.#top, localName(this.#record.name)) : targets[at];
        if (this.#record.kind === 'file' && target !== undefined) this.#claim(target);
      }
    }
    return missing;
  }

  /** Those that no file brings along. */
  async #makeFolders(run: DiskRun): Promise<void> {
    const { files, folders } = this.#plan;
    const filled = new Set(files.map(({ relative }) => relative.slice(0, Math.max(0, relative.lastIndexOf('/')))));
    const bare = folders.filter((folder) => !filled.has(folder));
    for (let at = 0; at < bare.length; at += stepEntries) {
      await run.makeFolders(bare.slice(at, at + stepEntries));
      this.#stopped();
    }
  }

  #checkRoom(missing: readonly number[]): void {
    const free = this.#options.freeBytes(this.#root);
    if (free === undefined) return;
    let needed = 0;
    for (const index of missing) needed += this.#file(index).sizeBytes;
    if (needed <= free) return;
    for (const index of missing) {
      const file = this.#file(index);
      if (file.sizeBytes > transferLimits.packedFileBytes)
        needed -= partialBytes(partialPathOf(this.#partials, file), file.sizeBytes);
    }
    if (needed > free) throw diskFull(this.#record.folder, needed, free);
  }

  /** Fetches side by side. The first failure that is not a single file's own stops all, and is thrown when all have stopped. */
  async #fetchAll(missing: readonly number[], run: DiskRun): Promise<void> {
    const { peerId, shareId } = this.#record.entry;
    const owner = () => this.#options.sources.owner(peerId);
    const isPacked = this.#record.kind === 'folder' && owner()?.understands('packs') === true;
    const small: number[] = [];
    for (const index of missing) {
      const isSmall = isPacked && this.#file(index).sizeBytes <= transferLimits.packedFileBytes;
      (isSmall ? small : this.#singles).push(index);
    }
    const packs = fetchPacks({
      ...{ peerId, shareId, files: this.#plan.files, indexes: small, owner, run, rate: this.#options.rate },
      signal: this.#abort.signal,
      isBounded: this.#options.isBounded === true,
      ...(this.#options.stallMs === undefined ? {} : { stallMs: this.#options.stallMs }),
      onBytes: (bytes, surplus) => {
        this.#record.totalBytes += surplus;
        this.#count(bytes);
      },
      onSingle: (index) => void this.#singles.push(index),
      onFailed: (index, kind) => this.#failed(index, refusedFile(this.#file(index), kind)),
      onSource: (source) => this.#shown.set(this.#packs, [source]),
    }).catch((error: unknown) => this.#stopBy(asAppError(error)));
    await Promise.all([packs, this.#fetchSingles(run)]);
    this.#shown.remove(this.#packs);
    // What is verified is placed, also when the rest must wait.
    await run.flush().catch((error: unknown) => this.#stopBy(asAppError(error)));
    // What packs did not give, or lost on the way to its name.
    if (this.#failure === undefined) await this.#fetchSingles(run);
    if (this.#failure !== undefined) throw this.#failure;
    this.#stopped();
    if (this.#away !== undefined) throw this.#away;
  }

  /** All that are known by now, a few at a time. */
  async #fetchSingles(run: DiskRun): Promise<void> {
    const single: SingleOptions = {
      ...{ options: this.#options, run, partials: this.#partials, shown: this.#shown, signal: this.#abort.signal },
      onBytes: (delta) => this.#count(delta),
      onReused: (bytes) => void (this.#record.reusedBytes += bytes),
      onSurplus: (bytes) => {
        const free = bytes > 0 ? this.#options.freeBytes(this.#root) : undefined;
        if (free !== undefined && bytes > free) throw diskFull(this.#record.folder, bytes, free);
        this.#record.totalBytes += bytes;
      },
    };
    const lane = async () => {
      for (let index = this.#singles.shift(); index !== undefined; index = this.#singles.shift()) {
        if (this.#abort.signal.aborted) return;
        await this.#fetchCounted(index, single);
      }
    };
    await Promise.all(Array.from({ length: Math.min(localLimits.filesInFlight, this.#singles.length) }, lane));
  }

  /** Never rejects: what stops the download is kept. */
  async #fetchCounted(index: number, single: SingleOptions): Promise<void> {
    const file = this.#file(index);
    let release: (() => void) | undefined;
    try {
      release = await this.#options.permits.take(this.#abort.signal);
      this.#finished(file, await fetchTwice(file, single));
    } catch (error) {
      this.#failed(index, asAppError(error));
    } finally {
      release?.();
    }
  }

  #finished(file: PlannedFile, single: Single): void {
    const isSingle = this.#record.kind === 'file';
    if (single.outcome === 'skipped') {
      this.#record.skippedFiles++;
      if (isSingle) this.#claim(path.join(this.#root, localName(this.#record.name)));
    } else {
      if (isSingle) this.#claim(single.target);
      const { target, sizeBytes, root, mtimeMs } = single;
      this.#options.onPlaced([{ path: file.path, target, sizeBytes, root, mtimeMs }]);
    }
    this.#record.doneFiles++;
    this.#options.onProgress(0);
  }

  /** A group of small files reached the disk. */
  #settled({ placed, sizes, mtimes, roots, renamed, skipped, failed }: Settled): void {
    const files: PlacedFile[] = [];
    for (const [at, index] of placed.entries()) {
      const file = this.#file(index);
      const target = path.join(this.#top, renamed[index] ?? file.relative);
      const root = roots.subarray(at * hashBytes, (at + 1) * hashBytes);
      files.push({ path: file.path, target, sizeBytes: sizes[at] ?? 0, root, mtimeMs: mtimes[at] ?? 0 });
    }
    this.#record.doneFiles += placed.length + skipped.length;
    this.#record.skippedFiles += skipped.length;
    for (const { index, sizeBytes, kind, message } of failed) {
      this.#count(-sizeBytes);
      this.#record.totalBytes += this.#file(index).sizeBytes - sizeBytes;
      if (kind === 'changed') this.#singles.push(index);
      else this.#failed(index, new AppError(kind, message));
    }
    if (files.length > 0) this.#options.onPlaced(files);
    this.#options.onProgress(0);
  }

  #count(bytes: number): void {
    this.#record.doneBytes += bytes;
    this.#options.onProgress(bytes);
  }

  /** A file that could not be had: left out of a folder, or the end of all. */
  #failed(index: number, failure: AppError): void {
    if (failure.kind === 'unavailable' && this.#record.kind === 'folder' && isOfLink(this.#record.entry)) {
      this.#away ??= failure;
      return;
    }
    if (this.#record.kind === 'file' || !ownFailures.has(failure.kind)) {
      this.#stopBy(failure);
      return;
    }
    this.#failedFiles++;
    if (this.#record.failedFiles.length >= localLimits.failedFilesShown) return;
    this.#options.log.warn(`Left out of a folder download: ${failure.message}`);
    this.#record.failedFiles.push({ path: this.#file(index).path, message: failure.message });
  }

  #stopBy(failure: AppError): void {
    this.#failure ??= failure;
    this.#abort.abort();
  }

  #stopped(): void {
    if (this.#abort.signal.aborted) throw this.#failure ?? wasCancelled();
  }

  #file(index: number): PlannedFile {
    const file = this.#plan.files[index];
    if (!file) throw new AppError('internal', `The plan has no file ${index}.`);
    return file;
  }
}

/** Content that changed or does not verify is fetched once more: the first time may be an accident. */
async function fetchTwice(file: PlannedFile, single: SingleOptions): Promise<Single> {
  try {
    return await fetchSingle(file, single);
  } catch (error) {
    const { kind } = asAppError(error);
    if (kind !== 'changed' && kind !== 'verification-failed') throw error;
    return fetchSingle(file, single);
  }
}

const refusals: Partial<Record<ErrorKind, string>> = {
  'not-found': 'is not shared any more',
  'permission-denied': 'is not given by its owner',
  io: 'could not be read at its owner',
};

function refusedFile({ path: sharePath }: PlannedFile, kind: ErrorKind): AppError {
  return new AppError(
    kind,
    `${JSON.stringify(sharePath)} ${refusals[kind] ?? `was refused (${kind})`}. Look at the folder again.`,
    {
      data: { path: sharePath },
    },
  );
}

function goneTop(top: string): AppError {
  return localFailure(new AppError('changed', `${top} was removed while files were put there. They are fetched again.`), top);
}
