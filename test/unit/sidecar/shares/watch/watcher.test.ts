// The watcher on a real folder: whatever is done to it, the index becomes what a walk says.

import assert from 'node:assert/strict';
import {
  appendFileSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import test from 'node:test';
import type { Delta } from '../../../../../src/sidecar/catalog/index/rows.ts';
import { inWorld, type WatchWorld } from './watchWorld.ts';

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

test('2,000 files at once and 200 fresh nested folders: none is lost', async () => {
  await inWorld('many', async (world) => {
    mkdirSync(world.path('flat'));
    await world.start();
    for (let number = 0; number < 2000; number++) writeFileSync(world.path(`flat/file ${number}`), 'x');
    for (let chain = 0; chain < 10; chain++) {
      let at = `chain ${chain}`;
      for (let depth = 0; depth < 20; depth++) {
        mkdirSync(world.path(at));
        writeFileSync(world.path(`${at}/file`), 'x');
        at += `/${depth}`;
      }
    }
    await world.follows();
    assert.deepEqual(world.view?.counts, { fileCount: 2200, folderCount: 201, totalBytes: 2200 });
  });
});

test('folders that move, change places with files, or change only their case are followed', async () => {
  await inWorld('moves', async (world) => {
    for (const at of ['a/b/c', 'd/e']) {
      mkdirSync(world.path(at), { recursive: true });
      writeFileSync(world.path(`${at}/file`), at);
    }
    await world.start();
    renameSync(world.path('a/b'), world.path('d/moved'));
    await world.follows();
    writeFileSync(world.path('d/moved/c/later'), '');
    await world.follows();
    // Two folders change places.
    renameSync(world.path('a'), world.path('x'));
    renameSync(world.path('d'), world.path('a'));
    renameSync(world.path('x'), world.path('d'));
    await world.follows();
    writeFileSync(world.path('a/e/in the other'), '');
    await world.follows();
    rmSync(world.path('a/e'), { recursive: true });
    writeFileSync(world.path('a/e'), 'a file now');
    await world.follows();
    rmSync(world.path('a/e'));
    mkdirSync(world.path('a/e'));
    writeFileSync(world.path('a/e/again'), 'a folder again');
    await world.follows();
    renameSync(world.path('a/e'), world.path('a/E'));
    renameSync(world.path('a/E/again'), world.path('a/E/AGAIN'));
    await world.follows();
    writeFileSync(world.path('a/E/more'), '');
    await world.follows();
    rmSync(world.path('a'), { recursive: true });
    await world.follows();
  });
});

test('a folder deleted and made again at once is still followed', async () => {
  await inWorld('again', async (world) => {
    mkdirSync(world.path('a/b'), { recursive: true });
    await world.start();
    for (let round = 0; round < 5; round++) {
      rmSync(world.path('a'), { recursive: true });
      mkdirSync(world.path('a/b'), { recursive: true });
      writeFileSync(world.path('a/b/file'), `${round}`.repeat(round + 1));
      await world.follows();
      writeFileSync(world.path('a/b/after'), `${round}`.repeat(round + 1));
      await world.follows();
    }
  });
});

test('atomic saves, edits of the same size, and times that go back are followed', async () => {
  await inWorld('saves', async (world) => {
    writeFileSync(world.path('file'), 'one');
    utimesSync(world.path('file'), 1_600_000_000, 1_600_000_000);
    await world.start();
    writeFileSync(world.path('.file.swp'), 'two');
    renameSync(world.path('.file.swp'), world.path('file'));
    await world.follows();
    const before = statSync(world.path('file')).mtimeMs;
    writeFileSync(world.path('file'), 'six');
    await world.until(
      () => (world.indexed()[0] ?? '') === `file 3 ${Math.floor(statSync(world.path('file')).mtimeMs)}`,
      'edited',
    );
    assert.ok(statSync(world.path('file')).mtimeMs >= before);
    utimesSync(world.path('file'), 1_500_000_000, 1_500_000_000);
    await world.follows();
  });
});

test('a large folder comes in several steps, each within the limits', async () => {
  await inWorld('large', async (world) => {
    await world.start();
    mkdirSync(`${world.folder}/made/in`, { recursive: true });
    for (let number = 0; number < 2500; number++) writeFileSync(`${world.folder}/made/in/${number}`, '');
    mkdirSync(`${world.folder}/made/z`);
    renameSync(`${world.folder}/made`, world.path('made'));
    await world.follows();
    assert.ok(world.steps.length >= 2);
    renameSync(world.path('made'), `${world.folder}/made`);
    await world.follows();
    assert.deepEqual(world.view?.counts, { fileCount: 0, folderCount: 0, totalBytes: 0 });
  });
});

test('what changed while nobody looked is found by folder times', async () => {
  await inWorld('check', async (world) => {
    for (const at of ['a/b', 'c/d', 'gone/deep']) mkdirSync(world.path(at), { recursive: true });
    writeFileSync(world.path('a/b/file'), '');
    writeFileSync(world.path('c/.gitignore'), 'ignored\n');
    writeFileSync(world.path('c/d/ignored'), '');
    const past = new Date(Date.now() - 60_000);
    for (const at of ['a/b/file', 'a/b', 'a', 'c/.gitignore', 'c/d/ignored', 'c/d', 'c', 'gone/deep', 'gone'])
      utimesSync(world.path(at), past, past);
    world.scan();
    rmSync(world.path('gone'), { recursive: true });
    writeFileSync(world.path('a/b/new'), '');
    writeFileSync(world.path('c/.gitignore'), 'other\n');
    utimesSync(world.path('c/.gitignore'), past, past);
    world.watch(Date.now());
    await world.follows();
  });
});

test('past the budget of watches folders are polled, and the sweep finds what folder times do not tell', async () => {
  await inWorld(
    'polled',
    async (world) => {
      for (let number = 0; number < 30; number++) {
        mkdirSync(world.path(`${number}/in`), { recursive: true });
        writeFileSync(world.path(`${number}/in/file`), 'x');
      }
      await world.start();
      const state = world.states.at(-1);
      assert.deepEqual(state, { kind: 'watching', info: { watchedFolders: 8, polledFolders: 53 } });
      for (let number = 0; number < 30; number++) writeFileSync(world.path(`${number}/in/new`), 'x');
      await world.follows();
      for (let number = 0; number < 30; number++) appendFileSync(world.path(`${number}/in/file`), 'more');
      await world.watcher.sweepNow(world.shareId);
      assert.deepEqual(world.indexed(), world.walked());
    },
    { watchedFolders: 8 },
  );
});

test('one watch for the whole tree does as well', async () => {
  await inWorld(
    'tree',
    async (world) => {
      mkdirSync(world.path('a/b'), { recursive: true });
      await world.start();
      writeFileSync(world.path('a/b/file'), 'x');
      await world.follows();
      renameSync(world.path('a/b'), world.path('c'));
      await world.follows();
      for (let number = 0; number < 200; number++) writeFileSync(world.path(`c/${number}`), 'x');
      await world.follows();
    },
    { backend: 'tree' },
  );
});

test('a file that is written all the time is told once a second', async () => {
  await inWorld('log', async (world) => {
    const file = openSync(world.path('log'), 'a');
    try {
      await world.start();
      const until = Date.now() + 1_500;
      let isOver = false;
      while (!isOver) {
        for (let line = 0; line < 100; line++) writeSync(file, 'line\n');
        await new Promise((resolve) => setImmediate(resolve));
        isOver = Date.now() > until;
      }
      fsyncSync(file);
      await world.follows();
      assert.ok(world.steps.length <= 6, `${world.steps.length} steps`);
      writeFileSync(world.path('other'), '');
      await world.follows();
    } finally {
      closeSync(file);
    }
  });
});

test('the root away and back, and a link or an empty folder in its place', async () => {
  await inWorld('root', async (world) => {
    writeFileSync(world.path('file'), '');
    await world.start();
    renameSync(world.root, `${world.folder}/away`);
    await world.until(() => world.state === 'failed', 'the root is missed');
    assert.equal(failureOf(world), 'not-found');
    symlinkSync(`${world.folder}/away`, world.root, 'junction');
    world.watch(Date.now());
    await world.until(() => failureOf(world) === 'permission-denied', 'the link is refused');
    rmSync(world.root);
    renameSync(`${world.folder}/away`, world.root);
    writeFileSync(world.path('meanwhile'), '');
    world.watch(Date.now());
    await world.follows();
    await world.until(() => world.state === 'watching', 'it is back');
    renameSync(world.root, `${world.folder}/away`);
    mkdirSync(world.root);
    // In between there was no folder, which may be what was seen.
    await world.until(() => world.state === 'failed', 'the empty folder is not believed');
    assert.match(failureOf(world) ?? '', /^(unavailable|not-found)$/);
    assert.equal(world.view?.counts.fileCount, 2);
  });
});

test('a step that is not taken ends the turn; watching again finds it', async () => {
  let isFull = true;
  const offered: Delta[] = [];
  await inWorld(
    'refused',
    async (world) => {
      await world.start();
      writeFileSync(world.path('file'), '');
      await world.until(() => offered.length === 1, 'a step is told');
      isFull = false;
      world.watch(Date.now());
      await world.follows();
    },
    {
      onChanged: async (delta) => {
        offered.push(delta);
        if (isFull) throw new Error('disk full');
      },
    },
  );
});

test('a large change that ends in the middle is found by folder times', async () => {
  let taken = 0;
  await inWorld(
    'middle',
    async (world) => {
      await world.start();
      mkdirSync(`${world.folder}/made/in/deep`, { recursive: true });
      for (let number = 0; number < 2500; number++) writeFileSync(`${world.folder}/made/in/${number}`, '');
      const past = new Date(Date.now() - 60_000);
      for (const at of ['in/deep', 'in', '']) utimesSync(`${world.folder}/made/${at}`, past, past);
      renameSync(`${world.folder}/made`, world.path('made'));
      await world.until(() => taken === 2, 'the second step is refused');
      world.watch(Date.now());
      await world.follows();
    },
    {
      onChanged: async () => {
        if (++taken === 2) throw new Error('disk full');
      },
    },
  );
});

test('a scan holds back steps, and the segment may be exchanged below a share that is followed', async () => {
  await inWorld('rebase', async (world) => {
    await world.start();
    writeFileSync(world.path('one'), '');
    await world.follows();
    await world.watcher.rebase(world.shareId, world.packed());
    mkdirSync(world.path('folder'));
    writeFileSync(world.path('folder/two'), '');
    await world.follows();
    world.watcher.hold(world.shareId);
    const { length } = world.steps;
    writeFileSync(world.path('three'), '');
    const { scannedAtMs } = world.scan();
    writeFileSync(world.path('four'), '');
    assert.equal(world.steps.length, length);
    world.watch(scannedAtMs);
    await world.follows();
    await world.watcher.unwatch(world.shareId);
    await assert.doesNotReject(world.watcher.rebase(world.shareId, 'nowhere'));
  });
});

function failureOf(world: WatchWorld): string | undefined {
  const state = world.states.at(-1);
  return state?.kind === 'failed' ? state.failure.kind : undefined;
}
