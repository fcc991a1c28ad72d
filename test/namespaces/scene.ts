// What peers do in networks of our own, for tests and for the figures of docs/nat.md: share a file, join, browse, download, move.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { PeerId } from '../../src/protocol/ids.ts';
import type { CatalogShare, DownloadInfo, PeerInfo } from '../../src/protocol/model.ts';
import { ended, indexed, seen, type TestPeer, until } from '../integration/world.ts';
import type { Machine, NetWorld, Plug, PlugOptions } from './world.ts';

export const MiB = 1024 * 1024;

export interface TwoMachines {
  machines: [Machine, Machine];
  plugs: [Plug, Plug];
}

export interface Two extends TwoMachines {
  world: NetWorld;
  ann: TestPeer;
  ben: TestPeer;
}

/** Two machines on a switch, with no way out. */
export function twoMachines(world: NetWorld, ends: [PlugOptions, PlugOptions], { isWithoutIPv6 = false } = {}): TwoMachines {
  const lan = world.switch('lan');
  const machines: [Machine, Machine] = [world.machine('left'), world.machine('right')];
  if (isWithoutIPv6) for (const machine of machines) machine.disableIPv6();
  return { machines, plugs: [machines[0].plug(lan, ends[0]), machines[1].plug(lan, ends[1])] };
}

/** New sidecars on them, which know no node to start from. `run`: a world uses a name once. */
export async function peopled(world: NetWorld, two: TwoMachines, run = 1): Promise<Two> {
  const [left, right] = two.machines;
  const [ann, ben] = await Promise.all([world.peer(`ann${run}`, left), world.peer(`ben${run}`, right)]);
  return { world, ...two, ann, ben };
}

export const onIPv4: [PlugOptions, PlugOptions] = [{ addresses: ['10.20.0.1/24'] }, { addresses: ['10.20.0.2/24'] }];

/** A folder of `peer`'s with one file of random bytes, shared. */
export async function share(world: NetWorld, peer: TestPeer, bytes: number): Promise<Buffer> {
  const folder = path.join(world.folder, peer.name, 'table');
  mkdirSync(folder, { recursive: true });
  const content = randomBytes(bytes);
  writeFileSync(path.join(folder, 'cake.bin'), content);
  await peer.client.request('shares/add', { path: folder, title: 'table' });
  return content;
}

export async function join(peers: TestPeer[], name = 'kitchen'): Promise<void> {
  await Promise.all(peers.map((peer) => peer.client.request('parties/join', { name })));
}

/** Until the first page of the share can be shown. */
export async function browsable(viewer: TestPeer, owner: TestPeer): Promise<CatalogShare> {
  const table = await indexed(viewer, owner, 'table');
  const root = { peerId: owner.client.peerId, shareId: table.shareId, path: '' };
  const { total } = await viewer.client.request('catalog/list', { entry: root, limit: 100 });
  if (total !== 1) throw new Error(`${total} entries where one was shared`);
  return table;
}

export async function download(taker: TestPeer, owner: TestPeer, { shareId }: CatalogShare): Promise<DownloadInfo> {
  const entry = { peerId: owner.client.peerId, shareId, path: 'cake.bin' };
  return taker.client.request('downloads/add', { entry });
}

export function received(taker: TestPeer): Buffer {
  return readFileSync(path.join(taker.downloadFolder, 'cake.bin'));
}

export async function infoOf(viewer: TestPeer, peerId: PeerId): Promise<PeerInfo | undefined> {
  return (await viewer.client.request('peers/list', {})).find((peer) => peer.peerId === peerId);
}

/** From `ben`'s joining a party that `ann` is in, to browsing what she shared. Milliseconds. */
export async function joinAndBrowse({ world, ann, ben }: Pick<Two, 'world' | 'ann' | 'ben'>, bytes: number) {
  const content = await share(world, ann, bytes);
  await join([ann]);
  const startedAt = performance.now();
  await join([ben]);
  const table = await browsable(ben, ann);
  return { content, table, ms: performance.now() - startedAt, peer: await seen(ben, ann) };
}

/** Changes an address while `ben` downloads from `ann`; answers how long after that the file was whole. Throws when it does not come, or differs. */
export async function changeInTheMiddle(
  { ann, ben }: Pick<Two, 'ann' | 'ben'>,
  given: { content: Buffer; table: CatalogShare },
  change: () => void,
): Promise<number> {
  await ann.client.request('settings/set', { uploadLimit: 4 * MiB });
  const added = await download(ben, ann, given.table);
  const isUnderWay = async () => {
    const now = (await ben.client.request('downloads/list', {})).find(({ downloadId }) => downloadId === added.downloadId);
    return now !== undefined && now.doneBytes > MiB;
  };
  await until(ben.client, ['downloads/changed'], isUnderWay, { what: 'some of it arrived' });
  change();
  const changedAt = performance.now();
  await ann.client.request('settings/set', { uploadLimit: 0 });
  const done = await ended(ben, added);
  if (done.state !== 'done') throw new Error(`The download ended: ${done.state}, ${done.failure?.message ?? ''}`);
  if (!received(ben).equals(given.content)) throw new Error('What arrived is not what was shared.');
  return performance.now() - changedAt;
}

/** What the diagnosis says of the local network. */
export async function lanOf(peer: TestPeer): Promise<string | undefined> {
  const { findings } = await peer.client.request('network/diagnose', {}, { timeoutMs: 20_000 });
  return findings.find(({ area }) => area === 'lan')?.state;
}
