// Rows of people in the Peers view: peers that are or were here, and members of a party who are known only from its list or from others.
// Says by which way a peer is reached, and why. Must not know `vscode`.

import type { PeerId } from '../../protocol/ids.ts';
import type { PartyMember, PathReason, PeerInfo, PeerPath } from '../../protocol/model.ts';
import { displayName, longDisplayName } from '../displayText.ts';
import { formatAgo, formatBytes, formatCount, formatFiles, formatPeers, formatRate, t } from '../text.ts';
import { linkText } from './downloadRow.ts';
import type { Row } from './row.ts';

/** Steps in which a row tells a round trip: exact ones, in the tooltip, change all the time. */
const roundTripSteps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];

/** `listing`: on the list of the closed party below which the row stands, or not; '' where that is not ours to change. */
export type Listing = 'listed' | 'unlisted' | '';

export function peerRow(id: string, peer: PeerInfo, nowMs: number, listing: Listing = ''): Row {
  const name = displayName(peer.name);
  const said: string[] = [];
  if (peer.isBlocked) said.push(t('blocked'));
  else if (peer.isDisconnected) said.push(t('disconnected by you'));
  else if (listing === 'unlisted') said.push(t('not let in'));
  else if (peer.isStranger) said.push(t('asks to connect'));
  else if (!peer.isOnline)
    said.push(peer.lastSeenMs === undefined ? t('never seen') : t('offline, seen {0}', formatAgo(peer.lastSeenMs, nowMs)));
  else if (peer.path !== undefined) said.push(reachText(peer.path, peer.roundTripMs));
  if (peer.fileCount > 0) said.push(`${formatFiles(peer.fileCount)}, ${formatBytes(peer.totalBytes)}`);
  const description = said.join(' · ');
  const presence = peer.isOnline ? t('online') : t('offline');
  return {
    id,
    label: name,
    description,
    tooltip: peerTooltip(peer, presence),
    icon: peer.isBlocked ? 'circle-slash' : peer.isStranger ? 'question' : 'account',
    color: peer.isOnline ? 'charts.green' : 'disabledForeground',
    children: 'collapsed',
    context: [
      'peer',
      peer.isBlocked ? 'blocked' : peer.isStranger ? 'stranger' : 'known',
      peer.isAddedByKey ? 'added' : 'met',
      peer.isOnline ? 'online' : 'offline',
      ...(listing === '' ? [] : [listing]),
    ].join('.'),
    accessibility: [t('Peer {0}', name), presence, description].filter((part) => part !== '').join(', '),
  };
}

/** The row above all whom the user blocked. */
export function blockedRow(id: string, count: number): Row {
  const label = t('Blocked');
  const description = formatPeers(count);
  return {
    id,
    label,
    description,
    tooltip: t('They cannot connect to you, and see nothing of yours.'),
    icon: 'circle-slash',
    color: 'disabledForeground',
    children: 'collapsed',
    context: 'blocked',
    accessibility: t('{0}, {1}', label, description),
  };
}

/** A member of a party with whom we have nothing in common yet but what its list or others say. */
export function memberRow(id: string, member: PartyMember, nowMs: number, listing: Listing = ''): Row {
  const name = displayName(member.name);
  const seen = member.lastSeenMs === undefined ? t('never seen') : t('offline, seen {0}', formatAgo(member.lastSeenMs, nowMs));
  const lines = [longDisplayName(member.name), member.isOnline ? t('online') : seen, ...nameLines(member)];
  if (member.isHearsay) lines.push(t('Never met from here: known from the list of the party, or from other members.'));
  if (member.isListed === false) lines.push(t('Not on the list of the party: it sees nothing that is shared there.'));
  const admission = member.isListed === false ? t('not let in') : '';
  const description = [admission, member.isOnline ? t('online') : seen].filter((part) => part !== '').join(' · ');
  return {
    id,
    label: name,
    description,
    tooltip: lines.join('\n'),
    icon: 'account',
    color: member.isOnline ? 'charts.green' : 'disabledForeground',
    children: 'none',
    context: listing === '' ? 'member' : `member.${listing}`,
    accessibility: t('Member {0}, {1}', name, description),
  };
}

/** "LAN · 2 ms" */
export function reachText(path: PeerPath, roundTripMs: number | undefined): string {
  const way = { lan: t('LAN'), direct: t('direct'), relayed: t('relayed') }[path];
  return roundTripMs === undefined ? way : `${way} · ${t('{0} ms', formatCount(roundedTrip(roundTripMs)))}`;
}

/** The nearest step: rows are not drawn again for less. */
export function roundedTrip(roundTripMs: number): number {
  return roundTripSteps.find((step, at) => roundTripMs < (step + (roundTripSteps[at + 1] ?? Infinity)) / 2) ?? roundTripMs;
}

/** Why it is that way; undefined where nobody knows. */
export function reasonText(reason: PathReason): string | undefined {
  switch (reason) {
    case 'same-network':
      return t('found in the same network');
    case 'open':
      return t('one side takes connections from everywhere');
    case 'punched':
      return t('both routers let it through');
    case 'both-random':
      return t('both routers choose ports at random, so only a relay works');
    case 'punch-failed':
      return t('a direct way should have worked, and did not');
    case 'unknown':
      return undefined;
  }
}

function nameLines({ derivedName, peerId }: { derivedName: string; peerId: PeerId }): string[] {
  return [t('Name from its key: {0}', displayName(derivedName)), t('Key: {0}', peerId)];
}

function peerTooltip(peer: PeerInfo, presence: string): string {
  const lines = [longDisplayName(peer.name), presence];
  if (peer.nickname !== undefined) lines.push(t('Calls itself {0}', longDisplayName(peer.nickname)));
  lines.push(...nameLines(peer));
  if (peer.path !== undefined) {
    const path = { lan: t('local network'), direct: t('direct'), relayed: t('relayed') }[peer.path];
    lines.push(
      peer.roundTripMs === undefined ? t('Path: {0}', path) : t('Path: {0}, {1} ms', path, formatCount(peer.roundTripMs)),
    );
    const reason = peer.pathReason === undefined ? undefined : reasonText(peer.pathReason);
    if (reason !== undefined) lines.push(t('Why: {0}', reason));
  }
  if (peer.link !== undefined) {
    const link = linkText(peer.link.kind);
    const { address } = peer.link;
    lines.push(
      address === undefined
        ? t('Files come and go by: {0}', link)
        : t('Files come and go by: {0}, {1}', link, displayName(address)),
    );
  }
  const [down, up] = [peer.receiveBytesPerSecond ?? 0, peer.sendBytesPerSecond ?? 0];
  if (down + up > 0) lines.push(t('Now: {0} down, {1} up', formatRate(down), formatRate(up)));
  return lines.join('\n');
}
