// Files for opening: verified, cached, offline, ranges, own shares.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { AppError } from '../../../../../src/protocol/errors.ts';
import { localLimits } from '../../../../../src/sidecar/limits.ts';
import { silentLog } from '../../../../../src/sidecar/log.ts';
import { hashLeaves, rootOfLeaves } from '../../../../../src/sidecar/transfers/content/merkle.ts';
import { Disk } from '../../../../../src/sidecar/transfers/disk/disk.ts';
import type { SourceFinder } from '../../../../../src/sidecar/transfers/downloads/swarm/contract.ts';
import { Fetches, type FetchesOptions } from '../../../../../src/sidecar/transfers/opening/fetches.ts';
import { unlimited } from '../../../../../src/sidecar/transfers/rates.ts';
import type { FileSource, ReadRequest } from '../../../../../src/sidecar/wire/services.ts';
import { content, node, owner, random, refTo, tampered, temporaryFolder } from '../world.ts';

const signal = new AbortController().signal;

function diskOf(t: TestContext): Disk {
  const disk = new Disk({ log: silentLog });
  t.after(() => disk.close());
  return disk;
}

function world(t: TestContext, more: Partial<FetchesOptions> = {}) {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  const parts = node(t, path.join(base, 'asker'));
  const requests: ReadRequest[] = [];
  const spied = tampered(from.source, {
    read: (request, options) => (requests.push(request), from.source.read(request, options)),
  });
  let source: FileSource | undefined = spied;
  const comings = new Set<() => void>();
  const make = () => {
    const sources: SourceFinder = {
      owner: () => source,
      others: () => Promise.resolve([]),
      hasOthers: () => false,
      onChange: (listener) => {
        comings.add(listener);
        return () => comings.delete(listener);
      },
    };
    const disk = diskOf(t);
    const fetches = new Fetches({
      ...parts,
      catalog: from.catalog,
      sources,
      disk,
      rate: unlimited,
      ownFile: () => undefined,
      ...more,
    });
    fetches.open();
    t.after(() => fetches.close());
    return fetches;
  };
  return {
    base,
    from,
    requests,
    make,
    fetches: make(),
    cache: path.join(parts.dataFolder, 'cache'),
    setSource: (next: FileSource | undefined) => {
      source = next;
      for (const listener of [...comings]) listener();
    },
    /** Who waits for somebody to come. */
    waiting: comings,
    spied,
  };
}

function askedBytes(requests: ReadRequest[]): number {
  return requests.reduce((sum, { length = 0 }) => sum + length, 0);
}

test('a fetched file is verified, read-only, named by its root, and answered again without its owner', async (t) => {
  const { from, fetches, requests, make, setSource, cache } = world(t);
  const bytes = content(3 * 1024 * 1024);
  from.write('d/f.bin', bytes);
  const progress: number[] = [];
  const fetched = await fetches.fetch(refTo('d/f.bin'), { signal, onProgress: (done) => progress.push(done) });
  assert.equal(fetched.contentId, rootOfLeaves(hashLeaves(bytes)).toString('hex'));
  assert.equal(fetched.localPath, path.join(cache, fetched.contentId));
  assert.ok(readFileSync(fetched.localPath).equals(bytes));
  assert.equal(statSync(fetched.localPath).mode & 0o777, 0o400);
  assert.equal(progress.at(-1), bytes.length);
  setSource(undefined);
  assert.deepEqual(await fetches.fetch(refTo('d/f.bin'), { signal }), fetched);
  await fetches.close();
  assert.deepEqual(await make().fetch(refTo('d/f.bin'), { signal }), fetched);
  assert.equal(askedBytes(requests), bytes.length, 'nothing is asked for twice');
  from.write('d/f.bin', 'changed');
  await assert.rejects(make().fetch(refTo('d/f.bin'), { signal }), { kind: 'unavailable' });
});

test('the same file asked for at once is fetched once; one asker giving up does not stop the other', async (t) => {
  const { from, fetches, requests } = world(t);
  const bytes = content(2 * 1024 * 1024);
  from.write('f', bytes);
  const gone = new AbortController();
  const first = fetches.fetch(refTo('f'), { signal: gone.signal });
  const second = fetches.fetch(refTo('f'), { signal });
  gone.abort();
  await assert.rejects(first, { kind: 'cancelled' });
  assert.ok(readFileSync((await second).localPath).equals(bytes));
  assert.equal(askedBytes(requests), bytes.length);
});

test('a fetch that everybody gave up ends, and leaves nothing', async (t) => {
  const { from, fetches, cache } = world(t);
  from.write('f', content(8 * 1024 * 1024));
  const gone = new AbortController();
  const fetching = fetches.fetch(refTo('f'), { signal: gone.signal, onProgress: () => gone.abort() });
  await assert.rejects(fetching, { kind: 'cancelled' });
  await fetches.close();
  assert.deepEqual(readdirSync(path.join(cache, 'partial')), []);
});

test('too large is said without a transfer, also when the index was wrong', async (t) => {
  const { from, fetches, requests } = world(t);
  from.write('f', content(2000));
  await assert.rejects(fetches.fetch(refTo('f'), { maxBytes: 1999, signal }), {
    kind: 'too-large',
    data: { path: 'f', sizeBytes: 2000, limitBytes: 1999 },
  });
  assert.deepEqual(requests, []);
  await assert.rejects(fetches.fetch(refTo('nope'), { signal }), { kind: 'not-found' });
  from.write('d/x', 'x');
  await assert.rejects(fetches.fetch(refTo('d'), { signal }), { kind: 'is-folder' });
});

test('a wrong byte is never put into the cache', async (t) => {
  const { from, fetches, setSource, spied, cache } = world(t);
  const right = content(100_000);
  from.write('f', right);
  const read: FileSource['read'] = async (request, options) => {
    const reply = await spied.read(request, options);
    const bytes = async function* () {
      for await (const chunk of reply.bytes) yield Buffer.alloc(chunk.length, 1);
    };
    return { ...reply, bytes: bytes(), root: rootOfLeaves(hashLeaves(right)) };
  };
  setSource(tampered(spied, { read }));
  await assert.rejects(fetches.fetch(refTo('f'), { signal }), { kind: 'verification-failed' });
  assert.deepEqual(readdirSync(cache).sort(), ['partial', 'ranges']);
  setSource(spied);
  assert.equal((await fetches.fetch(refTo('f'), { signal })).sizeBytes, 100_000);
});

test('the cache is bounded, and what was not used for longest goes first', async (t) => {
  const { from, fetches } = world(t, { cacheBytes: 250_000 });
  for (const [index, name] of ['a', 'b', 'c'].entries()) from.write(name, content(100_000, index));
  const a = await fetches.fetch(refTo('a'), { signal });
  await new Promise((resolve) => setTimeout(resolve, 2)); // times of use are milliseconds
  const b = await fetches.fetch(refTo('b'), { signal });
  await new Promise((resolve) => setTimeout(resolve, 2));
  await fetches.fetch(refTo('a'), { signal });
  await new Promise((resolve) => setTimeout(resolve, 2));
  const c = await fetches.fetch(refTo('c'), { signal });
  assert.deepEqual(
    [a, b, c].map(({ localPath }) => existsSync(localPath)),
    [true, false, true],
  );
});

test('a cached file that was damaged or is unknown is dropped', async (t) => {
  const { from, fetches, make, cache, requests } = world(t);
  from.write('f', content(1000));
  const { localPath } = await fetches.fetch(refTo('f'), { signal });
  await fetches.close();
  writeFileSync(path.join(cache, 'stray'), 'x');
  const again = make();
  assert.equal(existsSync(path.join(cache, 'stray')), false);
  const { chmodSync, truncateSync } = await import('node:fs');
  chmodSync(localPath, 0o600);
  truncateSync(localPath, 10);
  assert.ok(readFileSync((await again.fetch(refTo('f'), { signal })).localPath).length === 1000);
  assert.equal(requests.length, 2);
});

test('ranges of small, large and cached files are exactly the bytes asked for', async (t) => {
  const { from, fetches, requests } = world(t);
  const rng = random(5);
  for (const sizeBytes of [0, 5, 100_000, 40 * 1024 * 1024 + 17]) {
    const bytes = content(sizeBytes, sizeBytes);
    from.write('f', bytes);
    const contentId = sizeBytes === 0 ? '0'.repeat(64) : rootOfLeaves(hashLeaves(bytes)).toString('hex');
    const ranges = [
      [0, 0],
      [0, 1],
      [0, sizeBytes],
      [sizeBytes, 10],
      [sizeBytes - 1, 10],
      [16 * 1024 * 1024 - 10, 20],
    ];
    for (let i = 0; i < 5; i++) ranges.push([rng.below(sizeBytes + 1), rng.below(3_000_000)]);
    for (const [offset = 0, length = 0] of ranges) {
      if (offset < 0) continue;
      const range = await fetches.fetchRange(refTo('f'), { offset, length, signal });
      assert.ok(
        readFileSync(range.localPath).equals(bytes.subarray(offset, offset + length)),
        `${sizeBytes}: ${offset}+${length}`,
      );
      assert.deepEqual([range.contentId, range.sizeBytes], [contentId, sizeBytes]);
    }
    const asked = requests.length;
    await fetches.fetchRange(refTo('f'), { offset: 0, length: 1, signal });
    assert.equal(requests.length, asked, 'the same range is not fetched again');
  }
  await assert.rejects(fetches.fetchRange(refTo('f'), { offset: 0, length: 65 * 1024 * 1024, signal }), { kind: 'too-large' });
  await assert.rejects(fetches.fetchRange(refTo('f'), { offset: -1, length: 1, signal }), { kind: 'invalid-argument' });
});

test('a range with a wrong byte, too many, or too few is refused', async (t) => {
  const { from, fetches, setSource, spied, cache } = world(t);
  from.write('f', content(3 * 1024 * 1024));
  const changes: ((chunk: Uint8Array) => Uint8Array[])[] = [
    (chunk) => [Buffer.from(chunk).fill(0)],
    (chunk) => [chunk, chunk],
    () => [],
  ];
  for (const change of changes) {
    const read: FileSource['read'] = async (request, options) => {
      const reply = await spied.read(request, options);
      const bytes = async function* () {
        for await (const chunk of reply.bytes) yield* change(chunk);
      };
      return { ...reply, bytes: bytes() };
    };
    setSource(tampered(spied, { read }));
    await assert.rejects(fetches.fetchRange(refTo('f'), { offset: 1_000_000, length: 200_000, signal }), {
      kind: 'verification-failed',
    });
  }
  assert.deepEqual(readdirSync(path.join(cache, 'ranges')), []);
});

test('a file of an own share is answered with itself and its root', async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  const bytes = content(2 * 1024 * 1024 + 3);
  const file = from.write('f', bytes);
  const fetches = new Fetches({
    ...from,
    sources: {
      owner: () => undefined,
      others: () => Promise.resolve([]),
      hasOthers: () => false,
      onChange: () => () => undefined,
    },
    disk: diskOf(t),
    rate: unlimited,
    ownFile: (ref) => ({ root: from.shared, absolutePath: file, entry: from.catalog.stat(ref) ?? assert.fail() }),
  });
  fetches.open();
  const fetched = await fetches.fetch(refTo('f'), { signal });
  assert.equal(fetched.localPath, file);
  assert.equal(fetched.contentId, rootOfLeaves(hashLeaves(bytes)).toString('hex'));
  const range = await fetches.fetchRange(refTo('f'), { offset: 1000, length: 50, signal });
  assert.deepEqual(readFileSync(range.localPath), bytes.subarray(1000, 1050));
  assert.equal(range.contentId, fetched.contentId);
  await assert.rejects(fetches.fetch(refTo('f'), { maxBytes: 10, signal }), { kind: 'too-large' });
});

test('a range is asked for again when another connection takes the place of the one that it ran on', async (t) => {
  const { from, fetches, setSource, spied, requests, waiting } = world(t);
  const bytes = content(3 * 1024 * 1024);
  from.write('f', bytes);
  const ended = new AppError('unavailable', 'The direct link to the peer ended.');
  setSource(tampered(spied, { read: () => (setSource(undefined), Promise.reject(ended)) }));
  const asked = fetches.fetchRange(refTo('f'), { offset: 1_000_000, length: 100, signal });
  while (waiting.size === 0) await setImmediate();
  assert.equal(requests.length, 0);
  setSource(spied);
  assert.ok(readFileSync((await asked).localPath).equals(bytes.subarray(1_000_000, 1_000_100)));
  assert.equal(waiting.size, 0);
});

test('a range of a peer that breaks every connection is given up', async (t) => {
  const { from, fetches, setSource, spied } = world(t);
  from.write('f', content(3 * 1024 * 1024));
  let tries = 0;
  const ended = new AppError('unavailable', 'The direct link to the peer ended.');
  setSource(tampered(spied, { read: () => (tries++, Promise.reject(ended)) }));
  await assert.rejects(fetches.fetchRange(refTo('f'), { offset: 0, length: 100, signal }), { kind: 'unavailable' });
  assert.equal(tries, localLimits.rangeTries);
});
