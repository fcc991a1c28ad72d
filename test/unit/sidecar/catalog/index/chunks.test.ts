import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { AppError } from '../../../../../src/protocol/errors.ts';
import { ByteWriter } from '../../../../../src/sidecar/catalog/index/bytes.ts';
import { ChunkDecoder } from '../../../../../src/sidecar/catalog/index/chunkDecoder.ts';
import { ChunkEncoder, type Chunk } from '../../../../../src/sidecar/catalog/index/chunks.ts';
import type { IndexSink } from '../../../../../src/sidecar/catalog/index/rows.ts';
import { indexLimits } from '../../../../../src/sidecar/limits.ts';
import { feed, randomTree, recorder, seededRandom } from './randomTree.ts';

function encode(write: (sink: IndexSink) => void): Chunk[] {
  const chunks: Chunk[] = [];
  const encoder = new ChunkEncoder((chunk) => chunks.push(chunk));
  write(encoder);
  encoder.end();
  return chunks;
}

function decode(chunks: Chunk[], sink: IndexSink = recorder()): void {
  const decoder = new ChunkDecoder(sink);
  for (const chunk of chunks) decoder.chunk(chunk.block, chunk);
  decoder.end();
}

const isRefused = (error: unknown): boolean => error instanceof AppError && error.kind === 'protocol';

test('random trees come back as they were', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const tree = randomTree(seededRandom(seed));
    const expected = recorder();
    feed(tree, expected);
    const found = recorder();
    decode(
      encode((sink) => feed(tree, sink)),
      found,
    );
    assert.deepEqual(found.lines, expected.lines, `seed ${seed}`);
  }
});

test('an index larger than a chunk is cut anywhere and comes back', () => {
  const write = (sink: IndexSink): void => {
    sink.folder(2, 70_000);
    for (const name of ['a', 'b']) sink.entry(Buffer.from(name), 0, 1);
    for (let file = 0; file < 70_000; file++) sink.entry(Buffer.from(`file ${String(file).padStart(6, '0')}`), file, 1e12 + file);
    sink.folder(0, 65_000);
    for (let file = 0; file < 65_000; file++)
      sink.entry(Buffer.from(`${String(file).padStart(6, '0')} ${'long '.repeat(20)}`), file, -file);
    sink.folder(0, 0);
  };
  const chunks = encode(write);
  assert.ok(chunks.length >= 3);
  assert.deepEqual(
    chunks.map((chunk) => chunk.firstFolder).filter((folder, at, all) => folder !== all[at - 1]),
    ['', 'a'],
  );
  for (const chunk of chunks) assert.ok(chunk.sizeBytes <= indexLimits.blockBytes);
  const expected = recorder();
  write(expected);
  const found = recorder();
  decode(chunks, found);
  assert.deepEqual(found.lines, expected.lines);
  assert.throws(() => decode(chunks.slice(0, -1)), isRefused, 'the last chunk is missing');
  assert.throws(() => decode(chunks.toReversed()), isRefused, 'the wrong order');
  assert.throws(() => decode([...chunks, ...chunks.slice(-1)]), isRefused, 'a chunk too many');
});

test('an empty share is one chunk', () => {
  const chunks = encode((sink) => sink.folder(0, 0));
  assert.equal(chunks.length, 1);
  decode(chunks);
  assert.throws(() => decode([]), isRefused);
});

test('every truncation is refused', () => {
  const [chunk] = encode((sink) => feed(randomTree(seededRandom(7)), sink));
  assert.ok(chunk);
  for (let length = 0; length < chunk.block.length; length++) {
    const block = chunk.block.subarray(0, length);
    assert.throws(() => decode([{ ...chunk, block, sizeBytes: length }]), isRefused, `cut at ${length}`);
  }
});

test('3,000 mutated blocks never throw anything but a refusal', () => {
  const random = seededRandom(42);
  const [chunk] = encode((sink) => feed(randomTree(seededRandom(3)), sink));
  assert.ok(chunk);
  const { raw, head } = open(chunk);
  for (let round = 0; round < 3_000; round++) {
    const changed = Uint8Array.from(raw);
    for (let count = 1 + Math.floor(random() * 3); count > 0; count--)
      changed[Math.floor(random() * raw.length)] = Math.floor(random() * 256);
    try {
      decode([close(changed, head.entryCount, chunk.firstFolder)]);
    } catch (error) {
      assert.ok(isRefused(error), String(error));
    }
  }
});

test('bombs stop at what they claim, and claims stop at the limit', () => {
  const zeros = brotliCompressSync(Buffer.alloc(64 * 1024 * 1024));
  assert.ok(zeros.length < 1000);
  for (const claim of [100, indexLimits.decodedBlockBytes, indexLimits.decodedBlockBytes + 1]) {
    const out = new ByteWriter();
    out.byte(1);
    out.byte(2);
    out.uint(5);
    out.uint(claim);
    out.raw(zeros);
    const block = Uint8Array.from(out.view());
    assert.throws(() => decode([{ block, entryCount: 5, sizeBytes: block.length, firstFolder: '' }]), isRefused);
  }
});

/** Encodes without a check, as a hostile owner would. */
test('few bytes that become names without end stop at the limit', () => {
  const beginning = Buffer.alloc(240, 'x');
  const count = Math.ceil(indexLimits.namesBytes / 248) + 1;
  const chunks = encode((sink) => {
    sink.folder(0, count);
    for (let index = 0; index < count; index++)
      sink.entry(Buffer.concat([beginning, Buffer.from(String(index).padStart(8, '0'))]), 0, 0);
  });
  assert.ok(chunks.reduce((sum, { block }) => sum + block.length, 0) < 8 * 2 ** 20);
  const nothing: IndexSink = { folder: () => undefined, entry: () => undefined };
  assert.throws(() => decode(chunks, nothing), isRefused);
});

function hostile(names: string[] | Buffer[], change: { folders?: number; sizeBytes?: number; mtimeMs?: number } = {}): Chunk[] {
  const folders = change.folders ?? 0;
  return encode((sink) => {
    sink.folder(folders, names.length - folders);
    for (const name of names) sink.entry(Buffer.from(name), change.sizeBytes ?? 1, change.mtimeMs ?? 1);
    for (let folder = 0; folder < folders; folder++) sink.folder(0, 0);
  });
}

const badNames = [
  ...[
    '../x',
    '..',
    '.',
    '',
    'a/../../b',
    '/etc/passwd',
    'a/b',
    'C:\\x',
    'C:x',
    'a\\b',
    '\\\\server\\share',
    'NUL',
    'nul',
    'con',
    'COM1',
  ],
  ...['com¹', 'LPT9', 'CONIN$', 'x'.repeat(256), 'é'.repeat(128)],
];

for (const name of badNames) {
  test(`the name ${JSON.stringify(name.slice(0, 20))} is refused, as file and as folder`, () => {
    assert.throws(() => decode(hostile([name])), isRefused);
    assert.throws(() => decode(hostile([name], { folders: 1 })), isRefused);
  });
}

test('names that are not UTF-8 are refused', () => {
  for (const bytes of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0xae, 0xc0, 0xae], [0xf5, 0x80, 0x80, 0x80]])
    assert.throws(() => decode(hostile([Buffer.from(bytes)])), isRefused);
});

test('names out of order, twice, or both folder and file are refused', () => {
  assert.throws(() => decode(hostile(['b', 'a'])), isRefused);
  assert.throws(() => decode(hostile(['a', 'a'])), isRefused);
  assert.throws(() => decode(hostile(['b', 'a'], { folders: 2 })), isRefused);
  assert.throws(() => decode(hostile(['a', 'b', 'c', 'b'], { folders: 3 })), isRefused);
  decode(hostile(['a', 'c', 'b', 'd'], { folders: 2 }));
});

test('sizes and times out of range are refused', () => {
  for (const sizeBytes of [2 ** 53, 2 ** 55]) assert.throws(() => decode(hostile(['a'], { sizeBytes })), isRefused);
  for (const mtimeMs of [8.64e15 + 1000, -62_135_596_800_001])
    assert.throws(() => decode(hostile(['a'], { mtimeMs })), isRefused);
  decode(hostile(['a'], { sizeBytes: 2 ** 53 - 1, mtimeMs: 8.64e15 }));
  decode(hostile(['a'], { sizeBytes: 0, mtimeMs: -62_135_596_800_000 }));
  assert.throws(() => decode(hostile(['a', 'b'], { sizeBytes: 2 ** 53 - 1 })), isRefused, 'the sum');
});

test('trees that are too deep or paths that are too long are refused', () => {
  const nested = (depth: number, name: string) => (sink: IndexSink) => {
    for (let level = 0; level < depth; level++) {
      sink.folder(1, 0);
      sink.entry(Buffer.from(name), 0, 1);
    }
    sink.folder(0, 0);
  };
  decode(encode(nested(64, 'a')));
  assert.throws(() => decode(encode(nested(65, 'a'))), isRefused);
  decode(encode(nested(16, 'n'.repeat(255))));
  assert.throws(() => decode(encode(nested(17, 'n'.repeat(255)))), isRefused);
});

test('counts that promise more than comes are refused', () => {
  const [chunk] = hostile(['a', 'b']);
  assert.ok(chunk);
  const { raw } = open(chunk);
  // Columns: five lengths (one byte each), then the folder counts.
  for (const [folders, files] of [
    [0, 3],
    [1, 1],
    [0, 1],
    [2, 2],
  ] as const) {
    const changed = Uint8Array.from(raw);
    changed[5] = folders;
    changed[6] = files;
    assert.throws(() => decode([close(changed, 2, '')]), isRefused, `${folders} folders, ${files} files`);
  }
  assert.throws(() => decode([{ ...chunk, entryCount: 3 }]), isRefused);
  assert.throws(() => decode([{ ...chunk, firstFolder: 'other' }]), isRefused);
  assert.throws(
    () => decode([{ ...chunk, block: Uint8Array.from([9, ...chunk.block.subarray(1)]) }]),
    isRefused,
    'another version',
  );
});

function open(chunk: Chunk): { raw: Uint8Array; head: { entryCount: number } } {
  // Two bytes of version and kind, then two numbers.
  let at = 2;
  for (let numbers = 0; numbers < 2; at++) if ((chunk.block[at] ?? 0) < 128) numbers++;
  return { raw: brotliDecompressSync(chunk.block.subarray(at)), head: { entryCount: chunk.entryCount } };
}

function close(raw: Uint8Array, entryCount: number, firstFolder: string): Chunk {
  const out = new ByteWriter();
  out.byte(1);
  out.byte(2);
  out.uint(entryCount);
  out.uint(raw.length);
  out.raw(brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }));
  const block = Uint8Array.from(out.view());
  return { block, entryCount, sizeBytes: block.length, firstFolder };
}
