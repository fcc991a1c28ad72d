// What is collected before it is looked at.

import assert from 'node:assert/strict';
import test from 'node:test';
import { watchLimits } from '../../../../../src/sidecar/limits.ts';
import { DirtyFolders } from '../../../../../src/sidecar/shares/watch/dirtyFolders.ts';

const signal = AbortSignal.timeout(20_000);

test('names of one save come together, soon', async () => {
  const dirty = new DirtyFolders();
  const startedMs = performance.now();
  dirty.name('a', 'one', true);
  dirty.name('a', 'one', false);
  dirty.name('a', 'two', false);
  await dirty.due(signal);
  assert.ok(performance.now() - startedMs >= watchLimits.settleMs - 1);
  const [[folder, { names }] = ['', { names: 'all' }]] = dirty.take();
  assert.equal(folder, 'a');
  assert.deepEqual(names, new Map([['one', true], ['two', false]])); // prettier-ignore
  assert.ok(dirty.isEmpty);
});

test('many names are the whole folder, and too many folders are too many', () => {
  const dirty = new DirtyFolders();
  for (let name = 0; name <= watchLimits.namesAtOnce; name++) dirty.name('', `${name}`, true);
  assert.equal(dirty.take().get('')?.names, 'all');
  for (let folder = 0; folder <= watchLimits.dirtyFolders; folder++) dirty.all(`${folder}`);
  assert.ok(dirty.isOverflowing);
  assert.equal(dirty.size, watchLimits.dirtyFolders);
  dirty.clear();
  assert.ok(dirty.isEmpty && !dirty.isOverflowing);
});

test('a name that changes all the time is held back, a rule file never', async () => {
  const dirty = new DirtyFolders();
  for (let time = 0; time < watchLimits.repeats; time++) {
    assert.equal(dirty.name('a', 'log', false), false);
    assert.equal(dirty.name('a', '.gitignore', false), false);
    dirty.take();
  }
  assert.equal(dirty.name('a', '.gitignore', false), false);
  dirty.take();
  assert.equal(dirty.name('a', 'log', false), true);
  assert.equal(dirty.take().size, 0);
  const startedMs = performance.now();
  await dirty.due(signal);
  assert.ok(performance.now() - startedMs > watchLimits.repeatedMs / 2);
  assert.deepEqual([...dirty.take().keys()], ['a']);
});

test('waiting ends when nobody wants it any more', async () => {
  const stop = new AbortController();
  const waiting = new DirtyFolders().due(stop.signal);
  stop.abort();
  await assert.rejects(waiting);
});
