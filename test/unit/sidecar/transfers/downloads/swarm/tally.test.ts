// What is remembered of a source: bytes that are written after its request failed do not make it good again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../../../../src/protocol/errors.ts';
import { Tally } from '../../../../../../src/sidecar/transfers/downloads/swarm/tally.ts';
import { ownerId } from '../../world.ts';

test('a source that says that the file is gone is given up, whatever of it is still being written', () => {
  const tally = new Tally(ownerId, 'tls');
  const { epoch } = tally;
  tally.received(100, epoch);
  tally.failed(new AppError('not-found', 'It is gone.'), epoch);
  tally.received(100, epoch);
  assert.equal(tally.isGivenUp, true);
  assert.equal(tally.failure?.kind, 'not-found');
  assert.equal(tally.receivedBytes, 200);
});

test('a source that gives again is forgiven', () => {
  const tally = new Tally(ownerId, 'tls');
  tally.failed(new AppError('unavailable', 'Not now.'), tally.epoch);
  tally.received(100, tally.epoch);
  assert.equal(tally.isGivenUp, false);
  assert.equal(tally.failure, undefined);
});
