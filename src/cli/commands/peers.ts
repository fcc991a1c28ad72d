// Peers: list, connect, disconnect, forget, petnames, and the own key.

import { cell, countCell, linkText, rateCell, sizeCell } from '../cells.ts';
import { argument, type Command, type Context } from '../command.ts';
import { usageError } from '../errors.ts';
import { formatTime } from '../format.ts';
import { resolvePeer } from '../resolve.ts';
import type { Column } from '../terminal.ts';
import { pathReasonText } from '../words.ts';
import type { SidecarClient } from '../../client/sidecarClient.ts';
import { isPeerId, type PeerId } from '../../protocol/ids.ts';
import type { PeerInfo } from '../../protocol/model.ts';

const longColumns: Column[] = [
  { title: 'PATH' },
  { title: 'WHY' },
  { title: 'LINK' },
  { title: 'RTT', align: 'right' },
  { title: 'IN', align: 'right' },
  { title: 'OUT', align: 'right' },
  { title: 'LAST SEEN' },
];

export const peerCommands: readonly Command[] = [
  {
    name: 'peers',
    usage: 'peers [--long]',
    summary: 'list the peers seen or added, online ones first',
    options: { long: { type: 'boolean', short: 'l', help: 'whole keys, path and why, link, round trip, rates, last seen' } },
    args: { min: 0, max: 0 },
    run: async (context) => {
      const { terminal } = context;
      const client = await context.connect();
      const peers = await client.request('peers/list', {}, context.limits);
      const isLong = context.has('long');
      if (terminal.isJson) terminal.json(peers);
      else
        terminal.table(
          [
            { title: 'PEER' },
            { title: 'STATE' },
            { title: 'SHARES', align: 'right' },
            { title: 'FILES', align: 'right' },
            { title: 'SIZE', align: 'right' },
            ...(isLong ? longColumns : []),
            { title: 'KEY' },
          ],
          peers.map((peer) => [
            cell(peer.name, 'bold'),
            cell(stateOf(peer), peer.isBlocked ? 'red' : peer.isStranger ? 'yellow' : peer.isOnline ? 'green' : 'dim'),
            countCell(peer.shareCount),
            countCell(peer.fileCount),
            sizeCell(peer.totalBytes),
            ...(isLong
              ? [
                  cell(peer.path ?? '-'),
                  cell(pathReasonText(peer.pathReason, peer.path) || '-'),
                  cell(peer.link === undefined ? '-' : linkText(peer.link.kind, peer.link.address)),
                  cell(peer.roundTripMs === undefined ? '-' : `${Math.round(peer.roundTripMs)} ms`),
                  rateCell(peer.receiveBytesPerSecond),
                  rateCell(peer.sendBytesPerSecond),
                  cell(formatTime(peer.lastSeenMs)),
                ]
              : []),
            cell(isLong ? peer.peerId : peer.peerId.slice(0, 8), 'dim'),
          ]),
          'No peer yet. Join a party with "potluck party join NAME", or add a peer with "potluck accept CODE".',
        );
      return undefined;
    },
  },
  {
    name: 'key',
    usage: 'key',
    summary: 'print the own key, for others to "connect" to',
    args: { min: 0, max: 0 },
    run: async ({ connect, terminal }) => {
      const { peerId } = await connect();
      if (terminal.isJson) terminal.json({ peerId });
      else terminal.line(peerId);
      return undefined;
    },
  },
  {
    name: 'connect',
    usage: 'connect KEY',
    summary: 'add a peer by its key, or accept one that came by itself',
    details:
      'Answers at once; the peer is tried again and again until it is there. Both sides have to add each other: who was not added yet is shown\nthere in "potluck requests".',
    args: { min: 1, max: 1 },
    run: async (context) => {
      const client = await context.connect();
      const given = argument(context, 0).trim().toLowerCase();
      if (/^potluck[-:](?!\/)/.test(given)) throw usageError('That is a code: use "potluck accept CODE"', 'connect');
      const peerId = isPeerId(given) ? given : await resolvePeer(client, argument(context, 0), context.limits);
      if (peerId === client.peerId) throw usageError('This is your own key; give it to others and connect to theirs', 'connect');
      const peer = await client.request('peers/connect', { peerId }, context.limits);
      if (context.terminal.isJson) context.terminal.json(peer);
      else
        context.terminal.note(
          `Added ${peer.name}${peer.isOnline ? ', online' : ''}. The other side has to add ${client.peerId}; it sees that you ask ("potluck ask" adds a line of text).`,
        );
      return undefined;
    },
  },
  peerVerb({
    name: 'disconnect',
    summary: 'close the connection and stay away until "connect"',
    act: async (client, peerId, { limits, args }) => {
      await client.request('peers/disconnect', { peerId }, limits);
      return `Disconnected ${args[0]}`;
    },
  }),
  peerVerb({
    name: 'block',
    summary: 'refuse a peer everywhere, from now on and over restarts',
    details:
      'Connections of its key are refused, its shares go from the lists here, and what you share gets new keys. What it has it keeps. "potluck unblock"\n' +
      'ends it.',
    act: async (client, peerId, { limits }) => {
      const { name } = await client.request('peers/block', { peerId }, limits);
      return `Blocked ${name}`;
    },
  }),
  peerVerb({
    name: 'unblock',
    alias: 'allow',
    summary: 'let a blocked peer come again',
    details: 'It sees what your parties and audiences let it see again.',
    act: async (client, peerId, { limits }) => {
      const before = (await client.request('peers/list', {}, limits)).find((peer) => peer.peerId === peerId);
      const { name } = await client.request('peers/unblock', { peerId }, limits);
      return before?.isBlocked === true ? `Unblocked ${name}` : `Not blocked: ${name}`;
    },
  }),
  peerVerb({
    name: 'forget',
    summary: 'drop a peer and all that is stored of it',
    act: async (client, peerId, { limits, args }) => {
      await client.request('peers/forget', { peerId }, limits);
      return `Forgot ${args[0]}`;
    },
  }),
  {
    name: 'petname',
    usage: 'petname PEER NAME',
    summary: 'call a peer by a name of your own; "" takes it away',
    args: { min: 2, max: 2 },
    run: async (context) => {
      const client = await context.connect();
      const peerId = await resolvePeer(client, argument(context, 0), context.limits);
      const peer = await client.request('peers/setPetname', { peerId, petname: argument(context, 1) }, context.limits);
      if (context.terminal.isJson) context.terminal.json(peer);
      else context.terminal.note(`${peerId} is ${peer.name}.`);
      return undefined;
    },
  },
];

interface PeerVerb extends Pick<Command, 'name' | 'alias' | 'summary' | 'details'> {
  /** What was done, with the peer's name. */
  act: (client: SidecarClient, peerId: PeerId, context: Context) => Promise<string>;
}

function peerVerb({ act, ...verb }: PeerVerb): Command {
  return {
    ...verb,
    usage: `${verb.name} PEER`,
    args: { min: 1, max: 1 },
    run: async (context) => {
      const client = await context.connect();
      const peerId = await resolvePeer(client, argument(context, 0), context.limits);
      const done = await act(client, peerId, context);
      if (context.terminal.isJson) context.terminal.json({ peerId });
      else context.terminal.note(`${done} (${peerId}).`);
      return undefined;
    },
  };
}

function stateOf(peer: PeerInfo): string {
  if (peer.isBlocked) return 'blocked';
  if (peer.isStranger) return 'stranger';
  if (peer.isOnline) return 'online';
  return peer.isDisconnected ? 'disconnected' : 'offline';
}
