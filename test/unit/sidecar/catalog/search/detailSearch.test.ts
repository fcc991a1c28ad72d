import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import type { Entry, EntryRef } from '../../../../../src/protocol/model.ts';
import { encodeDetails } from '../../../../../src/sidecar/catalog/details/detailBlock.ts';
import type { DetailRecord } from '../../../../../src/sidecar/catalog/details/detailRecord.ts';
import { DetailStore } from '../../../../../src/sidecar/catalog/details/detailStore.ts';
import { DetailSearch } from '../../../../../src/sidecar/catalog/search/detailSearch.ts';
import type { FoundPage, PageOptions, RawHit } from '../../../../../src/sidecar/catalog/search/engine.ts';
import { excerptOf } from '../../../../../src/sidecar/catalog/search/excerpt.ts';
import { planQuery } from '../../../../../src/sidecar/catalog/search/plan.ts';
import { parseQuery } from '../../../../../src/sidecar/catalog/search/query.ts';
import { scoreOf } from '../../../../../src/sidecar/catalog/search/ranking.ts';
import { createLog } from '../../../../../src/sidecar/log.ts';

const key = `${'y'.repeat(52)}/${'b'.repeat(26)}`;
const page = { offset: 0, limit: 100, signal: new AbortController().signal };

function record(file: string, mime: string, text = '', mtimeMs = 1000): DetailRecord {
  return { path: file, sizeBytes: 5, mtimeMs, contentId: undefined, mime, fields: text === '' ? {} : { text } };
}

/** The store, with records of one share, over an engine that matches names plainly. */
async function scene(t: TestContext, records: DetailRecord[], names = records.map((each) => each.path)): Promise<DetailSearch> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pl-find-'));
  const store = new DetailStore({ dataFolder: folder, log: createLog(() => undefined) });
  t.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const times = new Map(records.map((each) => [each.path, each.mtimeMs]));
  const entries = new Map(
    names.map((name): [string, Entry] => [name, { name, kind: 'file', sizeBytes: 5, mtimeMs: times.get(name) ?? 1000 }]),
  );
  if (records.length > 0) {
    await store.ask('begin', { key, feedKey: new Uint8Array(32), isOfContent: true });
    for (const [index, { block }] of encodeDetails(records).entries()) {
      const { paths } = await store.ask('offer', { key, block });
      await store.ask('keep', { key, index, isKept: new Uint8Array(paths.length).fill(1) });
    }
  }
  const engine = {
    put: () => undefined,
    change: () => undefined,
    remove: () => undefined,
    isReady: () => true,
    searchable: () => Promise.resolve(),
    recent: () => Promise.reject(new Error('not asked here')),
    query: (query: ReturnType<typeof parseQuery>, { offset, limit }: PageOptions): Promise<FoundPage> => {
      const plan = planQuery(query);
      const hits = [...entries.values()].flatMap((entry): RawHit[] => {
        const file = { ...entry, path: entry.name };
        return scoreOf(file, query, plan) === undefined ? [] : [{ ...file, key, matches: [], isFuzzy: false }];
      });
      return Promise.resolve({ hits: hits.slice(offset, offset + limit), total: hits.length, isFuzzy: false });
    },
  };
  return new DetailSearch({ engine, store, stat: (ref: EntryRef) => entries.get(ref.path) });
}

async function found(search: DetailSearch, text: string, options: Partial<PageOptions> = {}): Promise<string[]> {
  const { hits } = await search.query(parseQuery(text), { ...page, ...options });
  return hits.map((hit) => hit.path);
}

const files = [
  record('pond/heron.jpg', 'image/jpeg'),
  record('pond/duck.png', 'image/png'),
  record('notes.md', 'text/markdown', 'The heron waits at the pond. Ärger im Schilf.'),
  record('poem.txt', 'text/plain', 'A stork walks in the meadow', 5000),
  record('paper.pdf', 'application/pdf'),
];

test('files are found by type: whole, by what it begins with, by what it ends with', async (t) => {
  const search = await scene(t, files);
  assert.deepEqual(await found(search, 'type:image/png'), ['pond/duck.png']);
  assert.deepEqual(await found(search, 'type:image'), ['pond/duck.png', 'pond/heron.jpg']);
  assert.deepEqual(await found(search, 'type:image/*'), ['pond/duck.png', 'pond/heron.jpg']);
  assert.deepEqual(await found(search, 'type:pdf'), ['paper.pdf']);
  assert.deepEqual(await found(search, 'type:pdf,jpeg'), ['paper.pdf', 'pond/heron.jpg']);
  assert.deepEqual(await found(search, 'type:image type:png'), []);
  assert.deepEqual(await found(search, 'type:imag'), []);
  assert.deepEqual(await found(search, 'type:audio'), []);
});

test('types and texts hold together with names, sizes and times, and totals are exact over pages', async (t) => {
  const search = await scene(t, files);
  assert.deepEqual(await found(search, 'type:image heron'), ['pond/heron.jpg']);
  assert.deepEqual(await found(search, 'type:image -duck'), ['pond/heron.jpg']);
  assert.deepEqual(await found(search, 'type:image size>10'), []);
  assert.deepEqual(await found(search, 'type:text'), ['poem.txt', 'notes.md']);
  const second = await search.query(parseQuery('type:text'), { ...page, offset: 1, limit: 1 });
  assert.deepEqual([second.hits.map((hit) => hit.path), second.total, second.isFuzzy], [['notes.md'], 2, false]);
  assert.deepEqual(await found(search, 'type:image', { keys: [] }), []);
});

test('files are found by words of their texts, in any case and without accents', async (t) => {
  const search = await scene(t, files);
  for (const query of ['text:heron', 'text:HERON', 'text:her', 'text:"waits at the"', 'text:arger', 'text:heron text:pond'])
    assert.deepEqual(await found(search, query), ['notes.md'], query);
  for (const query of ['text:eron', 'text:"at waits"', 'text:heron text:stork', 'text:---'])
    assert.deepEqual(await found(search, query), [], query);
  const { hits } = await search.query(parseQuery('text:pond'), page);
  assert.equal(hits[0]?.excerpt, 'The heron waits at the pond. Ärger im Schilf.');
});

test('plain words find texts after names, where names found little; those count as similar', async (t) => {
  const search = await scene(t, files);
  const { hits, total, isFuzzy } = await search.query(parseQuery('heron'), page);
  assert.deepEqual(
    hits.map((hit) => [hit.path, hit.isFuzzy]),
    [
      ['pond/heron.jpg', false],
      ['notes.md', true],
    ],
  );
  assert.deepEqual([total, isFuzzy], [2, true]);
  assert.deepEqual(await found(search, 'heron', { offset: 1, limit: 1 }), ['notes.md']);
  assert.deepEqual(await found(search, 'heron ext:jpg'), ['pond/heron.jpg']);
  assert.deepEqual(await found(search, 'stork kind:folder'), []);
  const many = await scene(t, [...files, ...Array.from({ length: 20 }, (_, at) => record(`heron ${at}`, 'text/plain'))]);
  const page2 = await many.query(parseQuery('heron'), page);
  assert.deepEqual([page2.total, page2.isFuzzy], [21, false]);
});

test('what is said of a file that changed or went does not count', async (t) => {
  const search = await scene(t, files, ['pond/heron.jpg', 'poem.txt']);
  assert.deepEqual(await found(search, 'type:image'), ['pond/heron.jpg']);
  assert.deepEqual(await found(search, 'text:heron'), []);
});

test('without any details, nothing is asked of them', async (t) => {
  const search = await scene(t, [], ['heron']);
  assert.deepEqual(await found(search, 'heron'), ['heron']);
  assert.deepEqual(await found(search, 'type:image'), []);
});

test('a cancelled search ends', async (t) => {
  const search = await scene(t, files);
  await assert.rejects(search.query(parseQuery('type:image'), { ...page, signal: AbortSignal.abort() }), { kind: 'cancelled' });
});

test('types that cannot be are not understood, and types are not excluded', () => {
  for (const query of ['type:a/b/c', 'type:"x y"', '-type:image', '-text:heron'])
    assert.throws(() => parseQuery(query), { kind: 'invalid-argument' }, query);
  assert.equal(parseQuery('type:').isEmpty, true);
});

test('an excerpt is one line around the word', () => {
  const text = `${'before '.repeat(20)}heron${' after'.repeat(40)}`;
  const excerpt = excerptOf({ text }, ['heron']) ?? '';
  assert.match(excerpt, /^….*heron.*…$/);
  assert.ok(excerpt.length <= 122);
  assert.equal(excerptOf({ text: 'a\n\u202eb' }, ['b']), 'a b');
  assert.equal(excerptOf({ text: 'a' }, ['b']), undefined);
});
