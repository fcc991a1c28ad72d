import assert from 'node:assert/strict';
import test from 'node:test';
import { EditorOrder, slices, sortAtOnce, sortInSlices } from '../../../../src/sidecar/catalog/editorOrder.ts';
import { seededRandom } from './index/randomTree.ts';

/** VS Code's compareFileNamesDefault. */
function asExplorer(locale: string): (one: string, other: string) => number {
  const collator = new Intl.Collator(locale, { numeric: true });
  return (one, other) => collator.compare(one, other) || one.length - other.length;
}

const sign = (value: number): number => Math.sign(value);
const file = (name: string) => ({ name, kind: 'file' as const });

test('names come as in the Explorer', () => {
  const expected = [
    ['_a', '.git', 'a', 'Ä1', 'B', 'c', 'Zebra', 'ω', '日本'],
    ['_', '-', '.hidden', '(1)', '1', '01', '001', '2', '2a', '10', 'a', 'A', 'a1', 'a2', 'a10', 'ab', 'b', 'É'],
    ['file 1.txt', 'file 2.txt', 'file 10.txt', 'file_1.txt', 'file-1.txt', 'file1.txt', 'file01.txt', 'File1.txt', 'file1a.txt'],
  ];
  const order = new EditorOrder('en');
  for (const names of expected) {
    const shuffled = names.toReversed();
    assert.deepEqual(
      sortAtOnce(shuffled.map(file), order).map(({ name }) => name),
      names,
    );
  }
});

test('keys order names exactly as the collator, in languages with and without keys', () => {
  const random = seededRandom(7);
  const letters = [...'aAbBzZ019-_. ()~$i', '10', '00', 'ch', 'é', 'ß', '日'];
  for (const locale of ['en', 'de', 'fr', 'ja', 'sv', 'cs', 'da', 'tr', 'lt', 'et']) {
    const order = new EditorOrder(locale);
    const expected = asExplorer(locale);
    const name = (): string =>
      Array.from({ length: 1 + random() * 6 }, () => letters[Math.floor(random() * letters.length)]).join('');
    for (let round = 0; round < 3000; round++) {
      const [one, other] = [name(), name()];
      const [a, b] = [order.keyOf(one), order.keyOf(other)];
      const want = sign(expected(one, other));
      assert.equal(
        sign(order.compareNames(one, other)) || 0,
        want || sign(one < other ? -1 : one > other ? 1 : 0),
        `${locale} ${one} ${other}`,
      );
      if (a === undefined || b === undefined || want === 0) continue;
      assert.equal(a < b ? -1 : 1, want, `${locale}: ${JSON.stringify(one)} ${JSON.stringify(other)}`);
    }
  }
});

test('every printable sign, in any place, compares by key as by the collator', () => {
  const order = new EditorOrder('en');
  const expected = asExplorer('en');
  const random = seededRandom(8);
  const any = (): string =>
    Array.from({ length: 1 + random() * 8 }, () => String.fromCharCode(32 + Math.floor(random() * 95))).join('');
  for (let round = 0; round < 20_000; round++) {
    const [one, other] = [any(), any()];
    const want = sign(expected(one, other));
    if (want !== 0)
      assert.equal((order.keyOf(one) ?? '') < (order.keyOf(other) ?? '') ? -1 : 1, want, JSON.stringify([one, other]));
  }
});

test('slices sort as one go does, with folders first', async () => {
  const random = seededRandom(9);
  const order = new EditorOrder('en');
  const items = Array.from({ length: 5000 }, (_, at) => ({
    name: `${random() < 0.1 ? 'ü' : 'File '}${Math.floor(random() * 3000)}`,
    kind: random() < 0.2 ? ('folder' as const) : ('file' as const),
    at,
  }));
  const sliced = await sortInSlices(items, order, slices());
  assert.deepEqual(sliced, sortAtOnce(items, order));
  assert.equal(
    sliced.findIndex(({ kind }) => kind === 'file'),
    items.filter(({ kind }) => kind === 'folder').length,
  );
});

test('a sort under way can be cancelled', async () => {
  const items = Array.from({ length: 50_000 }, (_, at) => file(`ü${at}`));
  const abort = new AbortController();
  const sorting = sortInSlices(items, new EditorOrder('en'), slices(abort.signal));
  abort.abort();
  await assert.rejects(sorting, { kind: 'cancelled' });
});
