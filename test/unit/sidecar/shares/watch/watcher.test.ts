// The watcher on a real folder: whatever is done to it, the index becomes what a walk says.

import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { WatchWorld, type WatchWorldOptions } from './watchWorld.ts';

async function inWorld(name: string, work: (world: WatchWorld) => Promise<void>, options: WatchWorldOptions = {}): Promise<void> {
  const world = new WatchWorld(name, options);
  try {
    await work(world);
  } finally {
    await world.close();
  }
}

test('files added, edited, renamed and deleted are followed', async () => {
  await inWorld('basic', async (world) => {
    mkdirSync(world.path('docs'));
    writeFileSync(world.path('docs/a.txt'), 'one');
    await world.start();
    assert.deepEqual(world.steps, []);
    writeFileSync(world.path('docs/b.txt'), 'two');
    await world.follows();
    appendFileSync(world.path('docs/a.txt'), ' more');
    await world.follows();
    renameSync(world.path('docs/b.txt'), world.path('docs/c.txt'));
    await world.follows();
    rmSync(world.path('docs/a.txt'));
    await world.follows();
    utimesSync(world.path('docs/c.txt'), 1, 1);
    await world.follows();
    assert.deepEqual(world.view?.counts, { fileCount: 1, folderCount: 1, totalBytes: 3 });
  });
});
