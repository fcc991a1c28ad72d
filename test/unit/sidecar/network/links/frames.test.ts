// Frames over TLS, by real sockets where pace matters and by hand where a peer misbehaves.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, Socket } from 'node:net';
import test, { type TestContext } from 'node:test';
import { linkLimits } from '../../../../../src/sidecar/limits.ts';
import { FrameReader } from '../../../../../src/sidecar/network/links/frameReader.ts';
import type { TlsFrames } from '../../../../../src/sidecar/network/links/tlsFrames.ts';
import { acceptTls, dialTls } from '../../../../../src/sidecar/network/links/tlsLink.ts';
import { inTime } from './linkWorld.ts';

async function pair(t: TestContext): Promise<{ dialed: TlsFrames; accepted: TlsFrames }> {
  const psk = randomBytes(32);
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert(address !== null && typeof address === 'object');
  const arriving = once(server, 'connection').then(async ([tcp]: unknown[]) => {
    assert(tcp instanceof Socket);
    return acceptTls(tcp, () => psk);
  });
  const dialed = await dialTls({ host: '127.0.0.1', port: address.port }, { psk, token: 'a token' }, inTime());
  const { stream: accepted } = await arriving;
  server.close();
  t.after(() => {
    dialed.destroy();
    accepted.destroy();
  });
  return { dialed, accepted };
}

function framed(...frames: Buffer[]): Buffer {
  return Buffer.concat(
    frames.flatMap((frame) => {
      const header = Buffer.alloc(3);
      header.writeUIntLE(frame.length, 0, 3);
      return [header, frame];
    }),
  );
}

function reading(): { reader: FrameReader; frames: Buffer[]; tooLarge: number[] } {
  const [frames, tooLarge, reader]: [Buffer[], number[], FrameReader] = [[], [], new FrameReader()];
  reader.listen({
    onFrame: (frame) => frames.push(frame),
    onBytes: () => undefined,
    onTooLarge: (bytes) => tooLarge.push(bytes),
  });
  return { reader, frames, tooLarge };
}

test('frames are read whatever pieces they come in, by the chunk or in place', () => {
  const sent = [0, 1, 2, 300, 70_000, 0, 5].map((bytes) => randomBytes(bytes));
  const expected = sent.filter((frame) => frame.length > 0);
  const bytes = framed(...sent);
  for (const piece of [1, 2, 3, 4, 1000, 16_384, bytes.length]) {
    const [byChunk, inPlace] = [reading(), reading()];
    byChunk.reader.resume();
    inPlace.reader.resume();
    for (let at = 0; at < bytes.length; at += piece) byChunk.reader.take(bytes.subarray(at, at + piece));
    for (let at = 0; at < bytes.length;) {
      const count = Math.min(piece, inPlace.reader.target().length, bytes.length - at);
      inPlace.reader.target().set(bytes.subarray(at, at + count));
      assert.equal(inPlace.reader.filled(count), true);
      at += count;
    }
    for (const { frames } of [byChunk, inPlace])
      assert.ok(Buffer.concat(frames).equals(Buffer.concat(expected)), `pieces of ${piece}`);
    for (const { frames } of [byChunk, inPlace]) assert.equal(frames.length, expected.length);
    for (const frame of byChunk.frames) assert.equal(frame.buffer.byteLength, frame.length, 'a buffer of its own');
  }
});

test('a frame that is too large is told once, and nothing is read after it', () => {
  const { reader, frames, tooLarge } = reading();
  reader.resume();
  const header = Buffer.alloc(3);
  header.writeUIntLE(linkLimits.frameBytes + 1, 0, 3);
  reader.take(Buffer.concat([framed(Buffer.from('before')), header, framed(Buffer.from('after'))]));
  reader.take(framed(Buffer.from('after')));
  assert.equal(reader.filled(3), false);
  assert.deepEqual([tooLarge, frames.map(String)], [[linkLimits.frameBytes + 1], ['before']]);
});

test('frames that come while the reader is paused wait for it', () => {
  const { reader, frames } = reading();
  reader.take(framed(Buffer.from('one'), Buffer.from('two')));
  assert.deepEqual(frames, []);
  reader.resume();
  assert.deepEqual(frames.map(String), ['one', 'two']);
  reader.pause();
  reader.take(framed(Buffer.from('three')));
  reader.close();
  reader.resume();
  assert.equal(frames.length, 2);
});

test('a slow reader stops the writer at a limit, and loses nothing', async (t) => {
  const { dialed, accepted } = await pair(t);
  for (const [from, to] of [
    [dialed, accepted],
    [accepted, dialed],
  ] as const) {
    let sent = 0;
    const write = (): boolean => {
      const frame = from.alloc(100_000);
      frame.fill(sent % 251);
      sent++;
      return from.write(frame);
    };
    while (write()) assert.ok(from.queuedBytes <= linkLimits.queueBytes);
    assert.ok(from.queuedBytes <= linkLimits.queueBytes + 100_003);
    const drained = once(from, 'drain', inTime());
    let got = 0;
    to.on('data', (frame) => {
      assert.ok(frame.length === 100_000 && frame[0] === got % 251 && frame.at(-1) === got % 251);
      got++;
      if (got % 3 === 0) {
        to.pause();
        setImmediate(() => to.resume());
      }
    });
    await drained;
    while (sent < 100) if (!write()) await once(from, 'drain', inTime());
    const ended = new Promise<void>((resolve) => to.on('data', () => got === sent && resolve()));
    write();
    await ended;
    to.removeAllListeners('data');
  }
});

test('many small frames travel together, in order, and the end comes after them', async (t) => {
  const { dialed, accepted } = await pair(t);
  const got: number[] = [];
  accepted.on('data', (frame) => got.push(frame.readUInt32LE()));
  dialed.on('data', () => undefined);
  for (let i = 0; i < 5000; i++) {
    const frame = dialed.alloc(4);
    frame.writeUInt32LE(i);
    dialed.write(frame);
  }
  const ends = [once(accepted, 'end', inTime()), once(dialed, 'close', inTime())];
  dialed.end();
  await Promise.all(ends);
  assert.deepEqual(got, [...Array(5000).keys()]);
  assert.equal(dialed.write(Buffer.from('late')), false);
});

test('a frame that is not the one of alloc is written as well; one too large ends the link', async (t) => {
  const { dialed, accepted } = await pair(t);
  const got: string[] = [];
  const three = new Promise<void>((resolve) => accepted.on('data', (frame) => got.push(frame.toString()) === 3 && resolve()));
  const own = dialed.alloc(3);
  own.write('own');
  dialed.write(Buffer.from('foreign'));
  dialed.write(own);
  dialed.write(Buffer.from('last'));
  await three;
  assert.deepEqual(got, ['foreign', 'own', 'last']);
  const gone = [
    new Promise<void>((resolve) => accepted.on('close', resolve)),
    new Promise((resolve) => dialed.on('error', resolve)),
  ];
  dialed.write(Buffer.alloc(linkLimits.frameBytes + 1));
  await Promise.all(gone);
  assert.ok(accepted.destroying && dialed.destroying);
});
