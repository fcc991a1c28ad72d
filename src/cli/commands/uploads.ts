// Who takes what from this machine, now and not at all.

import type { SidecarClient } from '../../client/sidecarClient.ts';
import type { RefusedPeer, UploadInfo } from '../../protocol/model.ts';
import { cell, rateCell, shortId, sizeCell } from '../cells.ts';
import { argument, type Command, type Context } from '../command.ts';
import { usageError } from '../errors.ts';
import { counted, formatPercent, ordinal } from '../format.ts';
import { follow } from '../live.ts';
import { resolvePeer } from '../resolve.ts';
import type { Cell, Column } from '../terminal.ts';

export const uploadsCommand: Command = {
  name: 'uploads',
  usage: 'uploads [--watch] [refuse PEER [--reason TEXT] | allow PEER | refused]',
  summary: 'list what peers take from you now; give nothing to a peer, or again',
  details:
    'uploads refuse PEER: what goes to this peer ends, and it is given nothing until "uploads allow PEER", over restarts too. It still sees\n' +
    'your shares. uploads refused: who is refused, and why.\n' +
    'With --watch and --json: the whole list, one a line, whenever it changed.',
  options: {
    watch: { type: 'boolean', short: 'w', help: 'follow it until Ctrl-C' },
    reason: { type: 'string', short: 'r', value: 'TEXT', help: 'with refuse: what the peer is told' },
  },
  args: { min: 0, max: 2 },
  run: async (context) => {
    const [verb, name] = context.args;
    if (verb !== undefined && verb !== 'refuse' && verb !== 'allow' && verb !== 'refused')
      throw usageError(`${JSON.stringify(verb)} is not refuse, allow or refused`, 'uploads');
    if ((verb === 'refuse' || verb === 'allow') !== (name !== undefined))
      throw usageError(name === undefined ? 'A peer is missing' : `${JSON.stringify(name)} is too much`, 'uploads');
    if (context.text('reason') !== undefined && verb !== 'refuse') throw usageError('--reason goes with refuse', 'uploads');
    const client = await context.connect();
    if (verb === 'refuse') return refuse(client, context);
    if (verb === 'allow') return allow(client, context);
    if (verb === 'refused') showRefused(await client.request('uploads/refused', {}, context.limits), context);
    else if (context.has('watch')) await watch(client, context);
    else await list(client, context);
    return undefined;
  },
};

async function refuse(client: SidecarClient, context: Context): Promise<undefined> {
  const peerId = await resolvePeer(client, argument(context, 1), context.limits);
  const reason = context.text('reason');
  const params = { peerId, ...(reason !== undefined && { reason }) };
  const refused = await client.request('uploads/refuse', params, context.limits);
  if (context.terminal.isJson) context.terminal.json(refused);
  else context.terminal.note(`${refused.name} is given nothing until "potluck uploads allow ${shortId(peerId)}".`);
  return undefined;
}

async function allow(client: SidecarClient, context: Context): Promise<undefined> {
  const peerId = await resolvePeer(client, argument(context, 1), context.limits);
  await client.request('uploads/allow', { peerId }, context.limits);
  if (context.terminal.isJson) context.terminal.json({ peerId });
  else context.terminal.note(`${argument(context, 1)} (${peerId}) may take what it is allowed to see.`);
  return undefined;
}

function showRefused(refused: RefusedPeer[], { terminal }: Context): void {
  if (terminal.isJson) terminal.json(refused);
  else
    terminal.table(
      [{ title: 'PEER' }, { title: 'KEY' }, { title: 'REASON' }],
      refused.map(({ peerId, name, reason }) => [cell(name, 'bold'), cell(shortId(peerId), 'dim'), cell(reason || '-')]),
      'Nobody is refused.',
    );
}

async function list(client: SidecarClient, context: Context): Promise<void> {
  const { terminal, limits } = context;
  const uploads = await client.request('uploads/list', {}, limits);
  if (terminal.isJson) terminal.json(uploads);
  else terminal.table(columns, await rowsOf(uploads, client, context), 'Nobody takes anything now.');
}

async function watch(client: SidecarClient, context: Context): Promise<void> {
  const { terminal, limits } = context;
  await follow(client, context, {
    on: ['uploads/changed'],
    look: async () => {
      const uploads = await client.request('uploads/list', {}, limits);
      if (terminal.isJson) {
        terminal.jsonLine(uploads);
        return [];
      }
      const rows = await rowsOf(uploads, client, context);
      return rows.length === 0 ? ['Nobody takes anything now.'] : terminal.tableLines(columns, rows);
    },
  });
}

const columns: Column[] = [
  { title: 'PEER' },
  { title: 'STATE' },
  { title: 'SENT', align: 'right' },
  { title: 'SIZE', align: 'right' },
  { title: 'RATE', align: 'right' },
  { title: 'LINK' },
  { title: 'FILE' },
];

async function rowsOf(uploads: UploadInfo[], client: SidecarClient, { limits }: Context): Promise<Cell[][]> {
  if (uploads.length === 0) return [];
  const shares = await client.request('catalog/shares', {}, limits);
  const titles = new Map(shares.map((share) => [`${share.peerId} ${share.shareId}`, share.title]));
  return uploads.map((upload) => {
    const title = titles.get(`${upload.ownerId} ${upload.shareId}`) ?? shortId(upload.shareId);
    const count = upload.fileCount > 1 ? ` (${counted(upload.fileCount, 'file')})` : '';
    const state = upload.position === undefined ? upload.state : `${ordinal(upload.position)} in the queue`;
    return [
      cell(upload.name, 'bold'),
      cell(state, upload.state === 'waiting' ? 'dim' : undefined),
      cell(formatPercent(upload.sentBytes, upload.totalBytes)),
      sizeCell(upload.totalBytes),
      rateCell(upload.bytesPerSecond),
      cell(upload.link),
      cell(`${title}/${upload.path}${count}`),
    ];
  });
}
