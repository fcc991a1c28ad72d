// What one file's transfer remembers of a peer, across its sessions and links: how fast, how often it failed, whether it is asked at all.

import type { AppError } from '../../../../protocol/errors.ts';
import type { PeerId } from '../../../../protocol/ids.ts';
import type { LinkKind } from '../../../../protocol/transfers.ts';
import { transferLimits } from '../../../limits.ts';
import { SpeedMeter } from '../../pace.ts';
import type { SwarmSource } from './contract.ts';

/** After so many failures in a row a peer is let be for `restMs`; between them these waits. The first is none: another link may be there. */
const waitsMs = [0, 250, 1_000] as const;
const busyWaitsMs = [500, 1_000] as const;
/** Until a peer that failed too often, or dripped, is asked again. */
export const restMs = 30_000;

export class Tally {
  readonly peerId: PeerId;
  link: LinkKind;
  /** Its place in the peer's queue; undefined or 0: served. */
  position: number | undefined;
  receivedBytes = 0;
  badPieces = 0;
  /** Not asked before. */
  retryAtMs = 0;
  /** It failed too often in a row, or refuses: not asked before `retryAtMs`, and not waited for. */
  isGivenUp = false;
  isRefusing = false;
  failure: AppError | undefined;
  lastBytesAtMs = 0;
  slowSinceMs: number | undefined;
  /** Rises with each failure, so that requests that fail together count once. */
  epoch = 0;
  #failures = 0;
  readonly #meter = new SpeedMeter();

  constructor(peerId: PeerId, link: LinkKind) {
    this.peerId = peerId;
    this.link = link;
  }

  get isDropped(): boolean {
    return this.badPieces >= transferLimits.badRanges;
  }

  bytesPerSecond(nowMs = performance.now()): number {
    return this.#meter.bytesPerSecond(nowMs);
  }

  idleMs(nowMs = performance.now()): number {
    return nowMs - this.lastBytesAtMs;
  }

  /** Good bytes of a request of `epoch`: those written after it failed do not make it good. */
  received(bytes: number, epoch = this.epoch): void {
    this.receivedBytes += bytes;
    this.#meter.add(bytes);
    if (epoch !== this.epoch) return;
    this.#failures = 0;
    this.isGivenUp = false;
    this.failure = undefined;
  }

  heard(nowMs = performance.now()): void {
    this.lastBytesAtMs = nowMs;
    this.position = undefined;
    this.isRefusing = false;
  }

  /** A request failed, asked for in `epoch`. */
  failed(error: AppError, epoch: number, nowMs = performance.now()): void {
    if (epoch !== this.epoch) return;
    this.epoch++;
    this.failure = error;
    this.position = undefined;
    this.isRefusing = error.kind === 'permission-denied';
    const waits: readonly number[] = error.kind === 'busy' ? busyWaitsMs : waitsMs;
    const waitMs =
      error.kind === 'unavailable' || error.kind === 'busy' || error.kind === 'io' ? waits[this.#failures++] : undefined;
    if (waitMs === undefined) this.rest(nowMs);
    else this.retryAtMs = nowMs + waitMs;
  }

  rest(nowMs = performance.now()): void {
    this.isGivenUp = true;
    this.retryAtMs = nowMs + restMs;
  }

  /** Something changed at the peer: it may be asked again. */
  revive(): void {
    this.isGivenUp = false;
    this.retryAtMs = 0;
    this.#failures = 0;
    this.epoch++;
  }

  shown(): SwarmSource {
    const state = this.isDropped
      ? 'dropped'
      : this.isRefusing
        ? 'refused'
        : (this.position ?? 0) > 0 || this.failure
          ? 'waiting'
          : 'active';
    const reason = this.failure?.data.reason ?? this.failure?.message;
    return {
      peerId: this.peerId,
      state,
      link: this.link,
      ...(this.position !== undefined && this.position > 0 ? { position: this.position } : {}),
      ...(reason === undefined ? {} : { reason }),
      bytesPerSecond: this.bytesPerSecond(),
      receivedBytes: this.receivedBytes,
      badPieces: this.badPieces,
    };
  }
}
