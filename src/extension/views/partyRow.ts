// A party in the Peers view, its members below it: who is or was here first, then who is known from the list or from others. Must not know
// `vscode`.

import type { PartyInfo, PartyMember, PeerInfo } from '../../protocol/model.ts';
import { displayName, partyLabel, shortPartyName } from '../displayText.ts';
import { formatCount, formatPeers, t } from '../text.ts';
import { limits } from '../limits.ts';
import type { NoteNode, Parties, PartyNode, PeersNode } from './peersModel.ts';
import type { Row } from './row.ts';

export function byPresence(a: PeerInfo, b: PeerInfo): number {
  return Number(b.isOnline) - Number(a.isOnline) || a.name.localeCompare(b.name) || (a.peerId < b.peerId ? -1 : 1);
}

export function partyChildren(world: Parties, parent: PartyNode): PeersNode[] {
  const { peers, parties } = world;
  const inParty = peers.filter((peer) => peer.partyIds.some((partyId) => partyId === parent.partyId));
  const here = inParty.filter(({ isBlocked }) => !isBlocked).sort(byPresence);
  // Whom the user blocked stands elsewhere, whoever tells of it.
  const hereIds = new Set<string>([...here, ...peers.filter(({ isBlocked }) => isBlocked)].map(({ peerId }) => peerId));
  const others = membersOf(world, parent.partyId).filter((member) => !member.isOwn && !hereIds.has(member.peerId));
  const hiddenCount = others.length - limits.memberRows;
  const nodes: PeersNode[] = [
    ...here.map(({ peerId }): PeersNode => ({ kind: 'peer', id: `${parent.id}/peer/${peerId}`, parent, peerId })),
    ...others
      .slice(0, limits.memberRows)
      .map(({ peerId }): PeersNode => ({ kind: 'member', id: `${parent.id}/member/${peerId}`, parent, peerId })),
  ];
  const notes = notesOf(
    parties.find(({ partyId }) => partyId === parent.partyId),
    parent,
    nodes.length === 0,
  );
  if (hiddenCount > 0) {
    const text = t('… {0} more members who were never here', formatCount(hiddenCount));
    nodes.push({ kind: 'note', id: `${parent.id}/more`, parent, text, icon: 'ellipsis' });
  }
  return [...notes, ...nodes];
}

export function membersOf({ members }: Parties, partyId: string): readonly PartyMember[] {
  return members?.get(partyId) ?? [];
}

function notesOf(party: PartyInfo | undefined, parent: PartyNode, isEmpty: boolean): NoteNode[] {
  const note = (text: string, icon: string, command?: { command: string; title: string }): NoteNode[] => [
    { kind: 'note', id: `${parent.id}/empty`, parent, text, icon, ...(command === undefined ? {} : { command }) },
  ];
  const closed = party?.closed;
  if (closed !== undefined && !closed.isMember)
    return note(t('You are not let in yet. Send your key to the founder of the party.'), 'lock', {
      command: 'potluck.identity.copyKey',
      title: t('Copy My Key'),
    });
  if (!isEmpty) return [];
  if (closed !== undefined && !closed.isFounder) return note(t('Nobody else is here yet.'), 'info');
  const command = { command: 'potluck.invite.create', title: t('Invite to the party') };
  return note(t('Nobody else is here yet. Invite somebody.'), 'info', command);
}

export function partyRow(node: PartyNode, party: PartyInfo, memberCount: number): Row {
  const name = partyLabel(party);
  const online = t('{0} online', formatPeers(party.peersOnline));
  const state = { joining: t('joining…'), joined: online, offline: t('network not reachable') }[party.state];
  const kind = party.closed === undefined ? '' : t('closed');
  const description = [state, kind].filter((part) => part !== '').join(' · ');
  const lines = [t('Party {0}: {1}', name, state)];
  if (party.label !== undefined) lines.push(t('You call it so. Its name: {0}', shortPartyName(party.name)));
  if (memberCount > 1) lines.push(t('{0} members known', formatCount(memberCount)));
  lines.push(kindText(party));
  return {
    id: node.id,
    label: party.label !== undefined || name === displayName(party.name) ? name : t('Party {0}', name),
    description,
    tooltip: lines.join('\n'),
    icon: party.state === 'joining' ? 'loading~spin' : party.closed === undefined ? 'organization' : 'lock',
    ...(party.state === 'offline' ? { color: 'list.warningForeground' } : {}),
    children: 'expanded',
    context: ['party', party.state, roleOf(party)].join('.'),
    accessibility: t('Party {0}, {1}', name, description),
  };
}

function roleOf({ closed }: PartyInfo): string {
  if (closed === undefined) return 'open';
  return closed.isFounder ? 'founder' : 'closed';
}

function kindText({ closed, isPublic }: PartyInfo): string {
  if (closed?.isFounder === true) return t('Closed: only those whom you let in are members.');
  if (closed !== undefined) return t('Closed: only those whom its founder let in are members.');
  return isPublic
    ? t('Public: its name can be guessed, and whoever does is a member.')
    : t('Private: whoever has its name, which cannot be guessed, is a member.');
}
