// Direct links over real sockets on loopback: how they come about, and that whoever is not the session's other end gets none.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import test from 'node:test';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import { linkLimits } from '../../../../../src/sidecar/limits.ts';
import { dialNoise } from '../../../../../src/sidecar/network/links/noiseLink.ts';
import { linkKey, newSecrets, tokenText } from '../../../../../src/sidecar/network/links/offer.ts';
import { takeLink } from '../../../../../src/sidecar/network/links/stream.ts';
import { dialTls } from '../../../../../src/sidecar/network/links/tlsLink.ts';
import { carry, closed, dialOptions, introduce, inTime, knock, LinkPeer } from './linkWorld.ts';

test('two peers of a session get a link over TLS, and it carries frames both ways', async (t) => {
  const [one, other] = [await LinkPeer.open(t), await LinkPeer.open(t)];
  const { own, theirs } = introduce(one, other);
  const link = await one.links.dial(own.own, theirs.own, dialOptions(other));
  t.after(() => link.stream.destroy());
  await other.until('the link', () => other.arrived.length === 1);
  const [arrived] = other.arrived;
  assert(arrived);
  assert.deepEqual([link.kind, arrived.kind, link.isDialer, arrived.isDialer], ['tls', 'tls', true, false]);
  assert.equal(link.address, `127.0.0.1:${other.port}`);
  assert.equal(await carry(link, arrived, 'to the listener'), 'to the listener');
  assert.equal(await carry(arrived, link, 'to the dialer'), 'to the dialer');
  const gone = new Promise<void>((resolve) => arrived.stream.on('close', resolve));
  link.stream.destroy();
  await gone;
});

test('a peer without TLS by key gets its link over Noise', async (t) => {
  const [one, other] = [await LinkPeer.open(t), await LinkPeer.open(t)];
  const { own, theirs } = introduce(one, other);
  const link = await one.links.dial(own.own, { ...theirs.own, kinds: ['noise'] }, dialOptions(other));
  t.after(() => link.stream.destroy());
  await other.until('the link', () => other.arrived.length === 1);
  const [arrived] = other.arrived;
  assert(arrived);
  assert.deepEqual([link.kind, arrived.kind], ['noise', 'noise']);
  assert.equal(await carry(link, arrived, 'to the listener'), 'to the listener');
  assert.equal(await carry(arrived, link, 'to the dialer'), 'to the dialer');
  assert.ok((link.stream.rawStream.bytesTransmitted ?? 0) > 0);
});

test('addresses are tried one after the other, and one link is made whatever answers', async (t) => {
  const [one, other] = [await LinkPeer.open(t), await LinkPeer.open(t)];
  const { own, theirs } = introduce(one, other);
  const hosts = ['127.0.0.2', '127.0.0.3', '127.0.0.1'];
  const link = await one.links.dial(own.own, { ...theirs.own, hosts }, { ...dialOptions(other), remoteHost: '127.0.0.4' });
  t.after(() => link.stream.destroy());
  await other.until('the link', () => other.arrived.length === 1);
  assert.equal(link.address, `127.0.0.1:${other.port}`);
});

test('a wrong secret, an unknown token and another session’s token make no link', async (t) => {
  const [one, other] = [await LinkPeer.open(t), await LinkPeer.open(t)];
  const [first, second] = [introduce(one, other), introduce(one, other)];
  const dial = (remote: typeof first.theirs.own) => one.links.dial(first.own.own, remote, dialOptions(other));
  await assert.rejects(dial({ ...first.theirs.own, secret: randomBytes(32), kinds: ['tls'] }));
  await assert.rejects(dial({ ...first.theirs.own, token: newSecrets().token }));
  // The key of one session with the token of another.
  const key = linkKey(
    { offer: first.own.own, publicKey: one.keyPair.publicKey },
    { offer: first.theirs.own, publicKey: other.keyPair.publicKey },
  );
  const address = { host: '127.0.0.1', port: other.port };
  await assert.rejects(dialTls(address, { psk: key, token: tokenText(second.theirs.own.token) }, inTime()));
  assert.equal(other.arrived.length, 0);
});

test('a token that another key uses over Noise makes no link', async (t) => {
  const [one, other] = [await LinkPeer.open(t), await LinkPeer.open(t)];
  const { theirs } = introduce(one, other);
  const address = { host: '127.0.0.1', port: other.port };
  const keys = { keyPair: NoiseSecretStream.keyPair(), remoteKey: other.keyPair.publicKey, token: theirs.own.token };
  const stream = await dialNoise(address, keys, inTime()).catch(() => undefined);
  if (stream && !stream.destroyed) {
    takeLink(stream);
    stream.resume();
    await once(stream, 'close', inTime());
  }
  assert.equal(other.arrived.length, 0);
});

test('whoever answers with another key over Noise gets no link', async (t) => {
  const [one, other, stranger] = [await LinkPeer.open(t), await LinkPeer.open(t), await LinkPeer.open(t)];
  const { own } = introduce(one, other);
  const { theirs } = introduce(one, stranger);
  const dialed = one.links.dial(own.own, { ...theirs.own, kinds: ['noise'] }, dialOptions(other));
  await assert.rejects(dialed, /another key|closed/);
});

test('a session that ended gets no link any more', async (t) => {
  const [one, other] = [await LinkPeer.open(t), await LinkPeer.open(t)];
  const { own, theirs } = introduce(one, other);
  other.links.forget(theirs.own);
  await assert.rejects(one.links.dial(own.own, theirs.own, dialOptions(other)));
});

test('a link that is proven and not taken is closed', async (t) => {
  const [one, other] = [await LinkPeer.open(t), await LinkPeer.open(t)];
  const { own, theirs } = introduce(one, other);
  const psk = linkKey(
    { offer: own.own, publicKey: one.keyPair.publicKey },
    { offer: theirs.own, publicKey: other.keyPair.publicKey },
  );
  const key = { psk, token: tokenText(theirs.own.token) };
  const frames = await dialTls({ host: '127.0.0.1', port: other.port }, key, inTime());
  t.after(() => frames.destroy());
  const gone = once(frames, 'close', inTime());
  frames.on('data', () => undefined);
  frames.write(Buffer.from('not what takes a link'));
  await gone;
  assert.equal(other.arrived.length, 0);
});

test('garbage on the port is cut off at once, and whoever says nothing after a while', async (t) => {
  const peer = await LinkPeer.open(t);
  const garbage = await knock(t, peer.port);
  garbage.write('GET / HTTP/1.1\r\n\r\n');
  await closed(garbage);
  const broken = await knock(t, peer.port);
  broken.write(Buffer.concat([Buffer.of(0x16, 3, 1, 0xff, 0xff), randomBytes(1000)]));
  await closed(broken);
  const unknown = await knock(t, peer.port);
  unknown.write(Buffer.concat([Buffer.of(0x4e), randomBytes(16)]));
  await closed(unknown);

  t.mock.timers.enable({ apis: ['setTimeout'] });
  const accepted = peer.log.length;
  const [silent, slow] = [await knock(t, peer.port), await knock(t, peer.port)];
  slow.write(Buffer.of(0x4e));
  const after = await knock(t, peer.port);
  after.write('x'); // By the time this one is answered the others were accepted.
  await closed(after);
  t.mock.timers.tick(linkLimits.handshakeMs - 1);
  slow.write(Buffer.of(1));
  assert.ok(!silent.destroyed && !slow.destroyed && peer.log.length > accepted);
  t.mock.timers.tick(1);
  t.mock.timers.reset();
  await Promise.all([closed(silent), closed(slow)]);
});

test('of 200 connections at once few are kept, and a peer gets through afterwards', async (t) => {
  const [one, other] = [await LinkPeer.open(t), await LinkPeer.open(t)];
  const sockets: Socket[] = [];
  for (let i = 0; i < 200; i++) sockets.push(await knock(t, other.port));
  let left = sockets.length;
  await new Promise<void>((resolve) => {
    for (const socket of sockets) {
      socket.resume();
      const gone = () => --left === linkLimits.pendingPerAddress && resolve();
      if (socket.destroyed) gone();
      else socket.on('close', gone);
    }
  });
  const { own, theirs } = introduce(one, other);
  await assert.rejects(one.links.dial(own.own, theirs.own, dialOptions(other)));
  const kept = sockets.filter((socket) => !socket.destroyed);
  assert.equal(kept.length, linkLimits.pendingPerAddress);
  for (const socket of kept) socket.write('garbage');
  await Promise.all(kept.map(closed));
  const link = await one.links.dial(own.own, theirs.own, dialOptions(other));
  link.stream.destroy();
});

test('a port that is taken is told, and no failure of anything else', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert(address !== null && typeof address === 'object');
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const peer = await LinkPeer.open(t, { linkPort: address.port });
  assert.match(peer.links.status.failure ?? '', /EADDRINUSE/);
  assert.equal(peer.links.newOffer().port, 0);
  const isClosed = once(server, 'close');
  server.close();
  await isClosed;
  t.mock.timers.tick(linkLimits.retryMs[0]);
  await peer.until('it listens', () => peer.port === address.port);
  assert.equal(peer.links.status.failure, undefined);
});

test('listening can be switched off and on, and to another port, while links live', async (t) => {
  const [one, other] = [await LinkPeer.open(t), await LinkPeer.open(t)];
  const { own, theirs } = introduce(one, other);
  const link = await one.links.dial(own.own, theirs.own, dialOptions(other));
  t.after(() => link.stream.destroy());
  await other.until('the link', () => other.arrived.length === 1);
  const before = other.port;
  other.settings.linkListen = false;
  other.links.configure();
  assert.deepEqual(other.links.status, {});
  assert.deepEqual(other.links.currentOffer(theirs.own).hosts, []);
  await assert.rejects(one.links.dial(own.own, theirs.own, dialOptions(other)), /ECONNREFUSED/);
  other.settings.linkListen = true;
  other.links.configure();
  await other.until('it listens again', () => other.port !== 0);
  const now = other.links.currentOffer(theirs.own);
  assert.deepEqual([now.token, now.port], [theirs.own.token, other.port]);
  assert.ok(before > 0 && !link.stream.destroying);
});

test('dialling is given up when its session ends', async (t) => {
  const [one, other] = [await LinkPeer.open(t), await LinkPeer.open(t)];
  const silent = createServer((socket) => t.after(() => socket.destroy())).listen(0, '127.0.0.1');
  t.after(() => silent.close());
  await once(silent, 'listening');
  const address = silent.address();
  assert(address !== null && typeof address === 'object');
  const { own, theirs } = introduce(one, other);
  const session = new AbortController();
  const remote = { ...theirs.own, port: address.port };
  const dialed = one.links.dial(own.own, remote, dialOptions(other, session.signal));
  const accepted: unknown[] = await once(silent, 'connection', inTime());
  session.abort();
  await assert.rejects(dialed, /not needed/);
  const [socket] = accepted;
  assert(socket && typeof socket === 'object');
});
