// Pings on demand: each pong answers its own ping, and nobody waits for a connection that ended.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { wireLimits } from '../../../../src/sidecar/limits.ts';
import { Liveness } from '../../../../src/sidecar/wire/liveness.ts';

function open(t: TestContext): { liveness: Liveness; pings: number[] } {
  const pings: number[] = [];
  const liveness = new Liveness({ silenceMs: 60_000, onPing: (id) => pings.push(id), onDead: () => undefined });
  liveness.open();
  t.after(() => liveness.close());
  return { liveness, pings };
}

test('each pong answers the ping that it names, in whatever order', async (t) => {
  const { liveness, pings } = open(t);
  const [first, second] = [liveness.ping(), liveness.ping()];
  assert.deepEqual(pings, [1, 2, 3]);
  assert.ok(liveness.onPong(3));
  assert.ok((await second) >= 0);
  assert.ok(liveness.onPong(2));
  assert.ok((await first) >= 0);
  assert.equal(liveness.onPong(4), false, 'it was not sent');
});

test('pings are bounded, and fail with their connection', async (t) => {
  const { liveness } = open(t);
  const under = Array.from({ length: wireLimits.pingsAtOnce }, () => assert.rejects(liveness.ping(), { kind: 'unavailable' }));
  await assert.rejects(liveness.ping(), { kind: 'busy' });
  liveness.close();
  await Promise.all(under);
});
