import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import test from 'node:test';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import type { PeerId } from '../../../../src/protocol/ids.ts';
import { admissionLimits, wireLimits } from '../../../../src/sidecar/limits.ts';
import { silentLog } from '../../../../src/sidecar/log.ts';
import { Door } from '../../../../src/sidecar/network/door.ts';
import { peerIdOf } from '../../../../src/sidecar/storage/identity.ts';

function newcomer(): { peerId: PeerId; stream: NoiseSecretStream } {
  const keyPair = NoiseSecretStream.keyPair();
  const stream = new NoiseSecretStream(true, duplexPair()[0], { keyPair });
  return { peerId: peerIdOf(keyPair.publicKey), stream };
}

test('strangers without number, each of another key and address, leave places for friends', () => {
  const known = new Set<PeerId>();
  let count = 0;
  const door = new Door({
    log: silentLog,
    isRefused: () => false,
    isKnown: (peerId) => known.has(peerId),
    mayBeByContent: () => false,
    count: () => count,
    guard: () => undefined,
    connections: () => [],
    onUnbanned: () => undefined,
  });
  const enter = ({ peerId, stream } = newcomer()): (() => void) | undefined => {
    count++;
    const leave = door.enter(peerId, stream);
    if (!leave) count--;
    return leave && (() => (count--, leave()));
  };
  const strangers = Array.from({ length: wireLimits.connections }, () => newcomer());
  const leaves = strangers.map((stranger) => enter(stranger));
  assert.equal(leaves.filter((leave) => leave !== undefined).length, admissionLimits.unknownConnections);
  for (let i = admissionLimits.unknownConnections; i < wireLimits.connections; i++) {
    const friend = newcomer();
    known.add(friend.peerId);
    assert(enter(friend), `friend ${i}`);
  }
  const late = newcomer();
  known.add(late.peerId);
  assert.equal(enter(late), undefined, 'what is full is full');
  leaves[0]?.();
  assert(enter(), 'a stranger takes the place of one that went');
  assert.equal(enter(), undefined);
  leaves[1]?.();
  for (const { peerId } of strangers.slice(2, 40)) known.add(peerId);
  assert(enter(), 'who proved a party meanwhile is no stranger any more');
});
