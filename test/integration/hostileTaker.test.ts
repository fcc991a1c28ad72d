// A member of the party that takes: more than it may, all at once, without reading, from places that are not shared. Everybody else is
// served as before.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import type { ShareId } from '../../src/protocol/ids.ts';
import type { EntryRef } from '../../src/protocol/model.ts';
import { transferLimits } from '../../src/sidecar/limits.ts';
import * as codec from '../../src/sidecar/wire/codec.ts';
import { wireCodes } from '../../src/sidecar/wire/errors.ts';
import * as transferCodec from '../../src/sidecar/wire/transferCodec.ts';
import { types } from '../unit/sidecar/wire/worlds.ts';
import { party, scene, unharmed, type Scene } from './hostileScene.ts';
import { readOf, transferTypes, type Mallory } from './mallory.ts';
import { assertBytes, described, done, middle, MiB, settings } from './transferScene.ts';
import { indexed, until } from './world.ts';

const abilities = ['versions', 'packs', 'holdings', 'direct-link'];

/** A file too large to be given without a slot, in a share of its own. */
async function large(
  { world, ann, ben }: Scene,
  sizeBytes = 16 * MiB,
): Promise<{ entry: EntryRef; bytes: Buffer; folder: string }> {
  const folder = path.join(world.folder, 'ben', 'large');
  mkdirSync(folder);
  const bytes = randomBytes(sizeBytes);
  writeFileSync(path.join(folder, 'large.bin'), bytes);
  const { shareId } = await ann.client.request('shares/add', { path: folder, title: 'Large' });
  await indexed(ben, ann, 'Large');
  return { entry: { peerId: ann.client.peerId, shareId, path: 'large.bin' }, bytes, folder };
}

/** All bytes of files that came, together. */
function cameTo(mallory: Mallory): Buffer {
  return Buffer.concat(mallory.wire.received.filter(({ type }) => type === types.data).map(({ body }) => body));
}

test('a taker that holds the only slot and reads nothing loses it', { timeout: 60_000 }, async (t) => {
  const s = await scene(t);
  const { entry, bytes, folder } = await large(s);
  await settings(s.ann, { uploadSlots: 1 });
  const mallory = await s.underworld.member(s.ann, party, abilities);
  // No credit follows: it takes what comes without, and then nothing more.
  mallory.ask(1, entry.shareId, entry.path);
  await mallory.wire.next(types.head, codec.head);
  const end = await done(s.ben, await s.ben.client.request('downloads/add', { entry }), 45_000);
  assertBytes(end.destination, bytes);
  mallory.leave();
  await until(
    s.ann.client,
    ['uploads/changed'],
    async () => (await s.ann.client.request('uploads/list', {})).every(({ peerId }) => peerId !== mallory.peerId),
    { what: 'the slot comes back', timeoutMs: 5000 },
  );
  rmSync(folder, { recursive: true });
});

test('a taker that asks for what it must not have, or too much', { timeout: 60_000 }, async (t) => {
  const s = await scene(t);
  const { underworld, ann, ben, share } = s;
  const { entry, bytes, folder } = await large(s);

  const words: Record<string, { act: (mallory: Mallory) => void; reason: RegExp }> = {
    'a range from -1, as a 64 bit number': {
      act({ wire }) {
        const request = codec.encodeWhole(codec.readRequest, {
          ...readOf(share.shareId, 'file.bin'),
          offset: Number.MAX_SAFE_INTEGER,
        });
        const at = Buffer.from(request).indexOf(Buffer.from('ffffffffffff1f00', 'hex'));
        assert.ok(at > 0);
        wire.send(types.read, Buffer.from(request).fill(0xff, at, at + 8));
      },
      reason: /uint must be between/,
    },
    'a pack of too many files': {
      act({ wire }) {
        const paths = Array.from({ length: transferLimits.packFiles }, (_, at) => `${at}`);
        const request = Buffer.from(codec.encodeWhole(transferCodec.pack, { requestId: 1, shareId: share.shareId, paths }));
        // The count stands before the first path: 512 as fd 00 02.
        const at = request.indexOf(Buffer.from('fd0002', 'hex'));
        assert.ok(at > 0);
        request.writeUInt16LE(60_000, at + 1);
        wire.send(transferTypes.pack, request);
      },
      reason: /too many|ends too early|list|60000/,
    },
    'a pack of nothing': {
      act: ({ wire }) => {
        const request = Buffer.from(
          codec.encodeWhole(transferCodec.pack, { requestId: 1, shareId: share.shareId, paths: ['a'] }),
        );
        wire.send(transferTypes.pack, Buffer.concat([request.subarray(0, -3), Buffer.from([0])]));
      },
      reason: /no files/,
    },
    'a direct link to a name instead of an address': {
      act: (mallory) =>
        mallory.say(transferTypes.linkOffer, transferCodec.linkOffer, {
          ...{ port: 80, hosts: ['example.org'], kinds: ['noise'] },
          ...{ token: randomBytes(16), secret: randomBytes(32) },
        }),
      reason: /no IP address/,
    },
  };
  for (const [name, { act, reason }] of Object.entries(words))
    await t.test(name, async () => {
      const mallory = await underworld.member(ann, party, abilities);
      act(mallory);
      await mallory.endsFor(reason);
    });

  await t.test('packs with paths outside, ignored, missing: the others come, of those no byte', async () => {
    const mallory = await underworld.member(ann, party, abilities);
    mallory.askPack(1, share.shareId, ['sub/b.txt', '.env', 'missing', 'sub']);
    await mallory.wire.next(types.head, codec.head);
    await mallory.wire.until('the end of the pack', types.end);
    const pack = cameTo(mallory);
    assert.ok(!pack.includes('PASSWORD') && !pack.includes('private'));
    mallory.askPack(2, share.shareId, ['sub/b.txt', '../private.txt']);
    await Promise.race([
      mallory.wire.until('a refusal', types.refused),
      mallory.wire.next(types.head, codec.head).then(() => mallory.wire.until('an end', types.end)),
    ]);
    mallory.askPack(3, 'y'.repeat(26) as ShareId, ['sub/b.txt']);
    mallory.ask(4, share.shareId, '../private.txt');
    await mallory.wire.until('a refusal', types.refused);
    assert.ok(!cameTo(mallory).includes('private'));
    mallory.leave();
  });

  await t.test('a file that was swapped for a link, and one below a folder that was', async () => {
    const mallory = await underworld.member(ann, party, abilities);
    const tree = path.join(s.world.folder, 'tree');
    const [file, sub] = [path.join(tree, 'file.bin'), path.join(tree, 'sub')];
    const elsewhere = path.join(s.world.folder, 'ann', 'elsewhere');
    mkdirSync(elsewhere);
    writeFileSync(path.join(elsewhere, 'b.txt'), 'private');
    renameSync(file, `${elsewhere}/file.bin`);
    renameSync(sub, `${elsewhere}/sub`);
    symlinkSync(path.join(s.world.folder, 'private.txt'), file);
    symlinkSync(elsewhere, sub);
    mallory.ask(1, share.shareId, 'file.bin');
    await mallory.refusal();
    mallory.ask(2, share.shareId, 'sub/b.txt');
    await mallory.refusal();
    mallory.askPack(3, share.shareId, ['file.bin', 'sub/b.txt']);
    await Promise.race([mallory.wire.until('an end', types.end), mallory.wire.until('a refusal', types.refused)]);
    assert.ok(!cameTo(mallory).includes('private'));
    rmSync(file);
    rmSync(sub);
    renameSync(`${elsewhere}/file.bin`, file);
    renameSync(`${elsewhere}/sub`, sub);
    rmSync(elsewhere, { recursive: true });
    await ann.client.request('shares/rescan', { shareId: share.shareId });
    mallory.leave();
  });

  await t.test('asking what is held: only what may be had, and only so often', async () => {
    const mallory = await underworld.member(ann, party, abilities);
    const root = randomBytes(32);
    const ask = (requestId: number, owner = ann.client.peerId): void =>
      mallory.say(transferTypes.holding, transferCodec.holding, {
        requestId,
        owner,
        shareId: share.shareId,
        path: 'file.bin',
        root,
      });
    ask(1);
    assert.equal(await mallory.refusal(), wireCodes.notFound, 'another content');
    ask(2, ben.client.peerId);
    assert.equal(await mallory.refusal(), wireCodes.notFound, "another owner's");
    for (let id = 3; id <= 40; id++) mallory.ask(id, share.shareId, '../private.txt', { root, owner: ben.client.peerId });
    await mallory.refusal();
    assert.equal(cameTo(mallory).length, 0);
    mallory.leave();
  });

  await t.test('a thousand requests of twenty takers: an honest peer goes on', async () => {
    await settings(ann, { uploadLimit: 16 * MiB });
    const download = await ben.client.request('downloads/add', { entry });
    await middle(ben, download);
    const takers = await Promise.all(Array.from({ length: 20 }, () => underworld.member(ann, party, abilities)));
    for (const taker of takers) for (let id = 1; id <= 50; id++) taker.ask(id, entry.shareId, entry.path, { length: 100_000 });
    await settings(ann, { uploadLimit: 0 });
    assertBytes((await done(ben, download, 30_000)).destination, bytes);
    for (const taker of takers) taker.leave();
  });

  await t.test('offers of direct links by the hundred make nobody knock at doors', async () => {
    let knocks = 0;
    const door = createServer((socket) => {
      knocks++;
      socket.on('error', () => undefined).destroy();
    }).listen(0, '127.0.0.1');
    await once(door, 'listening');
    const { port } = door.address() as AddressInfo;
    const mallory = await underworld.member(ann, party, abilities);
    for (let at = 0; at < 500; at++)
      mallory.say(transferTypes.linkOffer, transferCodec.linkOffer, {
        ...{ port, hosts: ['127.0.0.1'], kinds: ['tls', 'noise'] },
        ...{ token: randomBytes(16), secret: randomBytes(32) },
      });
    mallory.say(types.ping, codec.ping, 9);
    await Promise.race([mallory.wire.until('an answer', types.pong), mallory.endsFor(/./)]);
    assert.ok(knocks <= 16, `${knocks} connections`);
    mallory.leave();
    door.close();
  });

  await t.test('garbage, silence and a crowd at the port of direct links', async () => {
    const { network } = await ann.client.request('sidecar/status', {});
    const port = Number(network.link?.address?.split(':').at(-1));
    assert.ok(port > 0, `ann listens: ${JSON.stringify(network.link)}`);
    const sockets = Array.from({ length: 200 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
    await once(sockets[0] ?? assert.fail(), 'connect');
    for (const [at, socket] of sockets.entries()) if (at % 2 === 0) socket.write(at % 4 === 0 ? randomBytes(5000) : '\x16');
    const download = await ben.client.request('downloads/add', { entry });
    assertBytes((await done(ben, download)).destination, bytes);
    for (const socket of sockets) socket.destroy();
  });

  rmSync(folder, { recursive: true });
  await unharmed(s);
});

test('a false holder: bad bytes, lies and stalls of it harm no download', { timeout: 60_000 }, async (t) => {
  const s = await scene(t);
  const { underworld, ann, ben } = s;
  // Here ann is the victim that downloads, ben the honest owner.
  const folder = path.join(s.world.folder, 'ben', 'shared');
  mkdirSync(folder);
  const bytes = randomBytes(8 * MiB);
  writeFileSync(path.join(folder, 'wanted.bin'), bytes);
  const { shareId } = await ben.client.request('shares/add', { path: folder, title: 'Wanted' });
  await indexed(ann, ben, 'Wanted');
  const entry = { peerId: ben.client.peerId, shareId, path: 'wanted.bin' };
  await described(ann, entry);

  const held = (requestId: number): transferCodec.HeldMessage => ({
    ...{ requestId, sizeBytes: bytes.length, unitBytes: 16_384 },
    units: Buffer.alloc(bytes.length / 16_384 / 8, 0xff),
  });
  const head = (requestId: number, root: Uint8Array | undefined): codec.ForRequest<codec.HeadMessage> => ({
    ...{ requestId, sizeBytes: bytes.length, mtimeMs: 1000, root },
    version: undefined,
  });
  const give = (mallory: Mallory, read: codec.ReadMessage, content: Buffer): void => {
    mallory.say(types.head, codec.head, head(read.requestId, read.root));
    const end = read.length === undefined ? bytes.length : read.offset + read.length;
    for (let at = read.offset; at < end; at += 65_536)
      mallory.say(types.data, codec.data, { requestId: read.requestId, bytes: content.subarray(at, Math.min(end, at + 65_536)) });
    mallory.say(types.end, codec.end, { requestId: read.requestId, root: read.root });
  };
  const lies: Record<string, (mallory: Mallory, read: codec.ReadMessage) => void> = {
    'other bytes': (mallory, read) => give(mallory, read, randomBytes(bytes.length)),
    'one wrong byte in each piece': (mallory, read) => {
      const wrong = Buffer.from(bytes);
      for (let at = 0; at < wrong.length; at += 16_384) wrong[at] = (wrong[at] ?? 0) ^ 1;
      give(mallory, read, wrong);
    },
    'another content': (mallory, read) => mallory.say(types.head, codec.head, head(read.requestId, randomBytes(32))),
    'another size': (mallory, read) =>
      mallory.say(types.head, codec.head, { ...head(read.requestId, read.root), sizeBytes: Number.MAX_SAFE_INTEGER }),
    'silence for ever': () => undefined,
    'work for ever': (mallory, { requestId }) => mallory.say(types.working, codec.working, { requestId, position: 0 }),
    'the last place of a queue': (mallory, { requestId }) =>
      mallory.say(types.working, codec.working, { requestId, position: 2 ** 31 }),
    'one byte and no more': (mallory, read) => {
      mallory.say(types.head, codec.head, head(read.requestId, read.root));
      mallory.say(types.data, codec.data, { requestId: read.requestId, bytes: bytes.subarray(read.offset, read.offset + 1) });
    },
    'everything twice': (mallory, read) => {
      give(mallory, read, bytes);
      give(mallory, read, bytes);
    },
  };
  for (const [name, lie] of Object.entries(lies))
    await t.test(name, async () => {
      const mallory = await underworld.member(ann, party, abilities);
      let reads = 0;
      mallory.answer(transferTypes.holding, transferCodec.holding, ({ requestId }) =>
        mallory.say(transferTypes.held, transferCodec.held, held(requestId)),
      );
      mallory.answer(types.read, codec.readRequest, (read) => {
        reads++;
        lie(mallory, read);
      });
      await settings(ben, { uploadLimit: 4 * MiB });
      const download = await ann.client.request('downloads/add', { entry });
      const end = await done(ann, download, 20_000);
      assertBytes(end.destination, bytes);
      assert.ok(reads > 0, 'it was asked');
      mallory.leave();
      rmSync(end.destination);
      await ann.client.request('downloads/clear', {});
    });
  rmSync(folder, { recursive: true });
});
