// The wall clock jumps by an hour, as after a sleep or when somebody sets it: nothing waits for that hour, nobody is blamed for it, and what is
// shown stays sane. Time that passes is measured by the clock that only goes forward.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { AppError } from '../../../../src/protocol/errors.ts';
import { transferLimits } from '../../../../src/sidecar/limits.ts';
import { SpeedMeter } from '../../../../src/sidecar/transfers/pace.ts';
import { FreeReads } from '../../../../src/sidecar/transfers/uploads/freeReads.ts';
import { Slots } from '../../../../src/sidecar/transfers/uploads/slots.ts';
import { queueOver, refTo } from './downloads/queueWorld.ts';
import { limited, otherIds, rootOf, TestFinder, TestSource, world } from './downloads/swarm/testSource.ts';
import { peer, signal } from './uploads/uploadsWorld.ts';

const MiB = 1024 * 1024;
const hourMs = 3_600_000;
const jumps = { 'an hour ahead': hourMs, 'an hour back': -hourMs };

/** A wall clock that the test sets; time passes as ever. */
function wallClock(t: TestContext): { jump(ms: number): void } {
  const real = Date.now.bind(Date);
  let offsetMs = 0;
  t.mock.method(Date, 'now', () => real() + offsetMs);
  return { jump: (ms) => void (offsetMs += ms) };
}

/** Both clocks and the timers in the hand of the test. */
function clocks(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  const state = { steadyMs: 100_000, wallMs: 1_700_000_000_000 };
  t.mock.method(performance, 'now', () => state.steadyMs);
  t.mock.method(Date, 'now', () => state.wallMs);
  const tick = (ms: number) => {
    state.steadyMs += ms;
    state.wallMs += ms;
    t.mock.timers.tick(ms);
  };
  return { tick, jump: (ms: number) => void (state.wallMs += ms) };
}

for (const [name, ms] of Object.entries(jumps)) {
  test(`the clock jumps ${name}: a rate stays what it is`, (t) => {
    const { tick, jump } = clocks(t);
    const meter = new SpeedMeter();
    for (let step = 0; step < 200; step++) {
      if (step === 100) jump(ms);
      meter.add(1000);
      tick(100);
      if (step < 60) continue;
      const rate = meter.bytesPerSecond();
      assert.ok(Math.abs(rate - 10_000) < 1000, `${rate} bytes a second in step ${step}`);
    }
  });

  test(`the clock jumps ${name}: who takes keeps the slot, who drips loses it`, async (t) => {
    for (const isDripping of [false, true]) {
      const { tick, jump } = clocks(t);
      const slots = new Slots({ count: () => 1, isFirst: () => false });
      const permit = await slots.enter(peer('a'), { signal });
      const next = slots.enter(peer('b'), { signal }).then(
        () => 'in',
        () => 'out',
      );
      for (let step = 0; step <= transferLimits.slotStallMs / 1000; step++) {
        if (step === 5) jump(ms);
        permit.sent(isDripping ? 1 : 100_000);
        tick(1000);
      }
      assert.equal(permit.signal.aborted, isDripping);
      slots.close(new AppError('unavailable', 'closing'));
      assert.equal(await next, isDripping ? 'in' : 'out');
      t.mock.timers.reset();
      t.mock.restoreAll();
    }
  });

  test(`the clock jumps ${name}: small reads are as free as before`, (t) => {
    const { tick, jump } = clocks(t);
    const free = new FreeReads();
    free.enter(peer('a'), MiB)?.release();
    jump(ms);
    tick(1000);
    let given = 0;
    while (free.enter(peer('a'), MiB / 4)) given++;
    assert.equal(given, transferLimits.freeReadsPerPeer, 'four at a time, as nothing had been taken');
  });

  test(`the clock jumps ${name}: a source that was busy is asked again in time`, { timeout: 10_000 }, async (t) => {
    const clock = wallClock(t);
    const to = world(t, 3 * MiB);
    const owner = new TestSource(to.bytes);
    let refusals = 1;
    owner.onRead = () => {
      if (refusals-- <= 0) return;
      queueMicrotask(() => queueMicrotask(() => setImmediate(() => clock.jump(ms))));
      throw new AppError('busy', 'Its queue is full.');
    };
    await to.receive(new TestFinder(owner), { root: rootOf(to.bytes) });
    assert.ok(to.received().equals(to.bytes));
  });

  test(`the clock jumps ${name}: a failed download is tried again in time`, { timeout: 10_000 }, async (t) => {
    const clock = wallClock(t);
    const folder = mkdtempSync(path.join(tmpdir(), 'potluck-clock-'));
    const queue = await queueOver(t, folder, { retryMs: 200 });
    t.after(() => queue.close().then(() => rmSync(folder, { recursive: true, force: true })));
    await queue.downloads.add(refTo('file'));
    queue.attempts.get('file')?.fail(new AppError('unavailable', 'The link broke.'));
    await queue.until(() => queue.find('file').state === 'queued');
    const { retryAtMs } = queue.find('file');
    assert.ok(retryAtMs !== undefined && retryAtMs > Date.now() && retryAtMs <= Date.now() + 200, 'told by the wall clock');
    clock.jump(ms);
    await queue.until(() => queue.begun.length === 2);
    await queue.downloads.close();
  });

  test(`the clock jumps ${name}: a transfer from two goes on as before`, { timeout: 10_000 }, async (t) => {
    const clock = wallClock(t);
    const to = world(t, 6 * MiB);
    const [owner, other] = [new TestSource(to.bytes), new TestSource(to.bytes, otherIds[0])].map((each) =>
      limited(each, 2 * MiB),
    );
    assert.ok(owner && other);
    let hasJumped = false;
    const blamed = new Set<string>();
    const rates: number[] = [];
    await to.receive(new TestFinder(owner, [other]), {
      root: rootOf(to.bytes),
      onBytes: () => {
        if (hasJumped || owner.sentBytes + other.sentBytes < 2 * MiB) return;
        hasJumped = true;
        clock.jump(ms);
      },
      onSources: (sources) => {
        for (const { reason, bytesPerSecond } of sources) {
          if (reason !== undefined) blamed.add(reason);
          rates.push(bytesPerSecond);
        }
      },
    });
    assert.ok(hasJumped);
    assert.ok(to.received().equals(to.bytes));
    assert.deepEqual([...blamed], []);
    assert.ok(Math.max(...rates) < 8 * MiB, `at most ${Math.max(...rates)} bytes a second were shown of 2 MiB`);
  });
}
