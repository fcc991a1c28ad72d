// Roots that each peer was told: only their leaf hashes are given to it, so that nobody can probe by hash for content that is here.

import type { PeerId } from '../../../protocol/ids.ts';
import { localLimits } from '../../limits.ts';

export class ToldRoots {
  /** In hex, oldest use first; so are the peers. */
  readonly #told = new Map<PeerId, Set<string>>();

  add(peerId: PeerId, root: Uint8Array): void {
    const name = Buffer.from(root).toString('hex');
    const told = this.#told.get(peerId) ?? new Set<string>();
    this.#told.delete(peerId);
    this.#told.set(peerId, told);
    told.delete(name);
    told.add(name);
    if (told.size > localLimits.toldRoots) dropFirst(told);
    if (this.#told.size > localLimits.toldPeers) dropFirst(this.#told);
  }

  has(peerId: PeerId, root: Uint8Array): boolean {
    return this.#told.get(peerId)?.has(Buffer.from(root).toString('hex')) === true;
  }
}

function dropFirst(keyed: { keys(): Iterator<unknown>; delete(key: never): boolean }): void {
  const first = keyed.keys().next();
  if (!first.done) keyed.delete(first.value as never);
}
