// The tree below a place, drawn as tree(1) does: of one peer, share or folder, or of all peers' shares as one.

import type { SidecarClient } from '../../client/sidecarClient.ts';
import type { Entry, EntryKind, MergedEntry } from '../../protocol/model.ts';
import { cell } from '../cells.ts';
import { argument, type Command, type Context } from '../command.ts';
import { usageError } from '../errors.ts';
import { countOption, folderPages, type Page, pages } from '../pages.ts';
import { resolvePlace } from '../resolve.ts';

/** Something drawn on a line, with what is below it. */
interface Branch {
  name: string;
  kind: EntryKind;
  /** After the name. */
  remark?: string;
  json: object;
  below?: () => AsyncIterable<Page<Branch>>;
}

const mergedPage = 1000;

export const treeCommand: Command = {
  name: 'tree',
  usage: 'tree [PEER[/SHARE[/PATH]]] [--merged] [--depth N]',
  summary: 'draw everything below a peer, share or folder',
  details:
    'Without a place: all peers with their shares. --merged: one tree of all peers, shares with the same title joined; the place is then\n' +
    'TITLE/PATH. In the order of the editor. --json: one entry a line.',
  options: {
    merged: { type: 'boolean', short: 'm', help: 'all peers as one tree, and how many have each thing' },
    depth: { type: 'string', short: 'd', value: 'N', help: 'only so many levels' },
  },
  args: { min: 0, max: 1 },
  run: async (context) => {
    const depth = countOption(context, 'depth', Infinity, 'tree');
    const client = await context.connect();
    const top = context.has('merged') ? mergedTop(client, context) : await placeTop(client, context);
    if (!context.terminal.isJson) context.terminal.raw(context.terminal.styled(cell(top.name).text, 'bold'));
    await draw(top, { prefix: '', path: '', depth, context });
    return undefined;
  },
};

interface At {
  prefix: string;
  path: string;
  depth: number;
  context: Context;
}

/** Depth first; one page of each level is kept. False when nobody reads any more. */
async function draw(branch: Branch, at: At): Promise<boolean> {
  if (at.depth < 1 || branch.below === undefined) return true;
  // One behind: whether something is the last of its folder shows when nothing follows.
  let last: Branch | undefined;
  for await (const { items } of branch.below()) {
    for (const each of items) {
      if (last !== undefined && !(await drawOne(last, at, { isLast: false }))) return false;
      last = each;
    }
  }
  return last === undefined || drawOne(last, at, { isLast: true });
}

async function drawOne(branch: Branch, at: At, { isLast }: { isLast: boolean }): Promise<boolean> {
  const { prefix, depth, context } = at;
  const { terminal } = context;
  const path = at.path === '' ? branch.name : `${at.path}/${branch.name}`;
  if (terminal.isJson) terminal.jsonLine({ path, ...branch.json });
  else {
    const name = cell(branch.name).text;
    const text = branch.kind === 'folder' ? `${terminal.styled(name, 'bold')}/` : name;
    const remark = branch.remark === undefined ? '' : `  ${terminal.styled(cell(branch.remark).text, 'dim')}`;
    terminal.raw(`${prefix}${isLast ? '└── ' : '├── '}${text}${remark}`);
  }
  await terminal.drained();
  if (terminal.isGone || context.signal.aborted) return false;
  return draw(branch, { prefix: prefix + (isLast ? '    ' : '│   '), path, depth: depth - 1, context });
}

async function placeTop(client: SidecarClient, context: Context): Promise<Branch> {
  const text = argument(context, 0);
  if (text === '') return { name: '.', kind: 'folder', json: {}, below: () => allPeers(client, context) };
  const place = await resolvePlace(client, text, context.limits);
  if (!place.share) return { name: text, kind: 'folder', json: {}, below: () => sharesOf(client, place.peerId, context) };
  const { peerId, shareId } = place.share;
  const ref = { peerId, shareId, path: place.path };
  const entry = await client.request('catalog/stat', { entry: ref }, context.limits);
  if (entry.kind === 'file') throw usageError(`${JSON.stringify(text)} is a file; give a folder`, 'tree');
  return { ...folderBranch(client, ref, { ...entry, name: text }, context) };
}

async function* allPeers(client: SidecarClient, context: Context): AsyncIterable<Page<Branch>> {
  const shares = await client.request('catalog/shares', {}, context.limits);
  const peers = await client.request('peers/list', {}, context.limits);
  const names = new Map<string, string>(peers.map((peer) => [peer.peerId, peer.name]));
  const ids = [...new Set(shares.map((share) => share.peerId))];
  yield {
    items: ids.map((peerId) => ({
      name: peerId === client.peerId ? 'me' : (names.get(peerId) ?? peerId),
      kind: 'folder',
      json: { peerId },
      below: () => sharesOf(client, peerId, context),
    })),
    total: ids.length,
  };
}

type ShareOwner = Parameters<typeof folderPages>[1]['peerId'];

async function* sharesOf(client: SidecarClient, peerId: ShareOwner, context: Context): AsyncIterable<Page<Branch>> {
  const shares = await client.request('catalog/shares', { peerId }, context.limits);
  yield {
    items: shares.map((share) => {
      const { shareId, title, updatedAtMs } = share;
      const entry: Entry = { name: title, kind: 'folder', sizeBytes: 0, mtimeMs: updatedAtMs ?? 0 };
      if (updatedAtMs === undefined)
        return { name: title, kind: 'folder' as const, remark: share.indexState, json: { shareId, ...entry } };
      return folderBranch(client, { peerId, shareId, path: '' }, entry, context);
    }),
    total: shares.length,
  };
}

function folderBranch(client: SidecarClient, ref: Parameters<typeof folderPages>[1], entry: Entry, context: Context): Branch {
  const { shareId } = ref;
  const json = { ...entry, entry: ref };
  return { name: entry.name, kind: entry.kind, json, below };

  async function* below(): AsyncIterable<Page<Branch>> {
    for await (const { items, total } of folderPages(client, ref, { context, order: 'editor' })) {
      const branches = items.map((each): Branch => {
        const inside = { ...ref, path: ref.path === '' ? each.name : `${ref.path}/${each.name}` };
        if (each.kind === 'folder') return folderBranch(client, inside, each, context);
        return { name: each.name, kind: 'file', json: { ...each, shareId, entry: inside } };
      });
      yield { items: branches, total };
    }
  }
}

function mergedTop(client: SidecarClient, context: Context): Branch {
  const path = argument(context, 0).replace(/\/+$/, '');
  return { name: path === '' ? '.' : path, kind: 'folder', json: {}, below: () => mergedBelow(client, path, context) };
}

async function* mergedBelow(client: SidecarClient, path: string, context: Context): AsyncIterable<Page<Branch>> {
  const found = pages(
    async (offset, limit) => {
      const page = await client.request('catalog/merged', { path, offset, limit }, context.limits);
      return { items: page.entries, total: page.total };
    },
    { pageItems: mergedPage },
  );
  for await (const { items, total } of found)
    yield { items: items.map((each) => mergedBranch(client, path, each, context)), total };
}

function mergedBranch(client: SidecarClient, path: string, entry: MergedEntry, context: Context): Branch {
  const where = path === '' ? entry.name : `${path}/${entry.name}`;
  const remark = entry.holderCount > 1 ? { remark: `${entry.holderCount} peers` } : {};
  const branch: Branch = { name: entry.name, kind: entry.kind, ...remark, json: { ...entry } };
  if (entry.kind === 'folder') branch.below = () => mergedBelow(client, where, context);
  return branch;
}
