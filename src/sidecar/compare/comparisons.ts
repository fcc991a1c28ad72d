// Comparisons as clients ask for them: made, kept for a while, paged, and their differences queued. What is compared comes from the indexes here and from this
// disk; contents stay where they are.

import { realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { AppError, asAppError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/ids.ts';
import type { CompareSide, CompareState, ComparedEntry, Comparison } from '../../protocol/compare.ts';
import type { ConflictPolicy, DownloadInfo, EntryRef, Priority } from '../../protocol/model.ts';
import { randomUUID } from 'node:crypto';
import type { Catalog } from '../catalog/catalog.ts';
import { compareLimits } from '../limits.ts';
import { makeFolder } from '../storage/folders.ts';
import { parseSafePath } from '../storage/safePath.ts';
import type { ToldIds } from './compareMessages.ts';
import { type ContentIdsOptions, findMissing, type Place, searchOrder, soughtOf, tellKnown } from './contentIds.ts';
import { type SideName, sideNames } from './row.ts';
import type { SideSource } from './sides.ts';
import { CompareWorker } from './worker.ts';

export interface ComparisonsOptions extends ContentIdsOptions {
  ownPeerId: PeerId;
  catalog(): Pick<Catalog, 'view' | 'list'>;
  /** Queues some files of a folder into a folder. */
  download(ref: EntryRef, wanted: DifferencesWanted): Promise<DownloadInfo>;
}

export interface DifferencesWanted {
  /** Paths inside the share. */
  only: string[];
  folder: string;
  conflict?: ConflictPolicy;
  priority?: Priority;
}

export interface CompareStart {
  left: CompareSide;
  right: CompareSide;
  isExact: boolean;
  signal: AbortSignal;
  onProgress: (done: number, total: number) => void;
}

interface Kept {
  comparison: Comparison;
  right: Place;
  worker: CompareWorker;
  idle: NodeJS.Timeout;
}

const fetchable: readonly CompareState[] = ['changed', 'only-right', 'moved'];

export class Comparisons {
  readonly #options: ComparisonsOptions;
  /** The one used last at the end. */
  readonly #kept = new Map<string, Kept>();
  readonly #running = new Set<CompareWorker>();

  constructor(options: ComparisonsOptions) {
    this.#options = options;
  }

  close(): void {
    for (const worker of this.#running) worker.close();
    for (const compareId of [...this.#kept.keys()]) this.drop(compareId);
  }

  /** Rejects as `compare/start` says. */
  async start({ left, right, isExact, signal, onProgress }: CompareStart): Promise<Comparison> {
    if (this.#running.size >= compareLimits.running)
      throw new AppError('busy', `${compareLimits.running} comparisons are being made. Wait for one of them, or cancel it.`);
    const places = { left: this.#place(left), right: this.#place(right) };
    const worker = new CompareWorker((entries) => onProgress(entries, 0));
    const stop = (): void => worker.close();
    signal.addEventListener('abort', stop, { once: true });
    this.#running.add(worker);
    try {
      signal.throwIfAborted();
      const found = await this.#compare(worker, places, { isExact, signal, onProgress });
      const comparison = { compareId: randomUUID(), left, right, ...found };
      this.#keep({ comparison, right: places.right, worker });
      return comparison;
    } catch (error) {
      worker.close();
      throw signal.aborted ? new AppError('cancelled', 'The comparison was stopped.') : error;
    } finally {
      signal.removeEventListener('abort', stop);
      this.#running.delete(worker);
    }
  }

  /** Rejects with `not-found` when it is not kept any more. */
  async page(
    compareId: string,
    asked: { states: readonly CompareState[]; under: string; offset: number; limit: number },
  ): Promise<{ entries: ComparedEntry[]; total: number }> {
    return this.#find(compareId).worker.ask('page', asked);
  }

  /** Rejects as `compare/download` says. */
  async download(
    compareId: string,
    {
      states,
      paths,
      ...wanted
    }: Omit<DifferencesWanted, 'only'> & { states?: readonly CompareState[]; paths?: readonly string[] },
  ): Promise<DownloadInfo> {
    const { right, worker } = this.#find(compareId);
    if (right.kind === 'folder' || right.isOwn)
      throw new AppError('invalid-argument', 'The right side is on this machine. Compare with the other folder on the right.');
    const asked = states ?? ['changed', 'only-right'];
    if (!asked.every((state) => fetchable.includes(state)))
      throw new AppError('invalid-argument', `Only ${fetchable.join(', ')} files can be downloaded.`);
    const found = await worker.ask('select', { states: asked, paths });
    if (found.length === 0) throw new AppError('not-found', 'There is no such difference to download.');
    if (found.length > compareLimits.downloadFiles)
      throw new AppError('too-large', `At most ${compareLimits.downloadFiles} files go into one download. Choose folders.`);
    makeFolder(wanted.folder);
    const { peerId, shareId, base } = right;
    const only = base === '' ? found : found.map((each) => `${base}/${each}`);
    return this.#options.download({ peerId, shareId, path: base }, { ...wanted, only });
  }

  drop(compareId: string): void {
    const kept = this.#kept.get(compareId);
    if (kept === undefined) return;
    this.#kept.delete(compareId);
    clearTimeout(kept.idle);
    kept.worker.close();
  }

  async #compare(
    worker: CompareWorker,
    places: { left: Place; right: Place },
    { isExact, signal, onProgress }: Pick<CompareStart, 'isExact' | 'signal' | 'onProgress'>,
  ) {
    const { skipped } = await this.#read(worker, places, signal);
    const judged = await worker.ask('judge', undefined);
    if (!isExact) return { ...judged, skipped, unresolved: 0 };
    await this.#findOut(worker, places, { signal, onProgress });
    return { ...(await worker.ask('judge', undefined)), skipped, unresolved: await worker.ask('unresolved', undefined) };
  }

  /** The missing content ids: of the second side only where the first one's is known then. What is found by the time limit is kept. */
  async #findOut(
    worker: CompareWorker,
    places: Record<SideName, Place>,
    { signal, onProgress }: Pick<CompareStart, 'signal' | 'onProgress'>,
  ): Promise<void> {
    const until = AbortSignal.timeout(compareLimits.exactMs);
    let [done, total] = [0, 0];
    const onDone = (): void => onProgress(++done, total);
    for (const [at, side] of searchOrder(places).entries()) {
      const files = soughtOf(places[side], await worker.ask('wanted', { side, isOtherKnown: at > 0 }));
      total += files.length;
      const tell = (ids: ToldIds) => worker.learn(side, ids);
      await findMissing(places[side], files, this.#options, { tell, onDone, signal, until });
    }
  }

  /** An index may be replaced between here and the worker: then the new one is read. */
  async #read(worker: CompareWorker, places: Record<SideName, Place>, signal: AbortSignal): Promise<{ skipped: number }> {
    try {
      return await this.#readOnce(worker, places, signal);
    } catch (error) {
      if (asAppError(error).kind !== 'io') throw error;
      return this.#readOnce(worker, places, signal);
    }
  }

  /** Both sides, and what is known of their contents: that is gathered while the worker reads, and goes with what it has read when that fails. */
  async #readOnce(worker: CompareWorker, places: Record<SideName, Place>, signal: AbortSignal): Promise<{ skipped: number }> {
    const over = new AbortController();
    const telling = AbortSignal.any([signal, over.signal]);
    try {
      const reading = worker.ask('read', { left: this.#source(places.left), right: this.#source(places.right) });
      const known = sideNames.map((side) =>
        tellKnown(places[side], this.#options, (ids) => worker.learn(side, ids), telling).catch((error: unknown) => {
          // Without it sizes and times tell.
          if (signal.aborted || asAppError(error).kind === 'cancelled') throw error;
        }),
      );
      const [read] = await Promise.all([reading, ...known]);
      return read;
    } finally {
      over.abort();
    }
  }

  #place(side: CompareSide): Place {
    if ('folder' in side) return { kind: 'folder', root: realFolder(side.folder) };
    const { peerId, shareId, path: base } = side.entry;
    const safePath = parseSafePath(base);
    const { view, list } = this.#catalog;
    const entry = view(side.entry)?.stat(safePath);
    // Says why.
    if (entry?.kind !== 'folder') list({ ...side.entry, path: safePath }, { offset: 0, limit: 0 });
    return { kind: 'entry', peerId, shareId, base: safePath, isOwn: peerId === this.#options.ownPeerId };
  }

  #source(place: Place): SideSource {
    if (place.kind === 'folder') return place;
    const { peerId, shareId, base } = place;
    const view = this.#catalog.view({ peerId, shareId });
    if (view === undefined) throw new AppError('unavailable', 'The index of a side is not here any more. Compare again.');
    return { kind: 'index', segmentPath: view.segment.path, overlay: view.overlay, base };
  }

  get #catalog() {
    const catalog = this.#options.catalog();
    return {
      view: ({ peerId, shareId }: Pick<EntryRef, 'peerId' | 'shareId'>) => catalog.view(peerId, shareId),
      list: (...asked: Parameters<Catalog['list']>) => catalog.list(...asked),
    };
  }

  #keep({ comparison, right, worker }: Omit<Kept, 'idle'>): void {
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size < compareLimits.kept) break;
      this.drop(oldest);
    }
    this.#kept.set(comparison.compareId, { comparison, right, worker, idle: this.#idle(comparison.compareId) });
  }

  #find(compareId: string): Kept {
    const kept = this.#kept.get(compareId);
    if (kept === undefined) throw new AppError('not-found', 'This comparison is not kept any more. Compare again.');
    clearTimeout(kept.idle);
    kept.idle = this.#idle(compareId);
    this.#kept.delete(compareId);
    this.#kept.set(compareId, kept);
    return kept;
  }

  #idle(compareId: string): NodeJS.Timeout {
    return setTimeout(() => this.drop(compareId), compareLimits.keptMs).unref();
  }
}

/** Throws `invalid-argument`, `not-found`, `not-folder`, `permission-denied`. */
function realFolder(folder: string): string {
  if (!path.isAbsolute(folder) || folder.includes('\0'))
    throw new AppError('invalid-argument', `The folder ${JSON.stringify(folder)} is not an absolute path. Give its whole path.`);
  const data = { path: folder };
  try {
    const real = realpathSync.native(folder);
    if (statSync(real).isDirectory()) return real;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new AppError('not-found', `The folder ${folder} is not there. Choose another one.`, { data });
    if (code === 'EACCES' || code === 'EPERM')
      throw new AppError('permission-denied', `The folder ${folder} may not be read. Change its permissions.`, { data });
    throw new AppError('io', `The folder ${folder} could not be read: ${String(code)}.`, { data, cause: error });
  }
  throw new AppError('not-folder', `${folder} is a file. Compare the folder that it is in.`, { data });
}
