// Sentences and table cells about parties, codes, audiences and the ways to peers. Everything that comes from outside is made safe by who prints it.

import type { PartyId, PeerId } from '../protocol/ids.ts';
import type { Audience, InviteRefusal, PartyInfo, PathReason, PeerPath } from '../protocol/model.ts';
import { counted, formatTime } from './format.ts';

/** What kind of party it is: `secret`, `public name`, `closed, yours`. */
export function partyKind({ isPublic, closed }: PartyInfo): string {
  if (closed === undefined) return isPublic ? 'public name' : 'secret name';
  if (closed.isFounder) return 'closed, yours';
  return closed.isMember ? 'closed' : 'closed, not let in';
}

/** A party in a sentence: of long names, which are secrets of chance, only the beginning. */
export function shortName(name: string): string {
  const characters = [...name];
  return characters.length <= 24 ? name : `${characters.slice(0, 12).join('')}…`;
}

/** What a party is called here, in a sentence or cell: its label, with the name where another one is called much the same; else the name. */
export function partyTitle({ name, label, isAmbiguous }: Pick<PartyInfo, 'name' | 'label' | 'isAmbiguous'>): string {
  if (label === undefined) return shortName(name);
  return isAmbiguous === true ? `${label} (${shortName(name)})` : label;
}

/** Why a peer is reached the way it is; '' when nothing is known. */
export function pathReasonText(reason: PathReason | undefined, path: PeerPath | undefined): string {
  switch (reason) {
    case 'same-network':
      return 'in the same network';
    case 'open':
      return 'one side can be reached from everywhere';
    case 'punched':
      return 'both routers let it through';
    case 'both-random':
      return 'both networks choose ports at random';
    case 'punch-failed':
      return 'the routers let nothing through';
    case 'unknown':
    case undefined:
      return path === 'relayed' ? 'no direct way was found' : '';
  }
}

export function refusalText(reason: InviteRefusal | undefined): string {
  switch (reason) {
    case 'used-up':
      return 'it was used by others already';
    case 'expired':
      return 'it has expired';
    case 'revoked':
      return 'it was taken back';
    case 'busy':
      return 'the inviter is busy; it is asked again';
    case 'unknown':
    case undefined:
      return 'its maker does not know it';
  }
}

/** `everyone`, `nobody`, `party techno; ann, ben`. */
export function audienceText(audience: Audience, names: AudienceNames): string {
  if (audience.everyone) return 'everyone';
  const parties = audience.partyIds.map((id) => names.parties.get(id) ?? `a party that you left (${id.slice(0, 8)})`);
  const peers = audience.peerIds.map((id) => names.peers.get(id) ?? id.slice(0, 8));
  const parts = [
    ...(parties.length > 0 ? [`${parties.length === 1 ? 'party' : 'parties'} ${parties.join(', ')}`] : []),
    ...(peers.length > 0 ? [peers.join(', ')] : []),
  ];
  return parts.length === 0 ? 'nobody' : parts.join('; ');
}

/** For a table: `everyone`, `nobody`, `1 party, 2 peers`. */
export function audienceSummary({ everyone, partyIds, peerIds }: Audience): string {
  if (everyone) return 'everyone';
  const parts = [
    ...(partyIds.length > 0 ? [counted(partyIds.length, 'party', 'parties')] : []),
    ...(peerIds.length > 0 ? [counted(peerIds.length, 'peer')] : []),
  ];
  return parts.length === 0 ? 'nobody' : parts.join(', ');
}

export interface AudienceNames {
  parties: ReadonlyMap<PartyId, string>;
  peers: ReadonlyMap<PeerId, string>;
}

/** `until 2026-11-28 16:20`, `without end`. */
export function untilText(expiresAtMs: number | undefined): string {
  return expiresAtMs === undefined ? 'without end' : `until ${formatTime(expiresAtMs)}`;
}
