// A download as a value: how one begins from an entry of the catalog, and how it is shown. Starts nothing and keeps nothing.

import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { encode } from 'z32';
import type { AppError } from '../../../protocol/errors.ts';
import { type DownloadId, isDownloadId, type PeerId, type ShareId } from '../../../protocol/ids.ts';
import type {
  ConflictPolicy,
  DownloadInfo,
  DownloadSource,
  Entry,
  EntryRef,
  Failure,
  Priority,
} from '../../../protocol/model.ts';
import { localName, type SafePath } from '../../storage/safePath.ts';
import type { DownloadRecord } from './downloadTable.ts';
import { notShared } from '../failures.ts';
import { besidePartials, folderNameOf } from './plan.ts';
import { onlyOf } from './selections.ts';

/** What downloads need of the catalog. */
export interface DownloadCatalog {
  stat(ref: EntryRef): Entry | undefined;
  /** Everything below a folder, folders too; paths are relative to the share. */
  files(ref: EntryRef): Iterable<{ path: SafePath; entry: Entry }>;
  titleOf(peerId: PeerId, shareId: ShareId): string | undefined;
}

/** Entries of a folder counted when it is added; larger ones show their totals when they run. */
const countedOnAdd = 20_000;

/** What may be said of a download when it is added. */
export interface AddOptions {
  /** Absolute. */
  folder?: string;
  conflict?: ConflictPolicy;
  priority?: Priority;
  isPaused?: boolean;
  /** Of a folder: only these files (paths inside the share), right into `folder`. */
  only?: readonly string[];
}

/** How a download is wanted, beyond what. */
export interface Wanted {
  only?: readonly string[] | undefined;
  /** Absolute. */
  folder: string;
  conflict: ConflictPolicy;
  priority: Priority;
  isPaused: boolean;
  order: number;
}

/** A download of an entry (its path was checked). Throws `not-found` when the index has no such entry. */
export function newRecord(ref: EntryRef, wanted: Wanted, whole: DownloadCatalog): DownloadRecord {
  const catalog = wanted.only === undefined ? whole : onlyOf(whole, new Set(wanted.only));
  const entry = catalog.stat(ref);
  const title = catalog.titleOf(ref.peerId, ref.shareId);
  if (entry === undefined && (ref.path !== '' || title === undefined)) throw notShared(ref.path);
  const kind = ref.path === '' ? 'folder' : (entry?.kind ?? 'folder');
  const totals = kind === 'file' ? { totalFiles: 1, totalBytes: entry?.sizeBytes ?? 0 } : totalsOf(ref, catalog);
  const { folder, conflict, priority, isPaused, order, only } = wanted;
  return {
    downloadId: newDownloadId(),
    entry: { peerId: ref.peerId, shareId: ref.shareId, path: ref.path },
    kind,
    name:
      only !== undefined
        ? path.basename(folder)
        : ref.path === ''
          ? folderNameOf(title ?? 'share')
          : besidePartials(ref.path.split('/').at(-1) ?? ref.path),
    state: isPaused ? 'paused' : 'queued',
    ...{ folder, conflict, priority, order },
    destination: only === undefined ? '' : folder,
    doneBytes: 0,
    doneFiles: 0,
    reusedBytes: 0,
    skippedFiles: 0,
    ...totals,
    addedAtMs: Date.now(),
    startedAtMs: undefined,
    finishedAtMs: undefined,
    failedFiles: [],
    failure: undefined,
  };
}

function totalsOf(ref: EntryRef, catalog: DownloadCatalog): { totalFiles: number; totalBytes: number } {
  let seen = 0;
  const totals = { totalFiles: 0, totalBytes: 0 };
  for (const { entry } of catalog.files(ref)) {
    if (++seen > countedOnAdd) return { totalFiles: 0, totalBytes: 0 };
    if (entry.kind === 'folder') continue;
    totals.totalFiles++;
    totals.totalBytes += entry.sizeBytes;
  }
  return Number.isSafeInteger(totals.totalBytes) ? totals : { totalFiles: 0, totalBytes: 0 };
}

function newDownloadId(): DownloadId {
  const id = encode(randomBytes(16));
  if (!isDownloadId(id)) throw new Error(`made the impossible download id ${id}`);
  return id;
}

/** Not at its end: it has a place in the queue. */
export function isUnfinished({ state }: Pick<DownloadRecord, 'state'>): boolean {
  return state === 'queued' || state === 'running' || state === 'waiting' || state === 'paused';
}

/** Goes on by itself now: what keeps the sidecar up. */
export function isActive({ state }: Pick<DownloadRecord, 'state'>): boolean {
  return state === 'queued' || state === 'running';
}

export function sameRef(a: EntryRef, b: EntryRef): boolean {
  return a.peerId === b.peerId && a.shareId === b.shareId && a.path === b.path;
}

/** An error as it is kept with a download. */
export function failureOf(error: AppError): Failure {
  return { kind: error.kind, message: error.message, data: error.data };
}

/** What is shown of a download beside its record. */
export interface Moment {
  place: number;
  bytesPerSecond: number;
  sources: DownloadSource[];
  /** By performance.now(). */
  retryAtMs: number;
  /** Where it would be, if its name is free. */
  wantedPath: string;
}

/** Where a download is put, if its name is free. */
export function wantedPathOf({ folder, name }: Pick<DownloadRecord, 'folder' | 'name'>): string {
  return path.join(folder, localName(name));
}

/** As clients see it. The destination is where it will be, until a name was claimed. */
export function infoOf(record: DownloadRecord, moment: Moment): DownloadInfo {
  const { folder: _folder, startedAtMs: _startedAtMs, failure, finishedAtMs, destination, ...rest } = record;
  const isRunning = record.state === 'running';
  const bytesPerSecond = isRunning ? moment.bytesPerSecond : 0;
  const leftBytes = record.totalBytes - record.doneBytes;
  const retryInMs = moment.retryAtMs - performance.now();
  return {
    ...rest,
    place: moment.place,
    failedFiles: record.failedFiles.length === 0 ? [] : [...record.failedFiles],
    ...(destination === '' ? { destination: moment.wantedPath, isDestinationOpen: true } : { destination }),
    bytesPerSecond,
    ...(bytesPerSecond > 0 && leftBytes >= 0 ? { secondsLeft: Math.ceil(leftBytes / bytesPerSecond) } : {}),
    sources: isRunning ? moment.sources : [],
    ...(record.state === 'queued' && retryInMs > 0 ? { retryAtMs: Math.round(Date.now() + retryInMs) } : {}),
    ...(failure ? { failure } : {}),
    ...(finishedAtMs === undefined ? {} : { finishedAtMs }),
  };
}
