// What is said of downloaded files where they are listed: each for itself, as it lies here and as its owner lists it now.

import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { done, put, tableOf } from './transferScene.ts';
import { indexed, until } from './world.ts';

test('in a downloaded folder each file says whether it is as its owner has it; the history finds it by the file', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  const names = ['a/same', 'a/changed', 'a/edited', 'a/added'];
  const [, changed = '', edited = '', added = ''] = names;
  const bytes = Buffer.from('soup');
  const { folder, root } = await put(world, ann, 'Table', { 'a/same': bytes, [changed]: bytes, [edited]: bytes });
  await indexed(ben, ann, 'Table');
  const entries = names.map((each) => ({ ...root, path: each }));
  const states = async () => (await ben.client.request('downloads/marks', { entries })).map(({ state }) => state);
  assert.deepEqual(await states(), ['none', 'none', 'none', 'none']);

  const { destination } = await done(ben, await ben.client.request('downloads/add', { entry: { ...root, path: 'a' } }));
  assert.deepEqual(await states(), ['verified', 'verified', 'verified', 'none']);
  const [first] = await ben.client.request('downloads/marks', { entries });
  assert.deepEqual(first, { state: 'verified', localPath: path.join(destination, 'same') });

  writeFileSync(path.join(folder, changed), 'stew');
  writeFileSync(path.join(folder, added), 'bread');
  appendFileSync(path.join(destination, 'edited'), ', salted');
  await until(ben.client, ['catalog/changed'], async () => ((await states())[1] === 'stale' ? true : undefined), {
    what: 'ben has the index of now',
  });
  assert.deepEqual(await states(), ['verified', 'stale', 'none', 'none']);

  const history = await ben.client.request('transfers/history', { entry: { ...root, path: changed } });
  assert.deepEqual(
    history.entries.map(({ kind, path: moved }) => [kind, moved]),
    [['folder', 'a']],
  );
  const other = await ben.client.request('transfers/history', { entry: { ...root, path: 'b' } });
  assert.deepEqual(other, { entries: [], total: 0 });
});
