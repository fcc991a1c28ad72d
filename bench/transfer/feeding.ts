// Three takers of one owner whose rate is limited: they feed each other, so that all have it hardly later than one alone would.

import path from 'node:path';
import { rootOf, type BenchWorld } from '../parts/benchWorld.ts';
import { median } from '../parts/report.ts';
import { downloaded, known, linked, MiB, partyPeer, removed, shared, writeRandomFile } from './scene.ts';

const takers = 3;

export async function measureFeeding(world: BenchWorld, { runs, sizeMiB }: { runs: number; sizeMiB: number }): Promise<void> {
  console.log(`${takers} takers of one owner that gives 16 MiB/s, ${sizeMiB} MiB`);
  const folder = path.join(world.folder, 'feeding-shared');
  writeRandomFile(path.join(folder, 'one.bin'), sizeMiB * MiB, 6);
  const owner = await partyPeer(world, 'feeding-owner', { uploadLimit: 16 * MiB });
  const viewers = [];
  for (let count = 0; count < takers; count++) viewers.push(await partyPeer(world, `feeding-${count}`));
  const [first] = viewers;
  if (!first) return;
  const share = await shared(owner, first, folder);
  const entry = { ...rootOf(share), path: 'one.bin' };
  for (const viewer of viewers) {
    await known(owner, viewer);
    await linked(viewer, owner);
    for (const other of viewers) if (other !== viewer) await linked(viewer, other);
  }
  const [alone, together]: [number[], number[]] = [[], []];
  for (let run = 0; run < runs; run++) {
    const targets = viewers.map((_, index) => path.join(world.folder, `feeding-target-${index}`));
    const [single = ''] = targets;
    alone.push((await downloaded(first, entry, { folder: single })).ms / 1000);
    removed(single);
    const all = await Promise.all(viewers.map((viewer, index) => downloaded(viewer, entry, { folder: targets[index] ?? '' })));
    together.push(Math.max(...all.map(({ ms }) => ms)) / 1000);
    targets.forEach(removed);
    console.log(
      `  run ${run}: alone ${(alone.at(-1) ?? 0).toFixed(2)} s, the last of ${takers} ${(together.at(-1) ?? 0).toFixed(2)} s`,
    );
  }
  world.report.add({
    name: `${takers} takers feed each other`,
    value: median(together),
    unit: 's',
    baseline: ['one alone', median(alone)],
    ratioMost: 1.4,
  });
  for (const viewer of viewers) await world.stop(viewer);
  await world.stop(owner);
  removed(folder);
}
