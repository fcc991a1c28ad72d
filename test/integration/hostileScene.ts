// The stage of the hostile tests: a victim that shares and downloads, an honest third peer, and what must hold after every attack.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { EntryRef } from '../../src/protocol/model.ts';
import { decodeAnnouncement } from '../../src/sidecar/wire/announcement.ts';
import * as codec from '../../src/sidecar/wire/codec.ts';
import type { ShareAnnouncement, SignedAnnouncement } from '../../src/sidecar/wire/services.ts';
import { types } from '../unit/sidecar/wire/worlds.ts';
import { Underworld, type Mallory, type OfferedShare } from './mallory.ts';
import { createWorld, ended, indexed, treeOf, until, type TestPeer, type World } from './world.ts';

export const party = 'a party with a traitor';

export interface Scene {
  world: World;
  underworld: Underworld;
  /** The victim: shares a folder, and downloads. */
  ann: TestPeer;
  /** Honest, and must notice nothing. */
  ben: TestPeer;
  share: EntryRef;
  content: Buffer;
}

export async function scene(t: TestContext): Promise<Scene> {
  const world = await createWorld(t);
  const tree = path.join(world.folder, 'tree');
  mkdirSync(path.join(tree, 'sub'), { recursive: true });
  const content = randomBytes(300_000);
  writeFileSync(path.join(tree, 'file.bin'), content);
  writeFileSync(path.join(tree, 'sub', 'b.txt'), 'b');
  writeFileSync(path.join(tree, '.env'), 'PASSWORD=secret');
  writeFileSync(path.join(world.folder, 'private.txt'), 'private');
  const [ann, ben] = [await world.peer('ann'), await world.peer('ben')];
  await ann.client.request('log/subscribe', { level: 'debug' });
  for (const peer of [ann, ben]) await peer.client.request('parties/join', { name: party });
  const { shareId } = await ann.client.request('shares/add', { path: tree, title: 'Table' });
  await indexed(ben, ann, 'Table');
  const share = { peerId: ann.client.peerId, shareId, path: '' };
  return { world, underworld: new Underworld(world, t), ann, ben, share, content };
}

/** The sidecar is the same process, serves an honest peer, and wrote nothing but its own data and finished downloads. */
export async function unharmed({ world, ann, ben, share, content }: Scene, downloaded: string[] = []): Promise<void> {
  assert.equal((await ann.client.request('sidecar/status', {})).pid, ann.client.sidecarPid);
  const download = await ended(ben, await ben.client.request('downloads/add', { entry: { ...share, path: 'file.bin' } }));
  assert.equal(download.state, 'done', JSON.stringify(download.failure));
  assert.ok(readFileSync(download.destination).equals(content));
  assert.deepEqual(readdirSync(world.folder).sort(), ['ann', 'ben', 'private.txt', 'tree', 'underworld']);
  assert.deepEqual(readdirSync(path.join(world.folder, 'ann')).sort(), ['data', 'downloads']);
  assert.deepEqual([...treeOf(path.join(world.folder, 'tree')).keys()].sort(), ['.env', 'file.bin', 'sub', 'sub/b.txt']);
  assert.deepEqual(visibleIn(ann), downloaded);
  assert.doesNotMatch(ann.log(), /Unexpected/);
}

export function visibleIn(peer: TestPeer): string[] {
  return readdirSync(peer.downloadFolder).filter((name) => !name.startsWith('.potluck'));
}

/** What the victim announced to a member. */
export async function announcedTo(mallory: Mallory): Promise<{ signed: SignedAnnouncement; announcement: ShareAnnouncement }> {
  const [signed] = await mallory.wire.next(types.announcements, codec.announcements);
  assert(signed);
  return { signed, announcement: decodeAnnouncement(signed.body) };
}

/** Waits until a share of the attacker has this index state at the viewer. */
export async function stateOf(viewer: TestPeer, mallory: Mallory, offered: OfferedShare, state: string): Promise<void> {
  await until(
    viewer.client,
    ['catalog/changed'],
    async () =>
      (await viewer.client.request('catalog/shares', { peerId: mallory.peerId })).some(
        ({ shareId, indexState }) => shareId === offered.announcement.shareId && indexState === state,
      ),
    { what: `the index is ${state}` },
  );
}
