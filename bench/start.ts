// `npm run bench -- start [--runs N] [--window S] [--no-vscode]`: what Potluck costs before it does anything. Activation in a real VS Code,
// the sidecar's start, its memory and processor time when idle, and the size of the packages.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { targets } from '../scripts/bundle.ts';
import { removeFolder, startLoopbackNetwork, startPeer, type LocalPeer } from '../scripts/localPeers.ts';
import { packageVsix } from '../scripts/vsix.ts';
import { measureActivation } from './parts/activation.ts';
import { median, Report, timed } from './parts/report.ts';

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
/** USER_HZ of Linux, the same on every architecture that Node runs on. */
const ticksPerSecond = 100;

const report = new Report('start');
const folder = mkdtempSync(path.join(tmpdir(), 'pl-s-'));
const network = await startLoopbackNetwork();
const peers: LocalPeer[] = [];
try {
  await bench();
} finally {
  for (const peer of peers) await peer.close();
  await network.close();
  removeFolder(folder);
}
report.end();
process.exit();

async function bench(): Promise<void> {
  await measureSidecar();
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
}

async function measureSidecar(): Promise<void> {
  const starts: number[] = [];
  const warmStarts: number[] = [];
  const plain: number[] = [];
  const memory: number[] = [];
  const processor: number[] = [];
  for (let run = 0; run < runs; run++) {
    plain.push((await timed(() => promisify(execFile)(process.execPath, ['-e', '0'])))[0]);
    const options = { dataFolder: path.join(folder, `home${run}`), bootstrap: network.bootstrap };
    const [firstMs, first] = await timed(() => startPeer(options));
    await first.close();
    const [warmMs, peer] = await timed(() => startPeer(options));
    peers.push(peer);
    starts.push(firstMs);
    warmStarts.push(warmMs);
    await peer.client.request('parties/join', { name: `bench ${run}` });
    await pause(settleMs);
    const before = processorMs(peer.client.sidecarPid);
    const startedMs = performance.now();
    await pause(windowMs);
    processor.push(((processorMs(peer.client.sidecarPid) - before) / (performance.now() - startedMs)) * 100);
    memory.push((await peer.client.request('sidecar/status', {})).rssBytes / 1e6);
    await peer.close();
    peers.pop();
  }
  const node: [string, number] = ['node -e 0', median(plain)];
  report.add({ name: 'sidecar start to hello', value: median(starts), unit: 'ms', baseline: node });
  report.add({ name: 'second start to hello', value: median(warmStarts), unit: 'ms', baseline: node });
  report.add({ name: 'idle memory', value: median(memory), unit: 'MB', limit: 120 });
  report.add({ name: 'idle processor', value: median(processor), unit: '%', limit: 1 });
}

/** Processor time of a process so far (proc(5): utime and stime). */
function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
