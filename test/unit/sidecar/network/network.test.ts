// Real networks on a loopback DHT of six nodes: slow for unit tests (hyperdht takes about a second to open a connection), so they
// share the DHT and run at the same time.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import test, { after, before, describe } from 'node:test';
import createTestnet, { type Testnet } from 'hyperdht/testnet.js';
import HyperDHT from 'hyperdht';
import { AppError } from '../../../../src/protocol/errors.ts';
import type { PeerId } from '../../../../src/protocol/ids.ts';
import { Network, type NetworkConnection, type NetworkOptions } from '../../../../src/sidecar/network/network.ts';
import { contentTopicOf, topicOf } from '../../../../src/sidecar/network/partyProof.ts';
import { silentLog } from '../../../../src/sidecar/log.ts';
import { peerIdOf } from '../../../../src/sidecar/storage/identity.ts';

const deadlineMs = 20_000;

interface Node {
  network: Network;
  peerId: PeerId;
  connections: NetworkConnection[];
  refused: Set<PeerId>;
  /** Refused ones that tried. */
  turnedAway: Set<PeerId>;
  /** Resolves when `isTrue`, asked again at every change. */
  until(what: string, isTrue: () => boolean): Promise<void>;
}

let testnet: Testnet;
let bootstrap: string[];
const nodes: Node[] = [];

function createNode(options: { bootstrap?: string[]; room?: NetworkOptions['room'] } = {}): Node {
  const keyPair = HyperDHT.keyPair();
  const changes = new EventTarget();
  const changed = () => changes.dispatchEvent(new Event('change'));
  const connections: NetworkConnection[] = [];
  const refused = new Set<PeerId>();
  const turnedAway = new Set<PeerId>();
  const network = new Network({
    keyPair,
    bootstrap: options.bootstrap ?? bootstrap,
    log: silentLog,
    ...(options.room && { room: options.room }),
    onConnection(connection) {
      connections.push(connection);
      connection.stream.resume();
      connection.stream.on('close', () => {
        connections.splice(connections.indexOf(connection), 1);
        changed();
      });
      changed();
    },
    onChange: changed,
    isRefused(peerId) {
      if (refused.has(peerId)) {
        turnedAway.add(peerId);
        changed();
      }
      return refused.has(peerId);
    },
  });
  const node: Node = {
    network,
    peerId: peerIdOf(keyPair.publicKey),
    connections,
    refused,
    turnedAway,
    async until(what, isTrue) {
      const signal = AbortSignal.timeout(deadlineMs);
      while (!isTrue()) {
        await once(changes, 'change', { signal }).catch(() => assert.fail(`${what}: not within ${deadlineMs} ms`));
      }
    },
  };
  nodes.push(node);
  return node;
}

/** A UDP port outside hyperdht's default range, which our own nodes would take. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

const isConnected = (node: Node, other: Node) => node.connections.some(({ peerId }) => peerId === other.peerId);

describe('network', { concurrency: true }, () => {
  before(async () => {
    testnet = await createTestnet(6);
    bootstrap = testnet.bootstrap.map(({ host, port }) => `${host}:${port}`);
  });

  after(async () => {
    await Promise.all(nodes.map(({ network }) => network.close()));
    await testnet.destroy();
  });

  test('who holds a content is found by who looked for it before, and part of it also after', async (t) => {
    const [holder, seeker, late] = [createNode(), createNode(), createNode()];
    const topic = contentTopicOf('they only meet by content', Buffer.alloc(32, 7));
    for (const node of [holder, seeker, late]) await node.network.open();
    await seeker.until('the DHT', () => seeker.network.status.state === 'online');
    seeker.network.setContentTopics([{ topic, isAnnounced: false, isLookedUp: true }]);
    await holder.until('the DHT', () => holder.network.status.state === 'online');
    const from = performance.now();
    holder.network.setContentTopics([{ topic, isAnnounced: true, isLookedUp: false }]);
    await seeker.until('the holder', () => isConnected(seeker, holder));
    t.diagnostic(`announced after the first lookup, connected after ${(performance.now() - from).toFixed(0)} ms`);
    const again = performance.now();
    late.network.setContentTopics([{ topic, isAnnounced: true, isLookedUp: true }]);
    await late.until('the holder', () => isConnected(late, holder));
    t.diagnostic(`announced before the lookup, connected after ${(performance.now() - again).toFixed(0)} ms`);
    assert.equal(isConnected(late, seeker), false, 'nobody finds who only looks');
  });

  test('a holder whose places are all taken is reached by who knows the content, and not for long in vain', async () => {
    const holder = createNode({ room: { most: 1, lookMs: 500 } });
    const [first, seeker] = [createNode(), createNode()];
    const topic = contentTopicOf('full', Buffer.alloc(32, 8));
    for (const node of [holder, first, seeker]) await node.network.open();
    first.network.connect(holder.peerId);
    await holder.until('its only place is taken', () => isConnected(holder, first));
    holder.network.setContentTopics([{ topic, isAnnounced: true, isLookedUp: false }]);
    seeker.network.setContentTopics([{ topic, isAnnounced: false, isLookedUp: true }]);
    await holder.until('a place beyond', () => isConnected(holder, seeker));
    await holder.until('it is of no use there', () => !isConnected(holder, seeker));
    assert.equal(isConnected(holder, first), true);
  });

  test('three peers meet by the name of a party, and part when one leaves', async () => {
    const [one, two, three] = [createNode(), createNode(), createNode()];
    const topic = topicOf('three peers meet');
    for (const node of [one, two, three]) {
      await node.network.open();
      node.network.joinTopic(topic);
      node.network.joinTopic(topic);
    }
    await one.until('meeting', () => isConnected(one, two) && isConnected(one, three));
    await two.until('meeting', () => isConnected(two, three));
    const [connection] = one.connections;
    assert.equal(connection?.path, 'lan');
    assert.equal(connection?.handshakeHash.byteLength, 64);
    const other = [two, three].find(({ peerId }) => peerId === connection?.peerId);
    const sameConnection = other?.connections.find(({ peerId }) => peerId === one.peerId);
    assert.deepEqual(sameConnection?.handshakeHash, connection?.handshakeHash);
    assert.notEqual(sameConnection?.isInitiator, connection?.isInitiator);
    await one.until('announcing', () => one.network.topicState(topic) === 'joined');
    assert.equal(one.network.status.state, 'online');
    assert.equal(one.network.status.isBootstrapUnreachable, false);
    await three.network.leaveTopic(topic);
    const four = createNode();
    await four.network.open();
    four.network.joinTopic(topic);
    await four.until('meeting', () => isConnected(four, one) && isConnected(four, two));
    assert.equal(isConnected(four, three), false);
  });

  test('a peer is found by its key alone, and found again after the connection dropped', async () => {
    const [one, two] = [createNode(), createNode()];
    await one.network.open();
    await two.network.open();
    one.network.connect(two.peerId);
    await one.until('connecting', () => isConnected(one, two));
    await two.until('connecting', () => isConnected(two, one));
    const [before] = two.connections;
    before?.stream.destroy();
    await one.until('dropping', () => !isConnected(one, two));
    await one.until('reconnecting', () => isConnected(one, two));
    assert.notDeepEqual(two.connections[0]?.handshakeHash, before?.handshakeHash);
  });

  test('two peers that connect to each other at the same moment end up with one connection', async () => {
    const [one, two] = [createNode(), createNode()];
    await one.network.open();
    await two.network.open();
    await one.until('being online', () => one.network.status.state === 'online');
    await two.until('being online', () => two.network.status.state === 'online');
    one.network.connect(two.peerId);
    two.network.connect(one.peerId);
    const isSame = () => {
      const [mine, theirs] = [one.connections, two.connections];
      const [hash, otherHash] = [mine[0]?.handshakeHash, theirs[0]?.handshakeHash];
      return (
        mine.length === 1 &&
        theirs.length === 1 &&
        hash !== undefined &&
        otherHash !== undefined &&
        Buffer.compare(hash, otherHash) === 0
      );
    };
    await Promise.race([one.until('settling', isSame), two.until('settling', isSame)]);
  });

  test('a peer that comes later is reached by those who wait for it', async () => {
    const one = createNode();
    const two = createNode();
    await one.network.open();
    one.network.connect(two.peerId);
    await one.until('being online', () => one.network.status.state === 'online');
    await two.network.open();
    await one.until('connecting', () => isConnected(one, two));
  });

  test('a refused peer is not connected to until that is asked for again', async () => {
    const [one, two] = [createNode(), createNode()];
    one.refused.add(two.peerId);
    await one.network.open();
    await two.network.open();
    one.network.connect(two.peerId);
    await one.until('turning it away', () => one.turnedAway.has(two.peerId));
    one.refused.delete(two.peerId);
    one.network.connect(two.peerId);
    await one.until('connecting', () => isConnected(one, two));
    one.network.disconnect(two.peerId);
    await one.until('disconnecting', () => !isConnected(one, two));
  });

  test('a refused peer that comes by itself is turned away', async () => {
    const [one, two] = [createNode(), createNode()];
    one.refused.add(two.peerId);
    await one.network.open();
    await two.network.open();
    await one.until('being online', () => one.network.status.state === 'online');
    two.network.connect(one.peerId);
    await one.until('turning it away', () => one.turnedAway.has(two.peerId));
    assert.equal(isConnected(one, two), false);
  });

  test('bootstrap nodes may be down at the start and come later', async () => {
    const port = await freePort();
    const one = createNode({ bootstrap: [`127.0.0.1:${port}`] });
    const two = createNode({ bootstrap: [`127.0.0.1:${port}`] });
    const topic = topicOf('late');
    for (const { network } of [one, two]) {
      network.joinTopic(topic);
      await network.open();
    }
    assert.equal(one.network.topicState(topic), 'joining');
    await one.until('seeing that nobody answers', () => one.network.status.state === 'offline');
    assert.equal(one.network.topicState(topic), 'offline');
    const late = await createTestnet(6, { port });
    try {
      await one.until('meeting', () => isConnected(one, two));
      await one.until('announcing', () => one.network.topicState(topic) === 'joined');
    } finally {
      await Promise.all([one.network.close(), two.network.close()]);
      await late.destroy();
    }
  });

  test('other bootstrap nodes are taken while running', async () => {
    const [one, two] = [createNode({ bootstrap: ['127.0.0.1:9'] }), createNode()];
    const topic = topicOf('moved');
    for (const { network } of [one, two]) {
      await network.open();
      network.joinTopic(topic);
    }
    await one.network.setBootstrap(bootstrap);
    assert.deepEqual(one.network.status.bootstrap, bootstrap);
    await one.until('meeting', () => isConnected(one, two));
  });

  test('a malformed bootstrap node is named', () => {
    assert.throws(
      () => createNode({ bootstrap: ['127.0.0.1:1', 'nonsense'] }),
      (error) => error instanceof AppError && error.kind === 'invalid-argument' && error.message.includes('nonsense'),
    );
  });
});
