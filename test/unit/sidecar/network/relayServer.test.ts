// A relay on a loopback DHT, and peers that use it by hand, well and badly.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import test, { after, before, describe } from 'node:test';
import type NoiseSecretStream from '@hyperswarm/secret-stream';
import BlindRelay from 'blind-relay';
import HyperDHT from 'hyperdht';
import createTestnet, { type Testnet } from 'hyperdht/testnet.js';
import { relayLimits } from '../../../../src/sidecar/limits.ts';
import { silentLog } from '../../../../src/sidecar/log.ts';
import { RelayServer } from '../../../../src/sidecar/network/relayServer.ts';

const signal = () => AbortSignal.timeout(15_000);

describe('relay server', () => {
  let testnet: Testnet;
  let dht: HyperDHT;
  let server: RelayServer;
  const relayKey = HyperDHT.keyPair();
  const [one, two, stranger] = [HyperDHT.keyPair(), HyperDHT.keyPair(), HyperDHT.keyPair()];

  before(async () => {
    testnet = await createTestnet(6);
    const bootstrap = testnet.bootstrap.map(({ host, port }) => `${host}:${port}`);
    dht = new HyperDHT({ bootstrap, host: '127.0.0.1' });
    const node = testnet.nodes[0];
    assert.ok(node);
    server = new RelayServer({
      ...{ dht: node, keyPair: relayKey, log: silentLog },
      mayUse: (key) => !Buffer.from(key).equals(stranger.publicKey),
    });
    await server.open();
  });

  after(async () => {
    await server.close();
    await dht.destroy({ force: true });
    await testnet.destroy();
  });

  /** A reset is an end as well. */
  async function closing(stream: NoiseSecretStream): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('it is still open')), 15_000);
      stream.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  async function connect(keyPair: HyperDHT.KeyPair): Promise<NoiseSecretStream> {
    const stream = dht.connect(relayKey.publicKey, { keyPair });
    stream.on('error', () => undefined);
    const closed = closing(stream).then(() => Promise.reject(new Error('closed')));
    closed.catch(() => undefined); // After it opened.
    await Promise.race([once(stream, 'open', { signal: signal() }), closed]);
    return stream;
  }

  const clientOf = (stream: NoiseSecretStream) => BlindRelay.Client.from(stream, { id: stream.publicKey ?? new Uint8Array() });
  const rawStream = () => dht.createRawStream({ framed: true });

  test('two peers that name the same token are paired, and what is over ends', async () => {
    const streams = await Promise.all([connect(one), connect(two)]);
    const token = randomBytes(32);
    const paired = streams.map((stream, index) =>
      once(clientOf(stream).pair(index === 0, token, rawStream()), 'data', { signal: signal() }),
    );
    await Promise.all(paired);
    assert.equal(server.activeCount, 1);
    const gone = Promise.all(streams.map(closing));
    server.end(one.publicKey);
    server.end(two.publicKey);
    await gone;
    assert.equal(server.activeCount, 0);
  });

  test('a stranger does not get in', async () => {
    await assert.rejects(connect(stranger));
  });

  test('one key gets as many connections as the limits say', async () => {
    const streams = await Promise.all(Array.from({ length: relayLimits.streamsPerKey }, () => connect(one)));
    await assert.rejects(connect(one));
    const other = await connect(two); // Others do not suffer.
    const gone = Promise.all([...streams, other].map(closing));
    for (const stream of [...streams, other]) stream.destroy();
    await gone;
  });

  test('a connection that pairs a second time ends', async () => {
    const [first, second, third] = await Promise.all([connect(one), connect(two), connect(two)]);
    const ended = closing(first);
    for (const other of [second, third]) {
      const token = randomBytes(32);
      clientOf(first)
        .pair(true, token, rawStream())
        .on('error', () => undefined)
        .resume();
      clientOf(other)
        .pair(false, token, rawStream())
        .on('error', () => undefined)
        .resume();
    }
    await ended;
    const gone = Promise.all([second, third].map(closing));
    for (const other of [second, third]) other.destroy();
    await gone;
  });

  test('tokens that nobody answers do not pile up: who names too many is cut off', async () => {
    const stream = await connect(one);
    const ended = closing(stream);
    const client = clientOf(stream);
    for (let i = 0; i < 4 * relayLimits.streams; i++) {
      client
        .pair(true, randomBytes(32), rawStream())
        .on('error', () => undefined)
        .resume();
    }
    await ended;
    const next = await connect(one); // What it left behind is gone.
    next.destroy();
  });
});
