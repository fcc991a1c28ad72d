// Following shares of peers over whoever passes them on, and within a quota; and what a mistaken source can do about it: nothing.

import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import Corestore from 'corestore';
import type { PartyId, ShareId } from '../../../../src/protocol/ids.ts';
import type { CatalogShare } from '../../../../src/protocol/model.ts';
import { encodeAnnouncement } from '../../../../src/sidecar/wire/announcement.ts';
import type { AnnouncedShare, PassedOwner, ShareAnnouncement, ShareRemoval } from '../../../../src/sidecar/wire/services.ts';
import { file, hostileShare, MadeUpFeed, newKeys } from './hostileFeed.ts';
import {
  add,
  announce,
  at,
  counts,
  feed,
  has,
  holds,
  isRefused,
  join,
  names,
  owner,
  party,
  reader,
  segmentFiles,
  third,
} from './threeSides.ts';
import { temporaryFolder, until } from './twoPeers.ts';

function heardOf(announcement: ShareAnnouncement): AnnouncedShare {
  return { announcement, signed: { body: encodeAnnouncement(announcement), signature: new Uint8Array(64) } };
}

function removal(revision: number): ShareRemoval {
  return { shareId: hostileShare, revision, signed: { body: new Uint8Array(1), signature: new Uint8Array(64) } };
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

test('a peer outside the parties of a share gets nothing of its feed by passing on what it once heard of it', async (t) => {
  await feed.snapshot([file('a')]);
  const link = await join(owner, reader);
  announce(link);
  await has(reader, ['a']);
  const once = heardOf(feed.announcement);
  await add('b', 2);
  announce(link);
  await has(reader, ['a', 'b']);

  const store = new Corestore(temporaryFolder());
  t.after(() => store.close());
  const core = store.get({ key: feed.announcement.feedKey });
  await core.ready();
  const other = await join(reader, third);
  other.session(third).replicate(core);
  const passed = (partyId: PartyId): PassedOwner => {
    other.session(reader).hello.partyIds = [partyId];
    return { owner: owner.peerId, nickname: '', lastSeenMs: 0, shares: [{ ...once, partyIds: [partyId] }], removals: [] };
  };
  reader.catalog.passedOn(other.session(reader), passed('q'.repeat(52) as PartyId));
  await assert.rejects(core.get(2, { timeout: 500 }));
  // In a party of its owner it is one more source, as before.
  reader.catalog.passedOn(other.session(reader), passed(party));
  assert.ok(await core.get(2, { timeout: 5000 }));
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
