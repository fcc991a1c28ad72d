// The rate limit: exact over time, fair between peers, changed while somebody waits.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { RateLimiter } from '../../../../src/sidecar/transfers/rates.ts';

const { signal } = new AbortController();
const slice = 64 * 1024;

test('without a limit nothing waits', async () => {
  const rate = new RateLimiter(0);
  assert.equal(rate.isLimited, false);
  for (let i = 0; i < 1000; i++) await rate.take(slice, { signal, key: 'a' });
});

test('the rate holds over time, whatever the size of what is taken', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let nowMs = 0;
  const perSecond = 1_000_000;
  for (const bytes of [1000, slice, 300_000]) {
    const rate = new RateLimiter(perSecond, { now: () => nowMs });
    const from = nowMs;
    let taken = 0;
    const abort = new AbortController();
    const taker = (async () => {
      for (;;) {
        await rate.take(bytes, { signal: abort.signal, key: 'a' });
        taken += bytes;
      }
    })();
    for (let step = 0; step < 10_000; step++) {
      nowMs += 1;
      t.mock.timers.tick(1);
      await nextTurn();
    }
    abort.abort();
    await assert.rejects(taker, { kind: 'cancelled' });
    const expected = ((nowMs - from) * perSecond) / 1000;
    assert.ok(taken >= expected * 0.99 && taken <= expected * 1.03 + bytes, `${bytes}: ${taken} of ${expected}`);
  }
});

test('three peers get the same, whatever the number and size of their requests', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let nowMs = 0;
  const rate = new RateLimiter(1_000_000, { now: () => nowMs });
  const abort = new AbortController();
  const taken: Record<string, number> = { a: 0, b: 0, c: 0 };
  const takers = Object.entries({ a: 1, b: 8, c: 30 }).flatMap(([key, count]) =>
    Array.from({ length: count }, async () => {
      for (;;) {
        await rate.take(slice, { signal: abort.signal, key });
        taken[key] = (taken[key] ?? 0) + slice;
      }
    }),
  );
  for (let step = 0; step < 10_000; step++) {
    nowMs += 1;
    t.mock.timers.tick(1);
    await nextTurn();
  }
  abort.abort();
  await Promise.allSettled(takers);
  const shares = Object.values(taken);
  // The first burst goes to whoever comes first.
  assert.ok(Math.max(...shares) - Math.min(...shares) <= 4 * slice, JSON.stringify(taken));
});

test('a limit that is lifted, or changed, lets go of those that wait', { timeout: 5000 }, async () => {
  const rate = new RateLimiter(10);
  await rate.take(slice, { signal, key: 'a' });
  const waiting = Promise.all([1, 2, 3].map((one) => rate.take(slice, { signal, key: String(one) })));
  rate.set(0);
  await waiting;
  assert.equal(rate.isLimited, false);
});

test('who gives up is taken out, and keeps nobody', async () => {
  const rate = new RateLimiter(1);
  await rate.take(slice, { signal, key: 'a' });
  const abort = new AbortController();
  const waiting = rate.take(slice, { signal: abort.signal, key: 'a' });
  abort.abort();
  await assert.rejects(waiting, { kind: 'cancelled' });
  await assert.rejects(rate.take(1, { signal: abort.signal, key: 'a' }), { kind: 'cancelled' });
});
