// One line of the download queue while the sidecar lives: its record, and what is of the moment. Starts nothing.

import type { DownloadInfo } from '../../../protocol/model.ts';
import { localLimits } from '../../limits.ts';
import { Pace, SpeedMeter } from '../pace.ts';
import { infoOf, wantedPathOf } from './downloadRecord.ts';
import type { DownloadRecord } from './downloadTable.ts';
import type { Ordered } from './queueOrder.ts';
import type { SwarmSource } from './swarm/contract.ts';

/** An attempt under way. */
export interface Running {
  abort: AbortController;
  /** Never rejects. */
  done: Promise<void>;
  /** It makes room for a more urgent one, and goes on later. */
  isPreempted: boolean;
}

export class DownloadItem implements Ordered {
  readonly record: DownloadRecord;
  place = 0;
  /** Tells of progress. */
  readonly pace: Pace;
  speed = new SpeedMeter();
  sources: SwarmSource[] = [];
  running: Running | undefined;
  /** Not before this, by performance.now(); 0 = now. */
  retryAtMs = 0;
  retryMs: number;
  /** A connected peer that is not its owner was found to hold some of it. */
  isHeldElsewhere = false;
  persistedAtMs = -Infinity;
  /** The most that was ever done of it and came from peers. */
  fetchedBytes: number;
  /** Of a single file, when it is done. */
  contentId: string | undefined;

  /** Never changes, and lists of thousands are asked for. */
  readonly #wantedPath: string;

  constructor(record: DownloadRecord, options: { retryMs: number; onProgress(item: DownloadItem): void }) {
    this.record = record;
    this.fetchedBytes = record.doneBytes - record.reusedBytes;
    this.#wantedPath = wantedPathOf(record);
    this.retryMs = options.retryMs;
    this.pace = new Pace(localLimits.progressHz, () => options.onProgress(this));
  }

  info(nameOf: (source: SwarmSource) => string): DownloadInfo {
    const { record, place, retryAtMs } = this;
    const bytesPerSecond = record.state === 'running' ? this.speed.bytesPerSecond() : 0;
    const sources = this.sources.slice(0, shownSources).map((source) => ({ ...source, name: nameOf(source) }));
    return infoOf(record, { place, bytesPerSecond, sources, retryAtMs, wantedPath: this.#wantedPath });
  }
}

/** As the protocol says. */
const shownSources = 16;
