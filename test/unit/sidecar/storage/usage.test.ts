// What lies on the disk, counted by kind in real folders.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { StorageUsage } from '../../../../src/protocol/boardRequests.ts';
import { measureUsage, Usage } from '../../../../src/sidecar/storage/usage.ts';

test('files are counted by kind, links are not followed, and what is not there counts as nothing', async (context) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'usage-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const put = (name: string, bytes: number): void => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), Buffer.alloc(bytes));
  };
  put('data/potluck.db', 10);
  put('data/potluck.db-wal', 5);
  put('data/cache/ab/one', 100);
  put('data/index/me/x.segment', 1000);
  put('data/identity.key', 1);
  put('outside', 5000);
  symlinkSync(path.join(folder, 'outside'), path.join(folder, 'data', 'cache', 'link'));
  put('downloads/.potluck-partial/d1/a.part', 7);
  put('downloads/whole', 9000);
  const usage = await measureUsage(path.join(folder, 'data'), path.join(folder, 'downloads'));
  const bytes = Object.fromEntries(usage.parts.map((part) => [part.kind, part.bytes]));
  assert.deepEqual(bytes, { index: 1000, cache: 100, feeds: 0, trees: 0, database: 15, partial: 7, other: 1 });
  assert.equal(usage.isWhole, true);
  assert.ok((usage.freeBytes ?? 0) > 0);
  const nothing = await measureUsage(path.join(folder, 'none'), path.join(folder, 'neither'));
  assert.ok(nothing.parts.every((part) => part.files === 0));
});

test('it is measured once for all who ask at the same time, and a failed measure is not kept', async () => {
  let measured = 0;
  const answer: StorageUsage = { dataFolder: '', downloadFolder: '', parts: [], isWhole: true, measuredAtMs: Date.now() };
  const usage = new Usage(() => (++measured === 1 ? Promise.reject(new Error('no')) : Promise.resolve(answer)));
  await assert.rejects(usage.get());
  await Promise.all([usage.get(), usage.get()]);
  await usage.get();
  assert.equal(measured, 2);
});
