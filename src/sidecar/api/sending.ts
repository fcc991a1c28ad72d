// Requests about offers of files: outbox, inbox, drop boxes.

import type { OfferId, PeerId } from '../../protocol/ids.ts';
import { isOfferId } from '../../protocol/ids.ts';
import type { DropBoxes } from '../inbox/dropBoxes.ts';
import type { Inbox } from '../inbox/inbox.ts';
import type { Outbox } from '../inbox/outbox.ts';
import { localLimits, sendingLimits } from '../limits.ts';
import type { Handlers } from './handlers.ts';
import {
  absolutePathField,
  audienceField,
  type Fields,
  invalid,
  optionalTextField,
  peerIdField,
  textField,
  wholeField,
  wordField,
} from './params.ts';
import { conflicts } from './words.ts';

export interface SendingVerbs {
  outbox: Pick<Outbox, 'preview' | 'send' | 'list' | 'withdraw' | 'clear'>;
  inbox: Pick<Inbox, 'list' | 'entries' | 'accept' | 'decline' | 'clear'>;
  dropBoxes: Pick<DropBoxes, 'list' | 'set' | 'remove'>;
  /** Throws when no offer can be made to it: it is ourselves, or blocked. */
  checkReceiver: (peerId: PeerId) => void;
}

export function sendingHandlers(verbs: SendingVerbs): Handlers<'outbox' | 'inbox' | 'dropBoxes'> {
  return { ...outboxHandlers(verbs), ...inboxHandlers(verbs), ...boxHandlers(verbs) };
}

function outboxHandlers({ outbox, checkReceiver }: SendingVerbs): Handlers<'outbox'> {
  return {
    'outbox/preview': (fields, { signal }) => outbox.preview(pathsField(fields), signal),
    'outbox/send': (fields, { signal }) => {
      const peerId = peerIdField(fields);
      checkReceiver(peerId);
      const { offerMinMs, offerMaxMs, offerMs } = sendingLimits;
      const previewed = previewedField(fields);
      return outbox.send(peerId, {
        paths: pathsField(fields),
        text: optionalTextField(fields, 'text', sendingLimits.textCharacters) ?? '',
        expiresInMs: wholeField(fields, 'expiresInMs', { min: offerMinMs, max: offerMaxMs, otherwise: offerMs }),
        ...(previewed && { previewed }),
        signal,
      });
    },
    'outbox/list': () => outbox.list(),
    'outbox/withdraw': (fields) => outbox.withdraw(offerIdField(fields)),
    'outbox/clear': (fields) => {
      outbox.clear(fields['offerId'] === undefined ? undefined : offerIdField(fields));
      return {};
    },
  };
}

function inboxHandlers({ inbox }: SendingVerbs): Handlers<'inbox'> {
  return {
    'inbox/list': () => inbox.list(),
    'inbox/entries': (fields) =>
      inbox.entries(peerIdField(fields), offerIdField(fields), {
        offset: wholeField(fields, 'offset', { min: 0, max: Number.MAX_SAFE_INTEGER, otherwise: 0 }),
        limit: wholeField(fields, 'limit', { min: 0, max: localLimits.pageEntries, otherwise: localLimits.pageEntries }),
      }),
    'inbox/accept': (fields) => {
      const conflict = wordField(fields, 'conflict', conflicts);
      return inbox.accept(peerIdField(fields), offerIdField(fields), {
        ...(fields['folder'] !== undefined && { folder: absolutePathField(fields, 'folder') }),
        ...(conflict && { conflict }),
      });
    },
    'inbox/decline': (fields) => inbox.decline(peerIdField(fields), offerIdField(fields)),
    'inbox/clear': (fields) => {
      if (fields['offerId'] === undefined && fields['peerId'] === undefined) inbox.clear(undefined, undefined);
      else inbox.clear(peerIdField(fields), offerIdField(fields));
      return {};
    },
  };
}

function boxHandlers({ dropBoxes }: SendingVerbs): Handlers<'dropBoxes'> {
  return {
    'dropBoxes/list': () => dropBoxes.list(),
    'dropBoxes/set': (fields) => {
      const dropBoxId = optionalTextField(fields, 'dropBoxId', 64);
      return dropBoxes.set({
        ...(dropBoxId !== undefined && { dropBoxId }),
        folder: absolutePathField(fields, 'folder'),
        audience: audienceField(fields, 'audience'),
        quotaBytes: wholeField(fields, 'quotaBytes', { min: sendingLimits.quotaMinBytes, max: Number.MAX_SAFE_INTEGER }),
      });
    },
    'dropBoxes/remove': (fields) => {
      dropBoxes.remove(textField(fields, 'dropBoxId', 64));
      return {};
    },
  };
}

function offerIdField(fields: Fields): OfferId {
  const value = fields['offerId'];
  if (typeof value !== 'string' || !isOfferId(value)) throw invalid('offerId', 'an offer id of 26 z-base-32 characters');
  return value;
}

/** Both numbers, or none. */
function previewedField(fields: Fields): { fileCount: number; totalBytes: number } | undefined {
  if (fields['fileCount'] === undefined && fields['totalBytes'] === undefined) return undefined;
  const range = { min: 0, max: Number.MAX_SAFE_INTEGER };
  return { fileCount: wholeField(fields, 'fileCount', range), totalBytes: wholeField(fields, 'totalBytes', range) };
}

function pathsField(fields: Fields): string[] {
  const given = fields['paths'];
  if (!Array.isArray(given) || given.length > sendingLimits.items)
    throw invalid('paths', `a list of at most ${sendingLimits.items} paths`);
  return given.map((each: unknown) => absolutePathField({ path: each }, 'path'));
}
