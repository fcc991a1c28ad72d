// Following what peers tell of their files beyond names: what is kept of it, and what a hostile one can do about it: nothing.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test, { type TestContext } from 'node:test';
import type { PeerId } from '../../../../../src/protocol/ids.ts';
import { encodeDetails } from '../../../../../src/sidecar/catalog/details/detailBlock.ts';
import type { DetailRecord } from '../../../../../src/sidecar/catalog/details/detailRecord.ts';
import { detailsKeyOf } from '../../../../../src/sidecar/catalog/feeds/detailsKey.ts';
import { discoveryKeyOf } from '../../../../../src/sidecar/wire/discoveryKey.ts';
import { file, hostileShare, MadeUpFeed, newKeys } from '../hostileFeed.ts';
import { connect, Side, until, type Link } from '../twoPeers.ts';

const contentId = new Uint8Array(32).fill(3);

interface Scene {
  owner: Side;
  reader: Side;
  names: MadeUpFeed;
  details: MadeUpFeed;
  link: Link;
  /** Announces both feeds as they are. */
  announce: (to?: Link) => void;
  /** Another feed of details. */
  newDetails: () => Promise<MadeUpFeed>;
  /** Waits until the reader knows this of a path. */
  knows: (path: string, is: (record: DetailRecord | undefined) => boolean, side?: Side) => Promise<void>;
}

async function scene(t: TestContext): Promise<Scene> {
  const [owner, reader] = [await Side.open('o'), await Side.open('r')];
  const names = await MadeUpFeed.open();
  await names.snapshot([file('a'), file('b'), file('c')]);
  const feeds = [names];
  const newDetails = async (): Promise<MadeUpFeed> => {
    const encryptionKey = detailsKeyOf(names.announcement.encryptionKey);
    const feed = await MadeUpFeed.open({}, { ...newKeys(), encryptionKey });
    feeds.push(feed);
    made.details = feed;
    return feed;
  };
  const link = await connect(owner, reader);
  const made: Scene = {
    ...{ owner, reader, names, link, newDetails },
    details: names,
    announce(to = link) {
      const { feedKey, feedLength } = made.details.announcement;
      names.announcement = { ...names.announcement, revision: names.announcement.revision + 1 };
      const announcement = feedLength === 0 ? names.announcement : { ...names.announcement, details: { feedKey, feedLength } };
      to.announce(owner, reader, [announcement], [names.core, made.details.core]);
    },
    async knows(path, is, side = reader) {
      let record: DetailRecord | undefined;
      let isKnown = false;
      const look = async (): Promise<void> => {
        record = await side.details.ask('get', { key: `${owner.peerId}/${hostileShare}`, path });
        isKnown = is(record);
        side.changes.emit('changed');
      };
      const again = (): void => void look();
      const timer = setInterval(again, 50);
      try {
        await until(side.changes, () => isKnown, `something is known of ${path}`);
      } catch (error) {
        throw new Error(`${JSON.stringify(record)}; ${side.log.join('\n')}`, { cause: error });
      } finally {
        clearInterval(timer);
      }
    },
  };
  await newDetails();
  t.after(async () => {
    await link.end();
    await Promise.all([owner.close(), reader.close()]);
    for (const feed of feeds) await feed.close();
  });
  return made;
}

function records(...paths: string[]): DetailRecord[] {
  return paths.map((path) => ({
    path,
    sizeBytes: 5,
    mtimeMs: 1000,
    contentId,
    mime: 'text/plain',
    fields: { text: `of ${path}` },
  }));
}

function blocks(list: DetailRecord[]): Uint8Array[] {
  return encodeDetails(list).map(({ block }) => block);
}

const isText = (record: DetailRecord | undefined): boolean => record?.mime === 'text/plain';
const isNothing = (record: DetailRecord | undefined): boolean => record === undefined;

test('what is told of files that the index has is kept; of others, and of other states, nothing is', async (t) => {
  const { reader, details, announce, knows } = await scene(t);
  const [a, b, c] = records('a', 'b', 'c');
  assert.ok(a && b && c);
  await details.append(blocks([a, { ...b, sizeBytes: 6 }, { ...c, mtimeMs: 1001 }, ...records('none', 'a/below')]));
  announce();
  await knows('a', isText);
  for (const path of ['b', 'c', 'none', 'a/below']) await knows(path, isNothing);
  assert.deepEqual(reader.hostile, []);
  const [share] = reader.catalog.shares();
  assert.ok((share?.bytesOnDisk ?? 0) > 0);
  await details.append(blocks([{ ...b, mime: 'image/png' }]));
  announce();
  await knows('b', (record) => record?.mime === 'image/png');
});

test('a feed that breaks the format is refused with its reason; the index stays, and it is not asked for again', async (t) => {
  const { reader, details, announce, knows, newDetails } = await scene(t);
  await details.append(blocks(records('a')));
  announce();
  await knows('a', isText);
  await details.append([randomBytes(5000)]);
  announce();
  await until(reader.changes, () => reader.hostile.length === 1, 'the peer is hostile');
  await knows('a', isNothing);
  assert.equal(reader.catalog.shares()[0]?.indexState, 'ready');
  announce();
  const better = await newDetails();
  await better.append(blocks(records('b')));
  announce();
  await knows('b', isText);
  assert.equal(reader.hostile.length, 1);
});

test('a refused feed stays refused over a restart', async (t) => {
  const { owner, reader, details, announce, link } = await scene(t);
  await details.append([randomBytes(100)]);
  announce();
  await until(reader.changes, () => reader.hostile.length === 1, 'the peer is hostile');
  await link.end();
  await reader.reopen();
  const again = await connect(owner, reader);
  announce(again);
  const [state] = await reader.details.ask('states', undefined);
  assert.notEqual(state?.refusal, '');
  await again.end();
  assert.equal(reader.hostile.length, 1);
});

test('another feed replaces what was known; none at all takes it back; a share that goes takes it along', async (t) => {
  const { reader, details, announce, knows, newDetails, link, owner } = await scene(t);
  await details.append(blocks(records('a', 'b')));
  announce();
  await knows('b', isText);
  const next = await newDetails();
  await next.append(blocks(records('a')));
  announce();
  await knows('b', isNothing);
  await knows('a', isText);
  await newDetails();
  announce();
  await knows('a', isNothing);
  const last = await newDetails();
  await last.append(blocks(records('c')));
  announce();
  await knows('c', isText);
  link.announce(owner, reader, []);
  await knows('c', isNothing);
  assert.deepEqual(await reader.details.ask('states', undefined), []);
});

test('names that go take what is known of them along', async (t) => {
  const { names, details, announce, knows } = await scene(t);
  await details.append(blocks(records('a', 'b')));
  announce();
  await knows('b', isText);
  const counts = { fileCount: 2, folderCount: 0, totalBytes: 10 };
  await names.delta([{ path: '', mtimeMs: 0, removed: ['b'], set: [] }], counts, { headBlock: 1, ...counts });
  announce();
  await knows('b', isNothing);
  await knows('a', isText);
});

test('what one peer tells is bounded, and names are not touched by that', async (t) => {
  const { owner, reader, details, announce, knows, link } = await scene(t);
  await link.end();
  reader.peerDiskBytes = 2_000_000;
  await reader.reopen();
  const again = await connect(owner, reader);
  for (let block = 0; block < 40; block++) {
    const lies = Array.from({ length: 4000 }, (_, number) => records(`x${block}/${number}`)).flat();
    await details.append(blocks([...records('a'), ...lies]));
  }
  announce(again);
  await until(reader.changes, () => reader.catalog.shares()[0]?.indexState === 'ready', 'the names are here');
  await knows('a', isText);
  await until(reader.changes, () => (reader.catalog.shares()[0]?.bytesOnDisk ?? 0) > 0, 'it takes room');
  const [state] = await reader.details.ask('states', undefined);
  assert.ok((state?.length ?? 0) < 40 && (state?.files ?? 9) <= 1, JSON.stringify(state));
  await again.end();
});

test('a third peer gets them from whoever holds them, and only blocks that are here are served', async (t) => {
  const { owner, reader, details, announce, knows, link, names } = await scene(t);
  await details.append(blocks(records('a')));
  announce();
  await knows('a', isText);
  await until(reader.changes, () => reader.catalog.holdings().length > 0, 'it can be passed on');
  await link.end();
  const held = await reader.catalog.heldFeed(discoveryKeyOf(details.announcement.feedKey));
  assert.equal(held?.owner, owner.peerId);
  assert.notEqual(await reader.catalog.heldFeed(discoveryKeyOf(names.announcement.feedKey)), undefined);
  assert.equal(await reader.catalog.heldFeed(randomBytes(32)), undefined);
  assert.equal(
    await reader.catalog.heldFeed(discoveryKeyOf(details.announcement.feedKey), (peer: PeerId) => peer === reader.peerId),
    undefined,
  );
});
