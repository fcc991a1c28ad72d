// Packs of small files from a real share: what may not be given is refused in the pack, whatever is planted or changed meanwhile.

import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { PeerId } from '../../../../../src/protocol/ids.ts';
import { Feeds } from '../../../../../src/sidecar/catalog/feeds/feeds.ts';
import { transferLimits } from '../../../../../src/sidecar/limits.ts';
import { silentLog } from '../../../../../src/sidecar/log.ts';
import { Shares } from '../../../../../src/sidecar/shares/shares.ts';
import { hashLeaves, rootOfLeaves } from '../../../../../src/sidecar/transfers/content/merkle.ts';
import { readPackItems } from '../../../../../src/sidecar/transfers/disk/pack.ts';
import { askerId, content, owner, ownerId, temporaryFolder } from '../world.ts';
import { all, openBelow, peer, serve, uploadsOver } from './uploadsWorld.ts';

/** A real share, indexed and then left alone, so that the index stays behind what the test does to the folder. */
async function sharing(t: TestContext, files: Record<string, string | Buffer>) {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  const put = (name: string, bytes: string | Buffer) => from.write(name, bytes);
  for (const [name, bytes] of Object.entries(files)) put(name, bytes);
  const feeds = new Feeds({ folder: path.join(base, 'feeds'), log: silentLog });
  await feeds.open();
  const { dataFolder, database } = from;
  const shares = new Shares({ dataFolder, database, feeds, log: silentLog, ownPeerId: ownerId, onChange: () => undefined });
  await shares.open();
  t.after(async () => {
    await shares.close();
    await feeds.close();
  });
  const { shareId } = await shares.add(from.shared);
  await shares.rescan(shareId);
  shares.pause(shareId);
  const audience = new Set<PeerId>([askerId]);
  const uploads = uploadsOver(t, from, {
    locate: (peerId, of, safePath) => (audience.has(peerId) ? shares.locate(of, safePath) : undefined),
    locateMany: (peerId, of, paths) => (audience.has(peerId) ? shares.locateMany(of, paths) : undefined),
  });
  /** What each path became: its bytes, or why not. */
  const pack = async (paths: string[], as: PeerId = askerId) => {
    const reply = await uploads.readPack(as, { shareId, paths }, serve);
    const bytes = await all(reply);
    assert.equal(bytes.length, reply.sizeBytes);
    assert.ok(bytes.length <= transferLimits.packWireBytes);
    const became: Record<string, string> = {};
    readPackItems(bytes, paths.length, {
      given: (index, { at, sizeBytes, root }) => {
        const file = bytes.subarray(at, at + sizeBytes);
        if (sizeBytes > 0) assert.ok(rootOfLeaves(hashLeaves(file)).equals(root));
        became[paths[index] ?? ''] = file.length > 100 ? `${file.length} bytes` : file.toString();
      },
      refused: (index, kind) => (became[paths[index] ?? ''] = `!${kind}`),
    });
    return became;
  };
  return { ...from, base, put, pack, uploads, audience, shareId, shares };
}

test('a pack holds each file in order, or why it is not given', async (t) => {
  const { pack, uploads, shareId } = await sharing(t, { a: 'one', 'd/b': '', 'd/e/c': content(100_000), 'd/.env': 'PASSWORD' });
  assert.deepEqual(await pack(['d/e/c', 'a', 'none', 'd', 'd/b', 'd/.env', 'a']), {
    'd/e/c': '100000 bytes',
    a: 'one',
    none: '!not-found',
    d: '!invalid-argument',
    'd/b': '',
    'd/.env': '!not-found',
  });
  assert.deepEqual(await pack([]), {});
  await assert.rejects(pack(['a'], peer('stranger')), { kind: 'not-found' });
  for (const bad of ['../x', '/etc/passwd', 'a//b', 'd/..', 'C:\\x'])
    await assert.rejects(pack(['a', bad]), { kind: 'invalid-argument' }, bad);
  const many = Array.from({ length: transferLimits.packFiles + 1 }, () => 'a');
  await assert.rejects(uploads.readPack(askerId, { shareId, paths: many }, serve), { kind: 'invalid-argument' });
});

test('rules of the moment hold, whatever the index says', async (t) => {
  const { pack, put } = await sharing(t, { a: 'one', 'd/b': 'two', 'd/c.txt': 'three', 'e/f': 'four' });
  put('d/.potluckignore', 'b\n');
  put('.gitignore', 'e/\n');
  assert.deepEqual(await pack(['a', 'd/b', 'd/c.txt', 'e/f']), {
    a: 'one',
    'd/b': '!not-found',
    'd/c.txt': 'three',
    'e/f': '!not-found',
  });
});

test('links, pipes, and files that grew lead nowhere and spoil nothing', { skip: process.platform === 'win32' }, async (t) => {
  const files = { a: 'one', b: 'two', 'd/c': 'three', 'e/f': 'four', g: 'five', h: 'six' };
  const { pack, shared, base } = await sharing(t, files);
  mkdirSync(path.join(base, 'outside'));
  for (const name of ['b', 'c', 'f']) writeFileSync(path.join(base, 'outside', name), 'PRIVATE');
  const at = (name: string) => path.join(shared, name);
  rmSync(at('b'));
  symlinkSync(path.join(base, 'outside/b'), at('b'));
  renameSync(at('d'), at('was d'));
  symlinkSync(path.join(base, 'outside'), at('d'));
  rmSync(at('g'));
  mkdirSync(at('g'));
  appendFileSync(at('h'), content(transferLimits.packedFileBytes));
  const became = await pack(Object.keys(files));
  assert.equal(became['a'], 'one');
  assert.equal(became['e/f'], 'four');
  for (const name of ['b', 'd/c', 'g', 'h']) assert.ok(became[name]?.startsWith('!'), `${name}: ${became[name]}`);
  assert.ok(!JSON.stringify(became).includes('PRIVATE'));
  assert.deepEqual(openBelow(path.join(base, 'outside')), []);
});

test('a folder swapped for a link again and again never lets anything out', { skip: process.platform === 'win32' }, async (t) => {
  const { pack, shared, base } = await sharing(t, { 'd/f': 'shared', a: 'one' });
  mkdirSync(path.join(base, 'outside'));
  writeFileSync(path.join(base, 'outside/f'), 'PRIVATE');
  const [real, evil, aside] = ['d', 'evil', 'aside'].map((name) => path.join(shared, name)) as [string, string, string];
  symlinkSync(path.join(base, 'outside'), evil);
  let given = 0;
  for (let i = 0; i < 100; i++) {
    const packing = pack(['d/f', 'a']);
    const swap = () => {
      renameSync(real, aside);
      renameSync(evil, real);
    };
    if (i % 3 === 0) swap();
    else setImmediate(swap);
    const became = await packing;
    await new Promise((resolve) => setImmediate(resolve));
    renameSync(real, evil);
    renameSync(aside, real);
    assert.equal(became['a'], 'one');
    assert.ok(became['d/f'] === 'shared' || became['d/f']?.startsWith('!'), became['d/f']);
    if (became['d/f'] === 'shared') given++;
  }
  t.diagnostic(`${given} of 100 were given`);
});

test('a rule that comes while a pack is read keeps the file out', async (t) => {
  const { pack, put, disk } = await sharing(t, { a: 'one', 'd/b': 'two' });
  const readPack = disk.readPack.bind(disk);
  let reads = 0;
  t.mock.method(disk, 'readPack', async (...asked: Parameters<typeof readPack>) => {
    const made = await readPack(...asked);
    if (reads++ === 0) put('.potluckignore', '/d/\n');
    return made;
  });
  assert.deepEqual(await pack(['a', 'd/b']), { a: 'one', 'd/b': '!not-found' });
  assert.equal(reads, 2);
});

test('a share that is withdrawn while its pack is sent is not sent to its end', async (t) => {
  const files = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`f${index}`, content(200_000, index)]));
  const { uploads, shareId, audience } = await sharing(t, files);
  const reply = await uploads.readPack(askerId, { shareId, paths: Object.keys(files) }, serve);
  const chunks = reply.bytes[Symbol.asyncIterator]();
  await chunks.next();
  audience.clear();
  await assert.rejects(
    async () => {
      while (!(await chunks.next()).done);
    },
    { kind: 'not-found' },
  );
});

test('roots learnt by packing are remembered', { timeout: 10_000 }, async (t) => {
  const bytes = content(5000);
  const { pack, uploads, shared, trees } = await sharing(t, { a: bytes });
  await pack(['a']);
  await uploads.close();
  const root = trees.rootOf(path.join(shared, 'a'), statSync(path.join(shared, 'a'), { bigint: true }));
  assert.ok(root && rootOfLeaves(hashLeaves(bytes)).equals(root));
});
