// `npm run bench -- connect [--runs N] [--peers N] [--window S]`: from joining a party to browsing, on loopback, in a local network without
// internet, and behind routers (as root on Linux); what a hundred connected peers cost one sidecar; and what a flood of handshakes that never finish
// does to them. `npm run bench -- nat` tries the networks often.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { LocalPeer } from '../scripts/localPeers.ts';
import { packetsOf, sendAll } from '../test/unit/sidecar/network/halfOpen.ts';
import { bareSwarmMs, here } from './connect/bare.ts';
import { Crowd } from './connect/crowd.ts';
import { inNetworks } from './connect/networks.ts';
import { firstListing, inBenchWorld, memoryMb, pause, processorMs, told, watching, type BenchWorld } from './parts/benchWorld.ts';
import { median, percentile } from './parts/report.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    peers: { type: 'string', default: '100' },
    window: { type: 'string', default: '10' },
    handshakes: { type: 'string', default: '1000' },
  },
});
const runs = Number(values.runs);
const windowMs = Number(values.window) * 1000;
/** Joining, look-ups and garbage of a start are not what a connected peer costs. */
const settleMs = 5000;

await inBenchWorld('connect', async (world) => {
  const folder = path.join(world.folder, 'shared');
  mkdirSync(folder);
  for (let i = 0; i < 20; i++) writeFileSync(path.join(folder, `file ${i}.txt`), `${i}`);
  await joinLater(world, folder);
  await joinTogether(world, folder);
  await inNetworks(world.report, runs);
  await hundredPeers(world);
});

/** Somebody new comes to a party whose members are there. */
async function joinLater(world: BenchWorld, folder: string): Promise<void> {
  const owner = await world.peer('owner');
  await owner.client.request('shares/add', { path: folder, title: 'Bench' });
  await watching(owner);
  await owner.client.request('parties/join', { name: 'bench connect' });
  await told(owner, ['parties/changed', 'network/changed'], async () => {
    const [party] = await owner.client.request('parties/list', {});
    return party?.state === 'joined' ? party : undefined;
  });
  const [online, browsable, bare]: [number[], number[], number[]] = [[], [], []];
  for (let run = 0; run < runs; run++) {
    bare.push(await bareSwarmMs([here, here], world.bootstrap, '127.0.0.1'));
    const viewer = await world.peer(`viewer${run}`);
    const startedMs = performance.now();
    const isThere = whenOnline(viewer, owner);
    const listing = firstListing(viewer, owner);
    await viewer.client.request('parties/join', { name: 'bench connect' });
    online.push((await isThere) - startedMs);
    browsable.push((await listing) - startedMs);
    await world.stop(viewer);
  }
  await world.stop(owner);
  const { report } = world;
  report.add({ name: 'join to browsable', value: median(browsable), unit: 'ms', limit: 1000 });
  report.add({ name: 'join to a session', value: median(online), unit: 'ms', baseline: ['bare Hyperswarm', median(bare)] });
  report.add({ name: 'join to browsable, slowest', value: Math.max(...browsable), unit: 'ms' });
}

/** Two new ones join at the same moment: neither finds the other where it looks first. */
async function joinTogether(world: BenchWorld, folder: string): Promise<void> {
  const browsable: number[] = [];
  for (let run = 0; run < runs; run++) {
    const [owner, viewer] = await Promise.all([world.peer(`one${run}`), world.peer(`other${run}`)]);
    await owner.client.request('shares/add', { path: folder, title: 'Bench' });
    await watching(owner);
    const startedMs = performance.now();
    const listing = firstListing(viewer, owner);
    await Promise.all([owner, viewer].map((peer) => peer.client.request('parties/join', { name: `bench together ${run}` })));
    browsable.push((await listing) - startedMs);
    await Promise.all([world.stop(owner), world.stop(viewer)]);
  }
  world.report.add({ name: 'both join at once', value: median(browsable), unit: 'ms' });
}

async function hundredPeers(world: BenchWorld): Promise<void> {
  const { report } = world;
  const host = await world.peer('host');
  await host.client.request('parties/join', { name: 'bench crowd' });
  const pid = host.client.sidecarPid;
  await pause(settleMs);
  const [emptyMb, emptyMs] = [memoryMb(pid, 'VmRSS'), await processorIn(pid)];
  const crowd = new Crowd(world.bootstrap, host.peerId, 'bench crowd');
  try {
    const count = Number(values.peers);
    const startedMs = performance.now();
    await crowd.join(count);
    await told(host, ['peers/changed'], async () => {
      const peers = await host.client.request('peers/list', {});
      return peers.filter(({ isOnline, isStranger }) => isOnline && !isStranger).length >= count || undefined;
    });
    report.add({ name: `${count} peers connect`, value: performance.now() - startedMs, unit: 'ms' });
    await pause(settleMs);
    const grownMb = memoryMb(pid, 'VmRSS') - emptyMb;
    report.add({ name: 'memory with them', value: emptyMb + grownMb, unit: 'MB', baseline: ['without them', emptyMb] });
    report.add({ name: 'memory a peer', value: (1000 * grownMb) / count, unit: 'kB' });
    const empty: [string, number] = ['without them', (100 * emptyMs) / windowMs];
    report.add({ name: 'idle processor', value: (100 * (await processorIn(pid))) / windowMs, unit: '%', baseline: empty });

    const { door } = crowd;
    const packets = await packetsOf(door, Number(values.handshakes));
    const quiet = await crowd.roundTrips(windowMs);
    const calm = (percent: number): [string, number] => ['before', percentile(quiet, percent)];
    // They stay half-open for as long (admissionLimits.handshakeMs).
    const flooded = await crowd.roundTrips(windowMs, () => sendAll(door, packets));
    report.add({ name: 'round trip under a flood', value: median(flooded), unit: 'ms', baseline: calm(50), ratioMost: 2 });
    report.add({ name: 'its 99th percentile', value: percentile(flooded, 99), unit: 'ms', baseline: calm(99) });
    // A packet is looked at once only.
    const more = await packetsOf(door, Number(values.handshakes));
    const lasting = await crowd.roundTrips(windowMs, () => inTenths(more, (part) => sendAll(door, part)));
    report.add({ name: 'under one that lasts', value: median(lasting), unit: 'ms', baseline: calm(50), ratioMost: 2 });
    report.add({ name: 'its own 99th percentile', value: percentile(lasting, 99), unit: 'ms', baseline: calm(99) });
    report.add({ name: 'peers lost by it', value: count - crowd.connected, unit: '', limit: 0 });
  } finally {
    await crowd.leave();
  }
}

/** Spread over the window. */
async function inTenths(packets: readonly Buffer[], send: (part: readonly Buffer[]) => Promise<void>): Promise<void> {
  const size = Math.ceil(packets.length / 10);
  for (let at = 0; at < packets.length; at += size) {
    await send(packets.slice(at, at + size));
    await pause(windowMs / 10);
  }
}

async function processorIn(pid: number): Promise<number> {
  const before = processorMs(pid);
  await pause(windowMs);
  return processorMs(pid) - before;
}

async function whenOnline(viewer: LocalPeer, owner: LocalPeer): Promise<number> {
  const { atMs } = await told(viewer, ['peers/changed'], async () => {
    const peers = await viewer.client.request('peers/list', {});
    return peers.find(({ peerId, isOnline }) => peerId === owner.peerId && isOnline);
  });
  return atMs;
}
