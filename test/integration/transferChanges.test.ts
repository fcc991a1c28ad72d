// What happens at the owner while a file is sent: written, cut, replaced, removed, hidden, swapped for a link. The receiver ends with one
// whole state of the file or a clear error, and never with parts of two.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { assertBytes, done, middle, MiB, put, putOne, settings, tableOf, visible, when } from './transferScene.ts';
import { indexed, until } from './world.ts';

interface Change {
  /** Does it, and answers what the file holds then; undefined when there is none that may be given. */
  act: (file: string, bytes: Buffer, folder: string) => Buffer | undefined;
  /** What may end it otherwise. */
  kinds: string[];
}

const changes: Record<string, Change> = {
  'written in its middle': {
    act: (file, bytes) => {
      const handle = openSync(file, 'r+');
      const piece = randomBytes(100_000);
      writeSync(handle, piece, 0, piece.length, 5_000_000);
      closeSync(handle);
      const changed = Buffer.from(bytes);
      piece.copy(changed, 5_000_000);
      return changed;
    },
    kinds: ['changed'],
  },
  'cut short': {
    act: (file, bytes) => {
      truncateSync(file, 2_000_000);
      return bytes.subarray(0, 2_000_000);
    },
    kinds: ['changed'],
  },
  grown: {
    act: (file, bytes) => {
      const more = randomBytes(300_000);
      appendFileSync(file, more);
      return Buffer.concat([bytes, more]);
    },
    kinds: ['changed'],
  },
  'replaced by another file': {
    act: (file, bytes) => {
      const other = randomBytes(bytes.length);
      writeFileSync(`${file}.new`, other);
      renameSync(`${file}.new`, file);
      return other;
    },
    kinds: ['changed'],
  },
  deleted: {
    act: (file) => {
      unlinkSync(file);
      return undefined;
    },
    kinds: ['not-found', 'changed'],
  },
  'swapped for a link to a file outside': {
    act: (file, _bytes, folder) => {
      const outside = path.join(path.dirname(folder), 'outside.bin');
      writeFileSync(outside, randomBytes(12 * MiB));
      unlinkSync(file);
      symlinkSync(outside, file);
      return undefined;
    },
    kinds: ['not-found', 'changed', 'permission-denied'],
  },
};

for (const isDescribed of [true, false])
  test(`a file that changes at its owner while it is sent (${isDescribed ? 'with' : 'without'} a content id beforehand)`, async (t) => {
    const { world, peers } = await tableOf(t, 'ann', 'ben');
    const [ann, ben] = peers;
    await settings(ann, { describeFiles: isDescribed });
    for (const [name, { act, kinds }] of Object.entries(changes))
      await t.test(name, async () => {
        const bytes = randomBytes(12 * MiB);
        await settings(ann, { uploadLimit: 4 * MiB });
        const title = `Table ${name}`;
        const shared = await putOne(world, ann, { bytes, for: [ben], title });
        const download = await ben.client.request('downloads/add', { entry: shared.entry });
        await middle(ben, download, MiB);
        const after = act(shared.file, bytes, shared.folder);
        await settings(ann, { uploadLimit: 0 });
        const end = await when(ben, download, ({ state }) => ['done', 'failed', 'waiting'].includes(state), {
          what: 'ends',
          timeoutMs: 40_000,
        });
        t.diagnostic(`${name}: ${end.state} ${end.failure?.kind ?? ''}`);
        if (end.state === 'done') {
          assert.ok(after, 'a file that is not there cannot be had');
          assertBytes(end.destination, after);
        } else {
          assert.ok(kinds.includes(end.failure?.kind ?? ''), JSON.stringify(end.failure));
          assert.deepEqual(visible(ben), []);
          if (after) {
            await ben.client.request('downloads/retry', { downloadId: download.downloadId });
            assertBytes((await done(ben, download)).destination, after);
          }
        }
        for (const left of visible(ben)) rmSync(path.join(ben.downloadFolder, left));
        await ben.client.request('downloads/cancel', { downloadId: download.downloadId }).catch(() => undefined); // It ended.
        await ann.client.request('shares/remove', { shareId: shared.root.shareId });
      });
  });

test('a share that is taken off the table in the middle of an upload is given no further', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  const bytes = randomBytes(12 * MiB);
  const { entry, root } = await putOne(world, ann, { bytes, for: [ben] });
  await settings(ann, { uploadLimit: 2 * MiB });
  const download = await ben.client.request('downloads/add', { entry });
  await middle(ben, download, MiB);
  await ann.client.request('shares/remove', { shareId: root.shareId });
  await settings(ann, { uploadLimit: 0 });
  const end = await when(ben, download, ({ state }) => ['done', 'failed', 'waiting', 'cancelled'].includes(state), {
    what: 'ends',
    timeoutMs: 40_000,
  });
  assert.notEqual(end.state, 'done');
  assert.deepEqual(visible(ben), []);
  await until(ann.client, ['uploads/changed'], async () => (await ann.client.request('uploads/list', {})).length === 0, {
    what: 'the slot comes back',
    timeoutMs: 5000,
  });
});

test('files of a folder that go away while it is downloaded are named, and all others come', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  const files = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [`${String(at).padStart(2, '0')}.bin`, randomBytes(300_000)]),
  );
  const { root, folder } = await put(world, ann, 'Folder', files);
  await indexed(ben, ann, 'Folder');
  await settings(ann, { uploadLimit: 2 * MiB });
  const download = await ben.client.request('downloads/add', { entry: root });
  await middle(ben, download, MiB);
  for (const name of ['38.bin', '39.bin']) unlinkSync(path.join(folder, name));
  await settings(ann, { uploadLimit: 0 });
  const end = await when(ben, download, ({ state }) => ['done', 'failed'].includes(state), { what: 'ends' });
  // They may have been sent before they went, or be gone from a newer index; else they are named.
  const came = visible(ben, end.destination);
  const missing = Object.keys(files).filter((name) => !came.includes(name));
  assert.ok(
    missing.every((name) => ['38.bin', '39.bin'].includes(name)),
    `missing: ${missing.join()}`,
  );
  if (end.state === 'done') assert.equal(end.totalFiles, came.length);
  else assert.deepEqual(end.failedFiles.map((failed) => failed.path).sort(), missing);
  for (const name of visible(ben, end.destination))
    assertBytes(path.join(end.destination, name), files[name] ?? new Uint8Array());
});
