// A download as a value: how one begins from an entry of the catalog, and how it is shown. Starts nothing and keeps nothing.

import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { encode } from 'z32';
import type { AppError } from '../../../protocol/errors.ts';
import { type DownloadId, isDownloadId, type PeerId, type ShareId } from '../../../protocol/ids.ts';
import type { DownloadInfo, Entry, EntryRef, Failure } from '../../../protocol/model.ts';
import { localName, type SafePath } from '../../storage/safePath.ts';
import type { DownloadRecord } from './downloadTable.ts';
import { notShared } from '../failures.ts';
import type { SpeedMeter } from '../pace.ts';
import { folderNameOf } from './plan.ts';

/** What downloads need of the catalog. */
export interface DownloadCatalog {
  stat(ref: EntryRef): Entry | undefined;
  /** Everything below a folder, folders too; paths are relative to the share. */
  files(ref: EntryRef): Iterable<{ path: SafePath; entry: Entry }>;
  titleOf(peerId: PeerId, shareId: ShareId): string | undefined;
}

/** Entries of a folder counted when it is added; larger ones show their totals when they run. */
const countedOnAdd = 20_000;

/** A queued download of an entry (its path was checked) into `folder`. Throws `not-found` when the index has no such entry. */
export function newRecord(ref: EntryRef, folder: string, catalog: DownloadCatalog): DownloadRecord {
  const entry = catalog.stat(ref);
  const title = catalog.titleOf(ref.peerId, ref.shareId);
  if (entry === undefined && (ref.path !== '' || title === undefined)) throw notShared(ref.path);
  const kind = ref.path === '' ? 'folder' : (entry?.kind ?? 'folder');
  const totals = kind === 'file' ? { totalFiles: 1, totalBytes: entry?.sizeBytes ?? 0 } : totalsOf(ref, catalog);
  return {
    downloadId: newDownloadId(),
    entry: { peerId: ref.peerId, shareId: ref.shareId, path: ref.path },
    kind,
    name: ref.path === '' ? folderNameOf(title ?? 'share') : (ref.path.split('/').at(-1) ?? ref.path),
    state: 'queued',
    folder,
    destination: '',
    doneBytes: 0,
    doneFiles: 0,
    ...totals,
    addedAtMs: Date.now(),
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

export function isActive(record: DownloadRecord): boolean {
  return record.state === 'queued' || record.state === 'running';
}

export function sameRef(a: EntryRef, b: EntryRef): boolean {
  return a.peerId === b.peerId && a.shareId === b.shareId && a.path === b.path;
}

/** An error as it is kept with a download. */
export function failureOf(error: AppError): Failure {
  return { kind: error.kind, message: error.message, data: error.data };
}

/** As clients see it. The destination is where it will be, until a name was claimed. */
export function infoOf(record: DownloadRecord, speed: SpeedMeter): DownloadInfo {
  const { folder, failure, finishedAtMs, destination, ...rest } = record;
  return {
    ...rest,
    failedFiles: [...record.failedFiles],
    destination: destination === '' ? path.join(folder, localName(record.name)) : destination,
    bytesPerSecond: record.state === 'running' ? speed.bytesPerSecond() : 0,
    ...(failure ? { failure } : {}),
    ...(finishedAtMs === undefined ? {} : { finishedAtMs }),
  };
}
