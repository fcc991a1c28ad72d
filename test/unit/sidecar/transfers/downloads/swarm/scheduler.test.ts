// What is asked of whom: nothing twice, nothing that is there, rarest first, and the end shared out by speed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LeafSet } from '../../../../../../src/sidecar/transfers/disk/leafSet.ts';
import {
  type Assignment,
  type Holdings,
  Scheduler,
  type Taker,
  unitLeavesOf,
} from '../../../../../../src/sidecar/transfers/downloads/swarm/scheduler.ts';

const MiB = 1024 * 1024;

function taker(bytesPerSecond = MiB, more: Partial<Taker> = {}): Taker {
  return { bytesPerSecond, idleMs: 0, holds: undefined, ...more };
}

function holding(size: number, holds: (leaf: number) => boolean): Holdings {
  const units = new Uint8Array(Math.ceil(size / 8));
  for (let leaf = 0; leaf < size; leaf++) if (holds(leaf)) units[leaf >> 3] = (units[leaf >> 3] ?? 0) | (0x80 >> (leaf & 7));
  return { unitLeaves: 1, units };
}

function range(assignment: Assignment | undefined): [number, number] | undefined {
  return assignment && [assignment.first, assignment.end];
}

test('leaves are asked for in order, each once, but for those that are there', () => {
  const have = new LeafSet(100);
  have.add(30, 10);
  const scheduler = new Scheduler({ have, order: 'sequential' });
  const [a, b] = [taker(), taker()];
  const first = scheduler.next(a, 20);
  assert.deepEqual(range(first), [0, 20]);
  assert.deepEqual(range(scheduler.next(b, 20)), [20, 30]);
  assert.deepEqual(range(scheduler.next(b, 100)), [40, 100]);
  assert.equal(scheduler.next(a, 20), undefined);
  assert.ok(first);
  have.add(0, 5);
  scheduler.end(first);
  scheduler.end(first);
  assert.deepEqual(range(scheduler.next(a, 100)), [5, 20], 'what it did not bring is free again');
});

test('leaves that were lost are asked for again', () => {
  const have = new LeafSet(100);
  have.add(0, 100);
  const scheduler = new Scheduler({ have, order: 'sequential' });
  assert.equal(scheduler.next(taker(), 10), undefined);
  have.remove(3);
  scheduler.lost();
  assert.deepEqual(range(scheduler.next(taker(), 10)), [3, 4]);
});

test('a partial holder is asked only for what it holds', () => {
  const scheduler = new Scheduler({ have: new LeafSet(100), order: 'sequential' });
  const part = taker(MiB, { holds: holding(100, (leaf) => leaf >= 40 && leaf < 50) });
  assert.deepEqual(range(scheduler.next(part, 100)), [40, 50]);
  assert.equal(scheduler.next(part, 100), undefined);
});

test('what fewest hold is fetched first', () => {
  const scheduler = new Scheduler({ have: new LeafSet(100), order: 'rarest' });
  const low = holding(100, (leaf) => leaf < 60);
  const high = holding(100, (leaf) => leaf >= 30 && leaf < 90);
  scheduler.setHoldings([low, high]);
  assert.deepEqual(range(scheduler.next(taker(), 100)), [90, 100]);
  assert.deepEqual(range(scheduler.next(taker(), 100)), [0, 30]);
  assert.deepEqual(range(scheduler.next(taker(MiB, { holds: high }), 100)), [60, 90]);
  assert.deepEqual(range(scheduler.next(taker(), 100)), [30, 60]);
});

test('those who feed each other begin at different places', () => {
  const starts = [0, 0.25, 0.999].map(
    (at) => new Scheduler({ have: new LeafSet(1000), order: 'rarest', random: () => at }).next(taker(), 10)?.first,
  );
  assert.deepEqual(starts, [0, 250, 999]);
  const wrapping = new Scheduler({ have: new LeafSet(100), order: 'rarest', random: () => 0.5 });
  assert.deepEqual(range(wrapping.next(taker(), 100)), [50, 100]);
  assert.deepEqual(range(wrapping.next(taker(), 100)), [0, 50]);
});

test('the rest of a slow one is shared by speed, on borders of slices', () => {
  const scheduler = new Scheduler({ have: new LeafSet(1024), order: 'sequential' });
  const slow = taker(MiB);
  const from = scheduler.next(slow, 1024);
  const stolen = scheduler.steal(taker(3 * MiB));
  assert.deepEqual(range(stolen?.assignment), [256, 1024]);
  assert.equal(stolen?.from, from);
  assert.equal(from?.end, 256);
  assert.equal(scheduler.steal(taker(0)), undefined, 'nobody slower than that is helped by one of unknown speed');
});

test('one that gives nothing any more loses all that has not come', () => {
  const scheduler = new Scheduler({ have: new LeafSet(64), order: 'sequential' });
  const from = scheduler.next(taker(100 * MiB, { idleMs: 20_000 }), 64);
  assert.ok(from);
  from.taken = 10;
  assert.deepEqual(range(scheduler.steal(taker(MiB))?.assignment), [10, 64]);
  assert.equal(from.end, from.taken);
});

test('nothing is taken over from one that is about to be done, or by one that does not hold it', () => {
  const scheduler = new Scheduler({ have: new LeafSet(64), order: 'sequential' });
  scheduler.next(taker(100 * MiB), 64);
  assert.equal(scheduler.steal(taker(100 * MiB)), undefined);
  const held = new Scheduler({ have: new LeafSet(1024), order: 'sequential' });
  held.next(taker(1000), 1024);
  assert.equal(held.steal(taker(MiB, { holds: holding(1024, (leaf) => leaf < 100) })), undefined);
  const tail = held.steal(taker(MiB, { holds: holding(1024, (leaf) => leaf >= 1000) }));
  assert.deepEqual(range(tail?.assignment), [1000, 1024]);
});

test('whatever happens, every leaf is asked of exactly one at a time, and all come in the end', () => {
  for (let seed = 1; seed <= 20; seed++) {
    let state = seed;
    const random = () => (state = (state * 16807) % 2147483647) / 2147483647;
    const size = 1 + Math.floor(random() * 500);
    const have = new LeafSet(size);
    const scheduler = new Scheduler({ have, order: seed % 2 ? 'rarest' : 'sequential', random });
    const takers = [taker(MiB), taker(10 * MiB), taker(10_000), taker(5 * MiB, { holds: holding(size, (leaf) => leaf % 7 < 4) })];
    scheduler.setHoldings(takers.flatMap(({ holds }) => holds ?? []));
    for (let step = 0; step < 10_000 && !have.isFull; step++) {
      const who = takers[Math.floor(random() * takers.length)] ?? assert.fail();
      if (random() < 0.5 && scheduler.assignments.size < 8) {
        if (!scheduler.next(who, 1 + Math.floor(random() * 30))) scheduler.steal(who);
      } else {
        const all = [...scheduler.assignments];
        const one = all[Math.floor(random() * all.length)];
        if (!one) continue;
        if (random() < 0.7 && one.taken < one.end) have.add(one.taken++);
        else scheduler.end(one);
      }
      const asked = new Set<number>();
      for (const { first, end } of scheduler.assignments)
        for (let leaf = first; leaf < end; leaf++) {
          assert.ok(!asked.has(leaf), `seed ${seed}: leaf ${leaf} is asked of two`);
          asked.add(leaf);
        }
    }
    assert.ok(have.isFull, `seed ${seed}: ${have.count} of ${size}`);
  }
});

test('units are a power of two of leaves, and few enough', () => {
  assert.equal(unitLeavesOf(0), 1);
  assert.equal(unitLeavesOf(16_384), 1);
  assert.equal(unitLeavesOf(16_385), 2);
  assert.equal(unitLeavesOf(1_000_000), 64);
});
