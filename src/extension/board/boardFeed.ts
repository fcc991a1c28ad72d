// Keeps one page up to date: all rows in chunks once it is ready, then only those that changed, gathered; rates, figures and the detail of the
// chosen row. While the page is hidden nothing is sent or asked for. Must not know `vscode`.

import { boardMaxima, type RateSample, type RowId, type ToBoard, type TransferRow } from '../../protocol/board.ts';
import type { PieceMap, StorageUsage } from '../../protocol/boardRequests.ts';
import type { DownloadInfo, TransferRates, TransferTotals } from '../../protocol/model.ts';
import { limits } from '../limits.ts';
import type { Sidecar } from '../sidecar.ts';
import { formatDuration, formatRate, t } from '../text.ts';
import type { World } from '../world.ts';
import { overviewOf } from './boardOverview.ts';
import { actionsFor, detailOf, downloadAsRow, downloadIdOfRow, downloadRowId, peerNames, uploadAsRow } from './boardRows.ts';
import { boardTexts } from './boardTexts.ts';

type WithoutSession<M> = M extends { session: string } ? Omit<M, 'session'> : never;
export type Posted = WithoutSession<ToBoard>;

interface Disposable {
  dispose(): void;
}

export interface FeedOptions {
  sidecar: Pick<Sidecar, 'on' | 'request' | 'state' | 'failure' | 'onDidChangeState'>;
  world: World;
  language: string;
  post: (message: Posted) => void;
}

export class BoardFeed {
  readonly #options: FeedOptions;
  readonly #subscriptions: Disposable[];
  /** What the page was told of each row, as text: only what differs is told again. */
  readonly #told = new Map<RowId, string>();
  readonly #dirty = new Set<string>();
  readonly #samples: RateSample[] = [];
  #isShown = false;
  /** All rows are looked at with the next round, not only the dirty ones. */
  #isAllDirty = false;
  #listed: readonly DownloadInfo[] | undefined;
  #rowTimer: NodeJS.Timeout | undefined;
  #slowTimer: NodeJS.Timeout | undefined;
  #slowRounds = 0;
  #storage: StorageUsage | undefined;
  #totals: TransferTotals | undefined;
  #selected: RowId = '';
  #detailAsked = 0;
  /** Of the download that was chosen when they were asked for. */
  #maps: readonly PieceMap[] = [];
  #mapsOf: string | undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
    const { sidecar, world } = options;
    this.#subscriptions = [
      sidecar.on('downloads/changed', ({ download }) => {
        this.#dirty.add(download.downloadId);
        this.#rowsSoon();
      }),
      world.onDidChange((changed) => {
        if (changed.has('rates')) this.#rate(world.rates);
        // Read anew, so that any of them may be another; a single change alters the list that is there.
        if ((changed.has('downloads') && world.downloads !== this.#listed) || changed.has('uploads')) {
          this.#isAllDirty = true;
          this.#rowsSoon();
        }
      }),
      sidecar.onDidChangeState(() => this.#overview()),
    ];
  }

  /** The page was loaded, and knows nothing. */
  ready(): void {
    const { post, language, world } = this.#options;
    this.#isShown = true;
    this.#told.clear();
    this.#listed = undefined;
    post({ type: 'start', language, texts: boardTexts(), samples: this.#samples });
    this.#rows({ isFirst: true });
    this.#rate(world.rates);
    this.#overview();
    this.#slowRounds = 0;
    clearInterval(this.#slowTimer);
    this.#slowTimer = setInterval(() => this.#slowRound(), limits.boardSlowMs);
    this.#slowRound();
  }

  /** The page is gone until it says that it is ready again. */
  hidden(): void {
    this.#isShown = false;
    clearTimeout(this.#rowTimer);
    this.#rowTimer = undefined;
    clearInterval(this.#slowTimer);
    this.#told.clear();
    this.#dirty.clear();
    this.#selected = '';
  }

  select(id: RowId): void {
    this.#selected = id;
    this.#detail();
  }

  dispose(): void {
    this.hidden();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #rowsSoon(): void {
    if (!this.#isShown) return;
    this.#rowTimer ??= setTimeout(() => {
      this.#rowTimer = undefined;
      this.#rows({ isFirst: false });
    }, limits.boardRowsMs);
  }

  #rows({ isFirst }: { isFirst: boolean }): void {
    const { world, post } = this.#options;
    const isWhole = isFirst || this.#isAllDirty;
    this.#isAllDirty = false;
    const names = peerNames(world.peers);
    const changed: TransferRow[] = [];
    const there = new Set<RowId>();
    const look = (row: TransferRow): void => {
      there.add(row.id);
      const now = JSON.stringify(row);
      if (this.#told.get(row.id) === now) return;
      this.#told.set(row.id, now);
      changed.push(row);
    };
    for (const download of isWhole ? world.downloads : this.#dirtyDownloads()) look(downloadAsRow(download, names));
    this.#dirty.clear();
    const removed: RowId[] = [];
    if (isWhole) {
      this.#listed = world.downloads;
      world.uploads.forEach((upload, index) => look(uploadAsRow(upload, index)));
      for (const id of this.#told.keys()) if (!there.has(id)) removed.push(id);
      for (const id of removed) this.#told.delete(id);
    }
    if (isFirst || changed.length + removed.length > 0) {
      post({ type: 'rows', isFirst, rows: changed.slice(0, boardMaxima.rows), removed: removed.slice(0, boardMaxima.removed) });
      for (let at = boardMaxima.rows; at < changed.length; at += boardMaxima.rows)
        post({ type: 'rows', isFirst: false, rows: changed.slice(at, at + boardMaxima.rows), removed: [] });
    }
    if (changed.some(({ id }) => id === this.#selected)) this.#detailState();
  }

  #dirtyDownloads(): DownloadInfo[] {
    return this.#options.world.downloads.filter(({ downloadId }) => this.#dirty.has(downloadId));
  }

  #rate(rates: TransferRates | undefined): void {
    const sample: RateSample = [Date.now(), rates?.downloadBytesPerSecond ?? 0, rates?.uploadBytesPerSecond ?? 0];
    this.#samples.push(sample);
    if (this.#samples.length > boardMaxima.samples) this.#samples.shift();
    if (!this.#isShown) return;
    const left = rates?.secondsLeft === undefined ? '' : t('{0} left', formatDuration(rates.secondsLeft));
    this.#options.post({ type: 'rate', sample, down: formatRate(sample[1]), up: formatRate(sample[2]), left });
  }

  #overview(): void {
    if (!this.#isShown) return;
    const { world, sidecar, post } = this.#options;
    const isAway = sidecar.state === 'failed' || sidecar.state === 'stopped' || sidecar.state === 'lost';
    const problem = isAway ? (sidecar.failure?.message ?? t('The sidecar is away. What is shown may be old.')) : '';
    const [storage, totals] = [this.#storage, this.#totals];
    post({ type: 'overview', overview: overviewOf({ world, storage, totals, problem, nowMs: Date.now() }) });
  }

  /** Once a second: figures; the chosen row's pieces; storage now and then. A failed question leaves what was known. */
  #slowRound(): void {
    this.#overview();
    this.#detail();
    if (this.#slowRounds++ % limits.boardStorageRounds !== 0) return;
    const { sidecar } = this.#options;
    sidecar.request('storage/usage', {}).then(
      (usage) => (this.#storage = usage),
      () => undefined,
    );
    sidecar.request('transfers/totals', {}).then(
      (totals) => (this.#totals = totals),
      () => undefined,
    );
  }

  #chosen(): DownloadInfo | undefined {
    const downloadId = downloadIdOfRow(this.#selected);
    return downloadId === undefined ? undefined : this.#options.world.download(downloadId);
  }

  #detail(): void {
    const download = this.#chosen();
    if (download === undefined || !this.#isShown) return;
    const asked = ++this.#detailAsked;
    this.#options.sidecar.request('pieces/get', { entry: download.entry }).then(
      (maps) => {
        if (asked === this.#detailAsked && this.#chosen()?.downloadId === download.downloadId) this.#tellDetail(maps);
      },
      () => this.#detailState(),
    );
  }

  #detailState(): void {
    const { downloadId } = this.#chosen() ?? {};
    this.#tellDetail(downloadId !== undefined && downloadId === this.#mapsOf ? this.#maps : []);
  }

  #tellDetail(maps: readonly PieceMap[]): void {
    const download = this.#chosen();
    if (download === undefined || !this.#isShown) return;
    this.#maps = maps;
    this.#mapsOf = download.downloadId;
    const row = downloadAsRow(download, peerNames(this.#options.world.peers));
    const id = downloadRowId(download.downloadId);
    this.#options.post({
      ...{ type: 'detail', id, title: row.name, said: row.said },
      ...{ ...detailOf(download, maps), actions: actionsFor(download) },
    });
  }
}
