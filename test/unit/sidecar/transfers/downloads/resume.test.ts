// After a crash, a full disk, or somebody's hands in the partial files.

import assert from 'node:assert/strict';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { AppError } from '../../../../../src/protocol/errors.ts';
import type { DownloadId } from '../../../../../src/protocol/ids.ts';
import type { PartialOptions } from '../../../../../src/sidecar/transfers/disk/disk.ts';
import { localFailure } from '../../../../../src/sidecar/transfers/failures.ts';
import type { DownloadCatalog } from '../../../../../src/sidecar/transfers/downloads/downloads.ts';
import type { FileSource, ReadRequest } from '../../../../../src/sidecar/wire/services.ts';
import { assertSameTree, content, owner, receiver, refTo, tampered, temporaryFolder } from '../world.ts';

const large = 7 * 1024 * 1024 + 99;

/** The source for so many bytes in all, then silence; notes what is asked of it. */
function held(source: FileSource, afterBytes: number): FileSource & { requests: ReadRequest[]; sentBytes: () => number } {
  const requests: ReadRequest[] = [];
  let sent = 0;
  const read: FileSource['read'] = async (request, options) => {
    requests.push(request);
    const reply = await source.read(request, options);
    const bytes = async function* () {
      for await (const chunk of reply.bytes) {
        if (sent + chunk.length > afterBytes) await new Promise(() => undefined);
        sent += chunk.length;
        yield chunk;
      }
    };
    return { ...reply, bytes: bytes() };
  };
  return { ...tampered(source, { read }), requests, sentBytes: () => sent };
}

/** A download that was stopped in the middle, as it lies on the disk; `again` opens the same queue with a whole source. */
async function stopped(t: TestContext) {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  const bytes = content(large);
  from.write('f', bytes);
  const first = await receiver(t, base, { ...from, source: held(from.source, 5 * 1024 * 1024) });
  const { downloadId } = await first.downloads.add(refTo('f'));
  await first.until(downloadId, ({ doneBytes }) => doneBytes >= 3 * 1024 * 1024);
  await first.downloads.close();
  const kept = first.told.at(-1)?.doneBytes ?? 0;
  first.close();
  const partials = path.join(first.folder, '.potluck-partial', downloadId);
  const partial = path.join(partials, readdirSync(partials).find((name) => name.endsWith('.part')) ?? '');
  const again = async () => {
    const source = held(from.source, Infinity);
    const to = await receiver(t, base, { ...from, source });
    return { to, source, download: await to.ended(downloadId) };
  };
  return { base, from, bytes, downloadId, folder: first.folder, partial, kept, again };
}

test('a download goes on by itself after a restart, from what is verified', async (t) => {
  const { again, bytes, kept } = await stopped(t);
  const { download, source } = await again();
  assert.equal(download.state, 'done', JSON.stringify(download.failure));
  assert.ok(readFileSync(download.destination).equals(bytes));
  // A file that was written a moment before has no version yet: then what is first asked for may be asked for twice.
  const twice = 1024 * 1024;
  assert.ok(source.sentBytes() <= large - kept + twice, `${source.sentBytes()} of ${large - kept}`);
  assert.equal(download.doneBytes, large);
});

const tampering: [name: string, change: (partial: string) => void][] = [
  ['with a byte changed', (partial) => writeFileSync(partial, Buffer.from(readFileSync(partial)).fill(9, 2_000_000, 2_000_001))],
  ['cut in the middle of a leaf', (partial) => truncateSync(partial, 3_000_001)],
  ['with a hole', (partial) => writeFileSync(partial, Buffer.from(readFileSync(partial)).fill(0, 1_500_000, 2_500_000))],
  ['longer than the file', (partial) => truncateSync(partial, large + 100_000)],
  ['removed', (partial) => rmSync(partial)],
  ['all wrong', (partial) => writeFileSync(partial, content(4_000_000, 4))],
];

for (const [name, change] of tampering) {
  test(`a partial file ${name} does no harm`, async (t) => {
    const { again, bytes, partial } = await stopped(t);
    change(partial);
    const { download } = await again();
    assert.equal(download.state, 'done', JSON.stringify(download.failure));
    assert.ok(readFileSync(download.destination).equals(bytes));
    assert.equal(download.doneBytes, large);
  });
}

test('a link planted in place of a partial file is not written through', { skip: process.platform === 'win32' }, async (t) => {
  for (const plant of [symlinkSync, linkSync]) {
    const { again, bytes, partial, base } = await stopped(t);
    const victim = path.join(base, `victim-${plant.name}`);
    writeFileSync(victim, Buffer.alloc(4_000_000, 1));
    rmSync(partial);
    plant(victim, partial);
    const { download } = await again();
    assert.ok(readFileSync(download.destination).equals(bytes));
    assert.ok(readFileSync(victim).equals(Buffer.alloc(4_000_000, 1)));
  }
});

test('a folder download goes on after a restart without fetching what it has', async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  for (let i = 0; i < 60; i++) from.write(`d/${i}`, content(1000 + i, i));
  from.write('d/z-large', content(large));
  const first = await receiver(t, base, { ...from, source: held(from.source, 3 * 1024 * 1024) });
  const { downloadId } = await first.downloads.add(refTo('d'));
  await first.until(downloadId, ({ doneFiles, doneBytes }) => doneFiles === 60 && doneBytes > 2 * 1024 * 1024);
  await first.downloads.close();
  first.close();
  const source = held(from.source, Infinity);
  const to = await receiver(t, base, { ...from, source });
  const download = await to.ended(downloadId);
  assert.equal(download.state, 'done', JSON.stringify(download.failure));
  assert.deepEqual(new Set(source.requests.map((request) => request.path)), new Set(['d/z-large']));
  assert.equal(download.destination, path.join(to.folder, 'd'));
  assertSameTree(download.destination, path.join(from.shared, 'd'));
});

test('a crash between placing a file and noting it leaves only right files', async (t) => {
  const { again, bytes, partial, folder } = await stopped(t);
  const handle = await open(partial, 'r+');
  await handle.write(bytes, 0, bytes.length, 0);
  await handle.close();
  linkSync(partial, path.join(folder, 'f'));
  // As found: two names for one file. The partial's name is given up, the placed one may stay; nothing is damaged.
  const { download } = await again();
  assert.equal(download.state, 'done');
  assert.ok(readFileSync(download.destination).equals(bytes));
  assert.ok(readFileSync(path.join(folder, 'f')).equals(bytes));
});

test('a finished file whose end was not noted in the queue is not fetched again', async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  from.write('f', 'content');
  const to = await receiver(t, base, from);
  const done = await to.get('f');
  const partials = path.join(to.folder, '.potluck-partial', done.downloadId);
  mkdirSync(partials, { recursive: true });
  writeFileSync(path.join(partials, 'placed.jsonl'), `${JSON.stringify(['', 'f'])}\n["cut`);
  to.database.run("UPDATE download SET state = 'running'");
  await to.downloads.close();
  to.close();
  const source = held(from.source, Infinity);
  const again = await receiver(t, base, { ...from, source });
  const download = await again.ended(done.downloadId);
  assert.equal(download.state, 'done');
  assert.equal(download.destination, path.join(to.folder, 'f'));
  assert.deepEqual(source.requests, []);
  assert.deepEqual(readdirSync(to.folder), ['f']);
});

test('a full disk stops a download with a clear message; after making room it goes on', async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  const bytes = content(large);
  from.write('f', bytes);
  let room = 3 * 1024 * 1024;
  const source = held(from.source, Infinity);
  const to = await receiver(t, base, { ...from, source }, { freeBytes: () => undefined });
  const open = to.disk.openPartial.bind(to.disk);
  t.mock.method(to.disk, 'openPartial', async (options: PartialOptions) => {
    const partial = await open(options);
    const write = partial.write.bind(partial);
    t.mock.method(partial, 'write', (first: number, chunks: readonly Uint8Array[], expected?: Uint8Array) => {
      for (const chunk of chunks) room -= chunk.length;
      const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      return room < 0 ? Promise.reject(localFailure(full, to.folder)) : write(first, chunks, expected);
    });
    return partial;
  });
  const full = await to.get('f');
  assert.equal(full.state, 'failed');
  assert.equal(full.failure?.kind, 'disk-full');
  assert.match(full.failure?.message ?? '', /Make room, then retry/);
  assert.equal(existsSync(path.join(to.folder, 'f')), false);
  room = Infinity;
  const before = source.sentBytes();
  await to.downloads.retry(full.downloadId);
  const download = await to.ended(full.downloadId);
  assert.ok(readFileSync(download.destination).equals(bytes));
  assert.ok(source.sentBytes() - before <= large - 2 * 1024 * 1024, 'went on from what was there');
});

test('too little room is said before anything is fetched', async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  from.write('d/f', content(100_000));
  const source = held(from.source, Infinity);
  const to = await receiver(t, base, { ...from, source }, { freeBytes: () => 99_999 });
  const download = await to.get('d');
  assert.equal(download.failure?.kind, 'disk-full');
  assert.deepEqual([download.failure?.data?.sizeBytes, download.failure?.data?.limitBytes], [100_000, 99_999]);
  assert.deepEqual(source.requests, []);
  await to.downloads.clear();
  assert.deepEqual(readdirSync(to.folder), []);
});

test('stopping at any moment, again and again, ends in the right file', async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  from.write('d/large', content(large));
  for (let i = 0; i < 20; i++) from.write(`d/small/${i}`, content(i * 300, i));
  let downloadId: DownloadId | undefined;
  for (let round = 0; round < 8; round++) {
    const to = await receiver(t, base, { ...from, source: held(from.source, round * 900_000 + 1) });
    downloadId ??= (await to.downloads.add(refTo('d'))).downloadId;
    const wanted = Math.min(round * 600_000, 6_000_000);
    await to.until(downloadId, ({ doneBytes, state }) => state === 'done' || doneBytes >= wanted);
    await to.downloads.close();
    to.close();
  }
  const to = await receiver(t, base, from);
  const download = await to.ended(downloadId ?? ('' as DownloadId));
  assert.equal(download.state, 'done', JSON.stringify(download.failure));
  assert.deepEqual(readdirSync(to.folder), ['d']);
  assertSameTree(download.destination, path.join(from.shared, 'd'));
});

test('a folder download whose disk is away fails with that, and goes on when it is back', async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  from.write('d/a', 'a');
  from.write('d/z', content(large));
  const first = await receiver(t, base, { ...from, source: held(from.source, 2 * 1024 * 1024) });
  const { downloadId } = await first.downloads.add(refTo('d'));
  await first.until(downloadId, ({ doneFiles, doneBytes }) => doneFiles === 1 && doneBytes > 1024 * 1024);
  await first.downloads.close();
  first.close();
  renameSync(first.folder, `${first.folder}-away`);
  const to = await receiver(t, base, from);
  const failed = await to.ended(downloadId);
  assert.equal(failed.failure?.kind, 'io');
  assert.equal(existsSync(first.folder), false);
  renameSync(`${first.folder}-away`, first.folder);
  await to.downloads.retry(downloadId);
  assert.equal((await to.ended(downloadId)).state, 'done');
  assertSameTree(path.join(to.folder, 'd'), path.join(from.shared, 'd'));
});

test('an index that changes while a folder is planned is read again', async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  from.write('d/a', 'a');
  let read = 0;
  const catalog: DownloadCatalog = {
    ...from.catalog,
    files: function* (ref) {
      yield* from.catalog.files(ref);
      if (++read === 2) throw new AppError('changed', 'A new index came.');
    },
  };
  const to = await receiver(t, base, { ...from, catalog });
  const download = await to.get('d');
  assert.equal(download.state, 'done', JSON.stringify(download.failure));
});
