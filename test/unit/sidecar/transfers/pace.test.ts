// How often changes are told, how speed is measured, how permits are given.

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Pace, SpeedMeter } from '../../../../src/sidecar/transfers/pace.ts';
import { Permits } from '../../../../src/sidecar/transfers/downloads/permits.ts';

test('the first change is told at once, then four a second, and the last one is not lost', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    let told = 0;
    const pace = new Pace(4, () => told++);
    for (let i = 0; i < 100; i++) pace.touch();
    assert.equal(told, 1);
    mock.timers.tick(250);
    assert.equal(told, 2);
    mock.timers.tick(1000);
    assert.equal(told, 2);
    pace.touch();
    assert.equal(told, 3);
    pace.touch();
    pace.stop();
    mock.timers.tick(1000);
    assert.equal(told, 3);
  } finally {
    mock.timers.reset();
  }
});

test('speed is of the last five seconds', () => {
  const meter = new SpeedMeter();
  for (let ms = 0; ms <= 10_000; ms += 100) meter.add(1000, ms);
  assert.ok(Math.abs(meter.bytesPerSecond(10_000) - 10_000) < 600, String(meter.bytesPerSecond(10_000)));
  assert.ok(meter.bytesPerSecond(13_000) < 6000);
  assert.equal(meter.bytesPerSecond(20_000), 0);
});

test('permits are given in order, and not to those who gave up', async () => {
  const permits = new Permits(1);
  const never = new AbortController().signal;
  const release = await permits.take(never);
  const order: string[] = [];
  const gone = new AbortController();
  const a = permits.take(gone.signal).catch(() => order.push('a gave up'));
  const b = permits.take(never).then((free) => (order.push('b'), free));
  const c = permits.take(never).then((free) => (order.push('c'), free));
  gone.abort();
  await a;
  release();
  release();
  (await b)();
  (await c)();
  assert.deepEqual(order, ['a gave up', 'b', 'c']);
  (await permits.take(never))();
});
