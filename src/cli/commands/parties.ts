// Parties: make, join, list, leave; their members, and who is let into closed ones.

import type { SidecarClient } from '../../client/sidecarClient.ts';
import type { PeerId } from '../../protocol/ids.ts';
import type { PartyInfo, PartyMember } from '../../protocol/model.ts';
import { cell, countCell, shortId } from '../cells.ts';
import { argument, type Command, type Context } from '../command.ts';
import { counted, formatTime } from '../format.ts';
import { secretArgument, secretHelp } from '../input.ts';
import { resolveParty, resolvePeer } from '../resolve.ts';
import type { Cell } from '../terminal.ts';
import { partyKind, partyTitle, pathReasonText } from '../words.ts';

const naming = 'PARTY is its name, its label, or the first 4 or more characters of its id as "potluck party list" shows it.';

export const partyCommands: readonly Command[] = [
  {
    name: 'party create',
    alias: 'create',
    usage: 'party create [--closed] [--label LABEL]',
    summary: 'make a party with a random name, join it and print the name',
    details:
      'The name has 128 random bits. Give it only to those you want to meet: it is the key to the party. "potluck invite" lets somebody in without\n' +
      'showing it, and can be taken back.\n' +
      'A closed party lets in only the keys on its list, which you keep: "party admit" and "party expel", or an invite. --json: the party.',
    options: {
      closed: { type: 'boolean', short: 'c', help: 'only keys on its list are let in; you keep the list' },
      label: {
        type: 'string',
        short: 'l',
        value: 'LABEL',
        help: 'what to call it here; invites show it, if they have no other label',
      },
    },
    args: { min: 0, max: 0 },
    run: async (context) => {
      const client = await context.connect();
      const label = context.text('label');
      const party = await client.request(
        'parties/create',
        { isClosed: context.has('closed'), ...(label !== undefined && { label }) },
        context.limits,
      );
      if (context.terminal.isJson) context.terminal.json(party);
      else {
        context.terminal.line(party.name);
        context.terminal.note(
          party.closed
            ? `Joined, and closed: others are let in when they use an invite ("potluck invite ${shortId(party.partyId)}"), or when you put their key on\n` +
                `the list ("potluck party admit ${shortId(party.partyId)} KEY") and they join by the name.`
            : `Joined. Let others in with "potluck invite ${shortId(party.partyId)}", or tell them the name: "potluck party join NAME".`,
        );
      }
      return undefined;
    },
  },
  {
    name: 'party join',
    alias: 'join',
    usage: 'party join NAME',
    summary: 'join a party by its name and remember it; NAME "-" reads it from standard input',
    details:
      'The name is the secret: whoever knows it meets you there. A short name like "techno" can be guessed by anybody; see "party create".\n' +
      `${secretHelp}\n--json: the party.`,
    args: { min: 1, max: 1 },
    run: async (context) => {
      const name = await secretArgument(context, 0, { is: 'name', command: 'party join' });
      const client = await context.connect();
      const party = await client.request('parties/join', { name }, context.limits);
      if (context.terminal.isJson) context.terminal.json(party);
      else tellJoined(party, client, context);
      return undefined;
    },
  },
  {
    name: 'party list',
    alias: 'parties',
    usage: 'party list',
    summary: 'list the parties joined',
    details: 'The names are shown: they are secrets. --json: a list of parties.',
    args: { min: 0, max: 0 },
    run: async ({ connect, limits, terminal }) => {
      const client = await connect();
      const parties = await client.request('parties/list', {}, limits);
      if (terminal.isJson) terminal.json(parties);
      else
        terminal.table(
          [
            { title: 'ID' },
            { title: 'LABEL' },
            { title: 'STATE' },
            { title: 'ONLINE', align: 'right' },
            { title: 'KIND' },
            { title: 'PARTY' },
          ],
          parties.map((party) => [
            cell(shortId(party.partyId), 'dim'),
            cell(party.label ?? '-', party.label === undefined ? 'dim' : undefined),
            cell(party.state, party.state === 'offline' ? 'yellow' : undefined),
            countCell(party.peersOnline),
            cell(partyKind(party), party.isPublic || party.closed?.isMember === false ? 'yellow' : undefined),
            cell(party.name, 'bold'), // The last one: a closed party's is 86 characters long.
          ]),
          'No party yet. Join one with "potluck party join NAME", or make one with "potluck party create".',
        );
      return undefined;
    },
  },
  {
    name: 'party rename',
    usage: 'party rename PARTY LABEL',
    summary: 'call a party by a label of your own; "" takes it away',
    details:
      `${naming}\nThe label is for you: it stays here, and its name stays what it is. "potluck invite" puts it into invites that are given no other,\n` +
      'so that who opens one sees what it is about. --json: the party.',
    args: { min: 2, max: 2 },
    run: async (context) => {
      const client = await context.connect();
      const { partyId } = await resolveParty(client, argument(context, 0), context.limits);
      const party = await client.request('parties/setLabel', { partyId, label: argument(context, 1) }, context.limits);
      if (context.terminal.isJson) context.terminal.json(party);
      else context.terminal.note(`${shortId(partyId)} is ${quoted(party)}.`);
      return undefined;
    },
  },
  {
    name: 'party members',
    usage: 'party members PARTY [--long]',
    summary: 'list who is in a party: online, last seen, and on which way they are reached',
    details: `${naming}\nPeers marked "hearsay" never were connected here: other members told of them, or the list of a closed party has them. --json: a list of members.`,
    options: { long: { type: 'boolean', short: 'l', help: 'whole keys' } },
    args: { min: 1, max: 1 },
    run: async (context) => {
      const client = await context.connect();
      const party = await resolveParty(client, argument(context, 0), context.limits);
      const members = await client.request('parties/members', { partyId: party.partyId }, context.limits);
      if (context.terminal.isJson) context.terminal.json(members);
      else {
        const peers = await client.request('peers/list', {}, context.limits);
        showMembers(
          { party, members, blocked: new Set(peers.filter((peer) => peer.isBlocked).map(({ peerId }) => peerId)) },
          context,
        );
      }
      return undefined;
    },
  },
  {
    name: 'party leave',
    alias: 'leave',
    usage: 'party leave PARTY',
    summary: 'leave a party',
    details: `${naming}\nWho is in no other party with you sees nothing more of what you share. Of a closed party of yours the list stays here. --json: {"left":"…"}.`,
    args: { min: 1, max: 1 },
    run: async (context) => {
      const client = await context.connect();
      const party = await resolveParty(client, argument(context, 0), context.limits);
      await client.request('parties/leave', { partyId: party.partyId }, context.limits);
      if (context.terminal.isJson) context.terminal.json({ left: party.partyId });
      else {
        context.terminal.note(`Left ${quoted(party)}.`);
        // A name of chance is lost with the party.
        if (!party.isPublic) context.terminal.note(`Its name is not kept here. To come back: potluck party join ${party.name}`);
      }
      return undefined;
    },
  },
  onList('admit', 'put a key on the list of a closed party of yours', (peer, party) => `${peer} may come into ${party}.`),
  onList(
    'expel',
    'take a key off the list of a closed party of yours, at once',
    (peer, party) => `${peer} is in ${party} no more, for every member as soon as it is reached.`,
  ),
];

function onList(verb: 'admit' | 'expel', summary: string, done: (peer: string, party: string) => string): Command {
  return {
    name: `party ${verb}`,
    usage: `party ${verb} PARTY PEER`,
    summary,
    details: `${naming} PEER may be a key that never was here. Only the founder can. --json: the party.`,
    args: { min: 2, max: 2 },
    run: async (context) => {
      const client = await context.connect();
      const { partyId } = await resolveParty(client, argument(context, 0), context.limits);
      const peerId = await resolvePeer(client, argument(context, 1), context.limits);
      const party = await client.request(`parties/${verb}`, { partyId, peerId }, context.limits);
      if (context.terminal.isJson) context.terminal.json(party);
      else {
        context.terminal.note(done(argument(context, 1), quoted(party)));
        context.terminal.note(`${counted(party.closed?.members.length ?? 0, 'key')} on its list.`);
      }
      return undefined;
    },
  };
}

/** What joining means, as far as it is not what one expects. */
export function tellJoined(party: PartyInfo, client: SidecarClient, { terminal }: Context): void {
  terminal.note(`Joined ${quoted(party)}. Its members show up in "potluck party members ${shortId(party.partyId)}".`);
  if (party.isPublic)
    terminal.note(
      'This name can be guessed: whoever does is a member too, and sees what you share with everyone. "potluck party create" makes a secret one.',
    );
  if (party.closed?.isMember === false)
    terminal.note(
      `It is closed, and no list that names you is here yet. Its founder has to admit your key: potluck party admit ${shortId(party.partyId)} ${client.peerId}`,
    );
}

interface Shown {
  party: PartyInfo;
  members: PartyMember[];
  blocked: ReadonlySet<PeerId>;
}

function showMembers({ party, members, blocked }: Shown, context: Context): void {
  const { terminal } = context;
  const isLong = context.has('long');
  terminal.table(
    [
      { title: 'MEMBER' },
      { title: 'STATE' },
      { title: 'LAST SEEN' },
      { title: 'RTT', align: 'right' },
      { title: 'KEY' },
      { title: 'PATH' },
      { title: 'WHY' },
    ],
    members.map((member) => [
      cell(member.name, 'bold'),
      blocked.has(member.peerId) ? cell('blocked', 'red') : memberState(member, party),
      cell(member.isOnline ? 'now' : formatTime(member.lastSeenMs)),
      cell(member.roundTripMs === undefined ? '-' : `${Math.round(member.roundTripMs)} ms`),
      cell(isLong ? member.peerId : shortId(member.peerId), 'dim'),
      cell(member.isOwn ? '' : (member.path ?? '-')),
      cell(member.isOwn ? '' : pathReasonText(member.pathReason, member.path) || '-'),
    ]),
    'Nobody is known of it yet.',
  );
  if (members.length === 1 && members[0]?.isOwn === true)
    terminal.note(`Nobody else is known of it yet. Let others in with "potluck invite ${shortId(party.partyId)}".`);
}

function memberState({ isOwn, isOnline, isListed, isHearsay }: PartyMember, { closed }: PartyInfo): Cell {
  const isOut = closed !== undefined && isListed !== true;
  if (isOut) return cell(isOwn ? 'you, not on the list' : 'not on the list', 'yellow');
  if (isOwn) return cell('you', 'green');
  if (isOnline) return cell('online', 'green');
  return cell(isHearsay ? 'hearsay' : 'offline', 'dim');
}

function quoted(party: PartyInfo): string {
  return JSON.stringify(partyTitle(party));
}
