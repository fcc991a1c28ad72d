// Keeps one page up to date: rows (rowFeed.ts), rates, figures and the detail of the chosen row. While the page is hidden nothing is sent or
// asked for. Must not know `vscode`.

import { boardMaxima, type RateSample, type RowId, type ToBoard, type WithoutSession } from '../../protocol/board.ts';
import type { PieceMap, StorageUsage } from '../../protocol/boardRequests.ts';
import type { DownloadInfo, TransferRates, TransferTotals } from '../../protocol/model.ts';
import { limits } from '../limits.ts';
import type { Sidecar } from '../sidecar.ts';
import { formatDuration, formatRate, t } from '../text.ts';
import type { World } from '../world.ts';
import { overviewOf } from './boardOverview.ts';
import { actionsFor, detailOf, downloadAsRow, downloadIdOfRow, downloadRowId, peerNames } from './boardRows.ts';
import { boardTexts } from './boardTexts.ts';
import { fingerprint } from './fingerprint.ts';
import { RowFeed } from './rowFeed.ts';

export type Posted = WithoutSession<ToBoard>;

interface Disposable {
  dispose(): void;
}

export interface FeedOptions {
  sidecar: Pick<Sidecar, 'on' | 'request' | 'state' | 'failure' | 'onDidChangeState'>;
  world: World;
  language: string;
  /** Resolves once it was delivered. */
  post: (message: Posted) => PromiseLike<unknown>;
}

export class BoardFeed {
  readonly #options: FeedOptions;
  readonly #subscriptions: Disposable[];
  readonly #rows: RowFeed;
  readonly #samples: RateSample[] = [];
  #isShown = false;
  #slowTimer: NodeJS.Timeout | undefined;
  #slowRounds = 0;
  #storage: StorageUsage | undefined;
  #totals: TransferTotals | undefined;
  #selected: RowId = '';
  /** What the page was told last: what reads the same is not told again. */
  #overviewTold = 0;
  #detailTold = 0;
  #detailStateTold: DownloadInfo['state'] | undefined;
  #detailAsked = 0;
  /** Of the download that was chosen when they were asked for. */
  #maps: readonly PieceMap[] = [];
  #mapsOf: string | undefined;

  constructor(options: FeedOptions) {
    this.#options = options;
    const { sidecar, world } = options;
    this.#rows = new RowFeed({ world, post: (message) => options.post(message) });
    this.#subscriptions = [
      // More often than the world tells it.
      sidecar.on('downloads/changed', ({ download }) => {
        if (this.#isShown) this.#rows.downloadChanged(download.downloadId);
      }),
      world.onDidChange((changed, downloads) => {
        if (changed.has('rates')) this.#rate(world.rates);
        if (!this.#isShown) return;
        if (changed.has('peers')) this.#rows.peersChanged();
        if (changed.has('uploads')) this.#rows.uploadsChanged();
        if (!changed.has('downloads')) return;
        if (downloads === undefined) this.#rows.downloadsChanged();
        else for (const downloadId of downloads) this.#rows.downloadChanged(downloadId);
        this.#detailChanged(downloads);
      }),
      sidecar.onDidChangeState(() => this.#overview()),
    ];
  }

  /** The page was loaded, and knows nothing. */
  ready(): void {
    const { language, world } = this.#options;
    this.#isShown = true;
    this.#overviewTold = 0;
    this.#detailTold = 0;
    this.#tell({ type: 'start', language, texts: boardTexts(), samples: this.#samples });
    this.#rows.start();
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
    clearInterval(this.#slowTimer);
    this.#rows.stop();
    this.#selected = '';
  }

  select(id: RowId): void {
    this.#selected = id;
    this.#detailTold = 0;
    this.#detail();
  }

  dispose(): void {
    this.hidden();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #rate(rates: TransferRates | undefined): void {
    const sample: RateSample = [Date.now(), rates?.downloadBytesPerSecond ?? 0, rates?.uploadBytesPerSecond ?? 0];
    this.#samples.push(sample);
    if (this.#samples.length > boardMaxima.samples) this.#samples.shift();
    if (!this.#isShown) return;
    const left = rates?.secondsLeft === undefined ? '' : t('{0} left', formatDuration(rates.secondsLeft));
    this.#tell({ type: 'rate', sample, down: formatRate(sample[1]), up: formatRate(sample[2]), left });
  }

  #overview(): void {
    if (!this.#isShown) return;
    const { world, sidecar } = this.#options;
    const isAway = sidecar.state === 'failed' || sidecar.state === 'stopped' || sidecar.state === 'lost';
    const problem = isAway ? (sidecar.failure?.message ?? t('The sidecar is away. What is shown may be old.')) : '';
    const [storage, totals] = [this.#storage, this.#totals];
    const overview = overviewOf({ world, storage, totals, problem, nowMs: Date.now() });
    const now = fingerprint(overview);
    if (now === this.#overviewTold) return;
    this.#overviewTold = now;
    this.#tell({ type: 'overview', overview });
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

  /** Nobody waits for these: a page that is gone is told nothing, and the panel says that it went. */
  #tell(message: Posted): void {
    this.#options.post(message).then(
      () => undefined,
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

  /** What can be done with it is told at once when its state changes; progress once a second. */
  #detailChanged(downloads: ReadonlySet<string> | undefined): void {
    const download = this.#chosen();
    if (download === undefined || downloads?.has(download.downloadId) === false) return;
    if (download.state !== this.#detailStateTold) this.#detail();
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
    const { world } = this.#options;
    const row = downloadAsRow(download, peerNames(world.peers));
    const id = downloadRowId(download.downloadId);
    this.#detailStateTold = download.state;
    const detail: Posted = {
      ...{ type: 'detail', id, title: row.name, said: row.said },
      ...{ ...detailOf(download, maps), actions: actionsFor(download, world.downloads.placeOf(download.downloadId)) },
    };
    const now = fingerprint(detail);
    if (now === this.#detailTold) return;
    this.#detailTold = now;
    this.#tell(detail);
  }
}
