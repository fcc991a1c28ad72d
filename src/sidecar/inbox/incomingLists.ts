// Takes the list of an offer from its sender, part by part, one at a time in each session. Nothing is kept of one that does not come whole.

import { AppError } from '../../protocol/errors.ts';
import { sendingLimits } from '../limits.ts';
import type { OfferListMessage, OfferMessage } from '../wire/sendingMessages.ts';
import type { PeerSession } from '../wire/services.ts';
import type { Talk } from './talk.ts';

interface Incoming {
  offer: OfferMessage;
  bytes: Uint8Array;
  received: number;
  deadline: NodeJS.Timeout;
}

export interface IncomingListsOptions {
  talk: Talk;
  /** Whether there is no room for one more; asked when its turn has come. Its sender is told. */
  isFull(session: PeerSession, offer: OfferMessage): boolean;
}

export class IncomingLists {
  readonly #options: IncomingListsOptions;
  /** The first is being taken, the others wait. */
  readonly #incoming = new Map<PeerSession, { current: Incoming; waiting: OfferMessage[] }>();

  constructor(options: IncomingListsOptions) {
    this.#options = options;
  }

  /** Of all that are being taken. */
  get bytes(): number {
    let sum = 0;
    for (const { current } of this.#incoming.values()) sum += current.bytes.byteLength;
    return sum;
  }

  /** Asks for the list of an offer, at once or after others of its sender. */
  take(session: PeerSession, offer: OfferMessage): void {
    const line = this.#incoming.get(session);
    if (line === undefined) return this.#begin(session, [offer]);
    const isAsked = [line.current.offer, ...line.waiting].some(({ offerId }) => offerId === offer.offerId);
    if (!isAsked && line.waiting.length < sendingLimits.openOffers) line.waiting.push(offer);
  }

  /** Answers the whole list with its offer when this was the last part. Throws `protocol` for a part that was not asked for. */
  part(
    session: PeerSession,
    { offerId, offset, bytes }: OfferListMessage,
  ): { offer: OfferMessage; list: Uint8Array } | undefined {
    const line = this.#incoming.get(session);
    // Of one that was not waited for any longer.
    if (line === undefined || line.current.offer.offerId !== offerId) return undefined;
    const { current } = line;
    if (offset !== current.received || bytes.byteLength === 0 || offset + bytes.byteLength > current.bytes.byteLength)
      throw new AppError('protocol', 'An offer of files breaks the rules: its list does not come as it was asked for.');
    current.bytes.set(bytes, offset);
    current.received += bytes.byteLength;
    if (current.received < current.bytes.byteLength) {
      current.deadline.refresh();
      this.#options.talk.say(session, { type: 'offerListAsk', offerId, offset: current.received });
      return undefined;
    }
    this.#next(session);
    return { offer: current.offer, list: current.bytes };
  }

  /** It was taken back, or is over. */
  drop(session: PeerSession, offerId: string): void {
    const line = this.#incoming.get(session);
    if (line === undefined) return;
    line.waiting = line.waiting.filter((offer) => offer.offerId !== offerId);
    if (line.current.offer.offerId === offerId) this.#next(session);
  }

  closed(session: PeerSession): void {
    clearTimeout(this.#incoming.get(session)?.current.deadline);
    this.#incoming.delete(session);
  }

  close(): void {
    for (const session of [...this.#incoming.keys()]) this.closed(session);
  }

  /** With the first for which there is room. */
  #begin(session: PeerSession, line: OfferMessage[]): void {
    for (const [at, offer] of line.entries()) {
      const { offerId } = offer;
      if (this.#options.isFull(session, offer)) {
        this.#options.talk.say(session, { type: 'offerAnswer', offerId, answer: 'full' });
        continue;
      }
      const deadline = setTimeout(() => this.#next(session), sendingLimits.answerMs).unref();
      const current = { offer, bytes: new Uint8Array(offer.listBytes), received: 0, deadline };
      this.#incoming.set(session, { current, waiting: line.slice(at + 1) });
      return this.#options.talk.say(session, { type: 'offerListAsk', offerId, offset: 0 });
    }
  }

  #next(session: PeerSession): void {
    const waiting = this.#incoming.get(session)?.waiting ?? [];
    this.closed(session);
    if (session.isOpen) this.#begin(session, waiting);
  }
}
