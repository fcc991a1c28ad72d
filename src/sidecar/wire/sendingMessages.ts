// What peers say to each other about offers of files: made, looked into, answered, taken back. An offer's files are read as those of a share with the
// offer's id, by its receiver alone. Capability `offers`.

import type { OfferId } from '../../protocol/ids.ts';

/** Files for the receiver alone. Said again on every session until it is answered for good. */
export interface OfferMessage {
  offerId: OfferId;
  text: string;
  fileCount: number;
  folderCount: number;
  totalBytes: number;
  /** For how long it still holds. */
  expiresInMs: number;
  /** Size of the list of what is in it (inbox/manifest.ts), which the receiver asks for. */
  listBytes: number;
}

/** Asks for the list from this byte on. */
export interface OfferListAskMessage {
  offerId: OfferId;
  offset: number;
}

/** Some of the list: at most sendingLimits.partBytes. */
export interface OfferListMessage {
  offerId: OfferId;
  offset: number;
  bytes: Uint8Array;
}

/** What becomes of it at the receiver. `full`, `unwelcome`: nothing was kept; it may be offered again. */
export type OfferAnswer = 'received' | 'accepted' | 'declined' | 'delivered' | 'full' | 'unwelcome';

export interface OfferAnswerMessage {
  offerId: OfferId;
  answer: OfferAnswer;
}

/** Its sender takes it back, or it is over. */
export interface OfferEndMessage {
  offerId: OfferId;
}

export type SendingMessage =
  | ({ type: 'offer' } & OfferMessage)
  | ({ type: 'offerListAsk' } & OfferListAskMessage)
  | ({ type: 'offerList' } & OfferListMessage)
  | ({ type: 'offerAnswer' } & OfferAnswerMessage)
  | ({ type: 'offerEnd' } & OfferEndMessage);
