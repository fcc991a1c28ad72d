// Sources that lie, send wrong bytes, drip, or whose file changes: right bytes or a clear error, and everybody else goes on.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { AppError } from '../../../../../../src/protocol/errors.ts';
import { content, limited, otherIds, rootOf, TestFinder, TestSource, world } from './testSource.ts';

const MiB = 1024 * 1024;
const large = 12 * MiB + 321;

test('a lying source is cut off after three bad pieces and named, and costs little', async (t) => {
  const to = world(t, large);
  const liar = new TestSource(to.bytes, otherIds[0]);
  liar.onSlice = (slice) => slice.fill(1);
  const owner = limited(new TestSource(to.bytes), 32 * MiB);
  await to.receive(new TestFinder(owner, [liar]));
  assert.ok(to.received().equals(to.bytes));
  const shown = to.told.sources.find(({ peerId }) => peerId === liar.peerId);
  assert.ok(shown === undefined || shown.receivedBytes === 0);
  assert.ok(liar.reads.length <= 8, `${liar.reads.length} reads`);
});

test('one flipped bit costs one leaf', async (t) => {
  const to = world(t, large);
  const owner = new TestSource(to.bytes);
  let flips = 1;
  owner.onSlice = (slice, { offset }) => {
    if (offset === 5 * MiB && flips-- > 0) slice[99] = (slice[99] ?? 0) ^ 4;
    return slice;
  };
  await to.receive(new TestFinder(owner));
  assert.ok(to.received().equals(to.bytes));
  assert.equal(to.told.bytes, large);
  assert.ok(owner.sentBytes <= large + 2 * MiB);
});

test('an owner that always sends a wrong byte fails the file, named, and what is right stays', async (t) => {
  const to = world(t, large);
  const owner = new TestSource(to.bytes);
  owner.onSlice = (slice, { offset }) => (offset === 5 * MiB ? Buffer.alloc(slice.length) : slice);
  await assert.rejects(to.receive(new TestFinder(owner)), { kind: 'verification-failed', message: /"f" from peer ybndrfg8…/ });
  assert.ok(owner.reads.length < 40);
  owner.onSlice = (slice) => slice;
  owner.sentBytes = 0;
  await to.receive(new TestFinder(owner));
  assert.ok(to.received().equals(to.bytes));
  assert.ok(owner.sentBytes < large - 4 * MiB);
});

const liars: [name: string, make: (source: TestSource) => void][] = [
  ['says an impossible size', (source) => (source.onRead = () => Promise.resolve({ sizeBytes: -5 }))],
  ['says a size that is no number', (source) => (source.onRead = () => Promise.resolve({ sizeBytes: NaN }))],
  ['gives a root of the wrong length', (source) => (source.onRead = () => Promise.resolve({ root: Buffer.alloc(5) }))],
  ['says a larger size', (source) => (source.onRead = () => Promise.resolve({ sizeBytes: source.bytes.length + 70_000 }))],
  ['says a smaller size', (source) => (source.onRead = () => Promise.resolve({ sizeBytes: source.bytes.length - 1 }))],
  ['says another root', (source) => (source.onRead = () => Promise.resolve({ root: Buffer.alloc(32, 1) }))],
  ['sends too few bytes', (source) => (source.onSlice = (slice, { offset }) => (offset > 50_000 ? undefined : slice))],
  ['sends too many bytes', (source) => (source.onSlice = (slice) => Buffer.concat([slice, slice]))],
  ['sends nothing', (source) => (source.onSlice = () => undefined)],
];

for (const [name, make] of liars) {
  for (const sizeBytes of [200_000, large]) {
    test(`an owner that ${name} gets no file (${sizeBytes} bytes)`, async (t) => {
      const to = world(t, sizeBytes);
      const owner = new TestSource(to.bytes);
      make(owner);
      await assert.rejects(to.receive(new TestFinder(owner)), (error: AppError) =>
        ['verification-failed', 'changed'].includes(error.kind),
      );
      assert.ok(owner.reads.length < 40, `${owner.reads.length} reads`);
    });

    test(`another peer that ${name} stops nobody (${sizeBytes} bytes)`, async (t) => {
      const to = world(t, sizeBytes);
      const other = new TestSource(to.bytes, otherIds[0]);
      make(other);
      await to.receive(new TestFinder(new TestSource(to.bytes), [other]), { root: rootOf(to.bytes) });
      assert.ok(to.received().equals(to.bytes));
      assert.ok(other.reads.length < 40, `${other.reads.length} reads`);
    });
  }
}

test('wrong hashes are asked of another, and of nobody more than once', async (t) => {
  const to = world(t, large);
  const owner = new TestSource(to.bytes);
  let wrong = 0;
  owner.onHashes = (reply) => (wrong++, { ...reply, leaves: reply.leaves.map((leaf) => Buffer.from(leaf).fill(0, 0, 1)) });
  const other = new TestSource(to.bytes, otherIds[0]);
  await to.receive(new TestFinder(owner, [other]), { root: rootOf(to.bytes) });
  assert.ok(to.received().equals(to.bytes));
  assert.equal(wrong, 1);
});

test('an owner whose tree is gone is checked by the root alone', async (t) => {
  const to = world(t, large);
  const owner = new TestSource(to.bytes);
  owner.hasTree = false;
  await to.receive(new TestFinder(owner));
  assert.ok(to.received().equals(to.bytes));
  const wrong = world(t, large);
  const liar = new TestSource(wrong.bytes);
  liar.hasTree = false;
  liar.onSlice = (slice, { offset }) => (offset === 5 * MiB ? Buffer.alloc(slice.length) : slice);
  await assert.rejects(wrong.receive(new TestFinder(liar)), { kind: 'verification-failed' });
});

test('holdings that cannot be true are not believed', async (t) => {
  const to = world(t, large);
  const others = otherIds.map((id) => new TestSource(to.bytes, id));
  const lies = [
    { sizeBytes: 5, unitBytes: 16_384, units: new Uint8Array(97).fill(255) },
    { sizeBytes: large, unitBytes: 0, units: new Uint8Array(97).fill(255) },
    { sizeBytes: large, unitBytes: 12_345, units: new Uint8Array(97).fill(255) },
    { sizeBytes: large, unitBytes: 16_384, units: new Uint8Array(3).fill(255) },
  ];
  for (const [index, other] of others.entries()) other.holding = () => Promise.resolve(lies[index] ?? assert.fail());
  await to.receive(new TestFinder(limited(new TestSource(to.bytes), 40 * MiB), others), { root: rootOf(to.bytes) });
  assert.ok(to.received().equals(to.bytes));
  for (const other of others) assert.equal(other.reads.length, 0);
});

test('a source that never answers is given up after the deadline', async (t) => {
  const to = world(t, large);
  const silent = new TestSource(to.bytes);
  silent.onRead = () => new Promise(() => undefined);
  await assert.rejects(to.receive(new TestFinder(silent), { stallMs: 30 }), { kind: 'unavailable' });
  const stalling = new TestSource(to.bytes);
  stalling.onSlice = async (slice, { offset }) => (offset > 6 * MiB ? new Promise(() => undefined) : slice);
  await assert.rejects(to.receive(new TestFinder(stalling), { stallMs: 30 }), { kind: 'unavailable' });
  const whole = new TestSource(to.bytes);
  await to.receive(new TestFinder(whole));
  assert.ok(to.received().equals(to.bytes));
  assert.ok(whole.sentBytes < 8 * MiB, 'what came before the silence is kept');
});

test('a file that changes in the middle is begun again from what still holds', async (t) => {
  for (const grown of [0, 5000]) {
    const to = world(t, large);
    const next = Buffer.concat([content(large), content(grown, 9)]);
    next.fill(7, 10 * MiB, 10 * MiB + 100);
    const owner = new TestSource(to.bytes);
    owner.isRooted = owner.hasTree = false;
    const changed = { isDone: false };
    owner.onSlice = (slice, { offset }) => {
      if (offset < 7 * MiB || changed.isDone) return slice;
      changed.isDone = true;
      owner.bytes = next;
      owner.version = Buffer.from('version2');
      owner.isRooted = owner.hasTree = false;
      throw new AppError('changed', 'It changed.');
    };
    const received = await to.receive(new TestFinder(owner));
    assert.ok(to.received().equals(next));
    assert.equal(received.sizeBytes, next.length);
    assert.equal(to.told.bytes, next.length);
    assert.ok(owner.sentBytes < large + 4 * MiB, `${owner.sentBytes} of ${large}`);
  }
});

test('a file that always changes is given up as changed', async (t) => {
  const to = world(t, large);
  const owner = new TestSource(to.bytes);
  owner.isRooted = owner.hasTree = false;
  let version = 0;
  owner.onRead = () => void (owner.version = Buffer.from(`version${++version}`));
  await assert.rejects(to.receive(new TestFinder(owner)), { kind: 'changed' });
});

test('a content id of the index that is out of date gives way to what the owner has', async (t) => {
  for (const sizeBytes of [5000, large]) {
    const to = world(t, sizeBytes);
    const owner = new TestSource(to.bytes);
    await to.receive(new TestFinder(owner), { root: rootOf(content(sizeBytes, 5)) });
    assert.ok(to.received().equals(to.bytes));
    const grown = world(t, sizeBytes);
    await grown.receive(new TestFinder(new TestSource(grown.bytes)), { sizeBytes: sizeBytes - 100 });
    assert.ok(grown.received().equals(grown.bytes));
  }
});

test('what an earlier attempt left is checked: changed bytes on the disk are fetched again', async (t) => {
  const to = world(t, large);
  const owner = new TestSource(to.bytes);
  owner.onSlice = (slice, { offset }) => {
    if (offset > 8 * MiB) throw new AppError('unavailable', 'gone');
    return slice;
  };
  await assert.rejects(to.receive(new TestFinder(owner)), { kind: 'unavailable' });
  const partial = readFileSync(to.partialPath);
  partial.fill(9, 3 * MiB, 3 * MiB + 10);
  writeFileSync(to.partialPath, partial);
  owner.onSlice = (slice) => slice;
  to.told.bytes = 0;
  owner.sentBytes = 0;
  await to.receive(new TestFinder(owner));
  assert.ok(to.received().equals(to.bytes));
  assert.equal(to.told.bytes, large);
  assert.ok(owner.sentBytes < 8 * MiB);
});

test('a full disk and a failing head end it at once', async (t) => {
  const to = world(t, large);
  const owner = new TestSource(to.bytes);
  const refuse = () => {
    throw new AppError('too-large', 'Too large.');
  };
  await assert.rejects(to.receive(new TestFinder(owner), { onHead: refuse }), { kind: 'too-large' });
});

test('a source that refuses alone says why', async (t) => {
  for (const sizeBytes of [5000, large]) {
    const to = world(t, sizeBytes);
    const owner = new TestSource(to.bytes);
    for (const kind of ['permission-denied', 'not-found', 'io', 'busy'] as const) {
      owner.onRead = () => {
        throw new AppError(kind, 'No.', { data: { reason: 'because' } });
      };
      await assert.rejects(to.receive(new TestFinder(owner)), { kind, data: { reason: 'because' } });
    }
  }
});
