// Who gets the watches when there are too few.

import assert from 'node:assert/strict';
import test from 'node:test';
import { WatchPool, type PoolMember } from '../../../../../src/sidecar/shares/watch/watchPool.ts';

class Member implements PoolMember {
  readonly heats = new Map<string, number>();
  readonly pool: WatchPool;
  hasMissed = false;

  constructor(pool: WatchPool) {
    this.pool = pool;
    pool.join(this);
  }

  get size(): number {
    return this.heats.size;
  }

  take(folder: string, heatMs: number): boolean {
    if (!this.pool.take(this, heatMs)) return false;
    this.heats.set(folder, heatMs);
    return true;
  }

  coldest(): { folder: string; heatMs: number } | undefined {
    return [...this.heats].map(([folder, heatMs]) => ({ folder, heatMs })).sort((one, other) => one.heatMs - other.heatMs)[0];
  }

  evict(folder: string): void {
    this.heats.delete(folder);
    this.pool.give();
  }

  missed(): void {
    this.hasMissed = true;
  }
}

test('the hottest folders of a share have the watches', () => {
  const one = new Member(new WatchPool(() => undefined, 2));
  assert.ok(one.take('a', 1));
  assert.ok(one.take('b', 2));
  assert.ok(!one.take('c', 1));
  assert.ok(one.take('d', 3));
  assert.deepEqual([...one.heats.keys()], ['b', 'd']);
});

test('a share that comes later gets its part of them, and no more', () => {
  const pool = new WatchPool(() => undefined, 4);
  const one = new Member(pool);
  for (const [heatMs, folder] of ['a', 'b', 'c', 'd'].entries()) assert.ok(one.take(folder, heatMs + 10));
  const two = new Member(pool);
  assert.equal(pool.room(two, 100), 2);
  assert.ok(two.take('x', 1));
  assert.ok(two.take('y', 2));
  assert.ok(!two.take('z', 1));
  assert.deepEqual([...one.heats.keys()], ['c', 'd']);
});

test('when the system refuses, it is said once, and what is there stays', () => {
  const said: string[] = [];
  const pool = new WatchPool((message) => said.push(message), 10);
  const one = new Member(pool);
  assert.ok(one.take('a', 1));
  assert.ok(pool.take(one, 2));
  pool.refused('ENOSPC');
  assert.ok(!pool.take(one, 1));
  assert.match(pool.note ?? '', /max_user_watches/);
  pool.retry();
  assert.equal(pool.note, undefined);
  assert.ok(pool.take(one, 2));
  pool.refused('ENOSPC');
  assert.equal(said.length, 1);
});

test('so many events at once that some may be lost: everything is compared', async () => {
  const pool = new WatchPool(() => undefined, 10);
  const one = new Member(pool);
  for (let event = 0; event < 1000; event++) pool.heard();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(one.hasMissed, false);
  for (let event = 0; event < 1_000_000; event++) pool.heard();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(one.hasMissed, true);
});
