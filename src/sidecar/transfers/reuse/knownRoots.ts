// Content ids of peers' files, before anything of them is fetched: as their owners told, or as it was learnt while they were received.

import type { EntryRef } from '../../../protocol/model.ts';
import type { EntryDetails } from '../../../protocol/model.ts';
import type { Receiving } from '../downloads/swarm/contract.ts';

export class KnownRoots {
  readonly #details: () => { of(ref: EntryRef): Promise<EntryDetails> };
  readonly #receiving: Receiving;

  constructor(options: { details(): { of(ref: EntryRef): Promise<EntryDetails> }; receiving: Receiving }) {
    this.#details = () => options.details();
    this.#receiving = options.receiving;
  }

  /** 32 bytes. Never rejects. */
  async of(entry: EntryRef): Promise<Uint8Array | undefined> {
    const receiving = this.#receiving.find(entry.peerId, entry.shareId, entry.path);
    if (receiving) return receiving.root;
    try {
      const { contentId } = await this.#details().of(entry);
      return contentId === undefined ? undefined : new Uint8Array(Buffer.from(contentId, 'hex'));
    } catch {
      return undefined; // Not in the index any more, or nothing can be asked now: it is fetched as any other.
    }
  }
}
