// Messages about offers in bytes. As codec.ts: every limit holds while decoding, nothing of streams.

import type { Encoding } from 'protomux';
import type { OfferId } from '../../protocol/ids.ts';
import { sendingLimits } from '../limits.ts';
import { bytes, id, record, text, uint } from './codec.ts';
import { protocolViolation } from './errors.ts';
import type {
  OfferAnswer,
  OfferAnswerMessage,
  OfferEndMessage,
  OfferListAskMessage,
  OfferListMessage,
  OfferMessage,
} from './sendingMessages.ts';

/** The numbers are part of the protocol. */
const answers: readonly OfferAnswer[] = ['received', 'accepted', 'declined', 'delivered', 'full', 'unwelcome'];

const answerCode: Encoding<OfferAnswer> = {
  preencode: (state, value) => uint.preencode(state, answers.indexOf(value)),
  encode: (state, value) => uint.encode(state, answers.indexOf(value)),
  decode(state) {
    const value = answers[uint.decode(state)];
    if (value === undefined) throw protocolViolation('it answers an offer with no known word');
    return value;
  },
};

const offerId = id<OfferId>(16);

/** At most so much. */
function upTo(most: number): Encoding<number> {
  return {
    preencode: (state, value) => uint.preencode(state, value),
    encode: (state, value) => uint.encode(state, value),
    decode(state) {
      const value = uint.decode(state);
      if (value > most) throw protocolViolation(`an offer with a number of ${value}, at most ${most} is allowed`);
      return value;
    },
  };
}

export const offer = record<OfferMessage>({
  offerId,
  text: text(sendingLimits.textCharacters),
  fileCount: upTo(sendingLimits.entries),
  folderCount: upTo(sendingLimits.entries),
  totalBytes: upTo(Number.MAX_SAFE_INTEGER),
  expiresInMs: upTo(Number.MAX_SAFE_INTEGER),
  listBytes: upTo(sendingLimits.manifestBytes),
});
export const offerListAsk = record<OfferListAskMessage>({ offerId, offset: upTo(sendingLimits.manifestBytes) });
export const offerList = record<OfferListMessage>({
  offerId,
  offset: upTo(sendingLimits.manifestBytes),
  bytes: bytes(sendingLimits.partBytes),
});
export const offerAnswer = record<OfferAnswerMessage>({ offerId, answer: answerCode });
export const offerEnd = record<OfferEndMessage>({ offerId });
