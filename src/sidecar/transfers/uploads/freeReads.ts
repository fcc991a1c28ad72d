// Small reads that wait for no slot, so that a person can open a file while others download: a few at once of one peer, and so many bytes a
// second for long. What goes beyond waits like all else.

import type { PeerId } from '../../../protocol/ids.ts';
import { localLimits, transferLimits } from '../../limits.ts';
import type { Permit } from './slots.ts';

/** An allowance that was not touched for so long is full again: it need not be remembered. */
const fullAfterMs = (1000 * transferLimits.freeReadBurstBytes) / transferLimits.freeReadBytesPerSecond;

interface Allowance {
  running: Set<AbortController>;
  bytes: number;
  filledAtMs: number;
}

export class FreeReads {
  readonly #now: () => number;
  readonly #peers = new Map<PeerId, Allowance>();

  constructor(options: { now?: (() => number) | undefined } = {}) {
    this.#now = options.now ?? (() => performance.now());
  }

  /** Leave for a read of so many bytes, or undefined: it must wait for a slot. */
  enter(peerId: PeerId, bytes: number): Permit | undefined {
    if (bytes > transferLimits.freeReadBytes) return undefined;
    const allowance = this.#allowance(peerId);
    if (allowance.bytes < bytes || allowance.running.size >= transferLimits.freeReadsPerPeer) return undefined;
    allowance.bytes -= bytes;
    const abort = new AbortController();
    allowance.running.add(abort);
    return {
      signal: abort.signal,
      sent: () => undefined,
      excuse: () => undefined,
      release: () => void allowance.running.delete(abort),
    };
  }

  /** Ends everything of this peer with this error. */
  drop(peerId: PeerId, error: Error): void {
    for (const abort of [...(this.#peers.get(peerId)?.running ?? [])]) abort.abort(error);
  }

  close(error: Error): void {
    for (const peerId of this.#peers.keys()) this.drop(peerId, error);
  }

  #allowance(peerId: PeerId): Allowance {
    const now = this.#now();
    const { freeReadBurstBytes: most, freeReadBytesPerSecond: perSecond } = transferLimits;
    const allowance = this.#peers.get(peerId) ?? { running: new Set(), bytes: most, filledAtMs: now };
    allowance.bytes = Math.min(most, allowance.bytes + ((now - allowance.filledAtMs) * perSecond) / 1000);
    allowance.filledAtMs = now;
    this.#peers.set(peerId, allowance);
    if (this.#peers.size > localLimits.toldPeers) this.#forgetOld(now);
    return allowance;
  }

  #forgetOld(now: number): void {
    for (const [peerId, { running, filledAtMs }] of this.#peers)
      if (running.size === 0 && now - filledAtMs > fullAfterMs) this.#peers.delete(peerId);
  }
}
