// What is remembered of hashed content, its bounds, and when it must be forgotten.

import assert from 'node:assert/strict';
import { readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { silentLog } from '../../../../../src/sidecar/log.ts';
import { hashLeaves } from '../../../../../src/sidecar/transfers/content/merkle.ts';
import { TreeWriter } from '../../../../../src/sidecar/transfers/content/treeFile.ts';
import { Trees } from '../../../../../src/sidecar/transfers/content/trees.ts';
import { content, node, temporaryFolder } from '../world.ts';

function stored(trees: Trees, seed: number): Uint8Array {
  const bytes = content(2 * 1024 * 1024, seed);
  const treePath = trees.temporaryPath(bytes.length) ?? '';
  const writer = new TreeWriter(treePath);
  writer.add(hashLeaves(bytes));
  const { root } = writer.finish();
  trees.adopt(root, treePath);
  return root;
}

test('trees are bounded, the one not used for longest goes first, also after a restart', (t) => {
  const folder = temporaryFolder(t);
  const { database } = node(t, folder);
  const treeBytes = 16 + 128 * 32;
  const open = () => {
    const trees = new Trees({ dataFolder: folder, database, log: silentLog, limitBytes: 2 * treeBytes });
    trees.open();
    return trees;
  };
  const trees = open();
  const [a, b] = [stored(trees, 1), stored(trees, 2)];
  assert.ok(trees.prove(a, 0, 1));
  utimesSync(path.join(folder, 'trees', Buffer.from(b).toString('hex')), 1, 1);
  const again = open();
  const c = stored(again, 3);
  assert.deepEqual([again.has(a), again.has(b), again.has(c)], [true, false, true]);
  assert.equal(readdirSync(path.join(folder, 'trees')).length, 2);
});

test('temporaries of a process that died are removed', (t) => {
  const folder = temporaryFolder(t);
  const parts = node(t, folder);
  writeFileSync(path.join(folder, 'trees', 'tmp-1-1'), 'x');
  const trees = new Trees({ ...parts, log: silentLog });
  trees.open();
  assert.deepEqual(readdirSync(path.join(folder, 'trees')), []);
});

test('a root is valid while size and times stand, even if the time of change is put back', (t) => {
  const folder = temporaryFolder(t);
  const { trees } = node(t, folder);
  const file = path.join(folder, 'f');
  writeFileSync(file, 'one');
  utimesSync(file, 1e9, 1e9);
  const stats = statSync(file, { bigint: true });
  const root = Buffer.alloc(32, 1);
  trees.remember(file, stats, root, Date.now() + 1000);
  assert.deepEqual(Buffer.from(trees.rootOf(file, stats) ?? []), root);
  trees.close();
  trees.open();
  assert.deepEqual(Buffer.from(trees.rootOf(file, stats) ?? []), root, 'from the database');
  writeFileSync(file, 'two');
  utimesSync(file, 1e9, 1e9);
  assert.equal(trees.rootOf(file, statSync(file, { bigint: true })), undefined);
});

test('the root of a file that changed a moment before it was read is not remembered', (t) => {
  const folder = temporaryFolder(t);
  const { trees } = node(t, folder);
  const file = path.join(folder, 'f');
  writeFileSync(file, 'one');
  const stats = statSync(file, { bigint: true });
  trees.remember(file, stats, Buffer.alloc(32, 1), Number(stats.ctimeNs / 1_000_000n) + 5);
  assert.equal(trees.rootOf(file, stats), undefined);
});
