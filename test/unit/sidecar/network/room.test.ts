import assert from 'node:assert/strict';
import test from 'node:test';
import { networkLimits } from '../../../../src/sidecar/limits.ts';
import { Room } from '../../../../src/sidecar/network/room.ts';

const never = (): never => assert.fail('ended');

test('places beyond the limit are for peers that a content may have led here, and few', () => {
  let count = 10;
  const room = new Room({ count: () => count, most: 10 });
  const take = (mayBeByContent: boolean) => room.take({ mayBeByContent, isOfUse: () => true, end: never });
  assert.ok(take(false));
  count = 11;
  assert.equal(take(false), undefined);
  take(true)?.();
  count = 10 + networkLimits.contentConnections;
  const leave = take(true);
  assert.ok(leave);
  leave();
  count++;
  assert.equal(take(true), undefined);
});

test('who is of no use in such a place makes room while it is full, and only then', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  let count = 2;
  let isOfUse = true;
  const ended: string[] = [];
  const room = new Room({ count: () => count, most: 1, lookMs: 1000 });
  const take = (name: string) => room.take({ mayBeByContent: true, isOfUse: () => isOfUse, end: () => void ended.push(name) });
  const leave = take('one');
  t.mock.timers.tick(5000);
  assert.deepEqual(ended, []);
  isOfUse = false;
  t.mock.timers.tick(1000);
  assert.deepEqual(ended, ['one']);
  leave?.();
  count = 2;
  take('two');
  count = 1;
  t.mock.timers.tick(5000);
  count = 2;
  t.mock.timers.tick(5000);
  assert.deepEqual(ended, ['one'], 'it has an ordinary place by now');
});
