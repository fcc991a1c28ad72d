import assert from 'node:assert/strict';
import test from 'node:test';
import type { PeerId } from '../../../../src/protocol/ids.ts';
import { localLimits } from '../../../../src/sidecar/limits.ts';
import { backoffMs, Redials } from '../../../../src/sidecar/network/redials.ts';

const peer = 'peer' as PeerId;

test('the waits double up to the longest, a quarter more or less', () => {
  for (let attempts = 0; attempts < 60; attempts++) {
    const plainMs = Math.min(localLimits.reconnectMaxMs, localLimits.reconnectMinMs * 2 ** attempts);
    const waitMs = backoffMs(attempts, localLimits.reconnectMaxMs);
    assert(waitMs >= plainMs * 0.75 && waitMs <= plainMs * 1.25);
  }
});

test('a peer is tried until it is connected, again after it is lost, and not after it is removed', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let dials = 0;
  let isConnected = false;
  const redials = new Redials({ dial: () => void dials++, isConnected: () => isConnected });
  redials.add(peer);
  assert.equal(dials, 1, 'at once');
  for (let minutes = 0; minutes < 60; minutes++) t.mock.timers.tick(60_000);
  assert(dials >= 8 && dials <= 30, `${dials} dials in an hour`);
  isConnected = true;
  redials.connected(peer);
  let before = dials;
  t.mock.timers.tick(60 * 60_000);
  assert.equal(dials, before, 'not while it is connected');
  isConnected = false;
  redials.disconnected(peer);
  t.mock.timers.tick(2 * localLimits.reconnectMinMs);
  assert.equal(dials, before + 1, 'soon after it was lost');
  redials.tryAll();
  assert.equal(dials, before + 2, 'at once when the network is back');
  redials.remove(peer);
  before = dials;
  redials.tryAll();
  redials.disconnected(peer);
  t.mock.timers.tick(60 * 60_000);
  assert.equal(dials, before);
});
