import assert from 'node:assert/strict';
import { test } from 'node:test';
import { find, Lines, queryOf, type Passing } from '../../../../src/extension/viewers/scan.ts';
import { limits } from '../../../../src/extension/limits.ts';

function fileOf(bytes: Uint8Array): Passing & { asked: number } {
  const file = {
    sizeBytes: bytes.length,
    asked: 0,
    passing(offset: number, length: number) {
      file.asked += length;
      assert.ok(offset >= 0 && offset + length <= bytes.length, `${offset} + ${length}`);
      return Promise.resolve(bytes.subarray(offset, offset + length));
    },
  };
  return file;
}

const still = { signal: new AbortController().signal, onProgress: () => undefined };
const text = (words: string, isCaseSensitive = false) => {
  const query = queryOf(words, { isHex: false, isCaseSensitive });
  assert.ok(query);
  return query;
};

/** Every place of a word in a file, as `indexOf` has them. */
function placesOf(bytes: Buffer, word: string): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(word); at >= 0; at = bytes.indexOf(word, at + 1)) places.push(at);
  return places;
}

test('words are found forward and backward as indexOf finds them, also across the borders of what is read at a time', async () => {
  const size = limits.viewerBlockBytes * 4 + 17;
  const bytes = Buffer.alloc(size, '.');
  const places = [0, 5, limits.viewerBlockBytes - 3, limits.viewerBlockBytes * 3 - 1, size - 6];
  for (const at of places) bytes.write('needle', at);
  assert.deepEqual(
    placesOf(bytes, 'needle'),
    [0, 5, ...places.slice(2)].filter((at) => bytes.toString('latin1', at, at + 6) === 'needle'),
  );
  const known = placesOf(bytes, 'needle');
  const file = fileOf(bytes);
  let from = 0;
  for (const place of known) {
    const found = await find(file, text('NEEDLE'), { ...still, from, isBackwards: false });
    assert.deepEqual(found, { offset: place, isWrapped: false });
    from = place + 1;
  }
  assert.deepEqual(await find(file, text('needle'), { ...still, from, isBackwards: false }), {
    offset: known[0],
    isWrapped: true,
  });
  from = size;
  for (const place of known.toReversed()) {
    assert.deepEqual(await find(file, text('needle'), { ...still, from, isBackwards: true }), {
      offset: place,
      isWrapped: false,
    });
    from = place;
  }
  assert.deepEqual(await find(file, text('needle'), { ...still, from, isBackwards: true }), {
    offset: known.at(-1),
    isWrapped: true,
  });
});

test('what is not there is told after one round, and case counts when it is asked to', async () => {
  const file = fileOf(Buffer.from('Bread\nand butter\n'));
  assert.equal(await find(file, text('bread', true), { ...still, from: 4, isBackwards: false }), undefined);
  assert.deepEqual(await find(file, text('Bread', true), { ...still, from: 4, isBackwards: false }), {
    offset: 0,
    isWrapped: true,
  });
  assert.equal(await find(fileOf(Buffer.alloc(0)), text('x'), { ...still, from: 0, isBackwards: false }), undefined);
});

test('bytes are written as pairs of digits', () => {
  assert.deepEqual(queryOf('50 4B 03', { isHex: true, isCaseSensitive: false })?.bytes, Buffer.from([0x50, 0x4b, 3]));
  for (const wrong of ['5', '5g', '', ' ']) assert.equal(queryOf(wrong, { isHex: true, isCaseSensitive: false }), undefined);
});

test('a search that is cancelled ends', async () => {
  const abort = new AbortController();
  const file = fileOf(Buffer.alloc(limits.viewerScanBytes * 4, '.'));
  const onProgress = () => abort.abort();
  const searching = find(file, text('x'), { signal: abort.signal, onProgress, from: 0, isBackwards: false });
  await assert.rejects(searching, { kind: 'cancelled' });
  assert.ok(file.asked < file.sizeBytes);
});

test('lines are found from the start and from the end, whatever the file ends with', async () => {
  for (const ending of ['', '\n']) {
    const lines = Array.from({ length: 40_000 }, (_, at) => `line ${at + 1}${' '.repeat(at % 40)}`);
    const bytes = Buffer.from(lines.join('\n') + ending);
    const offsets: number[] = [];
    let at = 0;
    for (const line of lines) {
      offsets.push(at);
      at += line.length + 1;
    }
    const known = new Lines(fileOf(bytes));
    for (const wanted of [1, 2, 39_999, 40_000, 777, 20_000])
      assert.deepEqual(await known.find(wanted, still), { offset: offsets[wanted - 1], line: wanted });
    for (const wanted of [1, 2, 12_345, 39_999])
      assert.deepEqual(await known.find(-wanted, still), { offset: offsets.at(-wanted), line: -wanted });
    assert.deepEqual(await known.find(50_000, still), { offset: offsets.at(-1), line: 40_000 });
    assert.equal((await known.find(-50_000, still)).offset, 0);
  }
});

test('where a line begins is not looked for from the start again', async () => {
  const file = fileOf(Buffer.from('0123456789abcde\n'.repeat(2_000_000)));
  const lines = new Lines(file);
  await lines.find(1_900_000, still);
  const before = file.asked;
  await lines.find(1_900_001, still);
  assert.ok(file.asked - before < file.sizeBytes / 2, `${file.asked - before}`);
});

test('a file that is said to have petabytes costs nothing before it is read', async () => {
  const failing: Passing = { sizeBytes: Number.MAX_SAFE_INTEGER, passing: () => Promise.reject(new Error('away')) };
  for (const isBackwards of [false, true])
    await assert.rejects(
      find(failing, text('word'), { ...still, from: isBackwards ? failing.sizeBytes : 0, isBackwards }),
      /away/,
    );
  await assert.rejects(new Lines(failing).find(2 ** 40, still), /away/);
  await assert.rejects(new Lines(failing).find(-5, still), /away/);
});
