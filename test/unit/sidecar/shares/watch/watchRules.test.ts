// What is not shared stays so while a folder is followed: rules that change, secrets, links, roots that go.

import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { inWorld } from './watchWorld.ts';

const names = (world: { indexed(): string[] }): string[] => world.indexed().map((line) => line.replace(/( \S+)+$/, ''));

test('secrets, links and ignored names never enter', { skip: process.platform === 'win32' }, async () => {
  await inWorld('secrets', async (world) => {
    writeFileSync(world.path('.gitignore'), 'build\n*.tmp\n!keep.tmp\n');
    await world.start();
    mkdirSync(world.path('build/deep'), { recursive: true });
    writeFileSync(world.path('build/deep/out.js'), '');
    mkdirSync(world.path('.ssh'));
    writeFileSync(world.path('.ssh/known_hosts'), '');
    writeFileSync(world.path('id_rsa'), '');
    writeFileSync(world.path('a.tmp'), '');
    writeFileSync(world.path('keep.tmp'), '');
    writeFileSync(world.path('.env'), '');
    symlinkSync('/etc', world.path('etc'));
    symlinkSync('.env', world.path('plain'));
    mkdirSync(world.path('sub'));
    writeFileSync(world.path('sub/server.key'), '');
    writeFileSync(world.path('sub/b.tmp'), '');
    writeFileSync(world.path('last'), '');
    await world.follows();
    for (const step of world.steps)
      for (const { set } of step.folders) for (const { name } of set) assert.ok(['keep.tmp', 'sub', 'last'].includes(name), name);
  });
});

test('a rule file that comes, changes or goes is applied to all below it', async () => {
  await inWorld('rules', async (world) => {
    mkdirSync(world.path('a/b/c'), { recursive: true });
    for (const at of ['x.log', 'a/x.log', 'a/b/x.log', 'a/b/c/x.log', 'a/b/c/x.txt']) writeFileSync(world.path(at), '');
    await world.start();
    writeFileSync(world.path('a/.gitignore'), '*.log\n');
    await world.follows();
    assert.deepEqual(names(world), ['a/', 'a/.gitignore', 'a/b/', 'a/b/c/', 'a/b/c/x.txt', 'x.log']);
    writeFileSync(world.path('a/.gitignore'), 'c/\n');
    await world.follows();
    assert.deepEqual(names(world), ['a/', 'a/.gitignore', 'a/b/', 'a/b/x.log', 'a/x.log', 'x.log']);
    writeFileSync(world.path('.potluckignore'), '/a\n');
    await world.follows();
    assert.deepEqual(names(world), ['.potluckignore', 'x.log']);
    rmSync(world.path('.potluckignore'));
    await world.follows();
    rmSync(world.path('a/.gitignore'));
    await world.follows();
    assert.equal(names(world).length, 8);
  });
});

test('a folder whose rules cannot be read holds nothing', { skip: process.platform === 'win32' }, async () => {
  await inWorld('unruly', async (world) => {
    mkdirSync(world.path('a/b'), { recursive: true });
    writeFileSync(world.path('a/b/x'), '');
    await world.start();
    symlinkSync('nowhere', world.path('a/.gitignore'));
    await world.follows();
    assert.deepEqual(names(world), ['a/']);
    writeFileSync(world.path('a/b/y'), '');
    rmSync(world.path('a/.gitignore'));
    await world.follows();
    assert.deepEqual(names(world), ['a/', 'a/b/', 'a/b/x', 'a/b/y']);
  });
});

test('a folder that a link takes the place of is not followed through it', { skip: process.platform === 'win32' }, async () => {
  await inWorld('swapped', async (world) => {
    mkdirSync(world.path('a/b'), { recursive: true });
    writeFileSync(world.path('a/b/x'), '');
    mkdirSync(`${world.folder}/private/b`, { recursive: true });
    writeFileSync(`${world.folder}/private/b/y`, '');
    await world.start();
    renameSync(world.path('a'), `${world.folder}/away`);
    symlinkSync(`${world.folder}/private`, world.path('a'));
    await world.follows();
    writeFileSync(`${world.folder}/private/b/z`, '');
    writeFileSync(`${world.folder}/away/b/z`, '');
    writeFileSync(world.path('last'), '');
    await world.follows();
    assert.deepEqual(names(world), ['last']);
  });
});

test('a rule file that comes, changes or goes is applied to all below it, also where the system tells of no changes', async () => {
  // One watch: the root's.
  await inWorld(
    'polled',
    async (world) => {
      mkdirSync(world.path('a/b/c'), { recursive: true });
      for (const at of ['a/x.log', 'a/b/x.log', 'a/b/c/x.log', 'a/b/c/x.txt']) writeFileSync(world.path(at), '');
      for (const at of ['a/b/c', 'a/b', 'a']) utimesSync(world.path(at), 1_600_000_000, 1_600_000_000);
      await world.start();
      await world.watcher.sweepNow(world.shareId);
      writeFileSync(world.path('a/.gitignore'), '*.log\n');
      await world.follows();
      assert.deepEqual(names(world), ['a/', 'a/.gitignore', 'a/b/', 'a/b/c/', 'a/b/c/x.txt']);
      writeFileSync(world.path('a/.gitignore'), 'c/\n');
      await world.follows();
      assert.deepEqual(names(world), ['a/', 'a/.gitignore', 'a/b/', 'a/b/x.log', 'a/x.log']);
      rmSync(world.path('a/.gitignore'));
      await world.follows();
      assert.equal(names(world).length, 7);
    },
    { watchedFolders: 1 },
  );
});

test('a rule file that comes among very many names is applied to all below it', async () => {
  await inWorld('among', async (world) => {
    mkdirSync(world.path('a/b'), { recursive: true });
    for (const at of ['a/x.log', 'a/b/x.log']) writeFileSync(world.path(at), '');
    for (const at of ['a/b', 'a']) utimesSync(world.path(at), 1_600_000_000, 1_600_000_000);
    await world.start();
    await world.watcher.sweepNow(world.shareId);
    writeFileSync(world.path('a/.gitignore'), '*.log\n');
    for (let number = 0; number < 200; number++) writeFileSync(world.path(`a/${number}`), '');
    await world.follows();
    assert.ok(!names(world).some((name) => name.endsWith('.log')));
  });
});
