import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../../bench/parts/report.ts';
import { blockBytes, Blocks, type Span } from '../../../../webview/viewer/blocks.ts';
import { filled, parsePlace, sizeText } from '../../../../webview/viewer/place.ts';
import { hexRows, rowsBefore, rowsFrom, textRows, type Row } from '../../../../webview/viewer/rows.ts';
import { hexText, lineText } from '../../../../webview/viewer/rowText.ts';

function spanOf(bytes: Uint8Array, from = 0, to = bytes.length): Span {
  return { offset: from, bytes: bytes.subarray(from, to), sizeBytes: bytes.length };
}

function allRows(bytes: Uint8Array): Row[] {
  const rows = rowsFrom(textRows, spanOf(bytes), 0, Infinity);
  assert.equal(rows.at(-1)?.end, bytes.length);
  return rows;
}

/** Lines of all lengths, some far longer than a row, with signs of several bytes. */
function anyText(seed: number): Buffer {
  const random = seededRandom(seed);
  const lines = Array.from({ length: 60 }, () => {
    const length = random() < 0.2 ? Math.floor(random() * 30_000) : Math.floor(random() * 200);
    return Array.from({ length }, () => (random() < 0.3 ? 'ü' : random() < 0.1 ? '味' : 'a')).join('');
  });
  return Buffer.from(lines.join('\n'));
}

test('rows are the whole file, in order, of bounded length, and cut no sign', () => {
  for (const seed of [1, 2, 3]) {
    const bytes = anyText(seed);
    let at = 0;
    for (const row of allRows(bytes)) {
      assert.equal(row.offset, at);
      assert.ok(row.end - row.offset <= 2 * 4096 + 3, `${row.end - row.offset}`);
      assert.ok(!lineText(spanOf(bytes), row).includes('\ufffd'));
      at = row.end;
    }
  }
});

test('where rows begin does not depend on where one comes from', () => {
  for (const seed of [4, 5, 6]) {
    const bytes = anyText(seed);
    const starts = new Set(allRows(bytes).map(({ offset }) => offset));
    const random = seededRandom(seed);
    for (let round = 0; round < 300; round++) {
      const place = Math.floor(random() * bytes.length);
      const from = Math.floor(Math.max(0, place - 40_000) / 4096) * 4096;
      const span = spanOf(bytes, from, Math.min(bytes.length, place + 40_000));
      const start = textRows.startOf(span, place);
      assert.ok(starts.has(start) && start <= place, `seed ${seed}: ${place} in ${start}`);
      const row = textRows.rowAt(span, start);
      assert.ok(row !== undefined && row.end > place);
      const above = rowsBefore(textRows, span, start, 50);
      for (const { offset } of above) assert.ok(starts.has(offset), `seed ${seed}: before ${start}: ${offset}`);
    }
  }
});

test('rows whose end is not here are not made up', () => {
  const bytes = Buffer.from('one\ntwo\nthree');
  assert.deepEqual(rowsFrom(textRows, { offset: 0, bytes: bytes.subarray(0, 6), sizeBytes: bytes.length }, 0, 9).length, 1);
  assert.equal(textRows.rowAt(spanOf(bytes), bytes.length), undefined);
  assert.deepEqual(
    rowsBefore(textRows, spanOf(bytes), bytes.length, 2).map(({ offset }) => offset),
    [4, 8],
  );
});

test('bytes stand in rows of sixteen', () => {
  const bytes = Buffer.from('0123456789abcdef<\u0000>');
  const span = spanOf(bytes);
  const rows = rowsFrom(hexRows, span, 0, 9);
  assert.deepEqual(
    rows.map(({ offset, end }) => [offset, end]),
    [
      [0, 16],
      [16, 19],
    ],
  );
  const [, last] = rows;
  assert.ok(last);
  assert.match(hexText(span, last).hex, /^3c 00 3e {5,}/);
  assert.equal(hexText(span, last).text, '<·>');
});

test('text that would hide or turn text is named', () => {
  const bytes = Buffer.from('a\u202eb\u0007c\u200bd\r\n');
  const [row] = allRows(bytes);
  assert.ok(row);
  assert.equal(lineText(spanOf(bytes), row), 'a⟨202E⟩b␇c⟨200B⟩d');
});

test('blocks are bounded, and gaps are told', () => {
  const size = blockBytes * 500 + 7;
  const blocks = new Blocks(size);
  assert.deepEqual(blocks.missing(10, blockBytes + 1), [{ offset: 0, length: 2 * blockBytes }]);
  for (let at = 0; at < size; at += blockBytes) blocks.put(at, new Uint8Array(Math.min(blockBytes, size - at)));
  assert.equal(blocks.span(0, 0, size), undefined);
  assert.deepEqual(blocks.missing(size - 10, size + 10), []);
  const span = blocks.span(size - blockBytes, size - 1, size);
  assert.equal(span === undefined ? 0 : span.offset + span.bytes.length, size);
});

test('places are lines, offsets and parts', () => {
  assert.deepEqual(parsePlace('1 200', 'text', 1e6), { line: 1200 });
  assert.deepEqual(parsePlace('-5', 'text', 1e6), { line: -5 });
  assert.deepEqual(parsePlace('50 %', 'text', 1000), { offset: 500 });
  assert.deepEqual(parsePlace('100%', 'hex', 1000), { offset: 999 });
  assert.deepEqual(parsePlace('0x10', 'hex', 1000), { offset: 16 });
  assert.deepEqual(parsePlace('-1', 'hex', 1000), { offset: 999 });
  for (const wrong of ['', 'x', '0', '101%', '1e9', '--1']) assert.equal(parsePlace(wrong, 'text', 1000), undefined, wrong);
  assert.equal(parsePlace('1000', 'hex', 1000), undefined);
  assert.equal(sizeText(5 * 1024 ** 3, 'en'), '5 GB');
  assert.equal(filled('{1} {0} {2}', 'a', 'b'), 'b a {2}');
});
