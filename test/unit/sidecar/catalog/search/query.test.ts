import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../../../src/protocol/errors.ts';
import { parseSizes, parseTime } from '../../../../../src/sidecar/catalog/search/filters.ts';
import { parseQuery, type Query } from '../../../../../src/sidecar/catalog/search/query.ts';

const nowMs = new Date(2026, 10, 21, 12).getTime();
const parse = (text: string): Query => parseQuery(text, { nowMs });
const dayMs = 24 * 3600 * 1000;

function refusal(text: string): string {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof AppError);
    assert.equal(error.kind, 'invalid-argument');
    return error.message;
  }
  throw new assert.AssertionError({ message: `${text} was taken` });
}

test('words, exclusions and phrases are told apart, each once and folded', () => {
  const query = parse('  Foo foo -BAR "two Words" -"not these" mid"dle q"uote ');
  assert.deepEqual(query.terms, ['foo', 'two words', 'middle quote']);
  assert.deepEqual(query.excluded, ['bar', 'not these']);
  assert.ok(!query.isEmpty);
});

test('what is not typed to its end yet asks for nothing more', () => {
  for (const text of ['', ' ', '-', '"', '-"', 'ext:', '-ext:', 'peer:', '""'])
    assert.ok(parse(text).isEmpty, JSON.stringify(text));
  assert.deepEqual(parse('one "two thr').terms, ['one', 'two thr']);
  assert.deepEqual(parse('one - two').terms, ['one', 'two']);
});

test('a colon without a filter before it belongs to the word', () => {
  assert.deepEqual(parse('foo:bar 12:30 re: ext-x').terms, ['foo:bar', '12:30', 're:', 'ext-x']);
  assert.deepEqual(parse('"ext:pdf"').terms, ['ext:pdf']);
  assert.deepEqual(parse('newer>3 peer<x').terms, ['newer>3', 'peer<x']);
});

test('accents composed or not, and both sigmas, are one', () => {
  assert.deepEqual(parse('nin\u0303o').terms, ['ni\u00f1o']);
  assert.deepEqual(parse('ΟΔΟΣ').terms, parse('οδος').terms);
});

test('extensions and kinds narrow each other down', () => {
  assert.deepEqual(parse('ext:PDF,.Epub').extensions, ['pdf', 'epub']);
  assert.ok(parse('kind:image').extensions?.includes('jpg'));
  assert.deepEqual(parse('kind:image ext:jpg,pdf').extensions, ['jpg']);
  assert.deepEqual(parse('kind:image ext:pdf').extensions, []);
  assert.deepEqual(parse('-ext:gif').excludedExtensions, ['gif']);
  assert.equal(parse('kind:folder').kind, 'folder');
  assert.equal(parse('-kind:folder').kind, 'file');
  assert.equal(parse('kind:music').extensions?.includes('flac'), true);
});

test('places go to the caller, and not to peers that are asked', () => {
  const query = parse('beach peer:Anna,"Bob C" -peer:me party:techno share:x size>1k');
  assert.deepEqual(query.scope, {
    peers: ['Anna', 'Bob C'],
    parties: ['techno'],
    shares: ['x'],
    not: { peers: ['me'], parties: [], shares: [] },
  });
  assert.equal(query.unscopedText, 'beach size>1k');
  assert.deepEqual(parse(query.unscopedText).terms, ['beach']);
  assert.ok(!parse('peer:anna').isEmpty);
});

test('sizes', () => {
  const most = Number.MAX_SAFE_INTEGER;
  const table: [string, ReturnType<typeof parseSizes>][] = [
    ['>10MB', { min: 10 * 2 ** 20 + 1, max: most }],
    ['>=1g', { min: 2 ** 30, max: most }],
    ['<1k', { min: 0, max: 1023 }],
    ['<=1.5KiB', { min: 0, max: 1536 }],
    ['1mb..5mb', { min: 2 ** 20, max: 5 * 2 ** 20 }],
    ['..5', { min: 0, max: 5 }],
    ['5..', { min: 5, max: most }],
    ['10mb', { min: 10 * 2 ** 20, max: 11 * 2 ** 20 - 1 }],
    ['1.5kb', { min: 1536, max: 1638 }],
    ['7', { min: 7, max: 7 }],
    ['0', { min: 0, max: 0 }],
    ...['', 'x', '>', '..', '1..2..3', '10 zb', '-1', '>1e3', '1,5mb'].map((text): [string, undefined] => [text, undefined]),
  ];
  for (const [text, expected] of table) assert.deepEqual(parseSizes(text), expected, text);
  assert.deepEqual(parse('size>1k size<2k').sizes, { min: 1025, max: 2047 });
});

test('times', () => {
  const table: [string, number | undefined][] = [
    ['7d', nowMs - 7 * dayMs],
    ['2W', nowMs - 14 * dayMs],
    ['3h', nowMs - dayMs / 8],
    ['today', new Date(2026, 10, 21).getTime()],
    ['yesterday', new Date(2026, 10, 20).getTime()],
    ['2026', new Date(2026, 0, 1).getTime()],
    ['2026-01', new Date(2026, 0, 1).getTime()],
    ['2026-01-31', new Date(2026, 0, 31).getTime()],
    ['2026-01-31T14:30', new Date(2026, 0, 31, 14, 30).getTime()],
    ...['', '7', 'd', '2026-13', '2026-02-30', '2026-01-31T25:00', '7 days', '-3d'].map((text): [string, undefined] => [
      text,
      undefined,
    ]),
  ];
  for (const [text, expected] of table) assert.equal(parseTime(text, nowMs), expected, text);
  assert.deepEqual(parse('newer:7d newer:3d older:1d').times, { fromMs: nowMs - 3 * dayMs, beforeMs: nowMs - dayMs });
});

test('what is not understood is named, with a hint', () => {
  assert.match(refusal('beach size>big'), /"size>big" is not understood\..*size>10MB/);
  assert.match(refusal('newer:soon'), /"newer:soon".*newer:7d/);
  assert.match(refusal('older:2026-02-31'), /older:7d/);
  assert.match(refusal('kind:thing'), /"thing".*image/);
  assert.match(refusal('-size>3'), /"-size>3".*opposite/);
  assert.match(refusal('kind:file kind:folder'), /both/);
  assert.match(refusal('a '.repeat(200)), /256/);
  assert.match(refusal(Array.from({ length: 17 }, (_, at) => `w${at}`).join(' ')), /16 words/);
});

test('any text is a query or is refused, and never breaks', () => {
  let state = 7;
  const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  const alphabet = [
    '"',
    '-',
    ':',
    ' ',
    '<',
    '>',
    'size',
    'ext',
    'kind',
    'a',
    'é',
    '🍲',
    '\ud800',
    '/',
    ',',
    '.',
    '\u0000',
    '\n',
    '1',
    'mb',
  ];
  for (let round = 0; round < 3000; round++) {
    const text = Array.from({ length: Math.floor(random() * 12) }, () => alphabet[Math.floor(random() * alphabet.length)]).join(
      '',
    );
    try {
      const query = parse(text);
      assert.ok([...query.terms, ...query.excluded].every((term) => term !== ''));
    } catch (error) {
      assert.ok(error instanceof AppError && error.kind === 'invalid-argument', `${JSON.stringify(text)}: ${String(error)}`);
    }
  }
});
