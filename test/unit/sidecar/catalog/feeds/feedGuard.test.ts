// Lies and noise in the replication of a feed: they end the connection they came over, and nothing else.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import type NoiseSecretStream from '@hyperswarm/secret-stream';
import Corestore from 'corestore';
import type Hypercore from 'hypercore';
import type { ReplicationPeer } from 'hypercore';
import Protomux from 'protomux';
import type { ShareId } from '../../../../../src/protocol/ids.ts';
import { Feeds, type OwnFeed } from '../../../../../src/sidecar/catalog/feeds/feeds.ts';
import { createLog } from '../../../../../src/sidecar/log.ts';
import { wireLimits } from '../../../../../src/sidecar/limits.ts';
import { GuardedMuxer } from '../../../../../src/sidecar/wire/guardedMuxer.ts';
import { pairedStreams } from '../../wire/worlds.ts';
import { temporaryFolder } from '../twoPeers.ts';

const encryptionKey = new Uint8Array(32).fill(7);

interface Victim {
  feeds: Feeds;
  own: OwnFeed;
}

async function victimOf(t: TestContext): Promise<Victim> {
  const folder = temporaryFolder();
  const feeds = new Feeds({ folder: path.join(folder, 'feeds'), log: createLog(() => undefined) });
  await feeds.open();
  t.after(async () => {
    await feeds.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const own = await feeds.own('y'.repeat(26) as ShareId, encryptionKey);
  await own.append(Array.from({ length: 40 }, (_, index) => Buffer.alloc(2000, index)));
  return { feeds, own };
}

async function storeOf(t: TestContext): Promise<Corestore> {
  const folder = temporaryFolder();
  const store = new Corestore(folder);
  t.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  await store.ready();
  return store;
}

interface Connection {
  /** The attacker's end. */
  stream: NoiseSecretStream;
  muxer: Protomux;
  /** The victim's end, guarded as a session guards it. */
  guarded: GuardedMuxer;
  failures: unknown[];
  closed: Promise<void>;
}

async function connectTo(): Promise<Connection> {
  const { streams } = await pairedStreams();
  const [near, far] = streams;
  const failures: unknown[] = [];
  const guarded = new GuardedMuxer(near, {
    limits: { frameBytes: wireLimits.frameBytes, channels: wireLimits.channelsPerSession },
    events: {
      onActivity: () => undefined,
      onFailure: (error) => {
        failures.push(error);
        near.destroy();
      },
      onWritable: () => undefined,
    },
  });
  const closed = Promise.all([near, far].map((stream) => new Promise((resolve) => stream.once('close', resolve))));
  return { stream: far, muxer: new Protomux(far), guarded, failures, closed: closed.then(() => undefined) };
}

/** The attacker's end of the replication, once the victim took part. */
async function peerOf(core: Hypercore, muxer: Protomux): Promise<ReplicationPeer> {
  const find = (): ReplicationPeer | undefined => core.core?.replicator.peers.find((peer) => Object.is(peer.protomux, muxer));
  const signal = AbortSignal.timeout(5000);
  for (let peer = find(); ; peer = find()) {
    if (peer) return peer;
    await once(core, 'peer-add', { signal });
  }
}

test('thousands of requests at once end the connection, and the rest goes on meanwhile', { timeout: 20_000 }, async (t) => {
  const { own } = await victimOf(t);
  const store = await storeOf(t);
  const { muxer, guarded, failures, closed } = await connectTo();
  own.core.replicate(guarded);
  const core = store.get({ key: own.key });
  await core.ready();
  core.replicate(muxer);
  const peer = await peerOf(core, muxer);
  let worstMs = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    worstMs = Math.max(worstMs, performance.now() - last);
    last = performance.now();
  }, 5);
  muxer.cork();
  for (let id = 1; id <= 20_000; id++)
    peer.wireRequest.send({
      id,
      fork: 0,
      block: { index: id * 1000, nodes: 0 },
      hash: null,
      seek: null,
      upgrade: null,
      manifest: false,
    });
  muxer.uncork();
  await closed;
  clearInterval(watch);
  assert.match(String(failures[0]), /more than 1024 blocks/);
  assert.ok(worstMs < 500, `nothing else ran for ${worstMs} ms`);
});

test('a block that its owner did not sign ends the connection that it came over', { timeout: 20_000 }, async (t) => {
  const { feeds } = await victimOf(t);
  const store = await storeOf(t);
  const real = store.get({ name: 'real' });
  await real.ready();
  await real.append([Buffer.from('one'), Buffer.from('two')]);
  assert(real.key);
  const remote = await feeds.remote({ feedKey: real.key, encryptionKey, holder: 'somebody' });
  const { muxer, guarded, failures, closed } = await connectTo();
  remote.over({ isOwner: false }).replicate(guarded);
  real.replicate(muxer);
  const peer = await peerOf(real, muxer);
  const honest = peer.onrequest.bind(peer);
  peer.onrequest = (request) => {
    const { id, block } = request;
    if (!block) return honest(request);
    return peer.wireData.send({ request: id, fork: 0, block: { ...block, nodes: [], value: Buffer.from('forged') } });
  };
  const reading = assert.rejects(remote.reading((blocks) => blocks.block(0), { signal: AbortSignal.timeout(1_000) }));
  await closed;
  await reading;
  assert.match(String(failures[0]), /did not sign/);
  await remote.close();
});

/** Numbers that are the same in every run. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test(
  'whatever bytes a peer sends in the channel of a feed, the process lives and the feeds are as they were',
  { timeout: 60_000 },
  async (t) => {
    const seed = Number(process.env['POTLUCK_FUZZ_SEED'] ?? 20_260_101);
    const rounds = Number(process.env['POTLUCK_FUZZ_ROUNDS'] ?? 100);
    t.diagnostic(`seed ${seed}`);
    const next = random(seed);
    const { feeds, own } = await victimOf(t);
    const store = await storeOf(t);
    const real = store.get({ name: 'real' });
    await real.ready();
    await real.append(Array.from({ length: 40 }, (_, index) => Buffer.alloc(3000, index)));
    assert(real.key);
    const before = process.memoryUsage.rss();
    let ended = 0;
    for (let round = 0; round < rounds; round++) {
      const { stream, muxer, guarded, failures } = await connectTo();
      const remote = await feeds.remote({ feedKey: real.key, encryptionKey, holder: 'somebody' });
      remote.over({ isOwner: false }).replicate(guarded);
      own.core.replicate(guarded);
      const copy = store.get({ key: own.key });
      await copy.ready();
      copy.replicate(muxer);
      real.replicate(muxer);
      const mine = await peerOf(copy, muxer);
      const theirs = await peerOf(real, muxer);
      garble(stream, next);
      const reading = remote
        .reading(async (blocks) => Promise.all([blocks.block(next(40)), blocks.block(next(40))]), {
          signal: AbortSignal.timeout(20),
        })
        .catch(() => undefined);
      for (let count = 0; count < 10; count++) nonsense(next(2) === 0 ? mine : theirs, next);
      void copy.get(next(60), { timeout: 20 }).catch(() => undefined);
      for (let turn = 0; turn < 20; turn++) await setImmediate();
      await reading;
      if (failures.length > 0) ended++;
      stream.destroy();
      await remote.close();
      await copy.close();
    }
    assert.ok(ended > rounds / 5, `${ended} of ${rounds} connections were ended`);
    assert.equal(own.length, 40);
    assert.ok((await own.core.get(7))?.equals(Buffer.alloc(2000, 7)));
    const grownMiB = (process.memoryUsage.rss() - before) / 2 ** 20;
    assert.ok(grownMiB < 300, `${grownMiB} MiB more memory`);
  },
);

/** Changes a few bytes of some of what is sent. */
function garble(stream: NoiseSecretStream, next: (below: number) => number): void {
  const write = stream.write.bind(stream);
  stream.write = (frame: Uint8Array) => {
    if (next(3) === 0) for (let count = next(4); count >= 0; count--) frame[next(frame.length)] = next(256);
    return write(frame);
  };
}

const far = [0, 1, 39, 40, 41, 2 ** 20, 2 ** 31, 2 ** 32, 2 ** 52];

/** A message that is well-formed and means nothing. */
function nonsense(peer: ReplicationPeer, next: (below: number) => number): void {
  const place = (): number => far[next(far.length)] ?? 0;
  const upgrade = next(2) === 0 ? null : { start: place(), length: place() };
  const nodes = [{ index: place(), hash: Buffer.alloc(32, next(256)), size: place() }];
  const proof = { start: place(), length: place(), nodes, additionalNodes: nodes, signature: Buffer.alloc(64, 1) };
  const messages = [
    () => peer.wireRange.send({ drop: next(2) === 0, start: place(), length: place() }),
    () => peer.wireBitfield.send({ start: place(), bitfield: new Uint32Array(1 + next(1024)).fill(next(2 ** 32)) }),
    () =>
      peer.wireRequest.send({
        ...{ id: next(5), fork: next(3), hash: next(2) === 0 ? null : { index: place(), nodes: place() } },
        ...{ block: next(2) === 0 ? null : { index: place(), nodes: place() }, upgrade, manifest: next(2) === 0 },
        seek: next(8) === 0 ? { bytes: place(), padding: 0 } : null,
      }),
    () =>
      peer.wireData.send({
        ...{ request: next(5), fork: next(3), hash: next(2) === 0 ? null : { index: place(), nodes } },
        ...{ block: next(2) === 0 ? null : { index: place(), nodes, value: Buffer.alloc(next(100)) } },
        ...{ upgrade: next(2) === 0 ? null : proof, seek: next(4) === 0 ? { bytes: place(), nodes } : null, manifest: null },
      }),
    () =>
      peer.wireSync.send({
        fork: next(3),
        length: place(),
        remoteLength: place(),
        canUpgrade: true,
        uploading: true,
        downloading: true,
      }),
    () => peer.wireWant.send({ start: place(), length: place(), any: next(2) === 0 }),
    () => peer.wireNoData.send({ request: next(5), reason: next(4) }),
    () => peer.wireCancel.send({ request: next(5) }),
  ];
  try {
    messages[next(messages.length)]?.();
  } catch {
    // It cannot even be encoded.
  }
}
