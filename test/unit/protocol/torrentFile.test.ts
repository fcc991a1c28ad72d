// Torrents and magnets of BitTorrent v2: as another's implementation (libtorrent) reads and writes them, and against damaged and hostile ones.

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { type BDict, type BValue, readBencode, writeBencode } from '../../../src/protocol/bencode.ts';
import { AppError } from '../../../src/protocol/errors.ts';
import type { ContentId } from '../../../src/protocol/ids.ts';
import { emptyContentId } from '../../../src/protocol/linkFile.ts';
import type { LinkContents } from '../../../src/protocol/links.ts';
import { readMagnet, writeMagnet } from '../../../src/protocol/magnet.ts';
import {
  infoHashOf,
  isLayer,
  layersNeeded,
  pieceHashes,
  pieceLengthFor,
  readTorrent,
  writeTorrent,
} from '../../../src/protocol/torrentFile.ts';
import { hashLeaves, rootOfLeaves } from '../../../src/sidecar/transfers/content/merkle.ts';
import { garbage, seeded } from './garbage.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const script = path.join(import.meta.dirname, 'otherTorrents.py');
const limits = { bytes: 64 * MiB, depth: 160, values: 800_000 };

/** The Python that has libtorrent; undefined: none has. */
const python = ['/usr/bin/python3', 'python3'].find((command) => {
  try {
    execFileSync(command, [script, 'probe'], { stdio: 'ignore', timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
});
/** Where it must be there, the tests fail without it. */
const isRequired = process.env['POTLUCK_REQUIRE_LIBTORRENT'] === '1';
const skip = python === undefined && !isRequired ? 'libtorrent is not here: apt-get install python3-libtorrent' : false;

interface Seen {
  name: string;
  pieceLength: number;
  infoHash: string;
  files: { path: string; sizeBytes: number; contentId: string }[];
  magnet: string;
  isWhole?: boolean;
  error?: string;
}

async function libtorrent(...args: string[]): Promise<Seen> {
  const { stdout } = await promisify(execFile)(python ?? 'python3', [script, ...args], { timeout: 40_000 });
  return JSON.parse(stdout) as Seen;
}

function bytesOf(size: number, seed: string): Buffer {
  const stream = createHash('shake256', { outputLength: Math.max(1, size) })
    .update(seed)
    .digest();
  return stream.subarray(0, size);
}

const sizes: [string, number][] = [
  ['empty', 0],
  ['five', 5],
  ['a leaf', 16 * KiB],
  ['a leaf and one', 16 * KiB + 1],
  ['sub/Größe 日本.bin', 300_001],
  ['sub/a piece', MiB],
  ['sub/a piece and one', MiB + 1],
  ['sub/deeper/three', 3 * MiB + 300_000],
  ['z', 9 * MiB],
];

interface Scene {
  folder: string;
  link: LinkContents;
  layers: Map<ContentId, Uint8Array>;
}

/** Files on the disk, and the link to them. */
function scene(t: TestContext, title: string, wanted = sizes): Scene {
  const folder = mkdtempSync(path.join(tmpdir(), 'torrent-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const link: LinkContents = { title, kind: 'folder', files: [], folders: [], hints: { entries: [], parties: [] } };
  const leaves = new Map<ContentId, Buffer>();
  for (const [name, size] of wanted) {
    const bytes = bytesOf(size, name);
    const target = path.join(folder, title, name);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, bytes);
    const hashes = hashLeaves(bytes);
    const contentId = (size === 0 ? emptyContentId : rootOfLeaves(hashes).toString('hex')) as ContentId;
    leaves.set(contentId, hashes);
    link.files.push({ path: name, sizeBytes: size, contentId });
  }
  const pieceLength = pieceLengthFor(link.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  const needed = layersNeeded(link).map(({ contentId }): [ContentId, Uint8Array] => [
    contentId,
    pieceHashes(leaves.get(contentId) ?? Buffer.alloc(0), pieceLength),
  ]);
  return { folder, link, layers: new Map(needed) };
}

test('libtorrent reads our torrent of a folder, and finds the files on the disk to be whole', { skip }, async (t) => {
  const { folder, link, layers } = scene(t, 'Some Title');
  assert.equal(layers.size, 3);
  const { bytes, infoHash } = writeTorrent(link, layers);
  const torrent = path.join(folder, 'x.torrent');
  writeFileSync(torrent, bytes);
  const seen = await libtorrent('read', torrent, folder);
  assert.equal(seen.error, '');
  assert.equal(seen.isWhole, true);
  assert.equal(seen.infoHash, infoHash);
  assert.equal(seen.name, 'Some Title');
  const expected = link.files.map(({ path: name, ...file }) => ({ path: `Some Title/${name}`, ...file }));
  assert.deepEqual([...seen.files].sort(byPath), [...expected].sort(byPath));
  assert.deepEqual(new Set(readTorrent(bytes).link.files), new Set(link.files.map((file) => ({ ...file }))));
  assert.equal(readMagnet(seen.magnet).infoHash, infoHash);
  assert.equal((await libtorrent('magnet', writeMagnet(link).text)).infoHash, infoHash);
});

test('libtorrent reads our torrent of one file', { skip }, async (t) => {
  const { folder, link: whole, layers } = scene(t, 'one', [['a film.bin', 3 * MiB + 5]]);
  const link: LinkContents = { ...whole, kind: 'file' };
  const { bytes, infoHash } = writeTorrent(link, layers);
  const torrent = path.join(folder, 'x.torrent');
  writeFileSync(torrent, bytes);
  const seen = await libtorrent('read', torrent, path.join(folder, 'one'));
  assert.deepEqual([seen.isWhole, seen.infoHash, seen.files.map((file) => file.path)], [true, infoHash, ['a film.bin']]);
  const read = readTorrent(bytes);
  assert.deepEqual(read.link, { ...link, title: 'a film.bin' });
});

test('we read what libtorrent writes, whatever its piece length', { skip }, async (t) => {
  const { folder, link } = scene(t, 'Theirs');
  for (const pieceLength of [16 * KiB, 64 * KiB, 4 * MiB]) {
    const torrent = path.join(folder, `${pieceLength}.torrent`);
    const seen = await libtorrent('write', folder, 'Theirs', torrent, String(pieceLength));
    const read = readTorrent(readFileSync(torrent));
    assert.equal(seen.pieceLength, pieceLength);
    assert.equal(read.infoHash, seen.infoHash);
    assert.deepEqual([...read.link.files].sort(byPath), [...link.files].sort(byPath));
    assert.equal(read.link.title, 'Theirs');
    if (pieceLength === pieceLengthFor(link.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)))
      assert.equal(infoHashOf(link), seen.infoHash);
  }
  const one = path.join(folder, 'one.torrent');
  await libtorrent('write', path.join(folder, 'Theirs'), 'z', one, String(64 * KiB));
  const { link: single } = readTorrent(readFileSync(one));
  assert.deepEqual([single.kind, single.files[0]?.path], ['file', 'z']);
});

test('piece hashes of any length make the root', () => {
  for (const size of [MiB + 1, 4 * MiB, 5 * MiB + 77, 16 * MiB]) {
    const leaves = hashLeaves(bytesOf(size, 'x'));
    const contentId = rootOfLeaves(leaves).toString('hex') as ContentId;
    for (const pieceLength of [16 * KiB, 64 * KiB, MiB, 4 * MiB]) {
      if (size <= pieceLength) continue;
      const layer = pieceHashes(leaves, pieceLength);
      assert.equal(isLayer(layer, { contentId, sizeBytes: size, pieceLength }), true, `${size} in ${pieceLength}`);
      layer[5] = (layer[5] ?? 0) ^ 1;
      assert.equal(isLayer(layer, { contentId, sizeBytes: size, pieceLength }), false);
    }
  }
});

test('a magnet of one file carries its content id, which its info hash proves', (t) => {
  const { link: whole } = scene(t, 'one', [["it's 100% & more.bin", 300_000]]);
  const link: LinkContents = { ...whole, kind: 'file', title: "it's 100% & more.bin" };
  const { text, infoHash } = writeMagnet(link);
  assert.deepEqual(readMagnet(text), { infoHash, title: link.title, sizeBytes: 300_000, link });
  const other = text.replace(/x\.pr=./, (found) => (found.endsWith('0') ? 'x.pr=1' : 'x.pr=0'));
  assert.throws(() => readMagnet(other), /do not belong to its info hash/);
  assert.throws(() => readMagnet(text.replace('xl=300000', 'xl=300001')), /do not belong/);
  const bare = text.replace(/&x\.pr=.*/, '');
  assert.deepEqual(readMagnet(`${bare}&tr=udp%3A%2F%2Fexample.org&xt=urn:btih:${'0'.repeat(40)}`), {
    infoHash,
    title: link.title,
    sizeBytes: 300_000,
  });
});

test('a magnet that is none says why', () => {
  const hash = 'a'.repeat(64);
  const cases: [string, RegExp][] = [
    ['magnet:', /does not begin/],
    ['magnet:?dn=x', /has no xt/],
    [`magnet:?xt=urn:btih:${'a'.repeat(40)}`, /v1 magnet/],
    [`magnet:?xt=urn:btmh:1220${hash.slice(1)}`, /has no xt/],
    [`magnet:?xt=urn:btmh:1114${hash}`, /has no xt/],
    [`magnet:?xt=urn:btmh:1220${hash}&xt.1=urn:btmh:1220${'b'.repeat(64)}`, /several torrents/],
    [`magnet:?xt=urn:btmh:1220${hash}&x.pr=zz`, /x\.pr/],
    [`magnet:?xt=urn:btmh:1220${hash}&dn=..%2Fa&xl=5&x.pr=${hash}`, /cannot be that of a file/],
    [`magnet:?${'a=b&'.repeat(300)}xt=urn:btmh:1220${hash}`, /more than 200/],
    [`magnet:?xt=urn:btmh:1220${hash}&dn=${'x'.repeat(9000)}`, /8192/],
  ];
  for (const [text, expected] of cases) assert.throws(() => readMagnet(text), expected, text.slice(0, 100));
  assert.equal(readMagnet(`magnet:?xt=urn:btmh:1220${hash}&dn=%ff&xl=9x`).title, undefined);
});

/** A torrent of one file with something else in it. */
function changed(change: (info: BDict, torrent: BDict) => void): Buffer {
  const file: BDict = new Map<string, BValue>([
    ['length', 5],
    ['pieces root', Buffer.alloc(32, 7)],
  ]);
  const info: BDict = new Map<string, BValue>([
    ['file tree', new Map([['a', new Map([['', file]])]])],
    ['meta version', 2],
    ['name', Buffer.from('a')],
    ['piece length', 65_536],
  ]);
  const torrent: BDict = new Map([['info', info]]);
  change(info, torrent);
  return writeBencode(torrent);
}

function tree(...names: string[]): BDict {
  const file: BDict = new Map<string, BValue>([
    ['length', 5],
    ['pieces root', Buffer.alloc(32, 7)],
  ]);
  return new Map(names.map((name) => [Buffer.from(name).toString('latin1'), new Map([['', file]])]));
}

test('a torrent that is not right says what is wrong', () => {
  assert.equal(readTorrent(changed(() => undefined)).link.kind, 'file');
  const cases: [(info: BDict, torrent: BDict) => void, RegExp][] = [
    [(_, torrent) => torrent.delete('info'), /no info dictionary/],
    [(info) => info.delete('meta version'), /"meta version" is not 2/],
    [(info) => void (info.delete('meta version'), info.set('pieces', Buffer.alloc(20))), /v1 torrent/],
    [(info) => info.set('piece length', 65_537), /no power of two/],
    [(info) => info.set('piece length', 8192), /no power of two/],
    [(info) => info.set('name', Buffer.from([0xff])), /not valid Unicode/],
    [(info) => info.set('file tree', tree('..')), /relative part/],
    [(info) => info.set('file tree', tree('a/b')), /separator/],
    [(info) => info.set('file tree', tree('C:x')), /drive/],
    [(info) => info.set('file tree', new Map([['\xff', new Map()]])), /not valid Unicode/],
    [(info) => info.set('file tree', tree('caf\u00e9', 'cafe\u0301')), /two spellings/],
    [
      (info) => info.set('file tree', new Map([['a', new Map<string, BValue>([['', new Map([['length', 5]])]])]])),
      /exactly when it has bytes/,
    ],
    [(info) => info.set('file tree', new Map([['a', new Map<string, BValue>([['', new Map([['length', -5]])]])]])), /impossible/],
    [(info) => info.set('file tree', new Map([['', new Map()]])), /where a folder must be/],
    [(info) => info.set('file tree', new Map([['a', 5]])), /neither file nor folder/],
    [
      (info) =>
        info.set(
          'file tree',
          new Map([
            [
              'a',
              new Map<string, BValue>([
                ['', new Map()],
                ['b', new Map()],
              ]),
            ],
          ]),
        ),
      /both a file and a folder/,
    ],
    [(_, torrent) => torrent.set('piece layers', 5), /no dictionary/],
  ];
  for (const [change, expected] of cases) assert.throws(() => readTorrent(changed(change)), expected);
});

test('bencoding is read in its one form only, and nothing in it hangs or crashes', (t) => {
  for (const text of [
    'i05e',
    'i-0e',
    'ie',
    'i1',
    '05:hello',
    '5:hell',
    'd1:b0:1:a0:e',
    'd1:a0:1:a0:e',
    'l',
    'd',
    'di1e0:e',
    '',
    'x',
    'i9007199254740992e',
    'i1ei2e',
    '-1:',
    '99999999999999999999:',
  ])
    assert.throws(() => readBencode(Buffer.from(text), limits), AppError, text);
  const value: BValue = new Map<string, BValue>([
    ['a', [1, -5, Buffer.from('x')]],
    ['b', new Map()],
  ]);
  assert.deepEqual(readBencode(writeBencode(value), limits), value);
  const random = seeded(t);
  const good = changed(() => undefined);
  for (const text of garbage(random, MiB)) {
    const from = performance.now();
    assert.throws(() => readTorrent(Buffer.from(text, 'latin1')), AppError);
    assert.throws(() => readMagnet(text), AppError);
    assert.throws(() => readMagnet(`magnet:?${text.slice(0, 8000)}`), AppError);
    assert.ok(performance.now() - from < 1000, text.slice(0, 20));
  }
  for (let round = 0; round < 3000; round++) {
    const bytes = Buffer.from(good);
    bytes[random(bytes.length)] = random(256);
    try {
      readTorrent(bytes);
    } catch (error) {
      assert.ok(error instanceof AppError, String(error));
    }
  }
});

test('a folder whose only file bears its name stays a folder', () => {
  const link: LinkContents = {
    ...{ title: 'a', kind: 'folder', folders: [], hints: { entries: [], parties: [] } },
    files: [{ path: 'a', sizeBytes: 5, contentId: '07'.repeat(32) as ContentId }],
  };
  assert.deepEqual(readTorrent(writeTorrent(link, new Map()).bytes).link, { ...link, title: 'a (folder)' });
});

function byPath(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : 1;
}

test('one large content under thousands of names is checked once', () => {
  const pieces = 2 ** 14;
  const layer = Buffer.alloc(pieces * 32, 7);
  let nodes: Buffer = layer;
  while (nodes.length > 32) {
    const above = Buffer.alloc(nodes.length / 2);
    for (let at = 0; at < nodes.length; at += 64)
      createHash('sha256')
        .update(nodes.subarray(at, at + 64))
        .digest()
        .copy(above, at / 2);
    nodes = above;
  }
  const file = new Map<string, BValue>([
    ['length', pieces * 16 * KiB],
    ['pieces root', nodes],
  ]);
  const tree: BDict = new Map(
    Array.from({ length: 5000 }, (_, number) => [`f${number}`, new Map<string, BValue>([['', file]])] as [string, BValue]),
  );
  const info = new Map<string, BValue>([
    ...([
      ['file tree', tree],
      ['meta version', 2],
      ['name', Buffer.from('n')],
      ['piece length', 16 * KiB],
    ] as [string, BValue][]),
  ]);
  const bytes = writeBencode(
    new Map<string, BValue>([
      ['info', info],
      ['piece layers', new Map([[nodes.toString('latin1'), layer]])],
    ]),
  );
  const startedMs = performance.now();
  assert.equal(readTorrent(bytes).link.files.length, 5000);
  assert.ok(performance.now() - startedMs < 5000);
});
