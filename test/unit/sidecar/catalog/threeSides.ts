// Three sides and a made-up feed, new for every test of the file that imports this: an owner, a reader, and a third one who may never meet the
// owner.

import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach } from 'node:test';
import type { PartyId, ShareId } from '../../../../src/protocol/ids.ts';
import type { CatalogShare } from '../../../../src/protocol/model.ts';
import type { Delta } from '../../../../src/sidecar/catalog/index/rows.ts';
import { file, hostileShare, MadeUpFeed } from './hostileFeed.ts';
import { connect, Side, until, type Link } from './twoPeers.ts';

export const party = 'p'.repeat(52) as PartyId;

export let owner: Side;
export let reader: Side;
export let third: Side;
export let feed: MadeUpFeed;
let links: Link[];

beforeEach(async () => {
  [owner, reader, third] = [await Side.open('y'), await Side.open('b'), await Side.open('c')];
  feed = await MadeUpFeed.open();
  links = [];
});

afterEach(async () => {
  for (const link of links) await link.end();
  for (const side of [owner, reader, third]) await side.close();
  await feed.close();
});

export async function join(one: Side, other: Side): Promise<Link> {
  const link = await connect(one, other);
  for (const side of [one, other]) link.session(side).hello.partyIds = [party];
  links.push(link);
  return link;
}

export function at(side: Side, shareId: ShareId = hostileShare): CatalogShare | undefined {
  return side.catalog.shares(owner.peerId).find((share) => share.shareId === shareId);
}

export function names(side: Side): string[] {
  const ref = { peerId: owner.peerId, shareId: hostileShare, path: '' };
  return side.catalog.list(ref, { offset: 0, limit: 1000 }).entries.map(({ name }) => name);
}

export async function has(side: Side, expected: string[]): Promise<void> {
  const isSo = (): boolean => at(side)?.indexState === 'ready' && names(side).join() === expected.join();
  await until(side.changes, isSo, `${expected.join()} is listed, not ${at(side)?.indexState ?? 'nothing'}`);
}

export async function isRefused(side: Side, reason: RegExp): Promise<void> {
  await until(side.changes, () => at(side)?.indexState === 'refused', 'the share is refused');
  assert.match(at(side)?.failure?.message ?? '', reason);
  assert.deepEqual(segmentFiles(side), []);
}

export function segmentFiles(side: Side): string[] {
  const root = path.join(side.folder, 'index');
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.segment') || name.endsWith('.new'))
    .map((name) => path.join(root, name));
}

export function announce(link: Link, side = reader): void {
  link.announce(owner, side, [feed.announcement], [feed.core]);
}

/** Answers once the newest announcement can be passed on. */
export async function holds(side: Side, feedLength = feed.core.length): Promise<void> {
  const held = (): number | undefined => side.catalog.holdings()[0]?.shares[0]?.announcement.feedLength;
  await until(side.changes, () => held() === feedLength, `${feedLength} blocks are held`);
}

export function counts(files: number): Delta['counts'] {
  return { fileCount: files, folderCount: 0, totalBytes: 5 * files };
}

/** Adds files to the root; `files` is how many there are then. */
export async function add(name: string, files: number, headBlock = 1): Promise<void> {
  await feed.delta([{ path: '', mtimeMs: 0, removed: [], set: [file(name)] }], counts(files), { headBlock });
}
