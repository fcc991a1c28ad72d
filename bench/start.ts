// `npm run bench -- start [--runs N] [--window S] [--no-vscode]`: what Potluck costs before it does anything. Activation in a real VS Code,
// the sidecar's start, its memory and processor time when idle, and the size of the packages.

import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { targets } from '../scripts/bundle.ts';
import { packageVsix } from '../scripts/vsix.ts';
import { measureActivation } from './parts/activation.ts';
import { inBenchWorld, pause, processorMs, type BenchWorld } from './parts/benchWorld.ts';
import { median, timed } from './parts/report.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    window: { type: 'string', default: '20' },
    'no-vscode': { type: 'boolean', default: false },
  },
});
const runs = Number(values.runs);
const windowMs = Number(values.window) * 1000;
/** Joining and the first look-ups are not idling. */
const settleMs = 5000;

await inBenchWorld('start', async (world) => {
  const { folder, report } = world;
  await measureSidecar(world);
  const [packagesMs] = await timed(async () => {
    for (const target of targets) {
      const bytes = statSync(await packageVsix(target, folder)).size;
      report.add({ name: `VSIX ${target}`, value: bytes / 1e6, unit: 'MB', ...(target === 'linux-x64' && { limit: 6 }) });
    }
  });
  report.add({ name: 'six packages', value: packagesMs / 1000, unit: 's' });
  if (values['no-vscode']) return;
  const found = await measureActivation(path.join(folder, `potluck-linux-x64.vsix`), Math.max(5, runs));
  const empty: [string, number] = ['waiting for an empty one', median(found.map(({ emptyMs }) => emptyMs))];
  // As VS Code counts it in "Show Running Extensions": loading the code, and the call.
  const activation = median(found.map(({ loadMs, activationMs }) => loadMs + activationMs));
  report.add({ name: 'activation', value: activation, unit: 'ms', limit: 100 });
  report.add({ name: 'of it, activate()', value: median(found.map(({ activationMs }) => activationMs)), unit: 'ms' });
  report.add({ name: 'waiting for activation', value: median(found.map(({ wholeMs }) => wholeMs)), unit: 'ms', baseline: empty });
  report.add({
    name: 'sidecars before first use',
    value: found.filter(({ hasSidecar }) => hasSidecar).length,
    unit: '',
    limit: 0,
  });
});

async function measureSidecar(world: BenchWorld): Promise<void> {
  const starts: number[] = [];
  const warmStarts: number[] = [];
  const plain: number[] = [];
  const memory: number[] = [];
  const processor: number[] = [];
  for (let run = 0; run < runs; run++) {
    plain.push((await timed(() => promisify(execFile)(process.execPath, ['-e', '0'])))[0]);
    const [firstMs, first] = await timed(() => world.peer(`home${run}`));
    await world.stop(first);
    const [warmMs, peer] = await timed(() => world.peer(`home${run}`));
    starts.push(firstMs);
    warmStarts.push(warmMs);
    await peer.client.request('parties/join', { name: `bench ${run}` });
    await pause(settleMs);
    const before = processorMs(peer.client.sidecarPid);
    const startedMs = performance.now();
    await pause(windowMs);
    processor.push(((processorMs(peer.client.sidecarPid) - before) / (performance.now() - startedMs)) * 100);
    memory.push((await peer.client.request('sidecar/status', {})).rssBytes / 1e6);
    await world.stop(peer);
  }
  const node: [string, number] = ['node -e 0', median(plain)];
  const { report } = world;
  report.add({ name: 'sidecar start to hello', value: median(starts), unit: 'ms', baseline: node });
  report.add({ name: 'second start to hello', value: median(warmStarts), unit: 'ms', baseline: node });
  report.add({ name: 'idle memory', value: median(memory), unit: 'MB', limit: 120 });
  report.add({ name: 'idle processor', value: median(processor), unit: '%', limit: 1 });
}
