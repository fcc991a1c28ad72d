// One file from one owner: over the direct link, over UDX, and ten times as large.

import path from 'node:path';
import type { LocalPeer } from '../../scripts/localPeers.ts';
import type { EntryRef } from '../../src/protocol/model.ts';
import { memoryMb, pause, rootOf, type BenchWorld } from '../parts/benchWorld.ts';
import { median, percentile } from '../parts/report.ts';
import { rawStream } from './rawStream.ts';
import { downloaded, hashed, linked, MiB, partyPeer, removed, shared, writeRandomFile } from './scene.ts';

interface Pair {
  owner: LocalPeer;
  viewer: LocalPeer;
  entry: EntryRef;
  small: EntryRef;
  folder: string;
}

async function pair(world: BenchWorld, name: string, options: { sizeMiB: number; hasLink?: boolean }): Promise<Pair> {
  const isLinked = options.hasLink ?? true;
  const folder = path.join(world.folder, `${name}-shared`);
  writeRandomFile(path.join(folder, 'one.bin'), options.sizeMiB * MiB, 1);
  writeRandomFile(path.join(folder, 'small.bin'), 64 * 1024, 2);
  const owner = await partyPeer(world, `${name}-owner`, { linkListen: isLinked });
  const viewer = await partyPeer(world, `${name}-viewer`, { linkListen: isLinked });
  const share = await shared(owner, viewer, folder);
  if (isLinked) console.log(`  link: ${await linked(viewer, owner)}`);
  const root = rootOf(share);
  return { owner, viewer, entry: { ...root, path: 'one.bin' }, small: { ...root, path: 'small.bin' }, folder };
}

async function close(world: BenchWorld, { owner, viewer, folder }: Pair): Promise<void> {
  await world.stop(viewer);
  await world.stop(owner);
  removed(folder);
}

/** The bar: at least 0.75 of the raw stream, verified and written; under it small requests answer within 20 ms. */
export async function measureOne(world: BenchWorld, { runs, sizeMiB }: { runs: number; sizeMiB: number }): Promise<void> {
  console.log(`one source, ${sizeMiB} MiB`);
  const scene = await pair(world, 'one', { sizeMiB });
  const target = path.join(world.folder, 'one-target');
  const [raw, first, known, ownerMs, viewerMs]: [number[], number[], number[], number[], number[]] = [[], [], [], [], []];
  const control: number[] = [];
  const answers: number[] = [];
  const opened: number[] = [];
  for (let run = 0; run <= runs; run++) {
    const rate = (await rawStream('tcp', sizeMiB * MiB, world.bootstrap)) / 1e6;
    const { ms, processorMs } = await downloaded(scene.viewer, scene.entry, { folder: target, owners: [scene.owner] });
    removed(target);
    const mbps = (sizeMiB * MiB) / ms / 1e3;
    console.log(
      `  run ${run}: ${mbps.toFixed(0)} MB/s, raw ${rate.toFixed(0)}; processor ${processorMs.map((each) => (each / 1000).toFixed(2)).join(' and ')} s`,
    );
    if (run === 0) {
      // The first one was of a file that nobody had hashed.
      first.push(mbps);
      await hashed(scene.viewer, scene.entry);
      continue;
    }
    raw.push(rate);
    known.push(mbps);
    viewerMs.push(processorMs[0] ?? 0);
    ownerMs.push(processorMs[1] ?? 0);
  }
  // Apart from the rates: asking costs, too.
  for (let run = 0; run < runs; run++) {
    const probe = probing(scene, run);
    await downloaded(scene.viewer, scene.entry, { folder: target });
    const probed = await probe.stop();
    removed(target);
    control.push(...probed.rpcMs);
    answers.push(...probed.wireMs);
    opened.push(...probed.openMs);
  }
  const { report } = world;
  report.add({
    name: 'one source, direct link',
    value: median(known),
    unit: 'MB/s',
    baseline: ['raw Noise over TCP', median(raw)],
    ratioLeast: 0.75,
  });
  report.add({
    name: 'the first time, not hashed',
    value: median(first),
    unit: 'MB/s',
    baseline: ['raw Noise over TCP', median(raw)],
  });
  report.add({ name: 'processor of the taker', value: median(viewerMs), unit: 'ms' });
  report.add({ name: 'processor of the owner', value: median(ownerMs), unit: 'ms' });
  report.add({ name: 'control under it p50', value: percentile(answers, 50), unit: 'ms' });
  report.add({ name: 'control under it p99', value: percentile(answers, 99), unit: 'ms', limit: 20 });
  report.add({ name: 'a byte of a file under it p99', value: percentile(opened, 99), unit: 'ms' });
  report.add({ name: 'client request under it p99', value: percentile(control, 99), unit: 'ms' });
  await close(world, scene);
}

/** The hole-punched path alone, against its raw stream. */
export async function measureUdx(world: BenchWorld, { runs, sizeMiB }: { runs: number; sizeMiB: number }): Promise<void> {
  console.log(`one source over UDX, ${sizeMiB} MiB`);
  const scene = await pair(world, 'udx', { sizeMiB, hasLink: false });
  await hashed(scene.viewer, scene.entry);
  const target = path.join(world.folder, 'udx-target');
  const [raw, ours]: [number[], number[]] = [[], []];
  for (let run = 0; run < runs; run++) {
    raw.push((await rawStream('udx', sizeMiB * MiB, world.bootstrap)) / 1e6);
    const { ms } = await downloaded(scene.viewer, scene.entry, { folder: target });
    ours.push((sizeMiB * MiB) / ms / 1e3);
    removed(target);
    console.log(`  run ${run}: ${(ours.at(-1) ?? 0).toFixed(0)} MB/s, raw ${(raw.at(-1) ?? 0).toFixed(0)}`);
  }
  world.report.add({
    name: 'one source, UDX',
    value: median(ours),
    unit: 'MB/s',
    baseline: ['raw Noise over UDX', median(raw)],
    ratioLeast: 0.9,
  });
  await close(world, scene);
}

/** Memory must not grow with the file. */
export async function measureLarge(world: BenchWorld, { sizeMiB }: { sizeMiB: number }): Promise<void> {
  console.log(`one source, ${sizeMiB} MiB`);
  const scene = await pair(world, 'large', { sizeMiB });
  const { ms } = await downloaded(scene.viewer, scene.entry, { folder: path.join(world.folder, 'large-target') });
  const peak = (peer: LocalPeer): number => memoryMb(peer.client.sidecarPid, 'VmHWM');
  world.report.add({ name: `${sizeMiB} MiB`, value: (sizeMiB * MiB) / ms / 1e3, unit: 'MB/s' });
  world.report.add({ name: 'peak memory of the taker', value: peak(scene.viewer), unit: 'MB', limit: 200 });
  world.report.add({ name: 'peak memory of the owner', value: peak(scene.owner), unit: 'MB', limit: 200 });
  removed(path.join(world.folder, 'large-target'));
  await close(world, scene);
}

/** While it runs asks for small things, fifty times a second: the client its sidecar, and the peers each other (a ping, a byte of a file). */
function probing(
  { viewer, small }: Pair,
  run: number,
): { stop(): Promise<{ rpcMs: number[]; wireMs: number[]; openMs: number[] }> } {
  const rpcMs: number[] = [];
  const wireMs: number[] = [];
  const openMs: number[] = [];
  let isOn = true;
  const timed = async (into: number[], ask: () => Promise<unknown>): Promise<void> => {
    const startedMs = performance.now();
    await ask();
    into.push(performance.now() - startedMs);
  };
  const work = (async () => {
    for (let count = 0; isOn; count++) {
      wireMs.push((await viewer.client.request('peers/ping', { peerId: small.peerId })).roundTripMs);
      // Another range each time, or the cache would answer.
      const offset = (run * 1000 + count) % 60_000;
      await timed(openMs, () => viewer.client.request('files/fetchRange', { entry: small, offset, length: 1 }));
      await timed(rpcMs, () => viewer.client.request('settings/get', {}));
      await pause(20);
    }
  })();
  return {
    stop: async () => {
      isOn = false;
      await work;
      return { rpcMs, wireMs, openMs };
    },
  };
}
