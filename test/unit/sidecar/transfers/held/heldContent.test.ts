import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { silentLog } from '../../../../../src/sidecar/log.ts';
import { HeldContent } from '../../../../../src/sidecar/transfers/held/heldContent.ts';
import { LocalCopies } from '../../../../../src/sidecar/transfers/reuse/localCopies.ts';
import { node, ownerId, refTo, shareId, temporaryFolder } from '../world.ts';

const root = Buffer.alloc(32, 3);
const mtimeMs = Date.UTC(2024, 1, 3);

function held(t: TestContext, limit = 1000) {
  const base = temporaryFolder(t);
  const parts = node(t, path.join(base, 'data'));
  const place = (name: string, text = 'content') => {
    const localPath = path.join(base, name);
    writeFileSync(localPath, text);
    utimesSync(localPath, mtimeMs / 1000, mtimeMs / 1000);
    return { entry: refTo(`docs/${name}`), localPath, root, sizeBytes: text.length, mtimeMs };
  };
  const open = () => {
    const content = new HeldContent({ ...parts, limit });
    content.open();
    return content;
  };
  const find = (content: HeldContent, name: string) => content.find(ownerId, shareId, `docs/${name}`)?.localPath;
  return { ...parts, base, place, open, find };
}

test('what was downloaded is found at once, and after a restart', async (t) => {
  const { place, open, find } = held(t);
  const content = open();
  const file = place('a');
  content.add(file);
  assert.equal(find(content, 'a'), file.localPath);
  await content.close();
  const again = open();
  assert.equal(find(again, 'a'), file.localPath);
  assert.deepEqual(
    again.byRoot(root, 5).map(({ localPath }) => localPath),
    [file.localPath],
  );
  assert.equal(find(again, 'b'), undefined);
  await again.close();
});

test('a file that was written to, replaced, or is gone is not held', async (t) => {
  const { place, open, find, base } = held(t);
  const content = open();
  const [edited, sameSize, replaced, gone, linked] = ['edited', 'same', 'replaced', 'gone', 'linked'].map((name) => place(name));
  assert.ok(edited && sameSize && replaced && gone && linked);
  for (const file of [edited, sameSize, replaced, gone, linked]) content.add(file);
  await content.close();
  writeFileSync(edited.localPath, 'another');
  writeFileSync(sameSize.localPath, 'kontent');
  utimesSync(sameSize.localPath, mtimeMs / 1000, mtimeMs / 1000); // the time put back: ctime tells
  const draft = path.join(base, 'draft');
  writeFileSync(draft, 'content');
  utimesSync(draft, mtimeMs / 1000, mtimeMs / 1000);
  renameSync(draft, replaced.localPath);
  rmSync(gone.localPath);
  rmSync(linked.localPath);
  symlinkSync('/etc/hostname', linked.localPath);
  const again = open();
  for (const name of ['edited', 'same', 'replaced', 'gone', 'linked']) assert.equal(find(again, name), undefined, name);
  assert.deepEqual(again.byRoot(root, 10), []);
  await again.close();
});

test('one that changed before it was noted down is never noted', async (t) => {
  const { place, open, find } = held(t);
  const content = open();
  const file = place('a');
  content.add(file);
  writeFileSync(file.localPath, 'changed!');
  assert.equal(find(content, 'a'), undefined);
  await content.close();
  const again = open();
  assert.equal(find(again, 'a'), undefined);
  await again.close();
});

test('many cost next to nothing as they come, and the oldest go', async (t) => {
  const { place, open, database } = held(t, 100);
  const content = open();
  const file = place('a');
  const from = performance.now();
  for (let i = 0; i < 5000; i++) content.add({ ...file, entry: refTo(`docs/${i}`) });
  const eachUs = ((performance.now() - from) / 5000) * 1000;
  t.diagnostic(`${eachUs.toFixed(2)} µs each`);
  assert.ok(eachUs < 50);
  await content.close();
  const again = open();
  const { n } = database.get<{ n: number }>('SELECT count(*) AS n FROM heldContent') ?? { n: 0 };
  assert.equal(n, 90);
  await again.close();
});

test('local files with a content are found: downloaded, hashed, opened; changed ones are not', async (t) => {
  const { base, place, open, trees, database, dataFolder } = held(t);
  const content = open();
  const file = place('downloaded');
  content.add(file);
  await content.close();
  const again = open();
  const cacheFolder = path.join(dataFolder, 'cache');
  mkdirSync(cacheFolder);
  const opened = path.join(cacheFolder, Buffer.from(root).toString('hex'));
  writeFileSync(opened, 'content');
  const tried: string[] = [];
  let good = '';
  const disk = {
    copyLocal: (from: string) => {
      tried.push(from);
      return Promise.resolve(from === good);
    },
  };
  const copies = new LocalCopies({ database, log: silentLog, held: again, disk, cacheFolder });
  trees.close(); // writes what it was told
  assert.deepEqual(copies.find(root, 7).sort(), [opened, file.localPath].sort());
  assert.deepEqual(copies.find(root, 8), [], 'another size is another content');
  assert.deepEqual(copies.find(Buffer.alloc(32, 4), 7), []);
  const wanted = { root, sizeBytes: 7, mtimeMs, partialPath: path.join(base, 'x.part') };
  const options = { signal: new AbortController().signal };
  assert.equal(await copies.copyInto(wanted, options), false, 'none of them verified');
  assert.deepEqual(tried.sort(), [opened, file.localPath].sort());
  good = opened;
  assert.equal(await copies.copyInto(wanted, options), true);
  writeFileSync(file.localPath, 'changed');
  assert.deepEqual(copies.find(root, 7), [opened]);
  await again.close();
});
