// Peers that others say are there: a few at a time, once in a while.

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import test, { type TestContext } from 'node:test';
import type { PeerId } from '../../../../src/protocol/ids.ts';
import { meetingLimits } from '../../../../src/sidecar/limits.ts';
import { Hints } from '../../../../src/sidecar/network/hints.ts';
import { peerIdOf } from '../../../../src/sidecar/storage/identity.ts';
import { settled, untilTrue } from '../wire/worlds.ts';

const peer = (i: number): PeerId => peerIdOf(Buffer.concat([Buffer.from([i >> 8, i & 255]), Buffer.alloc(30)]));

function create(t: TestContext, dialMs?: number) {
  const changes = new EventEmitter();
  const [dialled, stopped]: [PeerId[], PeerId[]] = [[], []];
  const tried: string[] = [];
  let answers: 'nobody' | 'the peer' = 'nobody';
  const [connected, kept] = [new Set<PeerId>(), new Set<PeerId>()];
  const hints = new Hints({
    dial(peerId) {
      dialled.push(peerId);
      changes.emit('change');
    },
    async dialAddress(_peerId, host, port) {
      tried.push(`${host} ${port}`);
      changes.emit('change');
      return answers === 'the peer' ? Promise.resolve() : Promise.reject(new Error('nobody there'));
    },
    stop(peerId) {
      stopped.push(peerId);
      changes.emit('change');
    },
    isConnected: (peerId) => connected.has(peerId),
    isKept: (peerId) => kept.has(peerId),
    ...(dialMs !== undefined && { dialMs }),
  });
  t.after(() => hints.pause());
  hints.start();
  const setAnswers = (who: typeof answers): void => void (answers = who);
  return { hints, changes, dialled, stopped, connected, kept, tried, setAnswers };
}

test('so many are dialled at once, and the next when one is there', (t) => {
  const { hints, dialled, stopped } = create(t);
  for (let i = 0; i < 10; i++) hints.add(peer(i));
  for (let i = 0; i < 10; i++) hints.add(peer(i));
  assert.deepEqual(dialled, [0, 1, 2, 3].map(peer));
  assert.equal(dialled.length, meetingLimits.hearsayDials);
  hints.connected(peer(2));
  assert.deepEqual(stopped, [peer(2)]);
  assert.deepEqual(dialled.slice(4), [peer(4)]);
});

test('one that does not answer makes room for the next, and is not tried again soon', async (t) => {
  const { hints, changes, dialled, stopped } = create(t, 1);
  for (let i = 0; i < 6; i++) hints.add(peer(i));
  await untilTrue(changes, 'giving up', () => stopped.length === 6);
  assert.equal(dialled.length, 6);
  for (let i = 0; i < 6; i++) hints.add(peer(i));
  assert.equal(dialled.length, 6);
});

test('who is connected or kept connected is not dialled', (t) => {
  const { hints, dialled, connected, kept } = create(t);
  connected.add(peer(1));
  kept.add(peer(2));
  for (const i of [1, 2, 3]) hints.add(peer(i));
  assert.deepEqual(dialled, [peer(3)]);
});

test('without a network nobody is dialled; a flood of hints stays bounded', (t) => {
  const { hints, dialled } = create(t);
  hints.pause();
  for (let i = 0; i < 5000; i++) hints.add(peer(i));
  assert.deepEqual(dialled, []);
  hints.start();
  for (let i = 0; i < 5000; i++) hints.remove(dialled[i] ?? peer(6000));
  assert.equal(dialled.length, meetingLimits.hearsayMembers);
});

test('addresses in local networks are tried before the key is looked up, a few of them, and public ones never', async (t) => {
  const { hints, changes, dialled, tried } = create(t);
  hints.add(peer(1), ['203.0.113.9:5000', '192.168.1.2:5000', '[fd00::1]:6000', '10.0.0.3:7000']);
  await untilTrue(changes, 'dialling by key', () => dialled.length === 1);
  assert.deepEqual(tried, ['192.168.1.2 5000', 'fd00::1 6000']);
});

test('who answers at its address is not looked up', async (t) => {
  const { hints, changes, dialled, tried, setAnswers } = create(t, 20);
  setAnswers('the peer');
  hints.add(peer(1), ['192.168.1.2:5000', '192.168.1.3:5000']);
  hints.connected(peer(1));
  await untilTrue(changes, 'dialling', () => tried.length === 1);
  await settled();
  assert.deepEqual([dialled, tried], [[], ['192.168.1.2 5000']]);
});
