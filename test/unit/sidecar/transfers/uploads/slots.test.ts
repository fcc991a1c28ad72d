// Whose turn it is: so many peers at once, the rest in order and told their place; nobody keeps a slot without taking bytes.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { AppError } from '../../../../../src/protocol/errors.ts';
import { transferLimits } from '../../../../../src/sidecar/limits.ts';
import { FreeReads } from '../../../../../src/sidecar/transfers/uploads/freeReads.ts';
import { type Permit, Slots } from '../../../../../src/sidecar/transfers/uploads/slots.ts';
import { peer, signal } from './uploadsWorld.ts';

/** Slots in a time that the test moves. */
function slotsIn(t: TestContext, options: { count?: number; friends?: string[] } = {}) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
  const state = { count: options.count ?? 1 };
  const slots = new Slots({
    count: () => state.count,
    isFirst: (peerId) => options.friends?.includes(peerId) === true,
    now: () => Date.now(),
  });
  /** What each request became: places told, then `in`, or the kind of its failure. */
  const told: Record<string, (string | number)[]> = {};
  const ask = (name: string, how: { signal?: AbortSignal; as?: string } = {}) => {
    const log = (told[how.as ?? name] ??= []);
    const entering = slots.enter(peer(name), { signal: how.signal ?? signal, onPosition: (position) => log.push(position) });
    entering.then(
      () => log.push('in'),
      (error: unknown) => log.push(error instanceof AppError ? error.kind : 'thrown'),
    );
    return entering;
  };
  return { slots, state, ask, told, tick: (ms: number) => t.mock.timers.tick(ms) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('who waits is told its place, as it changes, and comes in order', async (t) => {
  const { ask, told, tick } = slotsIn(t);
  const a = await ask('a');
  const b = ask('b');
  const c = ask('c');
  await settled();
  assert.deepEqual(told, { a: ['in'], b: [1], c: [2] });
  a.release();
  tick(transferLimits.slotIdleMs);
  (await b).release();
  await settled();
  assert.deepEqual(told, { a: ['in'], b: [1, 0, 'in'], c: [2, 1] });
  tick(transferLimits.slotIdleMs);
  await c;
});

test('a peer in its turn goes on without waiting, also a moment after its last request', async (t) => {
  const { ask, tick } = slotsIn(t);
  const a = await ask('a');
  const b = ask('b');
  const second = await ask('a');
  a.release();
  second.release();
  tick(transferLimits.slotIdleMs - 1);
  (await ask('a')).release();
  tick(transferLimits.slotIdleMs);
  await b;
});

test('a turn ends by bytes or by time when others wait, and all come round', async (t) => {
  const { ask, told, tick } = slotsIn(t);
  const a = await ask('a');
  a.sent(transferLimits.slotTurnBytes);
  (await ask('a', { as: 'alone' })).release();
  const b = ask('b');
  const again = ask('a', { as: 'a again' });
  await settled();
  assert.deepEqual(told['b'], [1]);
  assert.deepEqual(told['a again'], [2]);
  a.release();
  const permit = await b;
  permit.sent(1);
  tick(transferLimits.slotTurnMs);
  const late = ask('b', { as: 'b again' });
  permit.release();
  (await again).release();
  tick(transferLimits.slotIdleMs);
  await late;
});

test('what a peer asked for before its turn ended is let to its end, but not for ever', async (t) => {
  const { ask } = slotsIn(t);
  const a = await ask('a');
  a.sent(transferLimits.slotTurnBytes);
  const b = ask('b');
  a.sent(transferLimits.rangeMaxBytes);
  assert.throws(() => a.sent(1), { kind: 'busy' });
  a.release();
  await b;
});

test('a peer that takes next to nothing while others wait loses its slot; one that our limit keeps does not', async (t) => {
  for (const isOurs of [false, true]) {
    const { ask, told, tick, slots } = slotsIn(t);
    const a = await ask('a');
    const b = ask('b');
    b.catch(() => undefined);
    for (let ms = 0; ms <= transferLimits.slotStallMs; ms += 1000) {
      a.sent(100);
      if (isOurs) a.excuse();
      tick(1000);
    }
    await settled();
    assert.equal(a.signal.aborted, !isOurs);
    assert.equal(told['b']?.includes('in'), !isOurs);
    if (!isOurs) assert.equal(a.signal.reason instanceof AppError && a.signal.reason.kind, 'busy');
    a.release();
    slots.close(new AppError('unavailable', 'closing'));
    t.mock.timers.reset();
  }
});

test('who gives up loses its place, and the others move up', async (t) => {
  const { ask, told } = slotsIn(t);
  await ask('a');
  const abort = new AbortController();
  const b = assert.rejects(ask('b', { signal: abort.signal }), { kind: 'cancelled' });
  const c = ask('c');
  c.catch(() => undefined);
  await settled();
  abort.abort();
  await b;
  await settled();
  assert.deepEqual(told, { a: ['in'], b: [1, 'cancelled'], c: [2, 1] });
});

test('friends go first if so set', async (t) => {
  const { ask, told, tick } = slotsIn(t, { friends: ['f'] });
  const a = await ask('a');
  const b = ask('b');
  const f = ask('f');
  await settled();
  assert.deepEqual([told['b'], told['f']], [[2], [1]]);
  a.release();
  tick(transferLimits.slotIdleMs);
  (await f).release();
  tick(transferLimits.slotIdleMs);
  await b;
});

test('a queue that is full refuses, one peer and all together, and the rest goes on', async (t) => {
  const { ask, slots } = slotsIn(t);
  await ask('a');
  const waiting: Promise<unknown>[] = [];
  const askedBy = (name: string) => {
    for (let i = 0; i < transferLimits.waitingRequests; i++) waiting.push(ask(name).catch(() => undefined));
  };
  askedBy('b');
  await assert.rejects(ask('b'), { kind: 'busy' });
  for (let i = 1; i < transferLimits.waitingRequestsInAll / transferLimits.waitingRequests; i++) askedBy(`b${i}`);
  await assert.rejects(ask('c'), { kind: 'busy' });
  slots.drop(peer('b'), new AppError('permission-denied', 'refused'));
  const c = ask('c');
  await settled();
  slots.close(new AppError('unavailable', 'closing'));
  await assert.rejects(c, { kind: 'unavailable' });
  await Promise.all(waiting);
});

test('more or fewer slots take effect at once', async (t) => {
  const { ask, state, slots } = slotsIn(t);
  const a = await ask('a');
  const b = ask('b');
  const c = ask('c');
  state.count = 3;
  slots.changed();
  const [second, third] = await Promise.all([b, c]);
  state.count = 1;
  slots.changed();
  const d = ask('d');
  const again = ask('c', { as: 'c again' });
  third.release();
  second.release();
  await settled();
  t.mock.timers.tick(transferLimits.slotTurnMs);
  a.release();
  (await d).release();
  t.mock.timers.tick(transferLimits.slotIdleMs);
  await again;
});

test('dropping a peer ends what it has and what it waits for, with the reason', async (t) => {
  const { ask, slots } = slotsIn(t);
  const a = await ask('a');
  const b = ask('b');
  const refused = new AppError('permission-denied', 'not you', { data: { reason: 'not you' } });
  slots.drop(peer('a'), refused);
  assert.equal(a.signal.reason, refused);
  await b;
  const late = assert.rejects(ask('a'), refused);
  slots.drop(peer('a'), refused);
  await late;
});

test('random peers that come, go and give up never get more slots than there are, and all end', async () => {
  let seed = 42;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed % below;
  };
  let nowMs = 0;
  const slots = new Slots({ count: () => 3, isFirst: (peerId) => peerId === 'p1', now: () => nowMs });
  const active = new Map<string, number>();
  let done = 0;
  const one = async () => {
    const name = `p${random(9)}`;
    const abort = new AbortController();
    if (random(4) === 0) setImmediate(() => abort.abort());
    let permit: Permit;
    try {
      permit = await slots.enter(peer(name), { signal: abort.signal });
    } catch {
      done++;
      return;
    }
    active.set(name, (active.get(name) ?? 0) + 1);
    assert.ok(active.size <= 3, `${active.size} peers at once (seed 42)`);
    nowMs += random(transferLimits.slotTurnMs);
    try {
      permit.sent(random(transferLimits.slotTurnBytes));
    } catch {
      // Its turn was over.
    }
    await settled();
    const left = (active.get(name) ?? 1) - 1;
    if (left === 0) active.delete(name);
    else active.set(name, left);
    permit.release();
    done++;
  };
  const all = Array.from({ length: 300 }, one);
  // Kept slots end by a timer of real time, at most a second each: whoever comes next is waited for by dropping idle peers.
  const closing = Promise.all(all);
  const drop = setInterval(() => {
    for (let i = 0; i < 9; i++)
      if (!active.has(`p${i}`) && slots.holds(peer(`p${i}`))) slots.drop(peer(`p${i}`), new AppError('busy', 'idle'));
  }, 5);
  await closing;
  clearInterval(drop);
  assert.equal(done, 300);
  slots.close(new AppError('unavailable', 'closing'));
});

test('small reads are free: a few at once, so many bytes for long; the rest waits like all else', () => {
  let nowMs = 0;
  const free = new FreeReads({ now: () => nowMs });
  const { freeReadBytes, freeReadsPerPeer, freeReadBurstBytes, freeReadBytesPerSecond } = transferLimits;
  assert.equal(free.enter(peer('a'), freeReadBytes + 1), undefined);
  const permits = Array.from({ length: freeReadsPerPeer }, () => free.enter(peer('a'), 1));
  assert.ok(permits.every((permit) => permit !== undefined));
  assert.equal(free.enter(peer('a'), 1), undefined);
  assert.ok(free.enter(peer('b'), 1));
  permits[0]?.release();
  assert.ok(free.enter(peer('a'), 1));
  let bytes = 0;
  for (let i = 0; i < 1000; i++) {
    const permit = free.enter(peer('c'), freeReadBytes);
    if (permit) bytes += freeReadBytes;
    permit?.release();
    nowMs += 10;
  }
  const allowed = freeReadBurstBytes + 10 * freeReadBytesPerSecond;
  assert.ok(bytes <= allowed && bytes >= allowed - 2 * freeReadBytes, String(bytes));
  const refused = new AppError('permission-denied', 'no');
  free.drop(peer('a'), refused);
  assert.equal(permits[1]?.signal.reason, refused);
});
