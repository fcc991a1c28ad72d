// Files sent to one peer, with real sidecars: offered while it is away, taken only with consent or by the rule of a drop box, seen by nobody else.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { getAttrSync } from 'fs-native-extensions';
import type { IncomingOffer, OutgoingOffer } from '../../src/protocol/model.ts';
import { sendingLimits } from '../../src/sidecar/limits.ts';
import { Database } from '../../src/sidecar/storage/database.ts';
import { MiB, settings, tableOf } from './transferScene.ts';
import { createWorld, seen, treeOf, until, type TestPeer, type World } from './world.ts';

test('files sent while the peer is away are offered when it comes, and come whole once it agrees', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  await seen(ann, ben);
  await ben.stop();
  await seen(ann, ben, false);
  const folder = tree(world, 'photos');
  const single = path.join(world.folder, 'note.txt');
  writeFileSync(single, 'a note');
  const sent = await ann.client.request('outbox/send', {
    peerId: ben.client.peerId,
    paths: [folder, single],
    text: 'from the \u202etrip\u0007\nsecond line',
  });
  assert.equal(sent.state, 'waiting');
  assert.equal(sent.isOnline, false);
  await ann.stop();
  await ann.start();
  await ben.start();
  const offer = await incoming(ben, ({ state }) => state === 'offered');
  assert.equal(offer.peerId, ann.client.peerId);
  assert.equal(offer.text, 'from the trip\nsecond line');
  assert.deepEqual(
    offer.items.map(({ name, kind, fileCount }) => [name, kind, fileCount]),
    [
      ['photos', 'folder', 4],
      ['note.txt', 'file', 1],
    ],
  );
  await outgoing(ann, ({ state }) => state === 'offered');
  const { entries } = await ben.client.request('inbox/entries', { peerId: offer.peerId, offerId: offer.offerId });
  assert.ok(entries.some(({ path: each }) => each === 'photos/deep/er/c.bin'));
  assert.equal((await ben.client.request('downloads/list', {})).length, 0, 'nothing comes without consent');
  assert.deepEqual(await ben.client.request('catalog/shares', { peerId: ann.client.peerId }), [], 'an offer is no share');

  const target = path.join(world.folder, 'taken');
  const accepted = await ben.client.request('inbox/accept', { peerId: offer.peerId, offerId: offer.offerId, folder: target });
  assert.equal(accepted.downloadIds.length, 2);
  await incoming(ben, ({ state }) => state === 'done');
  assert.deepEqual(treeOf(path.join(target, 'photos')), treeOf(folder));
  assert.equal(readFileSync(path.join(target, 'note.txt'), 'utf8'), 'a note');
  await outgoing(ann, ({ state }) => state === 'delivered');
  if (process.platform === 'linux') {
    for (const name of ['note.txt', 'photos/a.bin', 'photos/b.bin', 'photos/deep/er/c.bin'])
      assert.match(originOf(path.join(target, name)), new RegExp(`^potluck://${ann.client.peerId}/`), `${name} bears its origin`);
  }
});

test('secrets and links are left out of what is sent, and told before', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  const folder = tree(world, 'work');
  writeFileSync(path.join(folder, 'id_rsa'), 'key');
  writeFileSync(path.join(folder, '.gitignore'), '*.log\n');
  writeFileSync(path.join(folder, 'x.log'), 'log');
  const key = path.join(world.folder, 'id_ed25519');
  writeFileSync(key, 'key');
  const link = path.join(world.folder, 'link');
  symlinkSync(key, link);
  // Put together here, so that no scanner takes this file for a leak.
  const pem = `-----BEGIN RSA ${'PRIVATE'} KEY-----\n`;
  writeFileSync(path.join(folder, 'deploy.sh'), `#!/bin/sh\n# ${pem}`);
  const note = path.join(world.folder, 'old.txt');
  writeFileSync(note, pem);
  const { secrets } = await ann.client.request('outbox/preview', { paths: [folder, note] });
  assert.deepEqual(
    secrets.suspects.map(({ path: where, kinds, line }) => [where, ...kinds, line]),
    [
      ['work/deploy.sh', 'private-key', 2],
      ['old.txt', 'private-key', 1],
    ],
  );
  assert.equal(secrets.found, 2);
  rmSync(path.join(folder, 'deploy.sh'));
  const preview = await ann.client.request('outbox/preview', { paths: [folder, key, link] });
  assert.deepEqual(preview.skippedCounts, { secret: 2, ignored: 1, symlink: 1 });
  assert.deepEqual(
    preview.items.map(({ name }) => name),
    ['work'],
  );
  await assert.rejects(ann.client.request('outbox/send', { peerId: ben.client.peerId, paths: [key, link] }), /may be sent/);
  await assert.rejects(
    ann.client.request('outbox/send', { peerId: ben.client.peerId, paths: [ann.dataFolder] }),
    /cannot be shared/,
  );
  await assert.rejects(ann.client.request('outbox/send', { peerId: ann.client.peerId, paths: [folder] }), /your own key/);
});

test('nobody but its receiver can read an offer, and it neither once it is taken back', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben', 'cat');
  const [ann, ben, cat] = peers;
  await Promise.all([seen(ann, ben), seen(ann, cat), seen(cat, ann)]);
  const file = path.join(world.folder, 'plan.txt');
  writeFileSync(file, 'for ben alone');
  const sent = await ann.client.request('outbox/send', { peerId: ben.client.peerId, paths: [file] });
  const offer = await incoming(ben, ({ state }) => state === 'offered');
  const entry = { peerId: ann.client.peerId, shareId: sent.offerId as never, path: 'plan.txt' };
  await assert.rejects(cat.client.request('downloads/add', { entry }), /no share/);
  await assert.rejects(cat.client.request('files/fetch', { entry }), /no share|not in|has no/);
  assert.deepEqual(await cat.client.request('inbox/list', {}), []);

  // Taken back before it is accepted: the wish to have it fails in plain words.
  await ann.client.request('outbox/withdraw', { offerId: sent.offerId });
  const gone = await incoming(ben, ({ state }) => state === 'withdrawn');
  assert.equal(gone.offerId, offer.offerId);
  await assert.rejects(ben.client.request('inbox/accept', { peerId: offer.peerId, offerId: offer.offerId }), /withdrawn/);
});

test('an acceptance that was cut off before it was written down goes on with what is queued', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  await seen(ann, ben);
  const single = path.join(world.folder, 'note.txt');
  writeFileSync(single, 'a note');
  await ann.client.request('outbox/send', { peerId: ben.client.peerId, paths: [tree(world, 'photos'), single] });
  const { peerId, offerId } = await incoming(ben, ({ state }) => state === 'offered');
  await ann.stop();
  await seen(ben, ann, false);
  const target = path.join(world.folder, 'taken');
  const { downloadIds } = await ben.client.request('inbox/accept', { peerId, offerId, folder: target });
  await ben.stop();
  // As the database is when the process ends right after the last download was queued.
  const database = new Database(ben.dataFolder);
  database.run(`UPDATE offer SET state = 'offered', folder = NULL, downloads = '[]'`);
  database.close();
  await ben.start();
  const again = await incoming(ben, ({ state }) => state === 'accepted');
  assert.deepEqual([again.folder, again.downloadIds], [target, downloadIds]);
  await ann.start();
  await incoming(ben, ({ state }) => state === 'done');
  assert.deepEqual(readdirSync(target).sort(), ['note.txt', 'photos']);
});

test('an offer taken back in the middle of its transfer ends it', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  await seen(ann, ben);
  const file = path.join(world.folder, 'big.bin');
  writeFileSync(file, randomBytes(16 * MiB));
  await settings(ann, { uploadLimit: 2 * MiB });
  const sent = await ann.client.request('outbox/send', { peerId: ben.client.peerId, paths: [file] });
  const offer = await incoming(ben, ({ state }) => state === 'offered');
  await ben.client.request('inbox/accept', { peerId: offer.peerId, offerId: offer.offerId });
  await until(
    ben.client,
    ['downloads/changed'],
    async () => (await ben.client.request('downloads/list', {})).some(({ doneBytes }) => doneBytes > MiB),
    { what: 'some of it is here' },
  );
  await ann.client.request('outbox/withdraw', { offerId: sent.offerId });
  await incoming(ben, ({ state }) => state === 'withdrawn');
  await until(
    ben.client,
    ['downloads/changed'],
    async () => (await ben.client.request('downloads/list', {})).every(({ state }) => state === 'cancelled'),
    { what: 'its download was cancelled' },
  );
  assert.equal(existsSync(path.join(ben.downloadFolder, 'big.bin')), false);
  await until(ann.client, ['uploads/changed'], async () => (await ann.client.request('uploads/list', {})).length === 0, {
    what: 'nothing is given any more',
  });
});

test('an offer is declined, and its sender is told', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  await seen(ann, ben);
  const sent = await ann.client.request('outbox/send', { peerId: ben.client.peerId, paths: [tree(world, 'photos')] });
  const offer = await incoming(ben, ({ state }) => state === 'offered');
  await ben.client.request('inbox/decline', { peerId: offer.peerId, offerId: offer.offerId });
  await outgoing(ann, ({ offerId, state }) => offerId === sent.offerId && state === 'declined');
  await ann.client.request('outbox/clear', {});
  assert.deepEqual(await ann.client.request('outbox/list', {}), []);
});

test("a stranger's offer is refused, and arrives once it is let in", async (t) => {
  const world = await createWorld(t);
  const [ann, ben] = [await world.peer('ann'), await world.peer('ben')];
  const file = path.join(world.folder, 'hello.txt');
  writeFileSync(file, 'hello');
  await ann.client.request('peers/connect', { peerId: ben.client.peerId });
  await seen(ann, ben);
  await ann.client.request('outbox/send', { peerId: ben.client.peerId, paths: [file] });
  await outgoing(ann, ({ state, reason }) => state === 'waiting' && reason === 'unwelcome');
  assert.deepEqual(await ben.client.request('inbox/list', {}), []);
  await ben.client.request('peers/connect', { peerId: ann.client.peerId });
  await incoming(ben, ({ state }) => state === 'offered');
});

test('a drop box takes what fits into its quota, and leaves the rest to be answered', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  await Promise.all([seen(ann, ben), seen(ben, ann)]);
  const box = path.join(world.folder, 'box');
  await ben.client.request('dropBoxes/set', {
    folder: box,
    audience: { everyone: false, partyIds: [], peerIds: [ann.client.peerId] },
    quotaBytes: 2 * MiB,
  });
  const small = path.join(world.folder, 'small.bin');
  const bytes = randomBytes(1.5 * MiB);
  writeFileSync(small, bytes);
  await ann.client.request('outbox/send', { peerId: ben.client.peerId, paths: [small] });
  await incoming(ben, ({ state }) => state === 'done');
  assert.deepEqual(readFileSync(path.join(box, ownFolder(ann), 'small.bin')), bytes);
  const [told] = await ben.client.request('dropBoxes/list', {});
  assert.equal(told?.usedBytes, bytes.byteLength);

  const more = path.join(world.folder, 'more.bin');
  writeFileSync(more, randomBytes(MiB));
  await ann.client.request('outbox/send', { peerId: ben.client.peerId, paths: [more] });
  const waiting = await incoming(ben, ({ items }) => items[0]?.name === 'more.bin');
  assert.equal(waiting.state, 'offered');
  // With more room it is taken.
  await ben.client.request('dropBoxes/set', {
    ...{ dropBoxId: told?.dropBoxId ?? '', folder: box, quotaBytes: 8 * MiB },
    audience: { everyone: false, partyIds: [], peerIds: [ann.client.peerId] },
  });
  await incoming(ben, ({ items, state }) => items[0]?.name === 'more.bin' && state === 'done');
});

test('a drop box takes nothing that is larger than it was offered', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  await Promise.all([seen(ann, ben), seen(ben, ann)]);
  const box = path.join(world.folder, 'box');
  const audience = { everyone: false, partyIds: [], peerIds: [ann.client.peerId] };
  await assert.rejects(
    ben.client.request('dropBoxes/set', { folder: path.join(ben.dataFolder, 'cache'), audience, quotaBytes: MiB }),
    /the keys and the data of Potluck/,
  );
  await ben.client.request('dropBoxes/set', { folder: box, audience, quotaBytes: MiB });
  await ben.stop();
  await seen(ann, ben, false);
  const single = path.join(world.folder, 'single.bin');
  writeFileSync(single, 'small');
  const folder = path.join(world.folder, 'many');
  mkdirSync(folder);
  for (const name of ['a', 'b', 'c', 'd']) writeFileSync(path.join(folder, name), name);
  await ann.client.request('outbox/send', { peerId: ben.client.peerId, paths: [single, folder] });
  writeFileSync(single, randomBytes(5 * MiB));
  writeFileSync(path.join(folder, 'b'), randomBytes(9_000));
  writeFileSync(path.join(folder, 'c'), randomBytes(3 * MiB));
  await ben.start();
  await incoming(ben, ({ state }) => state === 'failed');
  const list = () => ben.client.request('downloads/list', {});
  await until(ben.client, ['downloads/changed'], async () => (await list()).every(({ state }) => state === 'failed'), {
    what: 'all of it that grew has failed',
  });
  assert.match(JSON.stringify((await list()).map(({ failure }) => failure)), /larger now than it was offered/);
  assert.deepEqual(
    readdirSync(path.join(box, ownFolder(ann)))
      .sort()
      .filter((name) => !name.startsWith('.')),
    ['many'],
  );
  assert.deepEqual(readdirSync(path.join(box, ownFolder(ann), 'many')).sort(), ['a', 'd']);

  // Small again, they come once it is accepted again, beside what is here; what was cleared from the queue too.
  writeFileSync(single, 'SMALL');
  for (const name of ['b', 'c']) writeFileSync(path.join(folder, name), name.toUpperCase());
  const [offer] = await ben.client.request('inbox/list', {});
  assert.ok(offer);
  const gone = (await list()).find(({ kind }) => kind === 'file');
  await ben.client.request('downloads/clear', { downloadId: gone?.downloadId ?? assert.fail() });
  await ben.stop();
  await ben.start();
  await ben.client.request('inbox/accept', { peerId: offer.peerId, offerId: offer.offerId });
  await incoming(ben, ({ state }) => state === 'done');
  assert.equal(readFileSync(path.join(box, ownFolder(ann), 'single.bin'), 'utf8'), 'SMALL');
  assert.deepEqual(readdirSync(path.join(box, ownFolder(ann), 'many')).sort(), ['a', 'b', 'c', 'd']);
});

test('a drop box that is set while the sender is away takes its offer when it comes', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  await seen(ann, ben);
  await ann.client.request('outbox/send', { peerId: ben.client.peerId, paths: [tree(world, 'photos')] });
  await incoming(ben, ({ state }) => state === 'offered');
  await ann.stop();
  await seen(ben, ann, false);
  const audience = { everyone: true, partyIds: [], peerIds: [] };
  const folder = path.join(world.folder, 'box');
  const { dropBoxId } = await ben.client.request('dropBoxes/set', { folder, audience, quotaBytes: 100 * MiB });
  await ann.start();
  const taken = await incoming(ben, ({ state }) => state === 'done');
  assert.deepEqual([taken.dropBoxId, taken.folder], [dropBoxId, path.join(folder, ownFolder(ann))]);
});

test('no drop box is set in a share, and no folder with one is shared', async (t) => {
  const world = await createWorld(t);
  const ben = await world.peer('ben');
  const audience = { everyone: true, partyIds: [], peerIds: [] };
  const [shared, free] = [path.join(world.folder, 'shared'), path.join(world.folder, 'free')];
  mkdirSync(shared);
  mkdirSync(path.join(free, 'box'), { recursive: true });
  await ben.client.request('shares/add', { path: shared });
  const set = (folder: string) => ben.client.request('dropBoxes/set', { folder, audience, quotaBytes: MiB });
  await assert.rejects(set(path.join(shared, 'box')), /which you share/);
  await set(path.join(free, 'box'));
  await assert.rejects(ben.client.request('shares/preview', { path: free }), /drop box/);
  await assert.rejects(ben.client.request('shares/add', { path: free }), /drop box/);
});

test('an offer that is taken back while nobody is here is gone at its receiver when both are', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  await seen(ann, ben);
  const { offerId } = await ann.client.request('outbox/send', { peerId: ben.client.peerId, paths: [tree(world, 'photos')] });
  await outgoing(ann, ({ state }) => state === 'offered');
  await ben.stop();
  await seen(ann, ben, false);
  await ann.client.request('outbox/withdraw', { offerId });
  await ann.client.request('outbox/clear', {});
  await ann.stop();
  await ann.start();
  await ben.start();
  await incoming(ben, ({ state }) => state === 'withdrawn');
});

test('a peer that blocks the sender forgets its offers', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  await seen(ann, ben);
  await ann.client.request('outbox/send', { peerId: ben.client.peerId, paths: [tree(world, 'photos')] });
  await incoming(ben, ({ state }) => state === 'offered');
  await ben.client.request('peers/block', { peerId: ann.client.peerId });
  assert.deepEqual(await ben.client.request('inbox/list', {}), []);
});

/** Of a sender in a drop box. */
function ownFolder({ name, client }: TestPeer): string {
  return `${name} ${client.peerId.slice(0, sendingLimits.folderKeyCharacters)}`;
}

function originOf(file: string): string {
  const fd = openSync(file, 'r');
  try {
    return getAttrSync(fd, 'user.xdg.origin.url')?.toString() ?? '';
  } finally {
    closeSync(fd);
  }
}

function tree(world: World, name: string): string {
  const folder = path.join(world.folder, name);
  mkdirSync(path.join(folder, 'deep', 'er'), { recursive: true });
  mkdirSync(path.join(folder, 'empty'));
  writeFileSync(path.join(folder, 'a.bin'), randomBytes(300_000));
  writeFileSync(path.join(folder, 'b.bin'), randomBytes(3 * MiB));
  writeFileSync(path.join(folder, 'deep', 'er', 'c.bin'), randomBytes(20_000));
  writeFileSync(path.join(folder, 'deep', 'nothing'), '');
  return folder;
}

async function incoming(peer: TestPeer, check: (offer: IncomingOffer) => boolean): Promise<IncomingOffer> {
  return until(
    peer.client,
    ['inbox/changed', 'peers/changed'],
    async () => (await peer.client.request('inbox/list', {})).find(check),
    {
      ...{ what: `${peer.name} has such an offer in the inbox`, timeoutMs: 45_000 },
    },
  );
}

async function outgoing(peer: TestPeer, check: (offer: OutgoingOffer) => boolean): Promise<OutgoingOffer> {
  return until(
    peer.client,
    ['outbox/changed', 'peers/changed'],
    async () => (await peer.client.request('outbox/list', {})).find(check),
    {
      ...{ what: `${peer.name} has such an offer in the outbox`, timeoutMs: 45_000 },
    },
  );
}
