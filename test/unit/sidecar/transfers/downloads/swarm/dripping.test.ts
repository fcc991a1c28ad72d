// Who drips is let be while others give, and nobody else is.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { transferLimits } from '../../../../../../src/sidecar/limits.ts';
import { Dripping } from '../../../../../../src/sidecar/transfers/downloads/swarm/dripping.ts';
import { Source } from '../../../../../../src/sidecar/transfers/downloads/swarm/source.ts';
import { Tally } from '../../../../../../src/sidecar/transfers/downloads/swarm/tally.ts';
import { limited, otherIds, rootOf, TestFinder, TestSource, world } from './testSource.ts';

const MiB = 1024 * 1024;
const everyMs = transferLimits.lookForSourcesMs;
const { slowMs, stalledMs } = transferLimits;

/** Sources of one file and a clock: each gives so many bytes a second; undefined is not asked for anything. */
function sourcesGiving(t: TestContext, rates: (number | undefined)[]) {
  t.mock.restoreAll();
  let nowMs = 1_000_000;
  t.mock.method(performance, 'now', () => nowMs);
  const dripping = new Dripping();
  const sources = rates.map((rate, at) => {
    const from = new TestSource(Buffer.alloc(1), otherIds[at]);
    const holder = { source: from, at: { owner: from.peerId, shareId: 'x' as never, path: 'f' } };
    const source = new Source({ holder, tally: new Tally(from.peerId, 'tls'), isOwner: false });
    const assignment = { first: 0, end: 1000, taken: 0 } as never;
    if (rate !== undefined) source.jobs.add({ assignment, abort: new AbortController(), beganAtMs: nowMs, isCut: false });
    return source;
  });
  const pass = (ms: number) => {
    for (const endMs = nowMs + ms; nowMs < endMs;) {
      nowMs += everyMs;
      for (const [at, { tally, jobs }] of sources.entries()) {
        const bytes = ((rates[at] ?? 0) * everyMs) / 1000;
        if (bytes === 0 || [...jobs].every(({ isCut }) => isCut)) continue;
        tally.heard();
        tally.received(bytes);
      }
      dripping.look(sources);
    }
  };
  /** The process does not run for so long. */
  const sleep = (ms: number) => void (nowMs += ms);
  const rested = () => sources.map(({ tally }) => tally.isGivenUp);
  return { sources, pass, sleep, rested };
}

test('a source that drips one byte a second while another gives is let be, its requests go to others', (t) => {
  const { sources, pass, rested } = sourcesGiving(t, [1, MiB]);
  pass(slowMs);
  assert.deepEqual(rested(), [false, false], 'not before its time is over');
  pass(2 * everyMs);
  assert.deepEqual(rested(), [true, false]);
  const [dripping] = sources;
  for (const { abort, isCut } of dripping?.jobs ?? []) assert.ok(isCut && abort.signal.aborted);
  assert.match(dripping?.tally.shown().reason ?? '', /too slowly/);
});

test('sources that are all as slow are kept: there is nobody better', (t) => {
  const { pass, rested } = sourcesGiving(t, [1, 5]);
  pass(10 * slowMs);
  assert.deepEqual(rested(), [false, false]);
});

test('who is told to wait for a place does not drip', (t) => {
  const { sources, pass, rested } = sourcesGiving(t, [0, MiB]);
  for (const { tally } of sources.slice(0, 1)) tally.position = 3;
  pass(3 * slowMs);
  assert.deepEqual(rested(), [false, false]);
});

test('a source that brings nothing makes room at once for one that has nothing to do, and only then', (t) => {
  const alone = sourcesGiving(t, [0]);
  alone.pass(10 * slowMs);
  assert.deepEqual(alone.rested(), [false]);
  const helped = sourcesGiving(t, [0, undefined]);
  helped.pass(stalledMs);
  assert.deepEqual(helped.rested(), [false, false]);
  helped.pass(2 * everyMs);
  assert.deepEqual(helped.rested(), [true, false]);
});

test('an hour of sleep is nobody’s fault', (t) => {
  const { pass, sleep, rested } = sourcesGiving(t, [MiB, MiB, undefined]);
  pass(10_000);
  sleep(3_600_000);
  pass(slowMs);
  assert.deepEqual(rested(), [false, false, false]);
  const slow = sourcesGiving(t, [1, MiB]);
  slow.pass(slowMs - everyMs);
  slow.sleep(3_600_000);
  slow.pass(slowMs - everyMs);
  assert.deepEqual(slow.rested(), [false, false], 'its time begins again');
  slow.pass(3 * everyMs);
  assert.deepEqual(slow.rested(), [true, false]);
});

test('a source that drips makes room soon for one that has nothing to do', (t) => {
  const { pass, rested } = sourcesGiving(t, [1, undefined]);
  pass(stalledMs - everyMs);
  assert.deepEqual(rested(), [false, false]);
  pass(3 * everyMs);
  assert.deepEqual(rested(), [true, false]);
});

test('one that has nothing to do helps with what it holds only', (t) => {
  for (const isHeld of [false, true]) {
    const { sources, pass, rested } = sourcesGiving(t, [1, undefined]);
    const [, helper] = sources;
    assert.ok(helper);
    helper.holds = { unitLeaves: 1000, units: Uint8Array.of(isHeld ? 0x80 : 0x40) };
    pass(10 * stalledMs);
    assert.deepEqual(rested(), [isHeld, false]);
  }
});

/** Gives one byte a second for as long as it is asked. */
function drip(source: TestSource, secondMs: number): TestSource {
  source.onRead = (_request, { signal }) => {
    async function* drops() {
      for (let at = 0; !signal.aborted; at++) {
        source.sentBytes++;
        yield source.bytes.subarray(at, at + 1);
        await new Promise((resolve) => setTimeout(resolve, secondMs));
      }
    }
    return Promise.resolve({ bytes: drops() });
  };
  return source;
}

for (const who of ['owner', 'holder'] as const)
  test(`a file whose ${who} drips comes from another, all of it`, { timeout: 20_000 }, async (t) => {
    // Time runs more than twice as fast: dripping is noticed in two seconds.
    const real = performance.now.bind(performance);
    t.mock.method(performance, 'now', () => 2.5 * real());
    const to = world(t, 6 * MiB);
    const [owner, holder] = [new TestSource(to.bytes), new TestSource(to.bytes, otherIds[0])];
    const dripping = drip(who === 'owner' ? owner : holder, 400);
    limited(who === 'owner' ? holder : owner, 4 * MiB);
    await to.receive(new TestFinder(owner, [holder]), { order: 'rarest', root: rootOf(to.bytes) });
    assert.ok(to.received().equals(to.bytes));
    assert.ok(dripping.sentBytes > 0 && dripping.sentBytes < 16_384);
  });
