// `npm run bench -- compare [--size MiB] [--runs N] [--only potluck,scp,rsync,syncthing,iroh,hyperdrive]`: one file from one side to the other, side by side with
// other tools on this machine, on tmpfs: what a person waits for from sharing to verified, and the transfer alone. Tools that are not here are left out
// and named; iroh and Hyperdrive are fetched from the package registry for it.

import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { removeFolder } from '../scripts/localPeers.ts';
import { hyperdrive, iroh } from './compare/packaged.ts';
import { potluck } from './compare/potluck.ts';
import { rsync, scp } from './compare/ssh.ts';
import { syncthing } from './compare/syncthing.ts';
import { sameFile, type Measured, type Tool } from './compare/tool.ts';
import { median, Report } from './parts/report.ts';
import { MiB, writeRandomFile } from './transfer/scene.ts';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '1024' },
    runs: { type: 'string', default: '5' },
    only: { type: 'string', default: 'potluck,scp,rsync,syncthing,iroh,hyperdrive' },
  },
});
const sizeMiB = Number(values.size);
const runs = Number(values.runs);
const tools: Readonly<Record<string, Tool>> = { potluck, scp, rsync, syncthing, iroh, hyperdrive };

if (existsSync('/dev/shm')) process.env['TMPDIR'] = '/dev/shm';
const report = new Report('compare');
const results = new Map<string, { version: string; runs: Measured[] }>();
const names = values.only.split(',');

for (const name of names) {
  const tool = tools[name];
  if (!tool) throw new Error(`There is no tool ${JSON.stringify(name)}. Tools: ${Object.keys(tools).join(', ')}.`);
  const version = await tool.version().catch(() => undefined);
  if (version === undefined) console.log(`${name}: not here, left out`);
  else results.set(name, { version, runs: [] });
}

// Run by run through all of them, so that a slow minute of the machine meets each.
for (let run = 0; run < runs; run++) {
  for (const [name, result] of results) {
    const folder = mkdtempSync(path.join(tmpdir(), 'pl-c-'));
    const from = path.join(folder, 'from');
    const to = path.join(folder, 'to');
    mkdirSync(to, { recursive: true });
    writeRandomFile(path.join(from, 'one.bin'), sizeMiB * MiB, run + 1);
    try {
      const task = { folder, from, to, file: 'one.bin', sizeBytes: sizeMiB * MiB };
      const measured = await tools[name]
        ?.run(task)
        .catch((error: unknown) => console.log(`  run ${run} ${name}: ${String(error)}`));
      if (!measured) continue;
      sameFile(path.join(from, 'one.bin'), measured.landed);
      result.runs.push(measured);
      console.log(`  run ${run} ${name}: ${measured.prepareMs.toFixed(0)} + ${measured.transferMs.toFixed(0)} ms`);
    } finally {
      removeFolder(folder);
    }
  }
}

const of = (name: string, pick: (measured: Measured) => number): number => {
  const all = results.get(name)?.runs ?? [];
  return all.length === 0 ? NaN : median(all.map(pick));
};
console.log(`| tool | share to verified, s | of that the transfer, s | processor s, giver + taker | peak MB, giver + taker |`);
console.log('| --- | --- | --- | --- | --- |');
for (const [name, { version, runs: all }] of results) {
  if (all.length === 0) continue;
  const seconds = (pick: (measured: Measured) => number): string => (of(name, pick) / 1000).toFixed(2);
  const megabytes = (pick: (measured: Measured) => number): string => of(name, pick).toFixed(0);
  console.log(
    `| ${name} ${version} | ${seconds((m) => m.prepareMs + m.transferMs)} | ${seconds((m) => m.transferMs)} | ` +
      `${seconds((m) => m.giver.processorMs)} + ${seconds((m) => m.taker.processorMs)} | ` +
      `${megabytes((m) => m.giver.peakMb)} + ${megabytes((m) => m.taker.peakMb)} |`,
  );
}
const bars: Readonly<Record<string, number>> = { iroh: 1 / 2, hyperdrive: 1 / 5, syncthing: 1, scp: 1, rsync: 1 };
for (const name of results.keys()) {
  if (name === 'potluck' || !results.has('potluck')) continue;
  const whole = (each: string): number => of(each, (m) => m.prepareMs + m.transferMs) / 1000;
  const transfer = (each: string): number => of(each, (m) => m.transferMs) / 1000;
  const bar = bars[name];
  report.add({
    ...{ name: `share to verified / ${name}`, value: whole('potluck'), unit: 's', baseline: [name, whole(name)] },
    ...(bar !== undefined && { ratioMost: bar }),
  });
  report.add({ name: `transfer alone / ${name}`, value: transfer('potluck'), unit: 's', baseline: [name, transfer(name)] });
}
report.end();
process.exit();
