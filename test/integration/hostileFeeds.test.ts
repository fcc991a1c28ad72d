// Lies in the replication of a feed, told by a member of the party to a real sidecar: about places that no feed has, about another
// member's feed, and about blocks that are too large.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { ReplicationPeer } from 'hypercore';
import type Hypercore from 'hypercore';
import { decodeAnnouncement } from '../../src/sidecar/wire/announcement.ts';
import * as codec from '../../src/sidecar/wire/codec.ts';
import { types } from '../unit/sidecar/wire/worlds.ts';
import { Underworld, type Mallory } from './mallory.ts';
import { createWorld, until } from './world.ts';

const far = 2 ** 52;

const lies: Record<string, (peer: ReplicationPeer) => void> = {
  'blocks up to the end of all numbers': ({ wireRange }) => wireRange.send({ drop: false, start: 1, length: far }),
  'a block far away, then one that is gone': ({ wireRange }) => {
    wireRange.send({ drop: false, start: far, length: 1 });
    wireRange.send({ drop: true, start: 1, length: 2 });
  },
  'a bitfield far away': ({ wireBitfield }) =>
    wireBitfield.send({ start: far, bitfield: new Uint32Array(1024).fill(0xffffffff) }),
};

test('places that no feed has end the session, and take neither time nor memory', { timeout: 30_000 }, async (t) => {
  const world = await createWorld(t);
  const tree = path.join(world.folder, 'tree');
  mkdirSync(tree);
  writeFileSync(path.join(tree, 'a.txt'), 'a');
  const ann = await world.peer('ann');
  await ann.client.request('log/subscribe', { level: 'debug' });
  await ann.client.request('parties/join', { name: 'feeds' });
  const { shareId } = await ann.client.request('shares/add', { path: tree, title: 'Tree' });
  await ann.client.request('shares/rescan', { shareId });
  const underworld = new Underworld(world, t);
  for (const [name, lie] of Object.entries(lies)) {
    await t.test(name, async () => {
      const mallory = await underworld.member(ann, 'feeds');
      const [signed] = await mallory.wire.next(types.announcements, codec.announcements);
      assert(signed);
      const core = await mallory.replicate(decodeAnnouncement(signed.body));
      lie(await peerOf(mallory, core));
      await mallory.endsFor(/speaks of a feed of \d+ blocks/);
      await core.close();
    });
  }
  assert.ok((await ann.client.request('sidecar/status', {})).rssBytes < 250e6);
});

test("a bad block of one member's session is not held against the feed's owner", { timeout: 30_000 }, async (t) => {
  const world = await createWorld(t);
  const tree = path.join(world.folder, 'tree');
  mkdirSync(tree);
  writeFileSync(path.join(tree, 'a.txt'), 'a');
  const [ann, ben] = [await world.peer('ann'), await world.peer('ben')];
  await ann.client.request('log/subscribe', { level: 'debug' });
  const { shareId } = await ben.client.request('shares/add', { path: tree, title: 'Honest' });
  await ben.client.request('shares/rescan', { shareId });
  const underworld = new Underworld(world, t);
  await ben.client.request('parties/join', { name: 'feeds' });
  await ann.client.request('parties/join', { name: 'others' });
  const atBen = await underworld.member(ben, 'feeds');
  const [signed] = await atBen.wire.next(types.announcements, codec.announcements);
  assert(signed);
  const first = decodeAnnouncement(signed.body);
  const core = await atBen.replicate(first);
  for (let block = 0; block < first.feedLength; block++) await core.get(block, { timeout: 5000 });
  atBen.leave();
  const lists = (name: string): Promise<unknown> =>
    until(
      ann.client,
      ['catalog/changed'],
      () => ann.client.request('catalog/stat', { entry: { peerId: ben.client.peerId, shareId, path: name } }).catch(() => false),
      { what: `${name} is listed` },
    );

  // Ann has nothing of Ben's feed yet, and asks Mallory for its blocks.
  const mallory = await underworld.member(ann, 'others');
  core.on('peer-add', (peer: ReplicationPeer) => {
    const honest = peer.onrequest.bind(peer);
    peer.onrequest = (request) => {
      const { id, block } = request;
      if (!block) return honest(request);
      return peer.wireData.send({ request: id, fork: 0, block: { ...block, nodes: [], value: Buffer.alloc(2 ** 21) } });
    };
  });
  mallory.announce({ announcement: { ...first, title: 'Stolen' }, core });
  await mallory.endsFor(/A feed block of 2097152 bytes/);

  await ann.client.request('parties/join', { name: 'feeds' });
  await lists('a.txt');
  writeFileSync(path.join(tree, 'c.txt'), 'c');
  await ben.client.request('shares/rescan', { shareId });
  await lists('c.txt');
});

/** Mallory's end of the replication, once the other end took part. */
async function peerOf(mallory: Mallory, core: Hypercore): Promise<ReplicationPeer> {
  const find = (): ReplicationPeer | undefined =>
    core.core?.replicator.peers.find(({ protomux }) => protomux === mallory.wire.muxer);
  const signal = AbortSignal.timeout(5000);
  for (let peer = find(); ; peer = find()) {
    if (peer) return peer;
    await once(core, 'peer-add', { signal });
  }
}
