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
  provenPieces,
  rootOfLeaves,
  type TreeLayers,
} from '../../../../../src/sidecar/transfers/content/merkle.ts';
import { random } from '../world.ts';

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

/** `pieces root` of files of zero bytes in published torrents: libtorrent 2.0.8, test/test_torrents/v2.torrent and v2_multipiece_file.torrent. */
const publishedRoots: [sizeBytes: number, root: string][] = [
  [64 * 1024, '60aae9c7b428f87e0713e88229e18f0adf12cd7b22a0dd8a92bb2485eb7af242'],
  [1024 * 1024, '515ea9181744b817744ded9d2e8e9dc6a8450c0b0c52e24b5077f302ffbd9008'],
];

test('roots are those in published v2 torrents', () => {
  for (const [sizeBytes, root] of publishedRoots) {
    assert.equal(rootOfLeaves(hashLeaves(Buffer.alloc(sizeBytes))).toString('hex'), root);
  }
});

test('the piece layer of a published hybrid torrent leads to its pieces root, padding included', () => {
  // libtorrent 2.0.8, test/test_torrents/v2_hybrid-missing-tailpad.torrent (the hybrid test torrent of bittorrent.org): the file of
  // 6,535,405 bytes, 13 pieces of 512 KiB = 32 leaves, padded to 16 by the root of 32 zero leaves.
  const layer = [
    '5d68e123f6156c176e8dbc4c828107fccc9198a42581e55c1a26bba3f70988a7',
    '533d0f0acd5caed76e8444de6b2622b8f08d12a52091c51c09a3a225a0465ec9',
    'fafc35895e916c79464edc4bc1145495d9315519dd82870be88c8e578bb4a065',
    'fc729d6c0a182aabb55eb6f5468a8b3e65f59f1382c8c0d94d5af25a6603f889',
    '800ce825df2c72b18674b7960247596543055f0aadb97e01ee138ac7da079fc5',
    '9fb6ffe64fca4d14cf02b4bd68c0d30380cfb778d17468be8b058cef4dbd6fd1',
    '76922b564b0d64acd43263a49541c7ab93ee01837d1e58fc1c353a81a36bcf07',
    '52d92137492dea652dd6b925a2b940c84d0bd32a182e6ec071560777fd313a1b',
    '950f8e4e40aa76a758e08f96145385eff3014e10a2957a97e94e9921f7581560',
    'c317cad611a194d953326204f286e02eb5979b937d638c2ab0722daec7d8884d',
    '92c81f931a29aeaaa00f956982180880156440868a97f0fa6beaa9234f7c22fd',
    '380f9c5f575b68c2815c7d60782d6f13f6c60f6e6e9ac33662daa158b754e3cd',
    '8be94280dbeb12e4af5f19bb0f5b0fc9415333d0ab4f850e35d1d24b1d19c703',
  ].map((hex) => Buffer.from(hex, 'hex'));
  const padded = [...layer, padHash(5), padHash(5), padHash(5)];
  const root = '8e31d30f9e25c6336768e978261219c8a9ee8ba81f1bf8a07d8b84664428ccc6';
  assert.equal(rootOfLeaves(Buffer.concat(padded)).toString('hex'), root);
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

test('pieces learnt from proofs are those that the tree file of the whole has, whatever the size', () => {
  for (const leafCount of [2, 128, 129, 192, 256, 257, 300, 512, 1000]) {
    const leaves = random(leafCount).bytes(leafCount * hashBytes);
    const builder = new MerkleBuilder();
    builder.addPacked(leaves);
    const { root, pieces } = builder.finish();
    const layers: TreeLayers = {
      leafCount,
      leaves: (first, count) => leaves.subarray(first * hashBytes, (first + count) * hashBytes),
      pieces: () => pieces,
    };
    const count = 2 ** heightOf(leafCount);
    const learnt = provenPieces({ root, leafCount }, { first: 0, count }, proofOf(layers, 0, count));
    assert.ok(learnt?.equals(pieces), `${leafCount} leaves`);
  }
});
