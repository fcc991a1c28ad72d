// `npm run bench -- marks [--files N]`: an Explorer of ten thousand small files in a share, marked while a person scrolls through all of it, and all at
// once. The extension's own code asks a real sidecar, without VS Code around it; beside it the same with marks off, which asks nobody.

import { mkdirSync, writeFileSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { shareAndScan } from '../scripts/localPeers.ts';
import { ExplorerMarks } from '../src/extension/decorations/explorerMarks.ts';
import { Sidecar } from '../src/extension/sidecar.ts';
import { World } from '../src/extension/world.ts';
import { inBenchWorld, processorMs } from './parts/benchWorld.ts';
import { median, percentile, timed } from './parts/report.ts';

const { values } = parseArgs({ options: { files: { type: 'string', default: '10000' } } });
const fileCount = Number(values.files);
const perFolder = 100;
/** Rows of a tall screen. */
const screen = 50;
const rounds = 5;

await inBenchWorld('marks', async (world) => {
  const target = path.join(world.folder, 'project');
  const files = makeFiles(target);
  const peer = await world.peer('ann');
  await shareAndScan(peer, target, 'Project');
  const sidecar = new Sidecar(() => Promise.resolve(peer.client));
  const known = new World(sidecar);
  await known.load();
  const make = (): ExplorerMarks => new ExplorerMarks(sidecar, known, () => undefined);

  const screens: number[] = [];
  const again: number[] = [];
  const scrolled = make();
  for (let at = 0; at < files.length; at += screen) {
    const rows = files.slice(at, at + screen);
    const mark = () => Promise.all(rows.map((row) => scrolled.of(row)));
    screens.push((await timed(mark))[0]);
    again.push((await timed(mark))[0]);
  }
  scrolled.dispose();
  world.report.add({
    name: `a screen of ${screen} rows, p50`,
    value: median(screens),
    unit: 'ms',
    baseline: ['seen before', median(again)],
  });
  world.report.add({ name: 'the same, p95', value: percentile(screens, 95), unit: 'ms', limit: 100 });

  const [all, host, there, disk]: [number[], number[], number[], number[]] = [[], [], [], []];
  let leftOut = 0;
  for (let round = 0; round < rounds; round++) {
    const marks = make();
    const before = { host: process.cpuUsage(), there: processorMs(peer.client.sidecarPid) };
    const [ms, found] = await timed(() => Promise.all(files.map((file) => marks.of(file))));
    const used = process.cpuUsage(before.host);
    all.push(ms);
    host.push((used.user + used.system) / 1000);
    there.push(processorMs(peer.client.sidecarPid) - before.there);
    leftOut = found.filter((mark) => mark?.badge === '⊘').length;
    marks.dispose();
    disk.push((await timed(() => Promise.all(files.map((file) => lstat(file)))))[0]);
  }
  if (leftOut !== files.length / 10) throw new Error(`${leftOut} of ${files.length} were marked as left out.`);
  world.report.add({
    name: `all ${files.length} at once`,
    value: median(all),
    unit: 'ms',
    baseline: ['lstat of them', median(disk)],
  });
  world.report.add({ name: 'processor of the extension', value: median(host), unit: 'ms' });
  world.report.add({ name: 'processor of the sidecar', value: median(there), unit: 'ms' });
  known.dispose();
});

/** Every tenth is left out by a rule of its folder. */
function makeFiles(target: string): string[] {
  return Array.from({ length: fileCount }, (_, at) => {
    const folder = path.join(target, `part${Math.floor(at / perFolder)}`);
    if (at % perFolder === 0) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(folder, '.gitignore'), '*.log\n');
    }
    const file = path.join(folder, `file${at}.${at % 10 === 0 ? 'log' : 'txt'}`);
    writeFileSync(file, `${at}\n`);
    return file;
  });
}
