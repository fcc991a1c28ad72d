// A download queue whose attempts the test plays by hand: each `run` waits for the test to bring bytes, end it, or let it fail.

import { setImmediate as turn } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import type { AppError } from '../../../../../src/protocol/errors.ts';
import type { DownloadId, PeerId } from '../../../../../src/protocol/ids.ts';
import type { DownloadInfo, EntryRef } from '../../../../../src/protocol/model.ts';
import { silentLog } from '../../../../../src/sidecar/log.ts';
import { Database } from '../../../../../src/sidecar/storage/database.ts';
import { type Attempt, Downloads, type DownloadsOptions } from '../../../../../src/sidecar/transfers/downloads/downloads.ts';
import { wasCancelled } from '../../../../../src/sidecar/transfers/failures.ts';
import { History } from '../../../../../src/sidecar/transfers/history/history.ts';
import { ownerId, shareId } from '../world.ts';

export interface Played extends Attempt {
  /** It is whole. */
  end(failedFiles?: number): void;
  fail(error: AppError): void;
}

export interface QueueWorld {
  downloads: Downloads;
  history: History;
  /** Attempts under way, by the entry's path. */
  attempts: Map<string, Played>;
  /** How many attempts ever began. */
  begun: string[];
  told: DownloadInfo[];
  removed: DownloadId[];
  here: Set<PeerId>;
  /** States in the list's order: `path state`. */
  states(): string[];
  find(path: string): DownloadInfo;
  /** Resolves when it is so; looked at after every notification. */
  until(isReached: () => boolean): Promise<void>;
  close(): Promise<void>;
}

export function refTo(path: string, peerId: PeerId = ownerId): EntryRef {
  return { peerId, shareId, path };
}

/** A queue over the database in `folder`: opened again after `close`, it is the one of before. */
export async function queueOver(t: TestContext, folder: string, more: Partial<DownloadsOptions> = {}): Promise<QueueWorld> {
  const database = new Database(folder);
  const history = new History({ database, log: silentLog });
  const attempts = new Map<string, Played>();
  const begun: string[] = [];
  const told: DownloadInfo[] = [];
  const removed: DownloadId[] = [];
  const here = new Set([ownerId]);
  const listeners = new Set<() => void>();
  const look = (): void => {
    for (const listener of [...listeners]) listener();
  };
  const downloads = new Downloads({
    database,
    folder: () => '/nowhere/downloads',
    conflict: () => 'keep-both',
    catalog: {
      stat: ({ path }) => ({ name: path, kind: path.startsWith('folder') ? 'folder' : 'file', sizeBytes: 1000, mtimeMs: 0 }),
      files: () => [],
      titleOf: () => 'title',
    },
    isHere: (peerId) => here.has(peerId),
    isHeldElsewhere: () => Promise.resolve(undefined),
    nameOf: (peerId) => `name of ${peerId.slice(0, 4)}`,
    history,
    log: silentLog,
    retryMs: 5,
    run: (attempt) =>
      new Promise((resolve, reject) => {
        const { path } = attempt.record.entry;
        const gone = () => {
          attempts.delete(path);
          attempt.signal.removeEventListener('abort', stop);
        };
        const stop = () => {
          gone();
          reject(wasCancelled());
        };
        attempt.signal.addEventListener('abort', stop);
        begun.push(path);
        attempts.set(path, {
          ...attempt,
          end: (failedFiles = 0) => {
            gone();
            resolve({ failedFiles });
          },
          fail: (error) => {
            gone();
            reject(error);
          },
        });
        look();
      }),
    onChange: (download) => {
      told.push(download);
      look();
    },
    onRemoved: (downloadId) => {
      removed.push(downloadId);
    },
    ...more,
  });
  let isClosed = false;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    await downloads.close();
    database.close();
  };
  t.after(close);
  await downloads.open();
  await turn();
  return {
    ...{ downloads, history, attempts, begun, told, removed, here, close },
    states: () => downloads.list().map(({ entry, state }) => `${entry.path} ${state}`),
    find: (path) => {
      const found = downloads.list().find(({ entry }) => entry.path === path);
      if (!found) throw new Error(`${path} is not in the queue`);
      return found;
    },
    until: (isReached) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!isReached()) return;
          listeners.delete(check);
          clearTimeout(late);
          resolve();
        };
        const late = setTimeout(() => {
          listeners.delete(check);
          reject(new Error(`not reached in time: ${JSON.stringify(downloads.list().slice(0, 3))}`));
        }, 5000);
        listeners.add(check);
        check();
      }),
  };
}
