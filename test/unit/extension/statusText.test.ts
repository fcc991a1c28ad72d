import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SidecarStatus } from '../../../src/protocol/model.ts';
import { statusOf } from '../../../src/extension/statusText.ts';
import { peer, rates } from './worlds.ts';

test('what moves stands in the status bar with its rates and what is left of it', () => {
  const mebibyte = 1024 * 1024;
  const moving = rates({
    downloads: 2,
    downloadBytesPerSecond: 12 * mebibyte,
    uploads: 1,
    uploadBytesPerSecond: mebibyte,
    leftBytes: 100 * mebibyte,
    secondsLeft: 150,
  });
  const { text, said, isMoving } = statusOf('running', { peers: [peer(1)], rates: moving });
  assert.equal(text, '$(broadcast) 1 $(arrow-down) 12 MB/s $(arrow-up) 1 MB/s · 3 min');
  assert.equal(said, 'Potluck: 1 peer online, downloading 2, 12 MB/s, 100 MB left, uploading 1, 1 MB/s, 3 min left');
  assert.equal(isMoving, true);
});

test('nothing moves: who is here, and whether it is slow', () => {
  assert.equal(statusOf('running', { peers: [peer(1, { isOnline: false })], rates: rates() }).text, '$(broadcast) 0');
  assert.equal(statusOf('running', { peers: [], rates: rates({ isSlow: true }) }).text, '$(broadcast) 0 $(dashboard) slow');
  assert.equal(statusOf('running', { peers: [], rates: undefined }).isMoving, false);
});

test('a sidecar that does not run is a problem, whatever moved before', () => {
  const status = statusOf('failed', { peers: [], rates: rates({ downloads: 1 }) });
  assert.equal(status.isProblem, true);
  assert.equal(status.isMoving, false);
});

test('the tooltip says how others reach this machine, and who waits for an answer', () => {
  const network: SidecarStatus['network'] = { state: 'online', isBootstrapUnreachable: false, nat: 'random', bootstrap: [] };
  const details = (change: Partial<SidecarStatus['network']>, requests: unknown[] = []): string[] =>
    statusOf('running', { peers: [], rates: undefined, status: { network: { ...network, ...change } }, requests }).details;
  assert.deepEqual(details({}, [1]), [
    'Network: some peers are reached only through a relay (random NAT)',
    '1 peer asks to be let in',
  ]);
  assert.match(details({ nat: 'open' })[0] ?? '', /from everywhere/);
  assert.match(details({ nat: 'consistent' })[0] ?? '', /directly/);
  assert.match(details({ nat: 'unknown' })[0] ?? '', /not known/);
  assert.match(details({ isBootstrapUnreachable: true })[0] ?? '', /no bootstrap node/);
  assert.match(details({ state: 'offline' })[0] ?? '', /offline/);
  assert.deepEqual(statusOf('running', { peers: [], rates: undefined }).details, []);
});
