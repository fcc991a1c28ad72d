// `npm run bench -- search [--files N] [--many N] [--each N] [--no-baselines]`: the query mix against one share of a million files, and against a
// hundred shares of five million together; MiniSearch and SQLite's FTS5 beside it over the same names.

import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { removeFolder } from '../scripts/localPeers.ts';
import { bundleBeside } from '../scripts/bundle.ts';
import { percentile, Report } from './parts/report.ts';
import type { SubjectResult } from './parts/searchSubject.ts';

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '1000000' },
    many: { type: 'string', default: '5000000' },
    each: { type: 'string', default: '50' },
    'no-baselines': { type: 'boolean', default: false },
  },
});
const peers = 100;

const report = new Report('search');
const isFull = Number(values.files) >= 1_000_000;
const folders: string[] = [mkdtempSync(path.join(tmpdir(), 'pl-q-'))];
process.on('exit', () => folders.forEach(removeFolder));
const script = await bundleBeside('bench/parts/searchSubject.ts', ['searchWorker', 'searchBuildProcess'], folders[0] ?? '');
const single = await prepare(values.files, 1);
const one = await run('potluck', single);
const [mini, fts] = values['no-baselines'] ? [] : [await run('minisearch', single, 5), await run('fts5', single, 5)];
for (const percent of [50, 99]) {
  const at = (result: SubjectResult): number => percentile(timesOf(result), percent);
  const limit = isFull ? { limit: percent === 50 ? 5 : 20 } : {};
  report.add({
    name: `one share: p${percent}`,
    value: at(one),
    unit: 'ms',
    ...limit,
    ...(mini && { baseline: ['MiniSearch', at(mini)] }),
  });
  if (fts) report.add({ name: `one share: p${percent} (again)`, value: at(one), unit: 'ms', baseline: ['SQLite FTS5', at(fts)] });
}
byKind(one);
report.add({
  name: 'one share: more memory',
  value: moreMb(one),
  unit: 'MB',
  ...(mini && { baseline: ['MiniSearch', moreMb(mini)] }),
});
report.add({
  name: 'one share: made searchable',
  value: one.buildMs,
  unit: 'ms',
  ...(fts && { baseline: ['SQLite FTS5', fts.buildMs] }),
});

const many = await run('potluck', await prepare(values.many, peers));
report.add({ name: `${peers} shares: p50`, value: percentile(timesOf(many), 50), unit: 'ms' });
report.add({ name: `${peers} shares: p99`, value: percentile(timesOf(many), 99), unit: 'ms', ...(isFull && { limit: 40 }) });
report.add({ name: `${peers} shares: more memory`, value: moreMb(many), unit: 'MB', ...(isFull && { limit: 60 }) });
byKind(many);
report.end();

interface Prepared {
  folder: string;
  files: string;
  shares: number;
}

async function prepare(files: string, shares: number): Promise<Prepared> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pl-q-'));
  folders.push(folder);
  const prepared = { folder, files, shares };
  await subject('prepare', prepared, Number(values.each));
  return prepared;
}

async function run(name: string, prepared: Prepared, each = Number(values.each)): Promise<SubjectResult> {
  const result = JSON.parse((await subject(name, prepared, each)).trim().split('\n').at(-1) ?? '') as SubjectResult;
  console.log(
    `${name}, ${prepared.files} files in ${prepared.shares} shares: ready after ${(result.buildMs / 1000).toFixed(1)} s`,
  );
  return result;
}

async function subject(name: string, { folder, files, shares }: Prepared, each: number): Promise<string> {
  const args = ['--max-old-space-size=8192', script, name, folder, files, String(shares), String(each)];
  return (await promisify(execFile)(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 })).stdout;
}

function timesOf({ queries }: SubjectResult): number[] {
  return queries.map(({ ms }) => ms);
}

function moreMb({ afterMb, beforeMb }: SubjectResult): number {
  return afterMb - beforeMb;
}

/** Where the time goes. */
function byKind({ queries }: SubjectResult): void {
  for (const kind of new Set(queries.map((query) => query.kind))) {
    const own = queries.filter((query) => query.kind === kind);
    const ms = own.map((query) => query.ms);
    const worst = own.reduce((a, b) => (a.ms > b.ms ? a : b));
    console.log(
      `    ${kind.padEnd(16)} p50 ${percentile(ms, 50).toFixed(2)} ms, p99 ${percentile(ms, 99).toFixed(2)} ms; slowest ${JSON.stringify(worst.text)}: ${worst.total} found`,
    );
  }
}
