// The Merkle tree against other people's results, a naive model, and a peer that lies.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  emptyRoot,
  hashBytes,
  hashLeaves,
  heightOf,
  isProven,
  leafBytes,
  MerkleBuilder,
  padHash,
  proofOf,
  rootOfLeaves,
  type TreeLayers,
} from '../../../../src/sidecar/transfers/merkle.ts';
import { random } from './world.ts';

/** Byte i of the file that the libtorrent vectors are of. */
function vectorContent(sizeBytes: number): Buffer {
  const content = Buffer.alloc(sizeBytes);
  for (let i = 0; i < sizeBytes; i++) content[i] = (i * 7 + (i >> 8) * 13 + (i >> 14) * 101) & 255;
  return content;
}

/**
 * `pieces root` and SHA-256 of `piece layers` (16 KiB pieces, so: of the leaf layer) as libtorrent 2.0.8 made them: Debian 12's
 * python3-libtorrent, `create_torrent(files, 16384, create_torrent.v2_only)`, `set_piece_hashes`, `generate()`.
 */
const libtorrentVectors: [sizeBytes: number, root: string, leavesSha256: string | undefined][] = [
  [1, '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d', undefined],
  [16383, '095da957d179a83905896a0e30dc0ef31ecb8c3e796d899ab647fe6eb42bc5ea', undefined],
  [16384, '127c52d4afc9d4e335b94d914f75fbf75b5dc62e6dbd31c6d71c868fc23e5fe5', undefined],
  [
    16385,
    'f6cf62c3f83af8d4040d1ad4f2ec00a98f5d8d9c0e72e21e91836c7c8f55f589',
    'f6cf62c3f83af8d4040d1ad4f2ec00a98f5d8d9c0e72e21e91836c7c8f55f589',
  ],
  [
    32768,
    '2e095430cb0473ba3e3d633bc775bafc0a40bc92e1478d39c65b3c5698821dc9',
    '2e095430cb0473ba3e3d633bc775bafc0a40bc92e1478d39c65b3c5698821dc9',
  ],
  [
    49152,
    'd6209fa825fa5aee13b677603aedf2b5480b3843dd9050e0e3dd3774d913fa3e',
    '3d4394963a090bf993560eb85d35dafb1f971bded2d74e69e6996613cec277bb',
  ],
  [
    81919,
    '95ac16da00386f0776df79b5142d30f3a3adab4ab4f7a88d1b625337f70e3970',
    'c439abba4e8df5f046c17caf082adf41bcdc5f2ac2ad0f1cdffa9da7f1b7fd90',
  ],
  [
    81920,
    '155f4f1e5d536c2edff6127add1f09f26f113a3f4a94a76b5ffd7111e7a80197',
    'df5696facef822890e4abad32ac649334aa6c052a25c43ceb5794c5a44673148',
  ],
  [
    131073,
    '84657e51561ec7edfd8be530678907c403643c1180f1dc668e482e535734481a',
    'dab96e62b76698b916ddf68a0a20287918407c061a8b0f8c40d8b7fc9f42e952',
  ],
  [
    618553,
    '7c29b56b8ce3ff7a08d634a902d06a929470dd7edafd73fa9e01a5b63469a571',
    'e75af4585a218adcbfa93baca7bf47a71d24a110eeea3f34e32ba9a75179be6f',
  ],
];

test('roots and leaves are those that libtorrent makes', () => {
  for (const [sizeBytes, root, leavesSha256] of libtorrentVectors) {
    const leaves = hashLeaves(vectorContent(sizeBytes));
    assert.equal(rootOfLeaves(leaves).toString('hex'), root, `${sizeBytes} bytes`);
    if (leavesSha256) assert.equal(createHash('sha256').update(leaves).digest('hex'), leavesSha256, `${sizeBytes} bytes`);
  }
});

test('the piece layer of a published v2 torrent leads to its pieces root', () => {
  // bittorrent-v2-test.torrent of scttcper/torrent-file (test/v2.spec.ts): one file of 65,536 bytes, two pieces of 32 KiB.
  const layer = [
    '0384464402f44c57cd80ec60aadfb6221f3f2747c357c5f9292f64c15ac856c2',
    '869c520e1506206e5245d21eec6d95ce6dfc740059963dd66bde3531e76e9825',
  ].map((hex) => Buffer.from(hex, 'hex'));
  const root = 'bb33e4383a0ee2f7581969ef27fdd697ac29efbff12855622f58cc4777ddfdcc';
  assert.equal(rootOfLeaves(Buffer.concat(layer)).toString('hex'), root);
});

test('padding subtrees are the well-known zero hashes', () => {
  // Level 1 is SHA-256 of 64 zero bytes, level 2 of that twice: the zero hashes of every binary SHA-256 tree (also Ethereum's).
  assert.equal(Buffer.from(padHash(1)).toString('hex'), 'f5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b');
  assert.equal(Buffer.from(padHash(2)).toString('hex'), 'db56114e00fdd4c1f85c892bf35ac9a89289aaecb1ebd0a96cde606a748b5d71');
});

test('an empty file has a root of zeros', () => {
  assert.deepEqual(new MerkleBuilder().finish().root, Buffer.from(emptyRoot));
});

/** The definition, as plainly as it can be said. */
function naiveLayers(leaves: Buffer[]): Buffer[][] {
  const width = 2 ** heightOf(leaves.length);
  let layer = Array.from({ length: width }, (_, i) => leaves[i] ?? Buffer.alloc(hashBytes));
  const layers = [layer];
  while (layer.length > 1) {
    const below = layer;
    layer = Array.from({ length: below.length / 2 }, (_, i) => {
      const pair = Buffer.concat([below[2 * i] ?? Buffer.alloc(0), below[2 * i + 1] ?? Buffer.alloc(0)]);
      return createHash('sha256').update(pair).digest();
    });
    layers.push(layer);
  }
  return layers;
}

function layersOf(packed: Buffer): TreeLayers {
  const builder = new MerkleBuilder();
  builder.addPacked(packed);
  const { pieces } = builder.finish();
  return {
    leafCount: packed.length / hashBytes,
    leaves: (first, count) => packed.subarray(first * hashBytes, (first + count) * hashBytes),
    pieces: () => pieces,
  };
}

test('roots, proofs and the piece layer agree with a naive model over random trees', () => {
  const rng = random(20_260_101);
  const sizes = [1, 2, 3, 4, 5, 255, 256, 257, 511, 512, 513, 1025, ...Array.from({ length: 12 }, () => 1 + rng.below(1400))];
  for (const count of sizes) {
    const leaves = Array.from({ length: count }, () => rng.bytes(hashBytes));
    const layers = naiveLayers(leaves);
    const root = layers.at(-1)?.[0] ?? Buffer.alloc(0);
    const packed = Buffer.concat(leaves);
    assert.deepEqual(rootOfLeaves(packed), root, `${count} leaves`);
    const tree = layersOf(packed);
    for (let i = 0; i < 8; i++) {
      const width = 2 ** rng.below(heightOf(count) + 2);
      const range = { first: Math.floor(rng.below(count) / width) * width, count: width };
      const proof = proofOf(tree, range.first, range.count);
      let index = range.first / width;
      const uncles = layers.slice(Math.log2(width), -1).map((layer) => {
        const uncle = layer[index % 2 === 0 ? index + 1 : index - 1];
        index = Math.floor(index / 2);
        return uncle;
      });
      assert.deepEqual(
        proof.uncles.map((uncle) => Buffer.from(uncle)),
        uncles,
      );
      assert.ok(isProven({ root, leafCount: count }, range, proof), `${count} leaves, range ${range.first}+${range.count}`);
    }
  }
});

test('a proof with anything changed is refused', () => {
  const rng = random(7);
  const leaves = Array.from({ length: 300 }, () => rng.bytes(hashBytes));
  const packed = Buffer.concat(leaves);
  const root = rootOfLeaves(packed);
  const range = { first: 64, count: 32 };
  const good = proofOf(layersOf(packed), range.first, range.count);
  const copy = () => ({
    leaves: good.leaves.map((leaf) => Buffer.from(leaf)),
    uncles: good.uncles.map((uncle) => Buffer.from(uncle)),
  });
  const tree = { root, leafCount: 300 };
  assert.ok(isProven(tree, range, copy()));
  const flipped = copy();
  flipped.leaves[3]?.fill(1, 0, 1);
  const wrongUncle = copy();
  wrongUncle.uncles[0]?.fill(1, 0, 1);
  const short = copy();
  short.leaves.pop();
  const long = copy();
  long.uncles.push(Buffer.alloc(hashBytes));
  const odd = copy();
  odd.leaves[0] = Buffer.alloc(31);
  for (const proof of [flipped, wrongUncle, short, long, odd, { leaves: [], uncles: [] }])
    assert.equal(isProven(tree, range, proof), false);
  assert.equal(isProven(tree, { first: 96, count: 32 }, copy()), false);
  assert.equal(isProven(tree, { first: 3, count: 32 }, copy()), false);
  assert.equal(
    isProven({ root, leafCount: 290 }, { first: 288, count: 32 }, proofOf(layersOf(packed), 288, 32)),
    false,
    'another size',
  );
});

test('the leaf of a short last block is not padded', () => {
  const content = Buffer.alloc(leafBytes + 5, 9);
  const leaves = hashLeaves(content);
  assert.equal(leaves.length, 2 * hashBytes);
  assert.deepEqual(leaves.subarray(hashBytes), createHash('sha256').update(content.subarray(leafBytes)).digest());
});
