// A sidecar that only seems to transfer: the real socket and API server with made-up answers, so that the board can be looked at with any number
// of transfers changing as often as wanted. For the bench of the board and its pictures.

import { mkdirSync } from 'node:fs';
import { AppError } from '../../src/protocol/errors.ts';
import { type DownloadId, isDownloadId, isPartyId, isPeerId, isShareId, type PeerId } from '../../src/protocol/ids.ts';
import type { DownloadInfo, DownloadSource, DownloadState, TransferRates } from '../../src/protocol/model.ts';
import { ApiServer } from '../../src/sidecar/api/server.ts';
import type { AllHandlers, Handler } from '../../src/sidecar/api/handlers.ts';
import { prepareDataFolder } from '../../src/sidecar/storage/dataFolder.ts';
import { silentLog } from '../../src/sidecar/log.ts';

const letters = 'ybndrfg8ejkmcpqxot1uwisza345h769';
const MiB = 1024 * 1024;

function code(n: number, length: number): string {
  let text = '';
  for (let left = n; left > 0; left = Math.floor(left / 32)) text = (letters[left % 32] ?? 'y') + text;
  return text.padStart(length, 'y');
}

function checked<T extends string>(text: string, is: (text: string) => text is T): T {
  if (!is(text)) throw new Error(`${text} is no id.`);
  return text;
}

const peerIdOf = (n: number): PeerId => checked(`${code(n, 51)}y`, isPeerId);
const downloadIdOf = (n: number): DownloadId => checked(code(n, 26), isDownloadId);
const shareId = checked(code(1, 26), isShareId);
const partyId = checked(`${code(7, 51)}y`, isPartyId);
const people = ['Ada', 'Grace', 'Edsger', 'Barbara', '\u202egnp.exe $(alert)', '<b>Bob</b> [x](command:y)', 'Donald'];

/** Of so many changes one ends a download and starts the next in the queue: two a second at sixty changes a second. */
const changesPerEnd = 30;

export interface BoardSource {
  /** `count` changes, spread over the running transfers; now and then one ends and the next begins. */
  change(count: number): void;
  /** How many changes were told so far. */
  readonly told: number;
  close(): Promise<void>;
}

/** Listens in the data folder until it is closed. */
export async function startBoardSource(dataFolder: string, transfers: number): Promise<BoardSource> {
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  prepareDataFolder(dataFolder);
  const downloads = Array.from({ length: transfers }, (_, index) => makeDownload(index, transfers));
  const running = downloads.filter(({ state }) => state === 'running');
  const queued = downloads.filter(({ state }) => state === 'queued');
  const server = new ApiServer({
    dataFolder,
    peerId: peerIdOf(1),
    handlers: handlersOf(downloads, dataFolder),
    log: silentLog,
    logTail: () => [],
    onClients: () => undefined,
    onOutdated: () => undefined,
  });
  await server.open();
  let turn = 0;
  let told = 0;
  let toldAtMs = 0;
  const tell = (download: DownloadInfo): void => {
    told++;
    server.broadcast('downloads/changed', { download });
  };
  return {
    get told() {
      return told;
    },
    change(count) {
      for (let n = 0; n < count; n++) {
        const at = turn++ % running.length;
        const download = running[at];
        if (!download) return;
        const next = turn % changesPerEnd === 0 ? queued.shift() : undefined;
        if (next !== undefined) {
          const { totalBytes } = download;
          delete download.secondsLeft;
          const over = { place: 0, bytesPerSecond: 0, sources: [], doneBytes: totalBytes, finishedAtMs: Date.now() };
          tell(Object.assign(download, { state: 'done' as const, ...over }));
          tell(Object.assign(next, { state: 'running' as const, sources: shownSources }));
          running[at] = next;
          continue;
        }
        const step = (0.4 + Math.random()) * MiB;
        download.doneBytes = (download.doneBytes + step) % download.totalBytes;
        download.bytesPerSecond = step * 4;
        download.secondsLeft = Math.ceil((download.totalBytes - download.doneBytes) / download.bytesPerSecond);
        tell(download);
      }
      if (Date.now() - toldAtMs < 1000) return;
      toldAtMs = Date.now();
      server.broadcast('transfers/rates', ratesOf(running));
    },
    close: () => server.close(),
  };
}

function makeDownload(index: number, transfers: number): DownloadInfo {
  const runningCount = Math.max(1, Math.min(240, Math.floor(transfers / 4)));
  const states: readonly DownloadState[] = ['queued', 'waiting', 'paused', 'done', 'failed', 'queued', 'done', 'cancelled'];
  const state = index < runningCount ? 'running' : (states[index % states.length] ?? 'queued');
  const isOver = state === 'done' || state === 'failed' || state === 'cancelled';
  const name = index % 50 === 3 ? `\u202ecod.tropeR $(zap) <img src=x> ${index}` : `Recording ${index} of the long evening.flac`;
  const totalBytes = (20 + (index % 200)) * MiB;
  return {
    downloadId: downloadIdOf(index + 1),
    entry: { peerId: peerIdOf(2 + (index % people.length)), shareId, path: `music/${name}` },
    kind: 'file',
    ...{ name, state, priority: 'normal', conflict: 'keep-both' },
    order: index + 1,
    place: isOver ? 0 : index + 1,
    destination: `/home/me/Downloads/${index}`,
    doneBytes: state === 'done' ? totalBytes : Math.floor((totalBytes * (index % 100)) / 100),
    totalBytes,
    ...{ doneFiles: 0, totalFiles: 1, reusedBytes: 0, skippedFiles: 0, bytesPerSecond: 0 },
    sources: state === 'running' ? shownSources : [],
    addedAtMs: 1_700_000_000_000 + index,
    ...(isOver && { finishedAtMs: 1_700_000_000_000 + index }),
    failedFiles: [],
    ...(state === 'failed' && { failure: { kind: 'disk-full', message: 'The disk is full.' } }),
  };
}

function sourceOf(at: number): DownloadSource {
  const isDropped = at === 4;
  return {
    peerId: peerIdOf(2 + at),
    name: people[at] ?? '',
    state: isDropped ? 'dropped' : 'active',
    link: at % 2 === 0 ? 'tls' : 'session',
    bytesPerSecond: isDropped ? 0 : (5 - at) * MiB,
    receivedBytes: (7 - at) * 8 * MiB,
    badPieces: isDropped ? 3 : 0,
  };
}

const shownSources = people.slice(0, 5).map((_, at) => sourceOf(at));

function ratesOf(running: readonly DownloadInfo[]): TransferRates {
  const wave = 1 + 0.5 * Math.sin(Date.now() / 9000) + 0.2 * Math.random();
  return {
    downloadBytesPerSecond: 60 * MiB * wave,
    uploadBytesPerSecond: 18 * MiB * (2 - wave),
    downloads: running.length,
    uploads: 2,
    leftBytes: 40_000 * MiB,
    secondsLeft: 700,
    isSlow: false,
  };
}

function handlersOf(downloads: readonly DownloadInfo[], dataFolder: string): AllHandlers {
  const nowMs = Date.now();
  const made: Partial<AllHandlers> = {
    'downloads/list': () => [...downloads],
    'uploads/list': () =>
      [0, 1].map((at) => ({
        ...{ peerId: peerIdOf(2 + at), name: people[at] ?? '', ownerId: peerIdOf(1), shareId, path: `photos/lake ${at}.jpg` },
        ...{
          fileCount: 1,
          state: 'running',
          link: 'tls',
          sentBytes: 3 * MiB,
          totalBytes: 9 * MiB,
          bytesPerSecond: 2 * MiB,
          startedAtMs: 1,
        },
      })),
    'uploads/refused': () => [],
    'transfers/rates': () => ratesOf(downloads.filter(({ state }) => state === 'running')),
    'transfers/totals': () => ({ downloadedBytes: 3e12, downloadedFiles: 41_000, uploadedBytes: 9e11, uploadedFiles: 9_000 }),
    'peers/list': () =>
      people.map((name, at) => ({
        ...{
          peerId: peerIdOf(2 + at),
          name,
          derivedName: 'quiet heron',
          isOnline: at < 4,
          isStranger: false,
          isAddedByKey: false,
        },
        ...{ isBlocked: false, isDisconnected: false, partyIds: [partyId], shareCount: 2, fileCount: 900, totalBytes: 5e9 },
      })),
    'parties/list': () => [{ partyId, name: 'friday-lunch', state: 'joined', joinedAtMs: 1, peersOnline: 4, isPublic: true }],
    'parties/members': () =>
      people.map((name, at) => ({
        ...{ peerId: peerIdOf(2 + at), name, derivedName: 'quiet heron', isOwn: false, isOnline: at < 4, isHearsay: false },
        ...(at < 4
          ? ({ path: at === 0 ? 'lan' : at === 3 ? 'relayed' : 'direct', roundTripMs: 2 + at * 20 } as const)
          : { lastSeenMs: nowMs - 86_400_000 }),
      })),
    'shares/list': () =>
      ['Photos of the summer', 'Recipes'].map((title, at) => ({
        ...{
          shareId: checked(code(at + 5, 26), isShareId),
          title,
          path: `/home/me/${title}`,
          state: 'watching',
          fileCount: 12_345,
        },
        ...{
          folderCount: 321,
          totalBytes: 8.4e10,
          skippedCounts: { ignored: 12, secret: 1 },
          addedAtMs: 1,
          scannedAtMs: nowMs - 3e5,
        },
        audience: { everyone: at === 0, partyIds: at === 0 ? [] : [partyId], peerIds: [] },
      })),
    'pieces/get': (fields) => [pieceMapOf(fields['entry'] as DownloadInfo['entry'])],
    'storage/usage': () => ({
      ...{ dataFolder, downloadFolder: '/home/me/Downloads', isWhole: true, freeBytes: 2.1e11, measuredAtMs: nowMs },
      parts: [
        { kind: 'index', bytes: 4.1e8, files: 120 },
        { kind: 'cache', bytes: 1.9e9, files: 420 },
        { kind: 'feeds', bytes: 2.2e8, files: 90 },
        { kind: 'trees', bytes: 3e7, files: 800 },
        { kind: 'database', bytes: 9e6, files: 3 },
        { kind: 'partial', bytes: 6.3e9, files: 240 },
      ],
    }),
    'sidecar/status': () => ({
      ...{
        pid: process.pid,
        version: '0',
        protocolVersion: 4,
        nodeVersion: '22',
        peerId: peerIdOf(1),
        name: 'Me',
        derivedName: 'Me',
      },
      ...{ dataFolder, startedAtMs: nowMs, clients: 1, partyCount: 1, peersOnline: 4, shareCount: 2, activeDownloads: 240 },
      ...{ activeUploads: 2, rssBytes: 1e8 },
      network: { state: 'online', isBootstrapUnreachable: false, nat: 'open', bootstrap: [] },
    }),
    'sidecar/stop': () => ({}),
    'log/subscribe': () => ({}),
  };
  const refuse: Handler<'sidecar/status'> = () => {
    throw new AppError('unavailable', 'This sidecar only seems to be one.');
  };
  const lists = /\/(list|pending|bans)$/;
  return new Proxy(made as AllHandlers, {
    get: (table, name): unknown => Reflect.get(table, name) ?? (lists.test(String(name)) ? () => [] : refuse),
    getOwnPropertyDescriptor: (table, name) => ({
      configurable: true,
      enumerable: true,
      value: Reflect.get(table, name) as unknown,
    }),
  });
}

function pieceMapOf(entry: DownloadInfo['entry']) {
  const cells = Array.from({ length: 420 }, (_, cell) => cell);
  return {
    entry,
    ...{ sizeBytes: 210 * MiB, cellBytes: MiB / 2, isRunning: true },
    sources: people.slice(0, 6).map((name, at) => ({
      ...{ peerId: peerIdOf(2 + at), name, goodBytes: (7 - at) * 8 * MiB, badBytes: at === 4 ? 48 * 1024 : 0 },
    })),
    done: cells.map((cell) => ((cell * 7919) % 100 < 62 ? 100 : (cell * 31) % 70)),
    from: cells.map((cell) => (cell < 24 ? -1 : Math.floor(cell / 11) % 6)),
    bad: [33, 34, 210].map((cell) => ({ cell, source: 4 })),
  };
}
