// Who may see a share, as rows to choose from, as a few words, and what a change of it means for whom. The rule itself is the sidecar's
// (shares/audienceText.ts); here it only says what a person should know first. Must not know `vscode`.

import type { PartyId, PeerId } from '../../protocol/ids.ts';
import type { Audience, PartyInfo, PeerInfo } from '../../protocol/model.ts';
import { displayName, iconSafeName, messageName, partyLabel } from '../displayText.ts';
import { limits } from '../limits.ts';
import { derivedOf } from './requestRow.ts';
import { formatCount, formatParties, formatPeers, t } from '../text.ts';

/** What the world knows of those who could be meant. */
export interface Known {
  parties: readonly PartyInfo[];
  peers: readonly PeerInfo[];
}

export type ChoiceRow =
  | { kind: 'heading'; label: string }
  | { kind: 'everyone'; label: string; description: string; detail: string; isPicked: boolean }
  | { kind: 'party'; partyId: PartyId; label: string; description: string; isPicked: boolean }
  | { kind: 'peer'; peerId: PeerId; label: string; description: string; detail: string; isPicked: boolean };

export const everyone: Audience = { everyone: true, partyIds: [], peerIds: [] };

/** Everyone, then parties, then peers; what is chosen now but is not known any more stands there too, so that it can be taken away. */
export function choiceRows(audience: Audience, { parties, peers }: Known): ChoiceRow[] {
  const rows: ChoiceRow[] = [
    {
      kind: 'everyone',
      label: `$(globe) ${t('Everyone')}`,
      description: formatPeers(viewers(everyone, peers).length),
      detail: t('All members of your parties, now and later, and the peers that you added.'),
      isPicked: audience.everyone,
    },
  ];
  const left = audience.partyIds.filter((partyId) => !parties.some((party) => party.partyId === partyId));
  if (parties.length + left.length > 0) rows.push({ kind: 'heading', label: t('Members of these parties') });
  for (const party of parties) rows.push(partyRow(party, audience));
  for (const partyId of left) {
    const label = `$(organization) ${t('A party that you left')}`;
    rows.push({ kind: 'party', partyId, label, description: t('nobody'), isPicked: true });
  }
  const known = peers.filter((peer) => isCandidate(peer, audience)).sort(byPresence);
  const gone = audience.peerIds.filter((peerId) => !known.some((peer) => peer.peerId === peerId));
  if (known.length + gone.length > 0) rows.push({ kind: 'heading', label: t('These peers') });
  for (const peer of known.slice(0, limits.audiencePeers)) rows.push(peerRow(peer, audience));
  for (const peerId of gone.slice(0, limits.audiencePeers)) {
    const label = `$(account) ${t('A peer that is not known here any more')}`;
    rows.push({ kind: 'peer', peerId, label, description: '', detail: peerId, isPicked: true });
  }
  return rows;
}

function partyRow(party: PartyInfo, { partyIds }: Audience): ChoiceRow {
  const { partyId, isPublic, closed } = party;
  const said = [closed !== undefined ? t('closed') : isPublic ? t('whoever guesses its name is a member') : ''];
  return {
    kind: 'party',
    partyId,
    label: `$(organization) ${iconSafeName(partyLabel(party))}`,
    description: said.join(''),
    isPicked: partyIds.includes(partyId),
  };
}

function peerRow(peer: PeerInfo, { peerIds }: Audience): ChoiceRow {
  const said = [derivedOf(peer)];
  said.push(peer.isBlocked ? t('blocked, sees nothing') : peer.isOnline ? t('online') : t('offline'));
  return {
    kind: 'peer',
    peerId: peer.peerId,
    label: `$(account) ${iconSafeName(peer.name)}`,
    description: iconSafeName(said.filter((part) => part !== '').join(' · ')),
    detail: peer.peerId,
    isPicked: peerIds.includes(peer.peerId),
  };
}

/** Somebody one may mean: met in a party or added; whoever is chosen already stays in sight. */
function isCandidate(peer: PeerInfo, { peerIds }: Audience): boolean {
  if (peerIds.includes(peer.peerId)) return true;
  return !peer.isBlocked && !peer.isStranger && (peer.isAddedByKey || peer.partyIds.length > 0 || peer.petname !== undefined);
}

function byPresence(a: PeerInfo, b: PeerInfo): number {
  return Number(b.isOnline) - Number(a.isOnline) || a.name.localeCompare(b.name) || (a.peerId < b.peerId ? -1 : 1);
}

/**
 * What stays picked after a click: everyone and single ones exclude each other, and the newer click wins. `before`: what was picked when the
 * list was looked at last.
 */
export function settledRows<R extends ChoiceRow>(picked: readonly R[], before: readonly R[]): R[] {
  const hasEveryone = picked.some(({ kind }) => kind === 'everyone');
  if (!hasEveryone || picked.length === 1) return [...picked];
  const hadEveryone = before.some(({ kind }) => kind === 'everyone');
  return picked.filter(({ kind }) => (kind === 'everyone') !== hadEveryone);
}

/** The audience that the picked rows stand for; nothing picked is nobody. */
export function audienceOf(picked: readonly ChoiceRow[]): Audience {
  if (picked.some(({ kind }) => kind === 'everyone')) return everyone;
  return {
    everyone: false,
    partyIds: picked.flatMap((row) => (row.kind === 'party' ? [row.partyId] : [])),
    peerIds: picked.flatMap((row) => (row.kind === 'peer' ? [row.peerId] : [])),
  };
}

/** "everyone", "techno, Ada", "2 parties, 3 peers", "nobody": for descriptions. */
export function audienceText({ everyone: isForAll, partyIds, peerIds }: Audience, { parties, peers }: Known): string {
  if (isForAll) return t('everyone');
  if (partyIds.length + peerIds.length === 0) return t('nobody');
  if (partyIds.length + peerIds.length <= 2) {
    const names = [
      ...partyIds.map((id) => parties.find(({ partyId }) => partyId === id)).map(partyText),
      ...peerIds.map((id) => displayName(peers.find(({ peerId }) => peerId === id)?.name ?? `${id.slice(0, 8)}…`)),
    ];
    return names.join(', ');
  }
  const counts = [
    partyIds.length === 0 ? '' : formatParties(partyIds.length),
    peerIds.length === 0 ? '' : formatPeers(peerIds.length),
  ];
  return counts.filter((part) => part !== '').join(', ');
}

/** As `audienceText`, and says who everyone is. */
export function audienceQuestion(audience: Audience, known: Known): string {
  return audience.everyone ? t('everyone in your parties and the peers that you added') : audienceText(audience, known);
}

function partyText(party: PartyInfo | undefined): string {
  return party === undefined ? t('a party that you left') : partyLabel(party);
}

/** Known peers who may see it, as the sidecar decides. */
export function viewers(audience: Audience, peers: readonly PeerInfo[]): PeerInfo[] {
  return peers.filter((peer) => {
    if (peer.isBlocked) return false;
    if (audience.everyone) return peer.partyIds.length > 0 || peer.isAddedByKey;
    return audience.peerIds.includes(peer.peerId) || audience.partyIds.some((partyId) => peer.partyIds.includes(partyId));
  });
}

export interface AudienceChange {
  isSame: boolean;
  /** Somebody who may see it now, known or not, will not. */
  isNarrower: boolean;
  /** From a list to everyone. */
  isForAll: boolean;
  /** Known peers who lose it, and who gain it. */
  losing: PeerInfo[];
  gaining: PeerInfo[];
}

export function changeOf(before: Audience, after: Audience, peers: readonly PeerInfo[]): AudienceChange {
  const [seeing, toSee] = [viewers(before, peers), viewers(after, peers)];
  const loses = lacks(before, after);
  const gains = lacks(after, before);
  return {
    isSame: !loses && !gains,
    isNarrower: loses,
    isForAll: after.everyone && !before.everyone,
    losing: seeing.filter((peer) => !toSee.includes(peer)),
    gaining: toSee.filter((peer) => !seeing.includes(peer)),
  };
}

/** Whether somebody whom the first names is not named by the second. */
function lacks(first: Audience, second: Audience): boolean {
  if (second.everyone) return false;
  if (first.everyone) return true;
  return (
    first.partyIds.some((partyId) => !second.partyIds.includes(partyId)) ||
    first.peerIds.some((peerId) => !second.peerIds.includes(peerId))
  );
}

/** What to ask before a change, and how the button reads; undefined where nobody loses it and it does not become everyone's. */
export function changeQuestion(
  title: string,
  change: AudienceChange,
): { message: string; detail: string; action: string } | undefined {
  const name = messageName(title);
  if (change.isForAll) {
    const message = t('Show "{0}" to everyone?', name);
    const who =
      change.gaining.length === 0
        ? t('Nobody else is known yet.')
        : t('It becomes visible to {0}: {1}.', formatPeers(change.gaining.length), namesOf(change.gaining));
    const detail = [who, t('Whoever joins one of your parties later sees it too.')].join('\n');
    return { message, detail, action: t('Show to Everyone') };
  }
  if (!change.isNarrower) return undefined;
  const who =
    change.losing.length === 0
      ? t('Of the peers known now, nobody loses it.')
      : t('{0} will not see it any more: {1}.', formatPeers(change.losing.length), namesOf(change.losing));
  const detail = [who, t('What they have downloaded, and the names of files that they have seen, stay with them.')].join('\n');
  return { message: t('Show "{0}" to fewer?', name), detail, action: t('Show to Fewer') };
}

function namesOf(peers: readonly PeerInfo[]): string {
  const named = peers.slice(0, namesSaid).map(({ name }) => displayName(name, 40));
  const rest = peers.length - named.length;
  return rest > 0 ? `${named.join(', ')} ${t('and {0} more', formatCount(rest))}` : named.join(', ');
}

/** In a question: more would not be read. */
const namesSaid = 6;
