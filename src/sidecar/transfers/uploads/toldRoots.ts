// Roots that each peer was told, and of whose share: only their leaf hashes are given to it, so that nobody can probe by hash for content that is
// here, and only while it may have the share.

import type { PeerId, ShareId } from '../../../protocol/ids.ts';
import { localLimits } from '../../limits.ts';

/** As what it was told last. */
export interface ToldAs {
  owner: PeerId;
  shareId: ShareId;
}

export class ToldRoots {
  /** In hex, oldest use first; so are the peers. */
  readonly #told = new Map<PeerId, Map<string, ToldAs>>();

  add(peerId: PeerId, root: Uint8Array, { owner, shareId }: ToldAs): void {
    const name = Buffer.from(root).toString('hex');
    const told = this.#told.get(peerId) ?? new Map<string, ToldAs>();
    this.#told.delete(peerId);
    this.#told.set(peerId, told);
    told.delete(name);
    told.set(name, { owner, shareId });
    if (told.size > localLimits.toldRoots) dropFirst(told);
    if (this.#told.size > localLimits.toldPeers) dropFirst(this.#told);
  }

  find(peerId: PeerId, root: Uint8Array): ToldAs | undefined {
    return this.#told.get(peerId)?.get(Buffer.from(root).toString('hex'));
  }
}

function dropFirst(keyed: { keys(): Iterator<unknown>; delete(key: never): boolean }): void {
  const first = keyed.keys().next();
  if (!first.done) keyed.delete(first.value as never);
}
