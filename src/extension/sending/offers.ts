// Offers got and made, and drop boxes, as the sidecar last told them: read again when it says that they changed. Must not know `vscode`.

import type { EntryRef } from '../../protocol/model.ts';
import type { DropBox, IncomingOffer, OutgoingOffer } from '../../protocol/sending.ts';
import { limits } from '../limits.ts';
import type { Sidecar } from '../sidecar.ts';

export class Offers {
  incoming: IncomingOffer[] = [];
  outgoing: OutgoingOffer[] = [];
  dropBoxes: DropBox[] = [];
  readonly #sidecar: Sidecar;
  readonly #listeners = new Set<() => void>();
  readonly #subscriptions: { dispose(): void }[];
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;

  constructor(sidecar: Sidecar) {
    this.#sidecar = sidecar;
    const soon = (): void => this.#soon();
    this.#subscriptions = [
      sidecar.onDidConnect(soon),
      sidecar.on('inbox/changed', soon),
      sidecar.on('outbox/changed', soon),
      sidecar.on('dropBoxes/changed', soon),
      // Whether its peer is here stands in its row.
      sidecar.on('peers/changed', () => {
        if (this.incoming.length + this.outgoing.length > 0) soon();
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

  /** All of it, anew. */
  async read(): Promise<void> {
    // One at a time, so that an older answer never overwrites a newer one.
    while (this.#reading !== undefined) await this.#reading.catch(() => undefined);
    this.#reading = this.#readAll().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#listeners.clear();
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      // The next connection asks for all of it.
      this.read().catch(() => undefined);
    }, limits.redrawMs);
  }

  async #readAll(): Promise<void> {
    [this.incoming, this.outgoing, this.dropBoxes] = await Promise.all([
      this.#sidecar.request('inbox/list', {}),
      this.#sidecar.request('outbox/list', {}),
      this.#sidecar.request('dropBoxes/list', {}),
    ]);
    for (const listener of this.#listeners) listener();
  }
}
