// What one attempt at one download is given, by the queue, and what it tells. Types only.

import type { ConflictPolicy } from '../../../protocol/transfers.ts';
import type { EntryRef } from '../../../protocol/model.ts';
import type { Log } from '../../log.ts';
import type { SafePath } from '../../storage/safePath.ts';
import type { Trees } from '../content/trees.ts';
import type { Disk } from '../disk/disk.ts';
import type { Rate } from '../rates.ts';
import type { DownloadCatalog } from './downloadRecord.ts';
import type { DownloadRecord } from './downloadTable.ts';
import type { Permits } from './permits.ts';
import type { ReceivingFiles, SourceFinder, SwarmSource } from './swarm/contract.ts';

/** A file that reached its final name. */
export interface PlacedFile {
  path: SafePath;
  /** Absolute. */
  target: string;
  sizeBytes: number;
  /** As it was set. */
  mtimeMs: number;
  root: Uint8Array;
}

/** What is counted into while it runs: destination, doneBytes, totalBytes, doneFiles, totalFiles, reusedBytes, skippedFiles, failedFiles. */
export type CountedRecord = Pick<
  DownloadRecord,
  | 'downloadId'
  | 'entry'
  | 'kind'
  | 'name'
  | 'folder'
  | 'destination'
  | 'doneBytes'
  | 'totalBytes'
  | 'doneFiles'
  | 'totalFiles'
  | 'reusedBytes'
  | 'skippedFiles'
  | 'failedFiles'
>;

export interface RunOptions {
  record: CountedRecord;
  conflict: ConflictPolicy;
  /** Where the files come from, for the mark that they bear; left out: they bear none. */
  origin?: string | undefined;
  catalog: DownloadCatalog;
  sources: SourceFinder;
  disk: Disk;
  trees: Trees;
  /** Bytes that come. */
  rate: Rate;
  /** Large files, and packs' sources, that are received at once over all downloads. */
  permits: Permits;
  log: Log;
  signal: AbortSignal;
  stallMs?: number | undefined;
  freeBytes(folder: string): number | undefined;
  /** The content id of a file of the catalog, where it is known: asks another thread, so for files that are worth it. Never rejects. */
  rootOf(entry: EntryRef): Promise<Uint8Array | undefined>;
  /** Told of what is received, so that it can be given on. */
  receiving: ReceivingFiles;
  /**
   * Looks for the content among what is on this machine, and copies it into the partial file (by disk.copyLocal), verified. Answers whether it is whole now.
   */
  reuse(
    file: { root: Uint8Array; sizeBytes: number; mtimeMs: number; partialPath: string },
    options: { signal: AbortSignal },
  ): Promise<boolean>;
  /** Whether it is worth asking `rootOf` and `reuse` at all: something is known of this share's contents. */
  mayReuse: boolean;
  /** Files that are larger than the catalog says are refused: somebody consented to that much, or a rule with a quota did. */
  isBounded?: boolean;
  /** The record's destination was claimed: it must be in the database before anything is put there. */
  onClaim(): void;
  /** Bytes came (or turned out wrong), or a file was finished. */
  onProgress(bytes: number): void;
  /** Sources of all files that are received now, merged by peer; at most a few times a second. */
  onSources(sources: SwarmSource[]): void;
  /** Files reached their final names, on the disk for good. */
  onPlaced(files: PlacedFile[]): void;
}

/** `failedFiles`: how many of a folder could not be had; the first are in the record. */
export type RunDownload = (options: RunOptions) => Promise<{ failedFiles: number }>;
