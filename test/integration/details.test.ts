// What is known of files beyond their names, between real sidecars: names first, then types, texts and content ids; what changes follows.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import type { EntryDetails, EntryRef } from '../../src/protocol/model.ts';
import { createWorld, indexed, seen, until, watched, type TestPeer } from './world.ts';

const png = Buffer.from('89504e470d0a1a0a0000000d494844520000000100000001', 'hex');

/** Waits until `viewer` knows something of the entry that `is` accepts. */
async function details(viewer: TestPeer, entry: EntryRef, is: (found: EntryDetails) => boolean): Promise<EntryDetails> {
  let last: EntryDetails | undefined;
  return until(
    viewer.client,
    ['catalog/changed', 'shares/changed'],
    async () => {
      last = await viewer.client.request('catalog/details', { entry }).catch(() => undefined);
      return last !== undefined && is(last) ? last : undefined;
    },
    { what: `${viewer.name} knows what ${entry.path} is`, timeoutMs: 20_000 },
  ).catch((error: unknown) => {
    throw new Error(`${String(error)}; last: ${JSON.stringify(last)}\n${viewer.log().split('\n').slice(-30).join('\n')}`);
  });
}

test('types, texts and content ids of files follow their names, to third peers too', async (t) => {
  const world = await createWorld(t);
  const folder = path.join(world.folder, 'shared');
  mkdirSync(path.join(folder, 'deep'), { recursive: true });
  writeFileSync(path.join(folder, 'picture.txt'), png);
  writeFileSync(path.join(folder, 'deep', 'notes.md'), '# Heron\n\nWaits at the pond.\n');
  const anna = await world.peer('anna');
  const ben = await world.peer('ben');
  for (const each of [anna, ben]) await each.client.request('parties/join', { name: 'birds' });
  const share = await anna.client.request('shares/add', { path: folder, title: 'Birds' });
  await watched(anna, share.shareId);
  const ref = (file: string): EntryRef => ({ peerId: anna.client.peerId, shareId: share.shareId, path: file });
  await seen(ben, anna);
  await indexed(ben, anna, 'Birds');

  assert.equal((await details(ben, ref('picture.txt'), ({ mime }) => mime !== undefined)).mime, 'image/png');
  const notes = await details(ben, ref('deep/notes.md'), ({ mime }) => mime !== undefined);
  assert.equal(notes.mime, 'text/markdown');
  assert.equal(notes.fields.text, '# Heron\n\nWaits at the pond.');
  assert.equal(notes.contentId, undefined);

  await t.test('a file that is sent has its content id told', async () => {
    const fetched = await ben.client.request('files/fetch', { entry: ref('deep/notes.md') });
    const told = await details(ben, ref('deep/notes.md'), ({ contentId }) => contentId !== undefined);
    assert.equal(told.contentId, fetched.contentId);
    assert.equal(told.mime, 'text/markdown');
    const holders = await ben.client.request('catalog/holders', { contentId: fetched.contentId });
    assert.deepEqual(holders, [ref('deep/notes.md')]);
  });

  await t.test('files are found by type and by their texts', async () => {
    const find = async (query: string): Promise<(string | undefined)[][]> =>
      (await ben.client.request('search/query', { query })).hits.map(({ entry, excerpt }) => [entry.path, excerpt]);
    assert.deepEqual(await find('type:image'), [['picture.txt', undefined]]);
    assert.deepEqual(await find('text:heron'), [['deep/notes.md', '# Heron Waits at the pond.']]);
    assert.deepEqual(await find('pond'), [['deep/notes.md', '# Heron Waits at the pond.']]);
    assert.deepEqual(await find('type:image notes'), []);
  });

  await t.test('a file that changes is looked into again; one that goes is forgotten', async () => {
    writeFileSync(path.join(folder, 'deep', 'notes.md'), '# Stork\n\nWalks in the meadow, tall.\n');
    rmSync(path.join(folder, 'picture.txt'));
    const changed = await details(ben, ref('deep/notes.md'), ({ fields }) => fields.text?.includes('Stork') === true);
    assert.equal(changed.contentId, undefined);
    await assert.rejects(ben.client.request('catalog/details', { entry: ref('picture.txt') }), { kind: 'not-found' });
  });

  await t.test('a third peer gets them of the second, with their owner away', async () => {
    await anna.stop();
    const carl = await world.peer('carl');
    await carl.client.request('parties/join', { name: 'birds' });
    await indexed(carl, anna, 'Birds');
    assert.match((await details(carl, ref('deep/notes.md'), ({ mime }) => mime !== undefined)).fields.text ?? '', /Stork/);
    await anna.start();
  });

  await t.test('what is known is found out again on request, and after the tables were lost', async () => {
    await watched(anna, share.shareId);
    await details(anna, ref('deep/notes.md'), ({ mime }) => mime !== undefined);
    const described = async (): Promise<boolean> => {
      const [info] = await anna.client.request('shares/list', {});
      return info?.described?.files === 1 && info.described.ofFiles === 1;
    };
    await until(anna.client, ['shares/changed'], described, { what: 'anna says how much is known' });
    await anna.client.request('shares/describe', { shareId: share.shareId });
    await until(anna.client, ['shares/changed'], async () => anna.log().includes('Something is known of 1 of 1 files'), {
      what: 'anna looked again',
    });
    await anna.stop();
    for (const end of ['', '-wal', '-shm']) rmSync(path.join(anna.dataFolder, `details.db${end}`), { force: true });
    await anna.start();
    await watched(anna, share.shareId);
    assert.equal((await details(anna, ref('deep/notes.md'), ({ mime }) => mime !== undefined)).mime, 'text/markdown');
  });

  await t.test('looking into files can be switched off: what was told is taken back', async () => {
    await anna.client.request('settings/set', { describeFiles: false });
    await details(anna, ref('deep/notes.md'), ({ mime }) => mime === undefined);
    await seen(ben, anna);
    await details(ben, ref('deep/notes.md'), ({ mime }) => mime === undefined);
  });
});
