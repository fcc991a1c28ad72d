// When the sidecar leaves by itself. The clock is the only thing replaced.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IdleTimer } from '../../../src/sidecar/idle.ts';

test('it leaves after the idle minutes, not while busy, not when told never, not once closed', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let isBusy = true;
  let minutes = 10;
  let left = 0;
  const idle = new IdleTimer({ minutes: () => minutes, isBusy: () => isBusy, onIdle: () => left++ });
  idle.look();
  t.mock.timers.tick(60 * 60_000);
  assert.equal(left, 0, 'busy');
  isBusy = false;
  idle.look();
  t.mock.timers.tick(5 * 60_000);
  isBusy = true;
  idle.look();
  isBusy = false;
  idle.look();
  t.mock.timers.tick(9 * 60_000);
  assert.equal(left, 0, 'a client in between starts the wait anew');
  minutes = 0;
  idle.look();
  t.mock.timers.tick(60 * 60_000);
  assert.equal(left, 0, 'never');
  minutes = 1;
  idle.look();
  t.mock.timers.tick(60_000);
  assert.equal(left, 1);
  idle.look();
  idle.close();
  t.mock.timers.tick(60 * 60_000);
  assert.equal(left, 1, 'closed');
});
