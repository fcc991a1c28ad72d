// The stage of the transfer tests: peers of one party, folders of known bytes, moments in the middle of a transfer. A moment comes from a
// rate limit that makes the transfer long and from what the sidecar tells, never from waiting a while.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { DownloadInfo, EntryRef, PeerInfo, Settings } from '../../src/protocol/model.ts';
import { createWorld, indexed, seen, treeOf, until, type TestPeer, type World } from './world.ts';

export const MiB = 1024 * 1024;

export interface Table {
  world: World;
  peers: TestPeer[];
}

/** Sidecars of one party that see each other. */
export async function tableOf<N extends readonly string[]>(
  t: TestContext,
  ...names: N
): Promise<{ world: World; peers: { [K in keyof N]: TestPeer } }> {
  const world = await createWorld(t);
  const peers = await Promise.all(names.map((name) => world.peer(name)));
  await Promise.all(peers.map((peer) => peer.client.request('parties/join', { name: 'transfer party' })));
  return { world, peers: peers as { [K in keyof N]: TestPeer } };
}

export interface Put {
  folder: string;
  root: EntryRef;
  title: string;
}

/** Writes files (relative path to bytes) and shares their folder. */
export async function put(world: World, owner: TestPeer, title: string, files: Record<string, Uint8Array>): Promise<Put> {
  const folder = path.join(world.folder, `${owner.name} ${title}`);
  mkdirSync(folder);
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), bytes);
  }
  const { shareId } = await owner.client.request('shares/add', { path: folder, title });
  return { folder, root: { peerId: owner.client.peerId, shareId, path: '' }, title };
}

/** One large file, in the index of everybody who will download it. */
export async function putOne(
  world: World,
  owner: TestPeer,
  options: { bytes: Uint8Array; for: TestPeer[]; name?: string; title?: string },
): Promise<Put & { entry: EntryRef; file: string }> {
  const { name = 'big.bin', title = 'Table' } = options;
  const shared = await put(world, owner, title, { [name]: options.bytes });
  for (const peer of options.for) await indexed(peer, owner, title);
  return { ...shared, entry: { ...shared.root, path: name }, file: path.join(shared.folder, name) };
}

/** Makes the content id of a file known to a peer before it downloads: a range needs it, so the owner hashes the file and tells everybody. */
export async function described(viewer: TestPeer, entry: EntryRef): Promise<string> {
  await viewer.client.request('files/fetchRange', { entry, offset: 0, length: 1 });
  return until(
    viewer.client,
    ['catalog/changed'],
    async () => (await viewer.client.request('catalog/details', { entry })).contentId,
    { what: `${viewer.name} knows the content id of ${entry.path}`, timeoutMs: 30_000 },
  );
}

export async function settings(peer: TestPeer, changes: Partial<Settings>): Promise<void> {
  await peer.client.request('settings/set', changes);
}

export async function now(peer: TestPeer, { downloadId }: Pick<DownloadInfo, 'downloadId'>): Promise<DownloadInfo> {
  const found = (await peer.client.request('downloads/list', {})).find((each) => each.downloadId === downloadId);
  assert(found, `${peer.name} has no download ${downloadId}`);
  return found;
}

/** Waits until a download is as `check` wants it; says how it was when it never is. */
export async function when(
  peer: TestPeer,
  download: Pick<DownloadInfo, 'downloadId' | 'name'>,
  check: (download: DownloadInfo) => boolean,
  options: { what: string; timeoutMs?: number },
): Promise<DownloadInfo> {
  let last: DownloadInfo | undefined;
  try {
    return await until(
      peer.client,
      ['downloads/changed'],
      async () => {
        last = await now(peer, download);
        return check(last) && last;
      },
      { ...options, what: `${download.name} at ${peer.name}: ${options.what}` },
    );
  } catch (error) {
    throw new Error(`${String(error)}; it is ${JSON.stringify(last)}`);
  }
}

/** Waits until so much of it is here and it still runs. */
export function middle(peer: TestPeer, download: DownloadInfo, bytes = 1): Promise<DownloadInfo> {
  return when(
    peer,
    download,
    ({ state, doneBytes, failure }) => {
      assert.ok(state !== 'done' && state !== 'failed', `it ended before its middle: ${state} ${failure?.message}`);
      return state === 'running' && doneBytes >= bytes;
    },
    { what: `${bytes} bytes are here` },
  );
}

/** Waits until it is done, and fails when it ends otherwise. */
export async function done(peer: TestPeer, download: DownloadInfo, timeoutMs = 60_000): Promise<DownloadInfo> {
  const end = await when(peer, download, ({ state }) => ['done', 'failed', 'cancelled'].includes(state), {
    what: 'done',
    timeoutMs,
  });
  assert.equal(end.state, 'done', JSON.stringify(end.failure));
  assert.deepEqual(end.failedFiles, []);
  return end;
}

/** Everything below the download folder (or another) under a final name. */
export function visible(peer: TestPeer, folder = peer.downloadFolder): string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.potluck'))
    .sort();
}

/** The partial files of a download folder, by absolute path. */
export function partials(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((item) => item.isFile() && item.name.endsWith('.part'))
    .map((item) => path.join(item.parentPath, item.name));
}

export function assertBytes(file: string, bytes: Uint8Array): void {
  const hash = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
  const found = readFileSync(file);
  assert.equal(found.length, bytes.length, `size of ${file}`);
  assert.equal(hash(found), hash(bytes), `bytes of ${file}`);
}

/** What a folder holds is what was shared, nothing more and nothing less. */
export function assertTree(folder: string, shared: string): void {
  assert.deepEqual([...treeOf(folder)].sort(), [...treeOf(shared)].sort());
}

/** Bytes that went from a peer to all that it is connected to, overhead included. */
export async function sentBytes(peer: TestPeer): Promise<number> {
  const peers = await peer.client.request('peers/list', {});
  return peers.reduce((sum, { traffic }) => sum + (traffic?.sentBytes ?? 0), 0);
}

/** File bytes that a peer ever gave to others, once all that goes on has ended. */
export async function uploadedBytes(peer: TestPeer): Promise<number> {
  await until(
    peer.client,
    ['uploads/changed', 'transfers/rates'],
    async () => (await peer.client.request('uploads/list', {})).length === 0,
    { what: `nobody takes from ${peer.name} any more` },
  );
  return (await peer.client.request('transfers/totals', {})).uploadedBytes;
}

/** Waits until bytes to `peer` go over a direct link. */
export function linked(viewer: TestPeer, peer: TestPeer): Promise<PeerInfo> {
  return until(
    viewer.client,
    ['peers/changed'],
    async () =>
      (await viewer.client.request('peers/list', {})).find(
        (each) => each.peerId === peer.client.peerId && each.link !== undefined && each.link.kind !== 'session',
      ),
    { what: `${viewer.name} has a direct link to ${peer.name}` },
  );
}

export async function seeEachOther(...peers: TestPeer[]): Promise<void> {
  for (const viewer of peers) for (const peer of peers) if (viewer !== peer) await seen(viewer, peer);
}

/** A folder of many sizes, around every border that there is: empty, one leaf, a pack, a range. */
export function mixedFiles(): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = { empty: new Uint8Array(0), 'sub/deep/also empty': new Uint8Array(0) };
  for (let at = 0; at < 300; at++) files[`small/${at % 7}/${at}.txt`] = randomBytes(1 + ((at * 37) % 4096));
  for (const bytes of [16_383, 16_384, 16_385, 262_143, 262_144, 262_145, MiB, 3 * MiB + 17, 5 * MiB - 1])
    files[`sizes/${bytes}.bin`] = randomBytes(bytes);
  return files;
}

/** Numbers in [0, 1) from a seed that a failing run printed. */
export function randomFrom(t: TestContext, given = process.env['POTLUCK_TEST_SEED']): () => number {
  const seed = given === undefined ? randomBytes(4).readUInt32LE() : Number(given);
  t.diagnostic(`POTLUCK_TEST_SEED=${seed}`);
  let state = seed;
  // mulberry32, public domain.
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
