// The first bytes of connections in a local network, over real TCP: who learns which key, and who learns nothing.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import test, { type TestContext } from 'node:test';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import { lanLimits } from '../../../../../src/sidecar/limits.ts';
import { silentLog } from '../../../../../src/sidecar/log.ts';
import { Door } from '../../../../../src/sidecar/network/lan/door.ts';
import { acceptLan, dialLan, type Proven } from '../../../../../src/sidecar/network/lan/handshake.ts';
import { type Secret, TokenBook } from '../../../../../src/sidecar/network/lan/tokens.ts';
import { partyKeyOf } from '../../../../../src/sidecar/network/partyProof.ts';
import { peerIdOf } from '../../../../../src/sidecar/storage/identity.ts';

const party: Secret = { key: partyKeyOf('techno') };
const label = Buffer.alloc(16, 3);
const helloBytes = 1 + 16 + 16 + 16;
const host = '127.0.0.1';
const never = new AbortController().signal;

function bookOf(...secrets: Secret[]): TokenBook {
  const book = new TokenBook();
  book.set(secrets);
  return book;
}

/** Somebody who waits at a port; `outcomes` tells of each who came. */
async function listener(t: TestContext, secrets: Secret[]) {
  const keyPair = NoiseSecretStream.keyPair();
  const book = bookOf(...secrets);
  const outcomes: Promise<Proven | Error>[] = [];
  const port = await served(t, (tcp) => {
    const outcome = acceptLan(tcp, { find: (token) => book.find(token), keyPair });
    outcomes.push(outcome.catch((error: Error) => error));
  });
  return { keyPair, port, outcomes };
}

async function served(t: TestContext, onSocket: (tcp: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((tcp) => {
    tcp.on('error', () => undefined);
    sockets.add(tcp);
    onSocket(tcp);
  });
  server.listen(0, host);
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const tcp of sockets) tcp.destroy();
  });
  const address = server.address();
  assert(address && typeof address === 'object');
  return address.port;
}

async function failureOf(outcome: Promise<Proven | Error> | undefined): Promise<string> {
  const ended = await outcome;
  return ended instanceof Error ? ended.message : 'it did not fail';
}

async function dial(
  port: number,
  secret: Secret,
  { keyPair = NoiseSecretStream.keyPair(), token = bookOf(secret).current(secret) } = {},
) {
  return dialLan({ host, port }, { secret, token, label, keyPair }, { signal: never });
}

/** Somebody by hand: all that was said to it by the time that the other side closed, or `bytes` of it. */
function byHand(t: TestContext, port: number) {
  const tcp = connect(port, host);
  t.after(() => tcp.destroy());
  tcp.on('error', () => undefined);
  const heard: Buffer[] = [];
  tcp.on('data', (chunk: Buffer) => heard.push(chunk));
  return {
    say: (...parts: Uint8Array[]) => void tcp.write(Buffer.concat(parts)),
    async heard(bytes: number): Promise<Buffer> {
      while (Buffer.concat(heard).length < bytes) await once(tcp, 'data');
      return Buffer.concat(heard);
    },
    async atEnd(): Promise<Buffer> {
      if (!tcp.closed) await once(tcp, 'close');
      return Buffer.concat(heard);
    },
  };
}

test('two that know the secret behind a token learn each other’s key, and the listener the dialer’s label', async (t) => {
  const { keyPair, port, outcomes } = await listener(t, [party]);
  const own = NoiseSecretStream.keyPair();
  const { stream } = await dial(port, party, { keyPair: own });
  const accepted = await outcomes[0];
  assert(accepted && !(accepted instanceof Error));
  t.after(() => [stream, accepted.stream].forEach((each) => each.destroy()));
  assert.deepEqual(stream.remotePublicKey, keyPair.publicKey);
  assert.deepEqual(accepted.stream.remotePublicKey, own.publicKey);
  assert.deepEqual(accepted.label, label);
  assert.deepEqual(stream.handshakeHash, accepted.stream.handshakeHash);
});

test('who names no token of ours is told not a byte', async (t) => {
  const { port, outcomes } = await listener(t, [party]);
  const stranger = byHand(t, port);
  stranger.say(Buffer.of(0x4c), Buffer.alloc(helloBytes - 1, 9));
  assert.equal((await stranger.atEnd()).length, 0);
  const wrongByte = byHand(t, port);
  wrongByte.say(Buffer.of(0x16), bookOf(party).current(party), Buffer.alloc(32));
  assert.equal((await wrongByte.atEnd()).length, 0);
  for (const outcome of outcomes) assert((await outcome) instanceof Error);
});

test('an overheard token that is played back leads to no key: not with random bytes, not with the answer sent back', async (t) => {
  const { port, outcomes } = await listener(t, [party]);
  const token = bookOf(party).current(party);
  for (const reply of [(answer: Buffer) => Buffer.alloc(32, answer[0]), (answer: Buffer) => answer.subarray(16)]) {
    const neighbour = byHand(t, port);
    neighbour.say(Buffer.of(0x4c), token, Buffer.alloc(32, 1));
    neighbour.say(reply(await neighbour.heard(48)));
    assert.equal((await neighbour.atEnd()).length, 48, 'a nonce and a proof, and nothing of Noise');
  }
  for (const outcome of outcomes) assert.match(await failureOf(outcome), /does not know the secret/);
});

test('who answers at a token that it only overheard learns the dialer’s hello and no key', async (t) => {
  const heard: Buffer[] = [];
  const ended = Promise.withResolvers<void>();
  const port = await served(t, (tcp) => {
    tcp.on('data', (chunk: Buffer) => heard.push(chunk));
    tcp.on('close', () => ended.resolve());
    tcp.write(Buffer.alloc(48, 5));
  });
  await assert.rejects(dial(port, party), /does not know the secret/);
  await ended.promise;
  assert.equal(Buffer.concat(heard).length, helloBytes);
});

test('who knows only the token of a day ago, and not its secret, cannot use the answer to another', async (t) => {
  const { port, outcomes } = await listener(t, [party]);
  const [first, second] = [byHand(t, port), byHand(t, port)];
  const hello = [Buffer.of(0x4c), bookOf(party).current(party), Buffer.alloc(32, 2)];
  first.say(...hello);
  second.say(...hello);
  const [one, other] = [await first.heard(48), await second.heard(48)];
  assert.notDeepEqual(one, other, 'the same words get another answer');
  second.say(one.subarray(16));
  await second.atEnd();
  assert((await outcomes[1]) instanceof Error);
});

test('a secret of two peers is worth nothing to a third key, on either side', async (t) => {
  const secretKey = Buffer.alloc(32, 8);
  const [ann, ben, third] = [NoiseSecretStream.keyPair(), NoiseSecretStream.keyPair(), NoiseSecretStream.keyPair()];
  const { keyPair, port, outcomes } = await listener(t, [{ key: secretKey, peerId: peerIdOf(ann.publicKey) }]);
  const meant = (publicKey: Uint8Array): Secret => ({ key: secretKey, peerId: peerIdOf(publicKey) });
  await assert.rejects(dial(port, meant(ben.publicKey), { keyPair: ann }), /another key answered/);
  const { stream: asThird } = await dial(port, meant(keyPair.publicKey), { keyPair: third });
  asThird.on('error', () => undefined);
  assert.match(await failureOf(outcomes[1]), /another key answered/);
  const { stream } = await dial(port, meant(keyPair.publicKey), { keyPair: ann });
  const accepted = await outcomes[2];
  assert(accepted && !(accepted instanceof Error));
  for (const each of [stream, asThird, accepted.stream]) each.destroy();
});

test('of one address only a few handshakes are under way at a door, and their places come free', async (t) => {
  const book = bookOf(party);
  let port = 0;
  const listening = Promise.withResolvers<void>();
  let here = 0;
  const door = new Door({
    keyPair: NoiseSecretStream.keyPair(),
    log: silentLog,
    admission: {
      arrive: () => {
        here++;
        return () => void here--;
      },
    },
    find: (token) => book.find(token),
    onProven: ({ stream }) => stream.destroy(),
    onChange: () => {
      port = door.portAt(host);
      if (port !== 0) listening.resolve();
    },
  });
  t.after(() => door.listen([]));
  door.listen([host]);
  await listening.promise;
  const waiting = Array.from({ length: lanLimits.pendingPerAddress }, () => byHand(t, port));
  for (const each of waiting) each.say(Buffer.of(0x4c), book.current(party), Buffer.alloc(32, 1));
  for (const each of waiting) await each.heard(48);
  assert.equal(here, lanLimits.pendingPerAddress);
  assert.equal((await byHand(t, port).atEnd()).length, 0, 'one more is closed at once');
  for (const each of waiting) each.say(Buffer.alloc(32));
  for (const each of waiting) await each.atEnd();
  const { stream } = await dial(port, party);
  stream.on('error', () => undefined);
  stream.destroy();
});
