// Messages about catalogs, in bytes: changes of the list of shares, removals, what is passed on of others, and live search. As codec.ts,
// which has their parts; the layout is specified in docs/wire-protocol.md.

import type { Encoding } from 'protomux';
import type { PartyId, PeerId, ShareId } from '../../protocol/ids.ts';
import { indexLimits, wireLimits } from '../limits.ts';
import { pathProblem } from '../storage/safePath.ts';
import {
  announcement,
  flag,
  list,
  partyId,
  peerId,
  record,
  removal,
  requestId,
  shareId,
  text,
  time,
  uint,
  type ForRequest,
} from './codec.ts';
import { protocolViolation } from './errors.ts';
import type { RemoteSearchHit, RemoteSearchRequest, SignedAnnouncement } from './services.ts';

/** What changed in a list of shares. */
export interface UpdateMessage {
  changed: SignedAnnouncement[];
  gone: ShareId[];
}

/** What changed in what the sender passes on of one owner. */
export interface PassOnMessage extends UpdateMessage {
  owner: PeerId;
  nickname: string;
  lastSeenMs: number;
  /** In which of the parties in common the changed shares may be passed on. */
  partyIds: PartyId[];
  removals: SignedAnnouncement[];
}

export type SearchMessage = ForRequest<RemoteSearchRequest>;
export type FoundMessage = ForRequest<{ hits: RemoteSearchHit[] }>;

const announcements = list(announcement, wireLimits.sharesPerPeer);
const shareIds = list(shareId, wireLimits.sharesPerPeer);

export const update = record<UpdateMessage>({ changed: announcements, gone: shareIds });

export const removals: Encoding<SignedAnnouncement[]> = list(removal, wireLimits.removals);

export const passOn = record<PassOnMessage>({
  owner: peerId,
  nickname: text(wireLimits.textCharacters),
  lastSeenMs: uint,
  partyIds: list(partyId, wireLimits.partiesInHello),
  changed: announcements,
  gone: shareIds,
  removals,
});

export const search = record<SearchMessage>({ requestId, query: text(wireLimits.searchCharacters), shareIds, limit: uint });

/** A path that an index could hold. */
const hitPath: Encoding<string> = checked(text(indexLimits.pathBytes, indexLimits.pathBytes), (path) => {
  const problem = pathProblem(path);
  return problem === undefined ? undefined : `a path ${problem}`;
});

const hitTime: Encoding<number> = checked(time, (mtimeMs) =>
  mtimeMs < indexLimits.mtimeMinMs ? 'a time is out of range' : undefined,
);

const kind: Encoding<RemoteSearchHit['kind']> = {
  preencode: (state) => flag.preencode(state, false),
  encode: (state, value) => flag.encode(state, value === 'folder'),
  decode: (state) => (flag.decode(state) ? 'folder' : 'file'),
};

const hit = record<RemoteSearchHit>({ shareId, path: hitPath, kind, sizeBytes: uint, mtimeMs: hitTime });

export const found = record<FoundMessage>({ requestId, hits: list(hit, wireLimits.searchHits) });

function checked<T>(encoding: Encoding<T>, problemOf: (value: T) => string | undefined): Encoding<T> {
  return {
    preencode: (state, value) => encoding.preencode(state, value),
    encode: (state, value) => encoding.encode(state, value),
    decode(state) {
      const value = encoding.decode(state);
      const problem = problemOf(value);
      if (problem !== undefined) throw protocolViolation(problem);
      return value;
    },
  };
}
