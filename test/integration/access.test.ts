// Who may see what among real sidecars: an outsider who tries every way by hand, people who are taken off a share, blocked, and let in.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { decode as decodeZ32 } from 'z32';
import type { PartyId, ShareId } from '../../src/protocol/ids.ts';
import type { Audience, DownloadInfo, EntryRef } from '../../src/protocol/model.ts';
import { decodeAnnouncement } from '../../src/sidecar/wire/announcement.ts';
import * as catalogCodec from '../../src/sidecar/wire/catalogCodec.ts';
import * as codec from '../../src/sidecar/wire/codec.ts';
import { wireCodes } from '../../src/sidecar/wire/errors.ts';
import type { ShareAnnouncement } from '../../src/sidecar/wire/services.ts';
import * as transferCodec from '../../src/sidecar/wire/transferCodec.ts';
import { types } from '../unit/sidecar/wire/worlds.ts';
import { Underworld, type Mallory } from './mallory.ts';
import { assertBytes, done, middle, MiB, put, when } from './transferScene.ts';
import { createWorld, indexed, seen, until, watched, type TestPeer, type World } from './world.ts';

const all = ['updates', 'removals', 'pass-on', 'search', 'versions', 'packs', 'holdings', 'access'];
const nobody: Audience = { everyone: false, partyIds: [], peerIds: [] };
const forParties = (...partyIds: PartyId[]): Audience => ({ ...nobody, partyIds });

async function joined(peer: TestPeer, name: string): Promise<PartyId> {
  return (await peer.client.request('parties/join', { name })).partyId;
}

function titles(viewer: TestPeer, owner: TestPeer): Promise<string[]> {
  return viewer.client
    .request('catalog/shares', { peerId: owner.client.peerId })
    .then((shares) => shares.map(({ title }) => title).sort());
}

function untilTitles(viewer: TestPeer, owner: TestPeer, wanted: string[]): Promise<unknown> {
  return until(
    viewer.client,
    ['catalog/changed', 'peers/changed'],
    async () => (await titles(viewer, owner)).join() === wanted.join(),
    { what: `${viewer.name} sees ${wanted.join() || 'nothing'} of ${owner.name}`, timeoutMs: 30_000 },
  );
}

/** Everything that is said to somebody, also what was taken out of `received` meanwhile. */
function recording({ wire }: Mallory): Uint8Array[] {
  const heard = wire.received.map(({ body }) => body);
  const push = wire.received.push.bind(wire.received);
  wire.received.push = (...messages) => {
    heard.push(...messages.map(({ body }) => body));
    return push(...messages);
  };
  return heard;
}

function holds(heard: readonly Uint8Array[], what: Uint8Array): boolean {
  return heard.some((body) => Buffer.from(body).includes(Buffer.from(what)));
}

interface Secret {
  world: World;
  underworld: Underworld;
  ann: TestPeer;
  shareId: ShareId;
  /** What a member of the audience knows: ids, keys, a content's root. A traitor may tell it. */
  announcement: ShareAnnouncement;
  root: Buffer;
  content: Buffer;
}

const inner = 'the inner circle';
const outer = 'the outer circle';

/** Ann shares `Treasure` in the inner circle and `Flyers` with everyone; a member of the inner circle tells all that it knows. */
async function secret(t: TestContext): Promise<Secret> {
  const world = await createWorld(t);
  const ann = await world.peer('ann');
  const [partyId] = [await joined(ann, inner), await joined(ann, outer)];
  const content = randomBytes(2 * MiB);
  const { root: entry, folder } = await put(world, ann, 'Treasure', { 'gold.bin': content, 'map.txt': Buffer.from('x') });
  assert(folder);
  const { shareId } = entry;
  await ann.client.request('shares/setAudience', { shareId, audience: forParties(partyId) });
  await put(world, ann, 'Flyers', { 'flyer.txt': Buffer.from('free') });
  await watched(ann, shareId);
  const underworld = new Underworld(world, t);
  const traitor = await underworld.member(ann, inner, all);
  const announced = await until(
    ann.client,
    ['shares/changed'],
    async () => {
      for (const { type, body } of traitor.wire.received) {
        if (type !== types.announcements && type !== types.update) continue;
        const list =
          type === types.announcements
            ? codec.decodeWhole(codec.announcements, body)
            : codec.decodeWhole(catalogCodec.update, body).changed;
        const found = list.map((signed) => decodeAnnouncement(signed.body)).find((each) => each.title === 'Treasure');
        if (found !== undefined) return Promise.resolve(found);
      }
      return undefined;
    },
    { what: 'a member is told' },
  );
  traitor.ask(1, shareId, 'gold.bin', { needsRoot: true, length: 1 });
  const { root } = await traitor.wire.next(types.head, codec.head);
  traitor.leave();
  return { world, underworld, ann, shareId, announcement: announced, root: Buffer.from(root ?? assert.fail()), content };
}

/** Asks for the secret in every way, knowing all that a traitor could tell. Answers all that it heard. */
async function tryAll(mallory: Mallory, s: Secret): Promise<Uint8Array[]> {
  const { shareId, root, announcement } = s;
  const owner = s.ann.client.peerId;
  const heard = recording(mallory);
  const before = mallory.wire.received.length;
  assert(before >= 0);
  const core = await mallory.replicate(announcement);
  const refused = async (what: string): Promise<void> => {
    const { code } = await mallory.wire.next(types.refused, codec.refused);
    assert.equal(code, wireCodes.notFound, what);
  };
  mallory.ask(11, shareId, 'gold.bin');
  await refused('read');
  mallory.ask(12, shareId, 'gold.bin', { root });
  await refused('read by its content');
  mallory.ask(13, shareId, 'gold.bin', { root, owner });
  await refused('read of somebody’s share');
  mallory.askPack(14, shareId, ['map.txt']);
  await refused('pack');
  mallory.say(types.hashesRequest, codec.hashesRequest, { requestId: 16, root, first: 0, count: 1 });
  await refused('hashes');
  mallory.say(types.holding, transferCodec.holding, { requestId: 17, owner, shareId, path: 'gold.bin', root });
  await refused('holding');
  for (const [requestId, shareIds] of [
    [18, []],
    [19, [shareId]],
  ] as const) {
    mallory.say(types.search, catalogCodec.search, { requestId, query: 'gold', shareIds: [...shareIds], limit: 10 });
    const { hits } = await mallory.wire.next(types.found, catalogCodec.found);
    assert.deepEqual(hits, [], 'search');
  }
  await assert.rejects(core.get(0, { timeout: 500 }), 'feed');
  await core.close();
  return heard;
}

/** `mayKnow`: who could see the share before is told that this id is gone. */
function assertNothingOf(
  { shareId, announcement, content }: Secret,
  heard: readonly Uint8Array[],
  { mayKnow = false } = {},
): void {
  const marks: Record<string, Uint8Array> = {
    title: Buffer.from('Treasure'),
    'new title': Buffer.from('Hoard'),
    'share id as text': Buffer.from(shareId),
    ...(!mayKnow && { 'share id': decodeZ32(shareId) }),
    'feed key': announcement.feedKey,
    'encryption key': announcement.encryptionKey,
    'file name': Buffer.from('gold.bin'),
    bytes: content.subarray(0, 32),
  };
  for (const [what, bytes] of Object.entries(marks)) assert.equal(holds(heard, bytes), false, what);
}

test(
  'nothing of a share, not even its title, goes to a member of another party, in whatever way it asks',
  { timeout: 90_000 },
  async (t) => {
    const s = await secret(t);
    const { ann, underworld, shareId } = s;
    const mallory = await underworld.connect(ann);
    const heard = recording(mallory);
    mallory.introduce(outer, all);
    const [flyers] = await mallory.wire.next(types.announcements, codec.announcements);
    assert.equal(decodeAnnouncement(flyers?.body ?? assert.fail()).title, 'Flyers');
    const tried = await tryAll(mallory, s);
    // While it listens: another title, another index, the end of it.
    await ann.client.request('shares/rename', { shareId, title: 'Hoard' });
    writeFileSync(path.join(s.world.folder, 'ann Treasure', 'gold too.bin'), 'more');
    await until(ann.client, ['shares/changed'], async () => (await infoOf(ann, shareId)).fileCount === 3, { what: 'a change' });
    await ann.client.request('shares/remove', { shareId });
    const { root: later } = await put(s.world, ann, 'Later', { 'l.txt': Buffer.from('l') });
    await watched(ann, later.shareId);
    const isTold = (): boolean => holds(heard, Buffer.from('Later'));
    await until(ann.client, ['shares/changed', 'transfers/rates'], () => Promise.resolve(isTold()), {
      what: 'what came after',
    }).catch(() => assert(isTold()));
    assert.equal(holds(heard, Buffer.from('Flyers')), true, 'what it may see it was told');
    assertNothingOf(s, [...heard, ...tried]);
  },
);

async function infoOf(owner: TestPeer, shareId: ShareId) {
  return (await owner.client.request('shares/list', {})).find((share) => share.shareId === shareId) ?? assert.fail();
}

/** The content id of a file is there, by its owner's words. */
async function knownTo(peer: TestPeer, entry: EntryRef): Promise<void> {
  const contentId = async () => (await peer.client.request('catalog/details', { entry })).contentId;
  await until(peer.client, ['catalog/changed'], contentId, { what: `${peer.name} knows what to ask for` });
}

test('nor does it come from a member who holds it, has downloaded it, and is in both parties', { timeout: 90_000 }, async (t) => {
  const s = await secret(t);
  const ben = await s.world.peer('ben');
  for (const name of [inner, outer]) await joined(ben, name);
  await indexed(ben, s.ann, 'Treasure');
  await indexed(ben, s.ann, 'Flyers');
  const entry = { peerId: s.ann.client.peerId, shareId: s.shareId, path: 'gold.bin' };
  await knownTo(ben, entry); // From its owner, so that it can be passed on.
  await done(ben, await ben.client.request('downloads/add', { entry }));
  const mallory = await s.underworld.connect(ben);
  const heard = recording(mallory);
  mallory.introduce(outer, all);
  const passed = await mallory.wire.next(types.passOn, catalogCodec.passOn);
  assert.deepEqual(
    passed.changed.map(({ body }) => decodeAnnouncement(body).title),
    ['Flyers'],
    'what may be passed on is',
  );
  assertNothingOf(s, [...heard, ...(await tryAll(mallory, s))]);
  // An honest insider gets it from ben alone.
  await s.ann.stop();
  const cem = await s.world.peer('cem');
  await joined(cem, inner);
  await indexed(cem, s.ann, 'Treasure');
  await knownTo(cem, entry);
  assertBytes((await done(cem, await cem.client.request('downloads/add', { entry }))).destination, s.content);
});

test(
  'whoever is taken off a share while it downloads gets no byte more, and is told so in plain words',
  { timeout: 90_000 },
  async (t) => {
    const world = await createWorld(t);
    const [ann, ben, cem] = [await world.peer('ann'), await world.peer('ben'), await world.peer('cem')];
    for (const peer of [ann, ben, cem]) await joined(peer, 'three');
    const bytes = randomBytes(24 * MiB);
    const { root } = await put(world, ann, 'Films', { 'film.mkv': bytes });
    const { root: flyers } = await put(world, ann, 'Flyers', { 'a.txt': Buffer.from('a') });
    for (const peer of [ben, cem]) await indexed(peer, ann, 'Films');
    await ann.client.request('settings/set', { uploadLimit: 4 * MiB });
    const entry = { ...root, path: 'film.mkv' };
    const downloads = new Map<TestPeer, DownloadInfo>();
    for (const peer of [ben, cem]) downloads.set(peer, await peer.client.request('downloads/add', { entry }));
    const [ofBen, ofCem] = [downloads.get(ben) ?? assert.fail(), downloads.get(cem) ?? assert.fail()];
    await middle(ben, ofBen, MiB);
    await middle(cem, ofCem, MiB);
    const audience = { ...nobody, peerIds: [ben.client.peerId] };
    const from = performance.now();
    await ann.client.request('shares/setAudience', { shareId: root.shareId, audience });
    const failed = await when(cem, ofCem, ({ state }) => state === 'failed', { what: 'failed' });
    t.diagnostic(`cut off after ${(performance.now() - from).toFixed(0)} ms: ${failed.failure?.message}`);
    assert.match(failed.failure?.message ?? '', /not shared with you any more|does not offer|is gone|not shared any more/);
    await until(
      ann.client,
      ['uploads/changed'],
      async () => !(await ann.client.request('uploads/list', {})).some(({ peerId }) => peerId === cem.client.peerId),
      { what: 'nothing goes to cem', timeoutMs: 20_000 },
    );
    await untilTitles(cem, ann, ['Flyers']);
    assert((failed.doneBytes ?? 0) < bytes.length);
    await seen(cem, ann);
    await cem.client.request('files/fetch', { entry: { ...flyers, path: 'a.txt' } });
    await ann.client.request('settings/set', { uploadLimit: 0 });
    assertBytes((await done(ben, ofBen)).destination, bytes);
    // On it again, the download goes on from what is there.
    await ann.client.request('shares/setAudience', { shareId: root.shareId, audience: { ...nobody, everyone: true } });
    await indexed(cem, ann, 'Films');
    await cem.client.request('downloads/retry', { downloadId: ofCem.downloadId });
    assertBytes((await done(cem, ofCem)).destination, bytes);
  },
);

test(
  'a key that was kept opens nothing that came after: the feed of before is gone, and the one of now is not given',
  { timeout: 60_000 },
  async (t) => {
    const s = await secret(t);
    const { ann, underworld, shareId, announcement } = s;
    await ann.client.request('shares/setAudience', { shareId, audience: nobody });
    writeFileSync(path.join(s.world.folder, 'ann Treasure', 'later.bin'), 'later');
    await until(ann.client, ['shares/changed'], async () => (await infoOf(ann, shareId)).fileCount === 3, { what: 'a change' });
    // Also for a member of the party: nobody may see it now.
    const member = await underworld.member(ann, inner, all);
    assertNothingOf({ ...s, announcement }, await tryAll(member, s), { mayKnow: true });
  },
);

test(
  'a blocked peer is out at once and refused, its shares go, its code and what others say of it too; unblocked it is as before',
  { timeout: 120_000 },
  async (t) => {
    const world = await createWorld(t);
    const [ann, ben, mal] = [await world.peer('ann'), await world.peer('ben'), await world.peer('mal')];
    for (const peer of [ann, ben, mal]) await joined(peer, 'block party');
    await put(world, ann, 'Photos', { 'a.jpg': randomBytes(1000) });
    await put(world, mal, 'Trap', { 't.txt': randomBytes(10) });
    for (const peer of [ann, ben]) await indexed(peer, mal, 'Trap');
    await indexed(mal, ann, 'Photos');
    await ann.client.request('peers/setPetname', { peerId: mal.client.peerId, petname: 'Nuisance' });
    const { text: code } = await mal.client.request('codes/own', {});
    const blocked = await ann.client.request('peers/block', { peerId: mal.client.peerId });
    assert.deepEqual([blocked.isBlocked, blocked.isOnline], [true, false]);
    await seen(mal, ann, false);
    assert.deepEqual(await titles(ann, mal), []);
    await assert.rejects(ann.client.request('codes/accept', { text: code }), /block/i);
    await assert.rejects(ann.client.request('peers/connect', { peerId: mal.client.peerId }), /blocked/);
    // It tries by key, and over a restart of both; ben passes its share on in the party.
    await mal.client.request('peers/connect', { peerId: ann.client.peerId });
    await ann.stop();
    await ann.start();
    await mal.stop();
    await mal.start();
    await seen(ben, mal);
    await seen(ann, ben);
    const { root } = await put(world, ben, 'Bens', { 'b.txt': randomBytes(10) });
    assert(root);
    await indexed(ann, ben, 'Bens');
    assert.deepEqual(await titles(ann, mal), []);
    const ofAnn = (await mal.client.request('peers/list', {})).find(({ peerId }) => peerId === ann.client.peerId);
    assert.equal(ofAnn?.isOnline, false);
    await ann.client.request('peers/unblock', { peerId: mal.client.peerId });
    const back = await seen(ann, mal);
    assert.deepEqual([back.isBlocked, back.petname], [false, 'Nuisance']);
    await indexed(ann, mal, 'Trap');
  },
);

test(
  'who asks to be let in waits, is shown with its words, and is let in, for one share or for all; who is denied goes',
  { timeout: 90_000 },
  async (t) => {
    const world = await createWorld(t);
    const [ann, sam] = [await world.peer('ann'), await world.peer('sam')];
    await joined(ann, 'a party of ann');
    await put(world, ann, 'Photos', { 'a.jpg': randomBytes(1000) });
    const [fromSam, fromAnn] = [{ peerId: sam.client.peerId }, { peerId: ann.client.peerId }];
    await sam.client.request('peers/connect', fromAnn);
    await sam.client.request('access/ask', { ...fromAnn, text: 'Sam from\nchess club' });
    const asked = await until(
      ann.client,
      ['access/changed'],
      async () => (await ann.client.request('access/list', {})).find(({ text }) => text !== ''),
      { what: 'sam asks' },
    );
    assert.deepEqual([asked.peerId, asked.text, asked.isOnline], [sam.client.peerId, 'Sam from chess club', true]);
    assert.deepEqual(await titles(sam, ann), []);
    await ann.client.request('access/deny', fromSam);
    // A stranger that nobody cares for is forgotten.
    await until(
      ann.client,
      ['peers/changed'],
      async () => !(await ann.client.request('peers/list', {})).some(({ peerId }) => peerId === sam.client.peerId),
      { what: 'sam is gone' },
    );
    assert.deepEqual(await ann.client.request('access/list', {}), []);
    await assert.rejects(ann.client.request('access/grant', fromSam), { kind: 'not-found' });
    await ann.client.request('peers/connect', fromSam);
    await indexed(sam, ann, 'Photos');
    await ann.client.request('peers/forget', fromSam);
    await seen(sam, ann, false);
  },
);
