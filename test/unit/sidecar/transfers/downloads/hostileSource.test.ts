// Downloads from a source that lies, dies or changes: nothing wrong under a final name, ever; what is right is kept.

import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { AppError } from '../../../../../src/protocol/errors.ts';
import type { FileSource, ReadReply, ReadRequest } from '../../../../../src/sidecar/wire/services.ts';
import { content, type Owner, owner, random, receiver, refTo, tampered, temporaryFolder } from '../world.ts';

const large = 5 * 1024 * 1024 + 321;

/** The source, with the bytes of its replies passed through `change`. */
function changing(
  source: FileSource,
  change: (chunk: Uint8Array, at: { position: number; request: ReadRequest; read: number }) => Uint8Array | undefined,
  head: (reply: ReadReply) => Partial<ReadReply> = () => ({}),
): FileSource & { requests: ReadRequest[] } {
  const requests: ReadRequest[] = [];
  const read: FileSource['read'] = async (request, options) => {
    const number = requests.push(request);
    const reply = await source.read(request, options);
    const bytes = async function* () {
      let position = request.offset;
      for await (const chunk of reply.bytes) {
        const changed = change(Buffer.from(chunk), { position, request, read: number });
        if (changed === undefined) return;
        position += chunk.length;
        yield changed;
      }
    };
    return { ...reply, bytes: bytes(), ...head(reply) };
  };
  return { ...tampered(source, { read }), requests };
}

function filesBelow(folder: string): string[] {
  return existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !name.startsWith('.potluck-partial'))
    : [];
}

async function world(t: TestContext, sizeBytes = large) {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  const bytes = content(sizeBytes);
  from.write('f', bytes);
  return { base, from, bytes };
}

/** Makes the owner know the root, so that leaves are checked one by one. */
async function know(from: Pick<Owner, 'source'>, file = 'f'): Promise<void> {
  const reply = await from.source.read(
    { ...refTo(file), offset: 0, length: 0, needsRoot: true },
    { signal: new AbortController().signal },
  );
  assert.equal((await reply.bytes[Symbol.asyncIterator]().next()).done, true, 'no bytes were asked for');
}

test('one flipped bit is found and fetched again', async (t) => {
  const { base, from, bytes } = await world(t);
  await know(from);
  const seed = 99;
  const badAt = random(seed).below(large);
  let flips = 1;
  const source = changing(from.source, (chunk, { position }) => {
    if (badAt < position || badAt >= position + chunk.length || flips-- <= 0) return chunk;
    const flipped = Buffer.from(chunk);
    flipped[badAt - position] = (flipped[badAt - position] ?? 0) ^ 4;
    return flipped;
  });
  const to = await receiver(t, base, { ...from, source });
  const download = await to.get('f');
  assert.equal(download.state, 'done', `seed ${seed}: ${JSON.stringify(download.failure)}`);
  assert.ok(readFileSync(download.destination).equals(bytes));
  assert.equal(download.doneBytes, large);
});

test('a source that always sends a wrong byte is named, and nothing is placed', async (t) => {
  const { base, from } = await world(t);
  await know(from);
  const source = changing(from.source, (chunk, { position }) =>
    position <= 3_000_000 && position + chunk.length > 3_000_000 ? Buffer.alloc(chunk.length) : chunk,
  );
  const to = await receiver(t, base, { ...from, source });
  const download = await to.get('f');
  assert.equal(download.state, 'failed');
  assert.equal(download.failure?.kind, 'verification-failed');
  assert.match(download.failure?.message ?? '', /"f" from peer ybndrfg8…/);
  assert.deepEqual(filesBelow(to.folder), []);
  to.setSource(from.source);
  await to.downloads.retry(download.downloadId);
  assert.equal((await to.ended(download.downloadId)).state, 'done');
});

test('small files are checked too', async (t) => {
  const { base, from } = await world(t, 100_000);
  await know(from);
  const source = changing(from.source, (chunk) => Buffer.alloc(chunk.length));
  const to = await receiver(t, base, { ...from, source });
  assert.equal((await to.get('f')).failure?.kind, 'verification-failed');
  assert.deepEqual(filesBelow(to.folder), []);
});

const liars: [name: string, make: (source: FileSource) => FileSource][] = [
  [
    'sends too few bytes',
    (source) => changing(source, (chunk, { position }) => (position > 0 ? undefined : chunk.subarray(0, 50_000))),
  ],
  ['sends too many bytes', (source) => changing(source, (chunk) => Buffer.concat([chunk, chunk]))],
  [
    'says a smaller size',
    (source) =>
      changing(
        source,
        (chunk) => chunk,
        (reply) => ({ sizeBytes: reply.sizeBytes - 1 }),
      ),
  ],
  [
    'says a larger size',
    (source) =>
      changing(
        source,
        (chunk) => chunk,
        (reply) => ({ sizeBytes: reply.sizeBytes + 70_000 }),
      ),
  ],
  [
    'says an impossible size',
    (source) =>
      changing(
        source,
        (chunk) => chunk,
        () => ({ sizeBytes: -5 }),
      ),
  ],
  [
    'says a size that is no number',
    (source) =>
      changing(
        source,
        (chunk) => chunk,
        () => ({ sizeBytes: NaN }),
      ),
  ],
  [
    'says another root',
    (source) =>
      changing(
        source,
        (chunk) => chunk,
        () => ({ root: Buffer.alloc(32, 1) }),
      ),
  ],
  [
    'gives a root of the wrong length',
    (source) =>
      changing(
        source,
        (chunk) => chunk,
        () => ({ root: Buffer.alloc(5) }),
      ),
  ],
];

for (const [name, make] of liars) {
  for (const sizeBytes of [200_000, large]) {
    test(`a source that ${name} gets nothing placed (${sizeBytes} bytes)`, async (t) => {
      const { base, from } = await world(t, sizeBytes);
      await know(from);
      const to = await receiver(t, base, { ...from, source: make(from.source) });
      const download = await to.get('f');
      assert.equal(download.state, 'failed');
      assert.match(download.failure?.kind ?? '', /verification-failed|changed/, JSON.stringify(download.failure));
      assert.deepEqual(filesBelow(to.folder), []);
    });
  }
}

test('hashes that do not belong to the root are not used: the root decides', async (t) => {
  const { base, from, bytes } = await world(t);
  await know(from);
  const source = tampered(from.source, {
    hashes: async (request, options) => {
      const reply = await from.source.hashes(request, options);
      return { ...reply, leaves: reply.leaves.map((leaf) => Buffer.from(leaf).fill(0, 0, 1)) };
    },
  });
  const to = await receiver(t, base, { ...from, source });
  assert.ok(readFileSync((await to.get('f')).destination).equals(bytes));
});

test('a source without the tree is checked by the root alone', async (t) => {
  const { base, from, bytes } = await world(t);
  await know(from);
  const source = tampered(from.source, { hashes: () => Promise.reject(new AppError('not-found', 'no tree')) });
  const to = await receiver(t, base, { ...from, source });
  assert.ok(readFileSync((await to.get('f')).destination).equals(bytes));
});

test('a source that never answers is given up after the deadline and asked again', async (t) => {
  const { base, from, bytes } = await world(t);
  let asked = 0;
  const source = tampered(from.source, {
    read: (request, options) => (++asked > 2 ? from.source.read(request, options) : new Promise(() => undefined)),
  });
  const to = await receiver(t, base, { ...from, source }, { stallMs: 50 });
  const { downloadId } = await to.downloads.add(refTo('f'));
  const waiting = await to.until(downloadId, ({ state, failure }) => state === 'queued' && failure !== undefined);
  assert.equal(waiting.failure?.kind, 'unavailable');
  const download = await to.ended(downloadId);
  assert.ok(readFileSync(download.destination).equals(bytes));
});

test('a source that stops in the middle of a file is given up after the deadline', async (t) => {
  const { base, from, bytes } = await world(t);
  let asked = 0;
  const read: FileSource['read'] = async (request, options) => {
    const reply = await from.source.read(request, options);
    if (++asked > 1) return reply;
    const bytesThenSilence = async function* () {
      for await (const chunk of reply.bytes) {
        yield chunk;
        if (asked === 1) await new Promise(() => undefined);
      }
    };
    return { ...reply, bytes: bytesThenSilence() };
  };
  const to = await receiver(t, base, { ...from, source: tampered(from.source, { read }) }, { stallMs: 50 });
  assert.ok(readFileSync((await to.get('f')).destination).equals(bytes));
});

test('a download whose peer goes away in the middle waits, and goes on from there when it is back', async (t) => {
  const { base, from, bytes } = await world(t);
  const dying = changing(from.source, (chunk, { position }) => {
    if (position >= 4 * 1024 * 1024) throw new AppError('unavailable', 'The connection is gone.');
    return chunk;
  });
  const to = await receiver(t, base, { ...from, source: dying }, { retryMs: 60_000 });
  const { downloadId } = await to.downloads.add(refTo('f'));
  const waiting = await to.until(downloadId, ({ state, failure }) => state === 'queued' && failure !== undefined);
  assert.deepEqual(filesBelow(to.folder), []);
  assert.ok(waiting.doneBytes > 3 * 1024 * 1024, 'shows what is there');
  const back = changing(from.source, (chunk) => chunk);
  to.setSource(back);
  to.downloads.peerOnline(refTo('f').peerId);
  const download = await to.ended(downloadId);
  assert.ok(readFileSync(download.destination).equals(bytes));
  assert.equal(download.doneBytes, large);
  const resumed = back.requests.at(-1)?.offset ?? 0;
  assert.ok(resumed > 3 * 1024 * 1024, `went on from ${resumed}`);
});

test('a download waits for a peer that is not connected', async (t) => {
  const { base, from } = await world(t, 10);
  const to = await receiver(t, base, from);
  to.setSource(undefined);
  const { downloadId } = await to.downloads.add(refTo('f'));
  const waiting = await to.until(downloadId, ({ failure }) => failure?.kind === 'unavailable');
  assert.equal(waiting.state, 'waiting');
  to.setSource(from.source);
  to.downloads.peerOnline(refTo('f').peerId);
  assert.equal((await to.ended(downloadId)).state, 'done');
  assert.equal(to.downloads.activeCount, 0);
});

test('a file that changed between two attempts is fetched anew, not stitched together', async (t) => {
  const { base, from } = await world(t);
  const dying = changing(from.source, (chunk, { position }) => {
    if (position >= 4 * 1024 * 1024) throw new AppError('unavailable', 'The connection is gone.');
    return chunk;
  });
  const to = await receiver(t, base, { ...from, source: dying }, { retryMs: 60_000 });
  const { downloadId } = await to.downloads.add(refTo('f'));
  await to.until(downloadId, ({ state, failure }) => state === 'queued' && failure !== undefined);
  const other = content(large + 5000, 77);
  from.write('f', other);
  to.setSource(from.source);
  to.downloads.peerOnline(refTo('f').peerId);
  assert.ok(readFileSync((await to.ended(downloadId)).destination).equals(other));
});

test('a file that changes while it is read is fetched once more', async (t) => {
  const { base, from } = await world(t);
  const file = path.join(from.shared, 'f');
  let touched = false;
  const source = changing(from.source, (chunk, { position }) => {
    if (position > 1024 * 1024 && !touched) {
      touched = true;
      appendFileSync(file, 'more');
    }
    return chunk;
  });
  const to = await receiver(t, base, { ...from, source });
  const download = await to.get('f');
  assert.equal(download.state, 'done', JSON.stringify(download.failure));
  assert.ok(readFileSync(download.destination).equals(readFileSync(file)));
});

test('one bad file of a folder is named, the others arrive, and a retry fetches only that', async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  for (const name of ['a', 'b', 'c']) from.write(`d/${name}`, name);
  const wrong = changing(from.source, (chunk, { request }) => (request.path === 'd/b' ? Buffer.from('X') : chunk));
  const bad = tampered(wrong, { understands: (capability) => capability !== 'packs' });
  await know(from, 'd/b');
  const to = await receiver(t, base, { ...from, source: bad });
  const download = await to.get('d');
  assert.equal(download.state, 'failed');
  assert.deepEqual(
    download.failedFiles.map((file) => file.path),
    ['d/b'],
  );
  assert.deepEqual(filesBelow(download.destination).sort(), ['a', 'c']);
  writeFileSync(path.join(download.destination, 'a'), 'edited since');
  const good = changing(bad, (chunk, { request }) => (request.path === 'd/b' ? Buffer.from('b') : chunk));
  to.setSource(good);
  await to.downloads.retry(download.downloadId);
  const retried = await to.ended(download.downloadId);
  assert.equal(retried.state, 'done', JSON.stringify(retried.failure));
  assert.deepEqual(
    good.requests.map((request) => request.path),
    ['d/b'],
  );
  assert.equal(retried.doneFiles, 3);
  assert.deepEqual(filesBelow(download.destination).sort(), ['a', 'b', 'c']);
  assert.equal(readFileSync(path.join(download.destination, 'a'), 'utf8'), 'edited since');
});

test('cancelling in the middle removes what was received', async (t) => {
  const { base, from } = await world(t);
  const slow = changing(from.source, (chunk) => chunk);
  let sent = 0;
  const read: FileSource['read'] = async (request, options) => {
    const reply = await slow.read(request, options);
    const held = async function* () {
      for await (const chunk of reply.bytes) {
        if ((sent += chunk.length) > 3 * 1024 * 1024) await new Promise(() => undefined);
        yield chunk;
      }
    };
    return { ...reply, bytes: held() };
  };
  const to = await receiver(t, base, { ...from, source: tampered(from.source, { read }) });
  const { downloadId } = await to.downloads.add(refTo('f'));
  await to.until(downloadId, ({ doneBytes }) => doneBytes >= 2 * 1024 * 1024);
  const cancelled = await to.downloads.cancel(downloadId);
  assert.equal(cancelled.state, 'cancelled');
  assert.deepEqual(readdirSync(to.folder), []);
  to.setSource(from.source);
  await to.downloads.retry(downloadId);
  assert.equal((await to.ended(downloadId)).state, 'done');
});
