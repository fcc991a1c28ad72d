// Looking at what peers share: ls and stat. Answered from the catalog, with owners online or not.

import type { SidecarClient } from '../../client/sidecarClient.ts';
import { AppError } from '../../protocol/errors.ts';
import type { CatalogShare, Entry, EntryRef } from '../../protocol/model.ts';
import { cell, countCell, shortId, sizeCell } from '../cells.ts';
import { argument, type Command, type Context } from '../command.ts';
import { counted, formatPercent, formatSize, formatTime } from '../format.ts';
import { folderPages } from '../pages.ts';
import { type Place, resolvePlace } from '../resolve.ts';
import type { Cell, Column } from '../terminal.ts';

export const browseCommands: readonly Command[] = [
  {
    name: 'ls',
    usage: 'ls [PEER[/SHARE[/PATH]]] [-l] [-R]',
    summary: 'list peers with shares, the shares of a peer, or a folder',
    details:
      'Answered from the indexes that are here, whether their owners are online or not. --json: an array; with -R one entry a line.',
    options: {
      long: { type: 'boolean', short: 'l', help: 'sizes and times too' },
      recursive: { type: 'boolean', short: 'R', help: 'everything below, as paths' },
    },
    args: { min: 0, max: 1 },
    run: async (context) => {
      const client = await context.connect();
      if (context.args.length === 0) return listEverything(client, context);
      const place = await resolvePlace(client, argument(context, 0), context.limits);
      if (!place.share) return listShares(client, place, context);
      const entry = { peerId: place.peerId, shareId: place.share.shareId, path: place.path };
      return context.has('recursive') ? listBelow(client, [{ entry, prefix: '' }], context) : listFolder(client, entry, context);
    },
  },
  {
    name: 'stat',
    usage: 'stat PEER[/SHARE[/PATH]]',
    summary: 'everything known of a peer, share, folder or file',
    args: { min: 1, max: 1 },
    run: async (context) => {
      const client = await context.connect();
      const place = await resolvePlace(client, argument(context, 0), context.limits);
      const facts = await factsOf(client, place, context);
      if (context.terminal.isJson) context.terminal.json(facts);
      else
        for (const [name, value] of Object.entries(facts))
          context.terminal.raw(`${name.padEnd(12)}  ${cell(shown(name, value)).text}`);
      return undefined;
    },
  },
];

async function listEverything(client: SidecarClient, context: Context): Promise<undefined> {
  const shares = await client.request('catalog/shares', {}, context.limits);
  if (context.has('recursive')) throw new AppError('invalid-argument', 'ls -R needs a peer or a share. See "potluck help ls".');
  const peers = await client.request('peers/list', {}, context.limits);
  const names = new Map(peers.map((peer) => [peer.peerId, peer.name]));
  if (context.terminal.isJson) {
    context.terminal.json(shares);
    return undefined;
  }
  context.terminal.table(
    [{ title: 'PEER' }, ...shareColumns],
    shares.map((share) => [
      cell(share.isOwn ? 'me' : (names.get(share.peerId) ?? shortId(share.peerId)), 'bold'),
      ...shareCells(share),
    ]),
    'Nobody shares anything yet. Join a party with "potluck join NAME", or share a folder with "potluck share DIR".',
  );
  return undefined;
}

async function listShares(client: SidecarClient, place: Place, context: Context): Promise<undefined> {
  const shares = await client.request('catalog/shares', { peerId: place.peerId }, context.limits);
  if (context.has('recursive')) {
    const roots = shares.map(({ peerId, shareId, title }) => ({ entry: { peerId, shareId, path: '' }, prefix: `${title}/` }));
    return listBelow(client, roots, context);
  }
  if (context.terminal.isJson) context.terminal.json(shares);
  else context.terminal.table(shareColumns, shares.map(shareCells), 'This peer shares nothing with you.');
  return undefined;
}

const shareColumns: Column[] = [
  { title: 'SHARE' },
  { title: 'FILES', align: 'right' },
  { title: 'SIZE', align: 'right' },
  { title: 'OWNER' },
  { title: 'INDEX' },
  { title: 'ID' },
];

function shareCells(share: CatalogShare): Cell[] {
  return [
    cell(share.title, 'bold'),
    countCell(share.fileCount),
    sizeCell(share.totalBytes),
    cell(share.isOnline || share.isOwn ? 'online' : 'offline', share.isOnline || share.isOwn ? 'green' : 'dim'),
    cell(indexState(share), share.indexState === 'refused' ? 'red' : undefined),
    cell(shortId(share.shareId), 'dim'),
  ];
}

function indexState(share: CatalogShare): string {
  const { indexState, fetched, updatedAtMs } = share;
  if (indexState === 'ready') return formatTime(updatedAtMs);
  if (indexState !== 'fetching' || fetched === undefined) return indexState;
  return `fetching ${formatPercent(fetched.blocks, fetched.ofBlocks)}`;
}

async function listFolder(client: SidecarClient, entry: EntryRef, context: Context): Promise<undefined> {
  const { terminal } = context;
  const entries = await entriesOrFile(client, entry, context);
  if (terminal.isJson) {
    const all: Entry[] = [];
    for await (const page of entries) all.push(...page);
    terminal.json(all);
    return undefined;
  }
  for await (const page of entries) {
    for (const each of page)
      terminal.raw(context.has('long') ? longLine(each, each.name, context) : nameOf(each, each.name, context));
    await terminal.drained();
    if (terminal.isGone) break;
  }
  return undefined;
}

/** The pages of a folder, or the one entry of a file. */
async function entriesOrFile(client: SidecarClient, entry: EntryRef, context: Context): Promise<AsyncIterable<Entry[]>> {
  if (entry.path === '') return pages(client, entry, context);
  const stat = await client.request('catalog/stat', { entry }, context.limits);
  return stat.kind === 'folder' ? pages(client, entry, context) : single(stat);
}

async function* single(entry: Entry): AsyncIterable<Entry[]> {
  yield [entry];
}

async function* pages(client: SidecarClient, entry: EntryRef, context: Context): AsyncIterable<Entry[]> {
  for await (const { items } of folderPages(client, entry, { context, order: 'editor' })) yield items;
}

/** Depth first, folders before what is in them; what is kept is one list of folders on the way. */
async function listBelow(
  client: SidecarClient,
  roots: { entry: EntryRef; prefix: string }[],
  context: Context,
): Promise<undefined> {
  const { terminal } = context;
  for (const { entry: root, prefix } of roots) {
    const pending = [root.path];
    for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
      const below: string[] = [];
      for await (const page of await entriesOrFile(client, { ...root, path: folder }, context)) {
        for (const each of page) {
          const isItself =
            folder === root.path && (root.path === each.name || root.path.endsWith(`/${each.name}`)) && each.kind === 'file';
          const where = folder === '' ? each.name : isItself ? folder : `${folder}/${each.name}`;
          if (terminal.isJson) terminal.jsonLine({ shareId: root.shareId, path: where, ...each });
          else
            terminal.raw(context.has('long') ? longLine(each, prefix + where, context) : nameOf(each, prefix + where, context));
          if (each.kind === 'folder') below.push(where);
        }
        await terminal.drained();
        if (terminal.isGone) return undefined;
      }
      pending.push(...below.reverse());
    }
  }
  return undefined;
}

function nameOf(entry: Entry, name: string, { terminal }: Context): string {
  const safe = cell(name).text;
  return entry.kind === 'folder' ? `${terminal.styled(safe, 'bold')}/` : safe;
}

/** Pages come one by one, so the columns have fixed widths. */
function longLine(entry: Entry, name: string, context: Context): string {
  const size = entry.kind === 'folder' ? '-' : formatSize(entry.sizeBytes);
  return `${size.padStart(7)}  ${formatTime(entry.mtimeMs).padEnd(16)}  ${nameOf(entry, name, context)}`;
}

async function factsOf(client: SidecarClient, place: Place, context: Context): Promise<object> {
  if (place.share && place.path === '') return place.share;
  if (place.share) {
    const { peerId, shareId, title, isOnline, isOwn } = place.share;
    const entry = await client.request('catalog/stat', { entry: { peerId, shareId, path: place.path } }, context.limits);
    return { ...entry, path: place.path, peerId, shareId, shareTitle: title, isOnline: isOnline || isOwn };
  }
  if (place.isOwn) return client.request('sidecar/status', {}, context.limits);
  const peers = await client.request('peers/list', {}, context.limits);
  const peer = peers.find(({ peerId }) => peerId === place.peerId);
  if (!peer)
    throw new AppError('not-found', `The peer ${place.peerId} was never seen. Add it with "potluck connect ${place.peerId}".`);
  return peer;
}

function shown(name: string, value: unknown): string {
  if (typeof value === 'number' && name.endsWith('Bytes')) return `${formatSize(value)} (${counted(value, 'byte')})`;
  if (typeof value === 'number' && name.endsWith('Ms') && value > 1e11) return formatTime(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
