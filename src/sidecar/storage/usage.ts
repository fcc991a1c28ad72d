// What lies on this disk for Potluck, counted: never changes anything, follows no link, and stops counting at a maximum.

import { lstat, opendir, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { StorageKind, StorageUsage } from '../../protocol/boardRequests.ts';
import { boardLimits } from '../limits.ts';

/** Where unfinished downloads into a folder lie: transfers/disk/placement.ts. */
const partialFolderName = '.potluck-partial';

const kinds: readonly StorageKind[] = ['index', 'cache', 'feeds', 'trees', 'database', 'partial', 'other'];
const kindOfFolder: Readonly<Record<string, StorageKind>> = { index: 'index', cache: 'cache', feeds: 'feeds', trees: 'trees' };

interface Count {
  bytes: number;
  files: number;
}

/** Never rejects: what cannot be read counts as nothing. */
export async function measureUsage(dataFolder: string, downloadFolder: string): Promise<StorageUsage> {
  const counts = new Map<StorageKind, Count>(kinds.map((kind) => [kind, { bytes: 0, files: 0 }]));
  let left: number = boardLimits.countedFiles;
  const count = async (folder: string, kindOf: (relative: string) => StorageKind): Promise<void> => {
    const waiting = [''];
    for (let at = waiting.pop(); at !== undefined && left > 0; at = waiting.pop()) {
      const entries = await opendir(path.join(folder, at)).catch(() => undefined);
      if (entries === undefined) continue;
      for await (const entry of entries) {
        const relative = path.join(at, entry.name);
        if (entry.isDirectory()) waiting.push(relative);
        if (!entry.isFile()) continue;
        const stats = await lstat(path.join(folder, relative)).catch(() => undefined);
        const into = counts.get(kindOf(relative));
        if (stats === undefined || into === undefined) continue;
        into.bytes += stats.size;
        into.files++;
        if (--left <= 0) return;
      }
    }
  };
  await count(dataFolder, kindIn);
  await count(path.join(downloadFolder, partialFolderName), () => 'partial');
  const disk = await statfs(downloadFolder).catch(() => statfs(dataFolder).catch(() => undefined));
  return {
    dataFolder,
    downloadFolder,
    parts: kinds.map((kind) => ({ kind, ...(counts.get(kind) ?? { bytes: 0, files: 0 }) })),
    isWhole: left > 0,
    ...(disk && { freeBytes: disk.bavail * disk.bsize }),
    measuredAtMs: Date.now(),
  };
}

function kindIn(relative: string): StorageKind {
  const [top = '', ...rest] = relative.split(path.sep);
  if (rest.length === 0) return /\.db(-wal|-shm)?$/.test(top) ? 'database' : 'other';
  return kindOfFolder[top] ?? 'other';
}

/** Measures at most once in a while, and once at a time. */
export class Usage {
  readonly #measure: () => Promise<StorageUsage>;
  #running: Promise<StorageUsage> | undefined;
  #last: StorageUsage | undefined;

  constructor(measure: () => Promise<StorageUsage>) {
    this.#measure = measure;
  }

  get(): Promise<StorageUsage> {
    const last = this.#last;
    if (last !== undefined && Math.abs(Date.now() - last.measuredAtMs) < boardLimits.usageMs) return Promise.resolve(last);
    return (this.#running ??= this.#measure()
      .then((usage) => (this.#last = usage))
      .finally(() => (this.#running = undefined)));
  }
}
