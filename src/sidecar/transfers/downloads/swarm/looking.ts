// Looks who else has a content: peers that list it or may hold it are asked what they hold, again and again while they hold only a part.

import type { EntryRef } from '../../../../protocol/model.ts';
import type { PeerId } from '../../../../protocol/ids.ts';
import { transferLimits } from '../../../limits.ts';
import type { HoldingReply } from '../../../wire/services.ts';
import { leafBytes, leafCountOf } from '../../content/merkle.ts';
import { within } from '../../waiting.ts';
import type { Holder, SourceFinder } from './contract.ts';
import type { Holdings } from './scheduler.ts';

/** For one answer: who takes longer is asked again later. */
const answerMs = 5_000;

export interface LookingOptions {
  finder: SourceFinder;
  entry: EntryRef;
  root: Uint8Array;
  sizeBytes: number;
  signal: AbortSignal;
  /** A peer that is not worth asking. */
  isUnwanted: (peerId: PeerId) => boolean;
  /** It holds this (undefined: everything), now or still. */
  onFound: (holder: Holder, holds: Holdings | undefined) => void;
  /** It is not there any more, or holds nothing any more. */
  onGone: (peerId: PeerId) => void;
}

export class Looking {
  readonly #options: LookingOptions;
  /** The session of each peer that has all of it: not asked again. */
  readonly #whole = new Map<PeerId, Holder['source']>();
  readonly #partial = new Map<PeerId, Holder>();
  #running: Promise<void> | undefined;
  #found = new Set<PeerId>();

  constructor(options: LookingOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** Somebody fetches it as well. */
  get hasPartial(): boolean {
    return this.#partial.size > 0;
  }

  /** Asks those again that held a part: they get on. Never rejects. */
  refresh(): Promise<void> {
    const partial = [...this.#partial];
    if (partial.length === 0) return Promise.resolve();
    return (this.#running ??= Promise.all(partial.map(([peerId, holder]) => this.#ask(peerId, [holder])))
      .then(() => undefined)
      .finally(() => (this.#running = undefined)));
  }

  /** Never rejects. Called again while it looks, it waits for that. */
  look(): Promise<void> {
    return (this.#running ??= this.#look().finally(() => (this.#running = undefined)));
  }

  async #look(): Promise<void> {
    const { finder, entry, root, signal, isUnwanted, onGone } = this.#options;
    let holders: Holder[];
    try {
      holders = await finder.others(entry, root);
    } catch {
      return; // nobody is found this time; the next time is in a second
    }
    if (signal.aborted) return;
    const byPeer = new Map<PeerId, Holder[]>();
    for (const holder of holders.slice(0, 4 * transferLimits.sources)) {
      const { peerId } = holder.source;
      if (peerId === entry.peerId || isUnwanted(peerId)) continue;
      byPeer.set(peerId, [...(byPeer.get(peerId) ?? []), holder]);
    }
    const before = this.#found;
    this.#found = new Set();
    await Promise.all([...byPeer].slice(0, transferLimits.sources).map(([peerId, places]) => this.#ask(peerId, places)));
    if (signal.aborted) return;
    for (const peerId of before) {
      if (this.#found.has(peerId)) continue;
      this.#partial.delete(peerId);
      onGone(peerId);
    }
  }

  /** The first place of the peer that holds anything. */
  async #ask(peerId: PeerId, places: Holder[]): Promise<void> {
    for (const holder of places) {
      if (this.#whole.get(peerId) === holder.source) {
        this.#found.add(peerId);
        return;
      }
      const holds = await this.#holds(holder);
      this.#partial.delete(peerId);
      if (holds === undefined || this.#options.signal.aborted) continue;
      this.#found.add(peerId);
      if (holds === 'all') this.#whole.set(peerId, holder.source);
      else {
        this.#whole.delete(peerId);
        this.#partial.set(peerId, holder);
      }
      this.#options.onFound(holder, holds === 'all' ? undefined : holds);
      return;
    }
  }

  /** Undefined: nothing, or it does not say. */
  async #holds({ source, at }: Holder): Promise<Holdings | 'all' | undefined> {
    const { root, signal, sizeBytes } = this.#options;
    // Its own share lists it; a peer that cannot be asked is believed until it is read.
    if (!source.understands('holdings')) return at.owner === source.peerId ? 'all' : undefined;
    const request = { owner: at.owner, shareId: at.shareId, path: at.path, root };
    try {
      const asked = source.holding(request, { signal });
      return holdingsOf(await within(answerMs, asked, { source, path: at.path, signal }), sizeBytes);
    } catch {
      return undefined; // not-found is the usual answer; others are tried again in a second
    }
  }
}

/** What the reply says, if it can be true of a file of this size and anything is held. */
export function holdingsOf(reply: HoldingReply, sizeBytes: number): Holdings | 'all' | undefined {
  const { unitBytes, units } = reply;
  const unitLeaves = unitBytes / leafBytes;
  const leafCount = leafCountOf(sizeBytes);
  if (reply.sizeBytes !== sizeBytes || unitLeaves < 1 || !Number.isInteger(Math.log2(unitLeaves))) return undefined;
  const count = Math.ceil(leafCount / unitLeaves);
  if (units.length !== Math.ceil(count / 8)) return undefined;
  let held = 0;
  for (let unit = 0; unit < count; unit++) if (((units[unit >> 3] ?? 0) & (0x80 >> (unit & 7))) !== 0) held++;
  if (held === 0) return undefined;
  return held === count ? 'all' : { unitLeaves, units: Uint8Array.from(units) };
}
