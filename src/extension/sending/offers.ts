// Offers got and made, and drop boxes, as the sidecar last told them: each list is read again when it may read differently. Must not know `vscode`.

import type { EntryRef } from '../../protocol/model.ts';
import type { DropBox, IncomingOffer, OutgoingOffer } from '../../protocol/sending.ts';
import { limits } from '../limits.ts';
import type { Sidecar } from '../sidecar.ts';
import { isIncomingOver, isOutgoingOpen } from './offerRows.ts';

export type OfferList = 'incoming' | 'outgoing' | 'dropBoxes';
const allLists: readonly OfferList[] = ['incoming', 'outgoing', 'dropBoxes'];

export class Offers {
  incoming: IncomingOffer[] = [];
  outgoing: OutgoingOffer[] = [];
  dropBoxes: DropBox[] = [];
  readonly #sidecar: Sidecar;
  readonly #listeners = new Set<() => void>();
  readonly #subscriptions: { dispose(): void }[];
  readonly #wanted = new Set<OfferList>();
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;

  constructor(sidecar: Sidecar) {
    this.#sidecar = sidecar;
    this.#subscriptions = [
      sidecar.onDidConnect(() => this.#soon(allLists)),
      // What came may lie in a drop box: its row says how full it is. For that the sidecar looks at the disk, so there must be one.
      sidecar.on('inbox/changed', () => this.#soon(this.dropBoxes.length > 0 ? ['incoming', 'dropBoxes'] : ['incoming'])),
      sidecar.on('outbox/changed', () => this.#soon(['outgoing'])),
      sidecar.on('dropBoxes/changed', () => this.#soon(['dropBoxes'])),
      // Whether its peer is here stands in the row of an offer that is not over.
      sidecar.on('peers/changed', () => {
        if (!this.incoming.every(isIncomingOver)) this.#soon(['incoming']);
        if (this.outgoing.some(isOutgoingOpen)) this.#soon(['outgoing']);
      }),
    ];
  }

  onDidChange(listener: () => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  /** Whether an entry is of what a peer offered: its offer stands where a share does. */
  hasIncoming({ peerId, shareId }: Pick<EntryRef, 'peerId' | 'shareId'>): boolean {
    return this.incoming.some((offer) => offer.peerId === peerId && `${offer.offerId}` === `${shareId}`);
  }

  /** These lists anew; none named: all. Rejects as the sidecar's requests do. */
  async read(...lists: readonly OfferList[]): Promise<void> {
    // One at a time, so that an older answer never overwrites a newer one.
    while (this.#reading !== undefined) await this.#reading.catch(() => undefined);
    this.#reading = this.#readLists(lists.length === 0 ? allLists : lists).finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#listeners.clear();
  }

  #soon(lists: readonly OfferList[]): void {
    for (const list of lists) this.#wanted.add(list);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const wanted = [...this.#wanted];
      this.#wanted.clear();
      // The next connection asks for all of it.
      this.read(...wanted).catch(() => undefined);
    }, limits.redrawMs);
  }

  async #readLists(lists: readonly OfferList[]): Promise<void> {
    await Promise.all(lists.map((list) => this.#readList(list)));
    for (const listener of this.#listeners) listener();
  }

  async #readList(list: OfferList): Promise<void> {
    switch (list) {
      case 'incoming':
        this.incoming = await this.#sidecar.request('inbox/list', {});
        return;
      case 'outgoing':
        this.outgoing = await this.#sidecar.request('outbox/list', {});
        return;
      case 'dropBoxes':
        this.dropBoxes = await this.#sidecar.request('dropBoxes/list', {});
    }
  }
}
