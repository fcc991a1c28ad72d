// `npm run bench -- transfer [--only one,udx,large,small,disk,sources,killed,feeding] [--runs N] [--size MiB] [--on FOLDER]`: moving files between real sidecars,
// each figure beside what it is held against in the same run. All on tmpfs where there is one, so that the disk is not what is measured;
// `--on` puts it elsewhere: 10 GiB twice seldom fit there.

import { accessSync, constants } from 'node:fs';
import { parseArgs } from 'node:util';
import { inBenchWorld } from './parts/benchWorld.ts';
import { measureFeeding } from './transfer/feeding.ts';
import { measureKilled } from './transfer/killed.ts';
import { measureSources } from './transfer/manySources.ts';
import { measureLarge, measureOne, measureUdx } from './transfer/oneSource.ts';
import { measureSmall } from './transfer/smallFiles.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'one,udx,large,small,disk,sources,killed,feeding' },
    runs: { type: 'string', default: '5' },
    size: { type: 'string', default: '1024' },
    files: { type: 'string', default: '10000' },
    on: { type: 'string' },
  },
});
const runs = Number(values.runs);
const sizeMiB = Number(values.size);
const files = Number(values.files);
const only = new Set(values.only.split(','));
const memoryDisk = '/dev/shm';
const realDisk = process.env['TMPDIR'] ?? '/var/tmp';

const folder = values.on ?? (isWritable(memoryDisk) ? memoryDisk : undefined);
if (folder !== undefined) process.env['TMPDIR'] = folder;

await inBenchWorld('transfer', async (world) => {
  if (only.has('one')) await measureOne(world, { runs, sizeMiB });
  if (only.has('udx')) await measureUdx(world, { runs, sizeMiB: Math.min(sizeMiB, 256) });
  if (only.has('large')) await measureLarge(world, { sizeMiB: 10 * sizeMiB });
  if (only.has('small')) await measureSmall(world, { runs, files, folder: world.folder, isDisk: false });
  if (only.has('disk')) await measureSmall(world, { runs, files, folder: realDisk, isDisk: true });
  if (only.has('sources')) await measureSources(world, { runs: Math.min(runs, 3), sizeMiB: 128 });
  if (only.has('killed')) await measureKilled(world, { sizeMiB });
  if (only.has('feeding')) await measureFeeding(world, { runs: Math.min(runs, 3), sizeMiB: 128 });
});

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
