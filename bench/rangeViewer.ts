// `npm run bench -- rangeViewer [--size GB] [--runs N]`: opening a text of 5 GB at its end by the ranged viewer's reader, from a peer that was just
// connected, with nothing of it here: the time to the last screen, and what it took of the network. Once with its content id known at the
// owner, once before (then the owner reads the file first). Beside it: reading the same range of the file on this disk.

import { closeSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { LocalPeer } from '../scripts/localPeers.ts';
import type { EntryRef } from '../src/protocol/model.ts';
import { RangeReader } from '../src/extension/viewers/rangeReader.ts';
import { Lines } from '../src/extension/viewers/scan.ts';
import { inBenchWorld, isOnline, loopbackBytes, rootOf, type BenchWorld } from './parts/benchWorld.ts';
import { median, timed } from './parts/report.ts';
import { partyPeer, shared } from './transfer/scene.ts';

const { values } = parseArgs({ options: { size: { type: 'string', default: '5' }, runs: { type: 'string', default: '5' } } });
const sizeBytes = Number(values.size) * 1024 ** 3;
const runs = Number(values.runs);
/** What the page asks for around its place (webview/viewer/rows.ts): some screens of it. */
const screenBytes = 96 * 1024;

await inBenchWorld('rangeViewer', async (world) => {
  const folder = path.join(world.folder, 'shared');
  const file = path.join(folder, 'big.log');
  writeSparseText(file);
  const owner = await partyPeer(world, 'owner');
  let viewer = await partyPeer(world, 'viewer');
  const entry: EntryRef = { ...rootOf(await shared(owner, viewer, folder)), path: 'big.log' };
  console.log(`a text of ${values.size} GB, opened at its end, ${runs} runs, medians`);

  const first = await opened(viewer, entry);
  const times: number[] = [];
  const fetched: number[] = [];
  const lines: number[] = [];
  for (let run = 0; run < runs; run++) {
    viewer = await reconnected(world, { viewer, owner });
    const seen = await opened(viewer, entry);
    if (!seen.text.endsWith('the last line\n')) throw new Error('The end of the file is another one.');
    times.push(seen.ms);
    fetched.push(seen.wireBytes / 1e6);
    lines.push(await hundredthFromEnd(viewer, entry));
  }
  const [localMs] = await timed(() => Promise.resolve(readEnd(file)));
  const baseline: [string, number] = ['the same range of this disk', Math.max(0.01, localMs)];
  world.report.add({ name: 'open at the end', value: median(times), unit: 'ms', limit: 1000, baseline });
  world.report.add({ name: 'of the network', value: median(fetched), unit: 'MB', limit: 4 });
  world.report.add({ name: 'the 100th line from the end', value: median(lines), unit: 'ms', limit: 1000 });
  world.report.add({ name: 'before its owner hashed it', value: first.ms, unit: 'ms' });
});

/** The bytes of the last screen, with a reader that has nothing yet. */
async function opened(viewer: LocalPeer, entry: EntryRef): Promise<{ ms: number; wireBytes: number; text: string }> {
  const before = loopbackBytes();
  const startedMs = performance.now();
  const reader = readerOf(viewer, entry);
  const bytes = await reader.read(sizeBytes - screenBytes, screenBytes);
  const ms = performance.now() - startedMs;
  const wireBytes = Math.max(reader.fetchedBytes, loopbackBytes() - before);
  reader.dispose();
  return { ms, wireBytes, text: Buffer.from(bytes).toString() };
}

async function hundredthFromEnd(viewer: LocalPeer, entry: EntryRef): Promise<number> {
  const reader = readerOf(viewer, entry);
  const options = { signal: new AbortController().signal, onProgress: () => undefined };
  const [ms] = await timed(() => new Lines(reader).find(-100, options));
  reader.dispose();
  return ms;
}

function readerOf(viewer: LocalPeer, entry: EntryRef): RangeReader {
  return new RangeReader(sizeBytes, {
    fetchRange: (offset, length, signal) =>
      viewer.client.request('files/fetchRange', { entry, offset, length }, { signal, timeoutMs: 120_000 }),
    readFile: (localPath) => readFile(localPath),
  });
}

/** A new sidecar of the viewer: no range is in its cache. */
async function reconnected(world: BenchWorld, { viewer, owner }: { viewer: LocalPeer; owner: LocalPeer }): Promise<LocalPeer> {
  await world.stop(viewer);
  const again = await world.peer('viewer');
  await isOnline(again, owner, true);
  return again;
}

function writeSparseText(file: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const end = `${Array.from({ length: 10_000 }, (_, at) => `line ${at} of a log that nobody reads whole`).join('\n')}\nthe last line\n`;
  const fd = openSync(file, 'w');
  ftruncateSync(fd, sizeBytes - end.length);
  writeSync(fd, end, sizeBytes - end.length);
  closeSync(fd);
}

function readEnd(file: string): number {
  const fd = openSync(file, 'r');
  const read = readSync(fd, Buffer.alloc(screenBytes), 0, screenBytes, sizeBytes - screenBytes);
  closeSync(fd);
  return read;
}
