// A folder download without queue and network: a source that gives packs of a real folder and may be made to misbehave, and one attempt
// at a download from it. No test in it, and it imports none: child processes run it too.

import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { DownloadId, PeerId, ShareId } from '../../../../../src/protocol/ids.ts';
import type { Entry } from '../../../../../src/protocol/model.ts';
import { AppError } from '../../../../../src/protocol/errors.ts';
import { silentLog } from '../../../../../src/sidecar/log.ts';
import { parseSafePath } from '../../../../../src/sidecar/storage/safePath.ts';
import { Trees } from '../../../../../src/sidecar/transfers/content/trees.ts';
import { Database } from '../../../../../src/sidecar/storage/database.ts';
import type { Disk, MadePack } from '../../../../../src/sidecar/transfers/disk/disk.ts';
import { runDownload } from '../../../../../src/sidecar/transfers/downloads/downloadRun.ts';
import { Permits } from '../../../../../src/sidecar/transfers/downloads/permits.ts';
import type { CountedRecord, PlacedFile, RunOptions } from '../../../../../src/sidecar/transfers/downloads/runOptions.ts';
import { ReceivingFiles } from '../../../../../src/sidecar/transfers/downloads/swarm/contract.ts';
import { unlimited } from '../../../../../src/sidecar/transfers/rates.ts';
import { inOwnBuffer } from '../../../../../src/sidecar/wire/ownBuffers.ts';
import type { FileSource, PackRequest, ReadReply } from '../../../../../src/sidecar/wire/services.ts';

export const ownerId = 'ybndrfg8ejkmcpqxot1uwisza345h769ybndrfg8ejkmcpqxot1y' as PeerId;
export const shareId = 'ybndrfg8ejkmcpqxot1uwisza3' as ShareId;

/** What a test may do to packs. */
export interface PackHooks {
  before?: (request: PackRequest) => void | Promise<void>;
  /** What is sent instead. */
  bytes?: (pack: MadePack, request: PackRequest) => Uint8Array;
  /** A read of a single file, which is not given otherwise. */
  read?: FileSource['read'];
}

/** Gives packs of the folder, and counts what it gave. */
export function packSource(shared: string, disk: Disk, hooks: PackHooks = {}) {
  const given = { packs: 0, paths: [] as string[] };
  const source: FileSource = {
    peerId: ownerId,
    linkKind: 'tls',
    understands: () => true,
    read: hooks.read ?? (() => Promise.reject(new AppError('not-found', 'Not given singly.'))),
    async readPack(request, options): Promise<ReadReply> {
      given.packs++;
      given.paths.push(...request.paths);
      await hooks.before?.(request);
      const files = request.paths.map((name) => {
        const absolutePath = path.join(shared, name);
        return { absolutePath, sizeBytes: lstatSync(absolutePath, { throwIfNoEntry: false })?.size ?? 0 };
      });
      const pack = await disk.readPack(shared, files, options);
      const bytes = hooks.bytes?.(pack, request) ?? pack.bytes;
      async function* chunks() {
        for (let at = 0; at < bytes.length; at += 65_536) {
          await Promise.resolve();
          yield inOwnBuffer(bytes.subarray(at, at + 65_536));
        }
      }
      return {
        ...{ sizeBytes: bytes.length, mtimeMs: 0, root: undefined, version: undefined, link: 'tls' },
        bytes: chunks(),
        end: () => Promise.resolve(undefined),
      };
    },
    hashes: () => Promise.reject(new AppError('not-found', 'No tree.')),
    holding: () => Promise.reject(new AppError('not-found', 'Holds nothing.')),
  };
  return { source, given };
}

/** What an index would list of the folder, in its order. */
export function listed(shared: string) {
  return readdirSync(shared, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const stats = lstatSync(path.join(shared, name));
      const kind = stats.isDirectory() ? 'folder' : 'file';
      const entry: Entry = {
        name: path.basename(name),
        kind,
        sizeBytes: kind === 'file' ? stats.size : 0,
        mtimeMs: Math.trunc(stats.mtimeMs),
      };
      return { path: parseSafePath(name.split(path.sep).join('/')), entry };
    });
}

export function newCounted(folder: string, downloadId = randomBytes(8).toString('hex')): CountedRecord {
  return {
    downloadId: downloadId as DownloadId,
    entry: { peerId: ownerId, shareId, path: '' },
    ...{ kind: 'folder', name: 'things', folder, destination: '' },
    ...{ doneBytes: 0, totalBytes: 0, doneFiles: 0, totalFiles: 0, reusedBytes: 0, skippedFiles: 0, failedFiles: [] },
  };
}

/** One attempt. Answers what it placed. */
export async function attempt(
  given: { shared: string; source: FileSource | undefined; disk: Disk; dataFolder: string; record: CountedRecord },
  more: Partial<RunOptions> = {},
): Promise<{ failedFiles: number; placed: PlacedFile[] }> {
  const { shared, source, disk, record } = given;
  mkdirSync(given.dataFolder, { recursive: true });
  const database = new Database(given.dataFolder);
  const trees = new Trees({ dataFolder: given.dataFolder, database, log: silentLog });
  trees.open();
  const placed: PlacedFile[] = [];
  try {
    const { failedFiles } = await runDownload({
      ...{ record, conflict: 'keep-both', disk, trees, rate: unlimited, permits: new Permits(8), log: silentLog },
      catalog: { stat: () => undefined, titleOf: () => 'things', files: () => listed(shared) },
      sources: {
        owner: () => source,
        others: () => Promise.resolve([]),
        hasOthers: () => false,
        onChange: () => () => undefined,
      },
      signal: new AbortController().signal,
      freeBytes: () => undefined,
      rootOf: () => Promise.resolve(undefined),
      receiving: new ReceivingFiles(),
      reuse: () => Promise.resolve(false),
      mayReuse: false,
      ...{ onClaim: () => undefined, onProgress: () => undefined, onSources: () => undefined },
      onPlaced: (files) => placed.push(...files),
      ...more,
    });
    return { failedFiles, placed };
  } finally {
    trees.close();
    database.close();
  }
}

/** All files below a folder: path to content. */
export function contents(folder: string): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const file = path.join(folder, name);
    if (lstatSync(file).isFile()) found.set(name, readFileSync(file));
  }
  return found;
}
