// One file from one source and from many; who fails, comes and goes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../../../../src/protocol/errors.ts';
import type { PeerId } from '../../../../../../src/protocol/ids.ts';
import type { SwarmSource } from '../../../../../../src/sidecar/transfers/downloads/swarm/contract.ts';
import { limited, otherIds, rootOf, TestFinder, TestSource, world } from './testSource.ts';

const MiB = 1024 * 1024;
const large = 12 * MiB + 321;

for (const sizeBytes of [0, 1, 16_384, 300_000, MiB, MiB + 1, large]) {
  for (const isRooted of [false, true]) {
    test(`${sizeBytes} bytes come from their owner, ${isRooted ? 'root told' : 'never hashed'}`, async (t) => {
      const to = world(t, sizeBytes);
      const owner = new TestSource(to.bytes);
      owner.isRooted = owner.hasTree = isRooted;
      const received = await to.receive(new TestFinder(owner), { order: 'rarest' });
      assert.ok(to.received().equals(to.bytes));
      assert.deepEqual(Buffer.from(received.root), rootOf(to.bytes));
      assert.equal(received.sizeBytes, sizeBytes);
      assert.equal(to.told.bytes, sizeBytes);
      assert.equal(to.told.extra, 0);
      assert.equal(owner.sentBytes, sizeBytes, 'nothing is fetched twice');
    });
  }
}

test('an owner without versions and roots gives all at once', async (t) => {
  const to = world(t, large);
  const owner = new TestSource(to.bytes);
  owner.isRooted = owner.hasTree = false;
  owner.version = undefined;
  owner.capabilities.clear();
  await to.receive(new TestFinder(owner));
  assert.ok(to.received().equals(to.bytes));
  assert.equal(owner.reads.length, 1);
});

test('a content id known beforehand lets others give while the owner is away', async (t) => {
  const to = world(t, large);
  const others = otherIds.slice(0, 2).map((id) => new TestSource(to.bytes, id));
  await to.receive(new TestFinder(undefined, others), { root: rootOf(to.bytes) });
  assert.ok(to.received().equals(to.bytes));
  for (const other of others) assert.ok(other.sentBytes > MiB, 'both gave');
});

test('a small file comes from another when the owner is away', async (t) => {
  const to = world(t, 5000);
  await to.receive(new TestFinder(undefined, [new TestSource(to.bytes, otherIds[0])]), { root: rootOf(to.bytes) });
  assert.ok(to.received().equals(to.bytes));
});

test('nobody there is said at once', async (t) => {
  const to = world(t, large);
  await assert.rejects(to.receive(new TestFinder(undefined)), { kind: 'unavailable' });
  await assert.rejects(to.receive(new TestFinder(undefined), { root: rootOf(to.bytes) }), { kind: 'unavailable' });
});

for (const count of [2, 3, 4]) {
  test(`${count} sources of the same rate share the work, and little comes twice`, async (t) => {
    const to = world(t, 8 * MiB);
    const rate = (8 * MiB) / count / 1.2;
    const owner = limited(new TestSource(to.bytes), rate);
    const others = otherIds.slice(0, count - 1).map((id) => limited(new TestSource(to.bytes, id), rate));
    const beganAt = performance.now();
    await to.receive(new TestFinder(owner, others), { order: 'rarest' });
    const seconds = (performance.now() - beganAt) / 1000;
    assert.ok(to.received().equals(to.bytes));
    assert.ok(seconds < 1.2 * 2, `took ${seconds.toFixed(2)} s instead of 1.2`); // one alone takes two to four times that
    for (const { sentBytes } of [owner, ...others]) assert.ok(sentBytes > (0.5 * to.bytes.length) / count, 'each gave its part');
    const sent = [owner, ...others].reduce((sum, { sentBytes }) => sum + sentBytes, 0);
    assert.ok(sent < to.bytes.length * 1.1, `${sent - to.bytes.length} bytes too many`);
  });
}

test('a source that comes late joins, and one that goes leaves only what it was asked for', async (t) => {
  const to = world(t, 8 * MiB);
  const owner = limited(new TestSource(to.bytes), 4 * MiB);
  const late = new TestSource(to.bytes, otherIds[0]);
  const finder = new TestFinder(owner);
  const going = to.receive(finder, {
    onBytes: () => {
      if (finder.holders.length > 0) return;
      finder.holders = new TestFinder(undefined, [late]).holders;
      finder.changed();
    },
  });
  late.onSlice = (slice) => {
    if (late.sentBytes < MiB) return slice;
    finder.ownerSource = undefined; // the owner goes in its turn
    finder.changed();
    late.onSlice = (next) => next;
    return slice;
  };
  await going;
  assert.ok(to.received().equals(to.bytes));
  assert.ok(late.sentBytes > 4 * MiB);
});

test('a broken link is asked over the next one at once', async (t) => {
  const to = world(t, large);
  const owner = new TestSource(to.bytes);
  let breaks = 1;
  owner.onSlice = (slice, { offset }) => {
    if (offset > 5 * MiB && breaks-- > 0) throw new AppError('unavailable', 'The link broke.');
    return slice;
  };
  await to.receive(new TestFinder(owner));
  assert.ok(to.received().equals(to.bytes));
  assert.ok(owner.sentBytes < large + 2 * MiB);
});

test('a source that refuses, is busy or waits is shown so, and the others go on', async (t) => {
  const to = world(t, large);
  const refusing = new TestSource(to.bytes, otherIds[0]);
  refusing.onRead = () => {
    throw new AppError('permission-denied', 'It refuses.', { data: { reason: 'not for you' } });
  };
  const busy = new TestSource(to.bytes, otherIds[1]);
  busy.onRead = () => {
    throw new AppError('busy', 'Its queue is full.');
  };
  const waiting = new TestSource(to.bytes, otherIds[2]);
  waiting.onRead = (_request, { onPosition, signal }) => {
    onPosition?.(3);
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new AppError('cancelled', ''))));
  };
  const owner = limited(new TestSource(to.bytes), 16 * MiB);
  const shown = new Map<PeerId, SwarmSource>();
  const onSources = (sources: SwarmSource[]) => {
    for (const source of sources) if (source.state !== 'active') shown.set(source.peerId, source);
  };
  await to.receive(new TestFinder(owner, [refusing, busy, waiting]), { onSources });
  assert.ok(to.received().equals(to.bytes));
  assert.deepEqual([shown.get(refusing.peerId)?.state, shown.get(refusing.peerId)?.reason], ['refused', 'not for you']);
  assert.equal(shown.get(busy.peerId)?.state, 'waiting');
  assert.deepEqual([shown.get(waiting.peerId)?.state, shown.get(waiting.peerId)?.position], ['waiting', 3]);
});

test('a source that stalls is stolen from', async (t) => {
  const to = world(t, large);
  const stalling = new TestSource(to.bytes, otherIds[0]);
  stalling.onSlice = async (slice) => {
    if (stalling.sentBytes > 500_000) await new Promise(() => undefined);
    return slice;
  };
  await to.receive(new TestFinder(limited(new TestSource(to.bytes), 8 * MiB), [stalling]));
  assert.ok(to.received().equals(to.bytes));
});

test('partial holders give what they hold', async (t) => {
  const to = world(t, large);
  const leaves = Math.ceil(large / 16_384);
  const low = new TestSource(to.bytes, otherIds[0]);
  low.held = (leaf) => leaf < leaves * 0.6;
  const high = new TestSource(to.bytes, otherIds[1]);
  high.held = (leaf) => leaf >= leaves * 0.4;
  await to.receive(new TestFinder(undefined, [low, high]), { root: rootOf(to.bytes), order: 'rarest' });
  assert.ok(to.received().equals(to.bytes));
  for (const { reads, held } of [low, high]) {
    for (const { offset } of reads) assert.ok(held?.(offset / 16_384), 'asked only for what it holds');
  }
});

test('stopping keeps what is there, and the next attempt fetches only the rest', async (t) => {
  for (const isRooted of [true, false]) {
    const to = world(t, large);
    const owner = new TestSource(to.bytes);
    owner.isRooted = owner.hasTree = isRooted;
    const stop = new AbortController();
    const stopped = to.receive(new TestFinder(owner), {
      signal: stop.signal,
      onBytes: (delta) => {
        to.told.bytes += delta;
        if (to.told.bytes > 6 * MiB) stop.abort();
      },
    });
    await assert.rejects(stopped, { kind: 'cancelled' });
    const kept = to.told.bytes;
    to.told.bytes = 0;
    owner.sentBytes = 0;
    await to.receive(new TestFinder(owner));
    assert.ok(to.received().equals(to.bytes));
    assert.equal(to.told.bytes, large);
    assert.ok(owner.sentBytes <= large - kept, `${owner.sentBytes} of ${large - kept}`);
  }
});
