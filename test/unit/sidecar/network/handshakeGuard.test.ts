// A real Hyperswarm with the guard at its door, and strangers that knock by hand.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import type NoiseSecretStream from '@hyperswarm/secret-stream';
import HyperDHT from 'hyperdht';
import createTestnet, { type Testnet } from 'hyperdht/testnet.js';
import Hyperswarm from 'hyperswarm';
import type { PeerId } from '../../../../src/protocol/ids.ts';
import { admissionLimits } from '../../../../src/sidecar/limits.ts';
import { silentLog } from '../../../../src/sidecar/log.ts';
import { Admission } from '../../../../src/sidecar/network/admission.ts';
import { HandshakeGuard, keepFewAddresses, mayPunch } from '../../../../src/sidecar/network/handshakeGuard.ts';
import { peerIdOf } from '../../../../src/sidecar/storage/identity.ts';
import { type Door, firstPacket, flood, knock } from './halfOpen.ts';

let testnet: Testnet;
const endings: (() => Promise<void>)[] = [];

interface Guarded {
  door: Door;
  swarm: Hyperswarm;
  admission: Admission;
  guard: HandshakeGuard;
  streams: NoiseSecretStream[];
  refused: Set<PeerId>;
  known: Set<PeerId>;
  /** Keys that hyperswarm's own firewall was asked about. */
  asked: PeerId[];
}

async function createGuarded(): Promise<Guarded> {
  const keyPair = HyperDHT.keyPair();
  const dht = new HyperDHT({ bootstrap: testnet.bootstrap.map(({ host, port }) => `${host}:${port}`), host: '127.0.0.1' });
  const [refused, known, asked] = [new Set<PeerId>(), new Set<PeerId>(), [] as PeerId[]];
  const swarm = new Hyperswarm({
    ...{ keyPair, dht },
    firewall: (key) => {
      asked.push(peerIdOf(key));
      return false;
    },
  });
  const admission = new Admission({
    log: silentLog,
    isKnown: (peerId) => known.has(peerId),
    isRefused: (peerId) => refused.has(peerId),
    onBanned: () => undefined,
    onUnbanned: () => undefined,
  });
  const guard = new HandshakeGuard(admission);
  guard.attach(swarm.server);
  const streams: NoiseSecretStream[] = [];
  swarm.on('connection', (stream) => {
    streams.push(stream);
    stream.on('error', () => undefined);
    assert(stream.remotePublicKey);
    guard.connected(peerIdOf(stream.remotePublicKey), stream);
  });
  endings.push(async () => {
    guard.close();
    admission.close();
    await swarm.destroy({ force: true });
  });
  await swarm.listen();
  const port = dht.io.serverSocket?.address().port ?? 0;
  return {
    door: { publicKey: keyPair.publicKey, host: '127.0.0.1', port },
    swarm,
    admission,
    guard,
    streams,
    refused,
    known,
    asked,
  };
}

/** Somebody else on the network. `host` apart from 127.0.0.1 is an address of its own for those who count. */
async function createStranger(host = '127.0.0.1'): Promise<HyperDHT> {
  const dht = new HyperDHT({ bootstrap: testnet.bootstrap.map(({ host: node, port }) => `${node}:${port}`), host });
  await dht.bind();
  endings.push(() => dht.destroy({ force: true }));
  return dht;
}

describe('the guard at the door', { concurrency: true }, () => {
  before(async () => {
    testnet = await createTestnet(6);
  });

  after(async () => {
    await Promise.all(endings.map((end) => end()));
    await testnet.destroy();
  });

  test('what is overridden in hyperdht is there', async () => {
    const { swarm } = await createGuarded();
    assert.equal(typeof swarm.server._onpeerhandshake, 'function');
    assert(swarm.server._connects instanceof Map);
    assert.equal(typeof swarm.server.firewall, 'function');
  });

  test('a peer connects, and its handshake takes no place any more', async () => {
    const { door, admission, streams, guard, swarm } = await createGuarded();
    const connected = once(swarm, 'connection', { signal: AbortSignal.timeout(10_000) });
    const stranger = await createStranger();
    const stream = stranger.connect(door.publicKey, { keyPair: HyperDHT.keyPair() });
    stream.on('error', () => undefined);
    stream.write(Buffer.from('hello'));
    await connected;
    const [there] = streams;
    assert(there);
    there.resume();
    await once(there, 'data', { signal: AbortSignal.timeout(10_000) });
    assert.equal(admission.handshakes, 0);
    assert.equal(guard.unproven, 0);
    stream.destroy();
  });

  test('1,000 handshakes that never finish take no more than their places', async () => {
    const { door, admission, streams, guard, known } = await createGuarded();
    await flood(door, 1000);
    // What is sent after them is answered after them.
    const keyPair = HyperDHT.keyPair();
    known.add(peerIdOf(keyPair.publicKey));
    const friend = await createStranger('127.0.0.2');
    assert.equal(await knock(friend, door, await firstPacket(door, { keyPair })), true, 'a friend comes in');
    assert(streams.length > 0.9 * admissionLimits.handshakes, `${streams.length} connections: the flood came to the door`);
    assert(streams.length <= admissionLimits.handshakes + 1, `${streams.length} connections`);
    assert(admission.handshakes <= admissionLimits.handshakes + 1);
    assert(guard.unproven <= admissionLimits.handshakes + 1);
    assert(admission.turnedAway > 0);
  });

  test('of one address only so many handshakes are under way', async () => {
    const { door, streams } = await createGuarded();
    const stranger = await createStranger('127.0.0.2');
    const packets = await Promise.all(Array.from({ length: 40 }, () => firstPacket(door)));
    const knocked = Promise.all(packets.map((noise) => knock(stranger, door, noise)));
    await Promise.race([knocked, once(AbortSignal.timeout(2000), 'abort')]);
    assert.equal(streams.length, admissionLimits.handshakesPerAddress);
  });

  test('a blocked key is refused in the handshake: nothing is answered, and hyperswarm keeps nothing of it', async () => {
    const { door, refused, asked, streams, swarm, admission } = await createGuarded();
    const stranger = await createStranger();
    const keyPair = HyperDHT.keyPair();
    refused.add(peerIdOf(keyPair.publicKey));
    assert.equal(await knock(stranger, door, await firstPacket(door, { keyPair })), false);
    assert.deepEqual(asked, []);
    assert.deepEqual(streams, []);
    assert.equal(swarm.peers.size, 0);
    assert.equal(admission.handshakes, 0);
  });

  test('a replayed handshake does not end the live connection', async () => {
    const { door, streams, swarm } = await createGuarded();
    const stranger = await createStranger();
    const keyPair = HyperDHT.keyPair();
    const noise = await firstPacket(door, { keyPair });
    assert.equal(await knock(stranger, door, noise), true);
    assert.equal(streams.length, 1);
    // hyperdht forgets it 10 s later; then it would be taken for the peer's newer connection.
    swarm.server._connects.clear();
    assert.equal(await knock(stranger, door, noise), false);
    assert.equal(streams.length, 1);
    assert.equal(streams[0]?.destroying, false);
  });
});

test('of 10,000 addresses in a handshake the first few are looked at, and whoever names many is not punched to', () => {
  const many = () => Array.from({ length: 10_000 }, (_, i) => ({ host: `192.168.${i >> 8}.${i & 255}`, port: 1024 }));
  const payload = { addresses4: many(), addresses6: many(), relayAddresses: many() };
  keepFewAddresses(payload);
  const { addresses } = admissionLimits;
  assert.deepEqual(
    [payload.addresses4.length, payload.addresses6.length, payload.relayAddresses.length],
    [addresses, addresses, addresses],
  );
  assert.equal(mayPunch(1, 1, many()), false);
  assert.equal(mayPunch(1, 1, many().slice(0, addresses)), true);
});
