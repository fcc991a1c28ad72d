// Following shares of peers as they change: step by step, over whoever passes them on, within a quota; and what a hostile or a mistaken
// source can do about it: nothing.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { PartyId, ShareId } from '../../../../src/protocol/ids.ts';
import type { CatalogShare } from '../../../../src/protocol/model.ts';
import type { Delta } from '../../../../src/sidecar/catalog/index/rows.ts';
import type { ShareRemoval } from '../../../../src/sidecar/wire/services.ts';
import { file, hostileShare, MadeUpFeed, newKeys } from './hostileFeed.ts';
import { connect, Side, until, type Link } from './twoPeers.ts';

const party = 'p'.repeat(52) as PartyId;

let owner: Side;
let reader: Side;
let third: Side;
let feed: MadeUpFeed;
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

async function join(one: Side, other: Side): Promise<Link> {
  const link = await connect(one, other);
  for (const side of [one, other]) link.session(side).hello.partyIds = [party];
  links.push(link);
  return link;
}

function at(side: Side, shareId: ShareId = hostileShare): CatalogShare | undefined {
  return side.catalog.shares(owner.peerId).find((share) => share.shareId === shareId);
}

function names(side: Side): string[] {
  const ref = { peerId: owner.peerId, shareId: hostileShare, path: '' };
  return side.catalog.list(ref, { offset: 0, limit: 1000 }).entries.map(({ name }) => name);
}

async function has(side: Side, expected: string[]): Promise<void> {
  const isSo = (): boolean => at(side)?.indexState === 'ready' && names(side).join() === expected.join();
  await until(side.changes, isSo, `${expected.join()} is listed, not ${at(side)?.indexState ?? 'nothing'}`);
}

async function isRefused(side: Side, reason: RegExp): Promise<void> {
  await until(side.changes, () => at(side)?.indexState === 'refused', 'the share is refused');
  assert.match(at(side)?.failure?.message ?? '', reason);
  assert.deepEqual(segmentFiles(side), []);
}

function segmentFiles(side: Side): string[] {
  const root = path.join(side.folder, 'index');
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.segment') || name.endsWith('.new'))
    .map((name) => path.join(root, name));
}

function announce(link: Link, side = reader): void {
  link.announce(owner, side, [feed.announcement], [feed.core]);
}

/** Answers once the newest announcement can be passed on. */
async function holds(side: Side, feedLength = feed.core.length): Promise<void> {
  const held = (): number | undefined => side.catalog.holdings()[0]?.shares[0]?.announcement.feedLength;
  await until(side.changes, () => held() === feedLength, `${feedLength} blocks are held`);
}

function counts(files: number): Delta['counts'] {
  return { fileCount: files, folderCount: 0, totalBytes: 5 * files };
}

/** Adds files to the root; `files` is how many there are then. */
async function add(name: string, files: number, headBlock = 1): Promise<void> {
  await feed.delta([{ path: '', mtimeMs: 0, removed: [], set: [file(name)] }], counts(files), { headBlock });
}

function removal(revision: number): ShareRemoval {
  return { shareId: hostileShare, revision, signed: { body: new Uint8Array(1), signature: new Uint8Array(64) } };
}

test('deltas are applied one by one, stand after a restart, and a new snapshot replaces them', async () => {
  await feed.snapshot([file('a'), file('b')]);
  const link = await join(owner, reader);
  announce(link);
  await has(reader, ['a', 'b']);
  await add('c', 3);
  announce(link);
  await has(reader, ['a', 'b', 'c']);
  await add('d', 4);
  await feed.delta([{ path: '', mtimeMs: 0, removed: ['a'], set: [] }], counts(3), { headBlock: 1 });
  announce(link);
  await has(reader, ['b', 'c', 'd']);
  assert.deepEqual(reader.told, ['indexed', 'changed', 'changed', 'changed']);
  assert.equal(at(reader)?.fileCount, 3);

  await link.end();
  await reader.reopen();
  assert.deepEqual(names(reader), ['b', 'c', 'd']);

  const again = await join(owner, reader);
  await feed.snapshot([file('x')]);
  await add('y', 2, feed.core.length - 1);
  announce(again);
  await has(reader, ['x', 'y']);
  assert.equal(segmentFiles(reader).length, 1);
});

test('a reader that was away over a snapshot and deltas catches up', async () => {
  await feed.snapshot([file('a')]);
  let link = await join(owner, reader);
  announce(link);
  await has(reader, ['a']);
  await link.end();
  await add('b', 2);
  await feed.snapshot([file('c')]);
  await add('d', 2, 4);
  await add('e', 3, 4);
  link = await join(owner, reader);
  announce(link);
  await has(reader, ['c', 'd', 'e']);
});

test('a damaged segment is made again from snapshot and deltas on this disk', async () => {
  await feed.snapshot([file('a')]);
  await add('b', 2);
  const link = await join(owner, reader);
  announce(link);
  await has(reader, ['a', 'b']);
  await link.end();
  await reader.reopen(() => {
    for (const segment of segmentFiles(reader)) truncateSync(segment, statSync(segment).size - 10);
  });
  await has(reader, ['a', 'b']);
});

const wrongDeltas: [string, () => Promise<void>, RegExp][] = [
  ['names another head', () => add('b', 2, 0), /./],
  [
    'removes what is not there',
    () => feed.delta([{ path: '', mtimeMs: 0, removed: ['x'], set: [] }], counts(1), { headBlock: 1 }),
    /./,
  ],
  [
    'is in a folder that is not there',
    () => feed.delta([{ path: 'x', mtimeMs: 0, removed: [], set: [file('b')] }], counts(2), { headBlock: 1 }),
    /./,
  ],
  ['is garbage', () => feed.append([Buffer.from([1, 3, 1, 2, 3, 4])]), /./],
  ['is cut off', () => feed.append([Buffer.from([1, 3])]), /./],
  ['is of no known kind', () => feed.append([Buffer.from([1, 9])]), /./],
  [
    'claims other numbers than announced',
    () => feed.delta([{ path: '', mtimeMs: 0, removed: [], set: [file('b')] }], counts(2), { headBlock: 1, fileCount: 7 }),
    /other numbers/,
  ],
  [
    'shortens the feed',
    async () => void (feed.announcement = { ...feed.announcement, feedLength: 1, revision: 9 }),
    /shorter feed/,
  ],
];

for (const [what, change, reason] of wrongDeltas) {
  test(`a delta that ${what} refuses the share and ends the session`, async () => {
    await feed.snapshot([file('a')]);
    const link = await join(owner, reader);
    announce(link);
    await has(reader, ['a']);
    await change();
    announce(link);
    await isRefused(reader, reason);
    assert.equal(reader.hostile.length, 1);
    assert.equal(reader.told.at(-1), 'gone');
    assert.deepEqual(reader.catalog.holdings(), []);
  });
}

test('an index is passed on with its changes while its owner is away', async () => {
  await feed.snapshot([file('a')]);
  const link = await join(owner, reader);
  announce(link);
  await has(reader, ['a']);
  await add('b', 2);
  announce(link);
  await has(reader, ['a', 'b']);
  await holds(reader);
  await link.end();

  const passing = await join(reader, third);
  await passing.pass(reader, third);
  await has(third, ['a', 'b']);
  assert.equal(at(third)?.isOnline, false);
  assert.equal(at(third)?.viaPeerId, reader.peerId);
  assert.deepEqual(
    third.catalog.holdings().map(({ owner: of, shares }) => [of, shares.map(({ partyIds }) => partyIds)]),
    [[owner.peerId, [[party]]]],
  );

  const back = await join(owner, reader);
  await add('c', 3);
  announce(back);
  await has(reader, ['a', 'b', 'c']);
  await holds(reader);
  await passing.pass(reader, third);
  await has(third, ['a', 'b', 'c']);
  await passing.end();
  await third.reopen();
  assert.deepEqual(names(third), ['a', 'b', 'c']);
  assert.equal(at(third)?.viaPeerId, undefined);
});

test('a list that is passed on removes nothing, adds nothing to what an owner that is here says, and an older one changes nothing', async () => {
  await feed.snapshot([file('a')]);
  const link = await join(owner, reader);
  announce(link);
  await has(reader, ['a']);
  const toThird = await join(owner, third);
  announce(toThird, third);
  await has(third, ['a']);
  const passing = await join(reader, third);
  await passing.pass(reader, third, (passed) => ({ ...passed, shares: [] }));
  assert.deepEqual(names(third), ['a']);
  const other = 'n'.repeat(26) as ShareId;
  await passing.pass(reader, third, (passed) => ({
    ...passed,
    shares: passed.shares.map((share) => ({
      ...share,
      announcement: { ...share.announcement, shareId: other, title: 'Invented' },
    })),
  }));
  assert.equal(third.catalog.shares(owner.peerId).length, 1);
  await add('b', 2);
  announce(toThird, third);
  await has(third, ['a', 'b']);
  await passing.pass(reader, third);
  assert.deepEqual(names(third), ['a', 'b']);
});

test('what an owner took off the table goes, and does not come back by hearsay', async () => {
  await feed.snapshot([file('a')]);
  const link = await join(owner, reader);
  announce(link);
  await has(reader, ['a']);
  await holds(reader);
  await link.end();
  const passing = await join(reader, third);
  await passing.pass(reader, third);
  await has(third, ['a']);

  third.catalog.removed(passing.session(third), owner.peerId, [removal(feed.announcement.revision + 1)]);
  assert.equal(at(third), undefined);
  await passing.pass(reader, third);
  assert.equal(at(third), undefined);
  await third.reopen();
  assert.deepEqual(segmentFiles(third), []);
  assert.equal(third.catalog.holdings()[0]?.removals[0]?.revision, feed.announcement.revision + 1);

  reader.catalog.removed(passing.session(reader), owner.peerId, [removal(feed.announcement.revision - 1)]);
  assert.equal(at(reader)?.indexState, 'ready', 'a removal that is older than the share says nothing');
});

test('an index comes from a second peer when the first one leaves in the middle', async () => {
  await feed.snapshot([file('a')]);
  const first = await join(owner, reader);
  announce(first);
  await has(reader, ['a']);
  await add('b', 2);
  // Ben knows of the new state, and has not got it: nothing comes from him.
  const held = reader.catalog.holdings();
  const passing = await join(reader, third);
  third.meet(owner.peerId);
  const signed = held[0]?.shares[0]?.signed ?? { body: new Uint8Array(), signature: new Uint8Array() };
  third.catalog.passedOn(passing.session(third), {
    ...{ owner: owner.peerId, nickname: '', lastSeenMs: 0, removals: [] },
    shares: [{ announcement: feed.announcement, signed, partyIds: [party] }],
  });
  assert.equal(at(third)?.indexState, 'fetching');
  const toThird = await join(owner, third);
  await passing.end();
  announce(toThird, third);
  await has(third, ['a', 'b']);
});

test('an owner that signed two histories is refused, and the peer that shows the other one is not blamed', async () => {
  const keys = newKeys();
  const [here, there] = [await MadeUpFeed.open({}, keys), await MadeUpFeed.open({}, keys)];
  try {
    for (const [each, name] of [
      [here, 'b'],
      [there, 'x'],
    ] as const) {
      await each.snapshot([file('a')]);
      await each.delta([{ path: '', mtimeMs: 0, removed: [], set: [file(name)] }], counts(2), { headBlock: 1 });
    }
    const toReader = await join(owner, reader);
    toReader.announce(owner, reader, [here.announcement], [here.core]);
    await has(reader, ['a', 'b']);
    const toThird = await join(owner, third);
    toThird.announce(owner, third, [there.announcement], [there.core]);
    await has(third, ['a', 'x']);
    await toThird.end();
    await here.delta([{ path: '', mtimeMs: 0, removed: [], set: [file('c')] }], counts(3), { headBlock: 1 });
    toReader.announce(owner, reader, [here.announcement], [here.core]);
    await has(reader, ['a', 'b', 'c']);
    await holds(reader, 4);
    const passing = await join(reader, third);
    await passing.pass(reader, third);
    await isRefused(third, /rewrote the history/);
    assert.equal(passing.session(third).isOpen, true);
  } finally {
    await here.close();
    await there.close();
  }
});

test('shares of a peer beyond its quota wait until others of them go', async () => {
  reader.peerDiskBytes = 30_000;
  await reader.reopen();
  const second = await MadeUpFeed.open({ shareId: 's'.repeat(26) as ShareId });
  try {
    const many = Array.from({ length: 300 }, (_, index) => file(`file ${String(index).padStart(4, '0')}`));
    await feed.snapshot(many);
    await second.snapshot(many);
    const link = await join(owner, reader);
    announce(link);
    await until(reader.changes, () => at(reader)?.indexState === 'ready', 'the first is here');
    assert.ok((at(reader)?.bytesOnDisk ?? 0) > 10_000);
    const both = [feed.announcement, second.announcement];
    link.announce(owner, reader, both, [second.core]);
    const other = (): CatalogShare | undefined => at(reader, second.announcement.shareId);
    await until(reader.changes, () => other()?.failure?.kind === 'too-large', 'the second is too large');
    assert.match(other()?.failure?.message ?? '', /MiB/);
    assert.equal(reader.hostile.length, 0);
    link.announce(owner, reader, [second.announcement], []);
    await until(reader.changes, () => other()?.indexState === 'ready', 'there is room now');
    assert.equal(other()?.failure, undefined);
  } finally {
    await second.close();
  }
});

test('forgetting an owner deletes what was passed on, and hearsay does not bring it back', async () => {
  await feed.snapshot([file('a')]);
  const link = await join(owner, reader);
  announce(link);
  await has(reader, ['a']);
  await holds(reader);
  const passing = await join(reader, third);
  await passing.pass(reader, third);
  await has(third, ['a']);
  await third.catalog.forgetPeer(owner.peerId);
  await passing.pass(reader, third);
  assert.equal(at(third), undefined);
  assert.ok(!existsSync(path.join(third.folder, 'index', owner.peerId)));
  const direct = await join(owner, third);
  announce(direct, third);
  await has(third, ['a']);
  rmSync(path.join(third.folder, 'index', owner.peerId), { recursive: true, force: true });
});
