import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Delta } from '../../../../../src/sidecar/catalog/index/rows.ts';
import { searchFile } from '../../../../../src/sidecar/catalog/index/segmentFolder.ts';
import { SegmentWriter } from '../../../../../src/sidecar/catalog/index/segmentWriter.ts';
import { SearchEngine, type RawHit } from '../../../../../src/sidecar/catalog/search/engine.ts';
import { parseQuery, type Query } from '../../../../../src/sidecar/catalog/search/query.ts';
import { createLog, silentLog } from '../../../../../src/sidecar/log.ts';
import { feed, seededRandom, type ModelFolder } from '../index/randomTree.ts';
import { modelCounts, randomChange } from '../index/randomDelta.ts';
import { namedTree, randomQuery } from './namedTree.ts';
import { byRank, entriesOf, nearRankOf, rankOf, type PlainEntry, type Rank } from './plainAnswer.ts';

const nowMs = Date.UTC(2026, 0, 1);
let folder = '';
let made = 0;
before(() => (folder = mkdtempSync(path.join(tmpdir(), 'potluck-search-'))));
after(() => rmSync(folder, { recursive: true, force: true }));

function segmentOf(model: ModelFolder, updatedAtMs = 1000): string {
  const file = path.join(folder, `${made++}-1.segment`);
  const writer = new SegmentWriter(file);
  feed(model, writer);
  writer.finish(updatedAtMs);
  return file;
}

interface Known {
  key: string;
  entry: PlainEntry;
  rank: Rank;
}

function expected(shares: ReadonlyMap<string, ModelFolder>, query: Query): Known[] {
  const found = [...shares].flatMap(([key, model]) =>
    entriesOf(model).flatMap((entry): Known[] => {
      const rank = rankOf(entry, query);
      return rank === undefined ? [] : [{ key, entry, rank }];
    }),
  );
  return found.sort((one, other) => byRank(one.rank, other.rank));
}

const nameOf = ({ key, path: at, kind }: { key: string; path: string; kind: string }): string => `${key}:${kind}:${at}`;

/** The engine's whole answer against the plain one: the same set, in an order that its ranks allow. */
async function check(engine: SearchEngine, shares: ReadonlyMap<string, ModelFolder>, text: string): Promise<number> {
  const query = parseQuery(text, { nowMs });
  const plain = expected(shares, query);
  const signal = new AbortController().signal;
  const found = await engine.query(query, { offset: 0, limit: 100_000, signal });
  const exact = found.hits.filter(({ isFuzzy }) => !isFuzzy);
  assert.equal(exact.length, plain.length, `${text}: number of hits`);
  assert.equal(found.total, found.hits.length, `${text}: total`);
  const byName = new Map(plain.map((known) => [nameOf({ key: known.key, ...known.entry }), known]));
  assert.equal(byName.size, plain.length);
  for (const [at, hit] of exact.entries()) {
    const known = byName.get(nameOf(hit));
    assert.ok(known, `${text}: ${nameOf(hit)} was found`);
    assert.deepEqual(known.rank, plain[at]?.rank, `${text}: place ${at} of ${nameOf(hit)}`);
    assert.equal(hit.sizeBytes, known.entry.sizeBytes);
    assert.equal(hit.mtimeMs, known.entry.mtimeMs);
    byName.delete(nameOf(hit));
  }
  assert.equal(found.isFuzzy, found.hits.length > exact.length);
  checkNear(found.hits.slice(exact.length), shares, { text, query, known: plain });
  return plain.length;
}

/** What comes after the exact matches. */
function checkNear(
  hits: readonly RawHit[],
  shares: ReadonlyMap<string, ModelFolder>,
  { text, query, known }: { text: string; query: Query; known: readonly Known[] },
): void {
  const isOffered =
    known.length < 10 && query.terms.some((term) => /^[a-z0-9\u0080-\uffff]+$/.test(term) && Buffer.byteLength(term) >= 3);
  if (!isOffered) return assert.equal(hits.length, 0, `${text}: nothing similar`);
  const near = (withLetters: boolean): Map<string, Rank> => {
    const found = new Map<string, Rank>();
    for (const [key, model] of shares)
      for (const entry of entriesOf(model)) {
        const rank = nearRankOf(entry, query, withLetters);
        if (rank !== undefined) found.set(nameOf({ key, ...entry }), rank);
      }
    return found;
  };
  const edits = near(false);
  const plain = edits.size >= 10 ? edits : near(true);
  for (const { key, entry } of known) assert.ok(plain.delete(nameOf({ key, ...entry })), `${text}: exact ones are near, too`);
  const ranks = [...plain.values()].sort(byRank);
  assert.equal(hits.length, Math.min(200, plain.size), `${text}: similar ones`);
  for (const [at, hit] of hits.entries()) {
    assert.ok(hit.isFuzzy);
    assert.deepEqual(hit.matches, []);
    assert.deepEqual(plain.get(nameOf(hit)), ranks[at], `${text}: similar, place ${at}: ${nameOf(hit)}`);
    plain.delete(nameOf(hit));
  }
}

async function withEngine(body: (engine: SearchEngine) => Promise<void>): Promise<void> {
  const engine = new SearchEngine({ log: silentLog });
  try {
    await body(engine);
  } finally {
    await engine.close();
  }
}

test('500 random queries over several shares find what a look at every entry finds, in that order', async () => {
  const seed = Number(process.env['SEED'] ?? 1);
  const random = seededRandom(seed);
  const shares = new Map(['b/1', 'a/1', 'a/2'].map((key) => [key, namedTree(random, 500)]));
  await withEngine(async (engine) => {
    for (const [key, model] of shares) engine.put(key, { segmentPath: segmentOf(model), overlay: undefined });
    await engine.searchable();
    let found = 0;
    for (let count = 0; count < 500; count++) if ((await check(engine, shares, randomQuery(random))) > 0) found++;
    assert.ok(found > 250, `seed ${seed}: only ${found} queries found something`);
  });
});

test('with a typo, what was meant is found', async () => {
  const file = { sizeBytes: 1, mtimeMs: 1 };
  const names = ['Holiday.jpg', 'project-plan.md', 'report.pdf', 'notes.txt', 'über uns.txt'];
  const model: ModelFolder = { folders: new Map(), files: new Map(names.map((name) => [name, file])) };
  model.folders.set('Photos', { mtimeMs: 1, folder: { folders: new Map(), files: new Map([['x.raw', file]]) } });
  const signal = new AbortController().signal;
  await withEngine(async (engine) => {
    engine.put('a/1', { segmentPath: segmentOf(model), overlay: undefined });
    await engine.searchable();
    const found = async (text: string): Promise<string[]> =>
      (await engine.query(parseQuery(text), { offset: 0, limit: 10, signal })).hits.map((hit) => hit.path);
    assert.deepEqual(await found('holidya'), ['Holiday.jpg']);
    assert.deepEqual(await found('hoilday'), ['Holiday.jpg']);
    assert.deepEqual(await found('holday'), ['Holiday.jpg']);
    assert.deepEqual(await found('hooliday'), ['Holiday.jpg']);
    assert.deepEqual(await found('rxport pdf'), ['report.pdf']);
    assert.deepEqual(await found('prjplan'), ['project-plan.md']);
    assert.deepEqual(await found('phtoos'), ['Photos', 'Photos/x.raw']);
    assert.deepEqual(await found('holidax -jpg'), []);
    assert.deepEqual(await found('zzzzz'), []);
  });
});

test('similar names are paged after the exact ones', async () => {
  const files = Array.from({ length: 30 }, (_, at) => [`beech${at}.txt`, { sizeBytes: 1, mtimeMs: at * 1e6 }] as const);
  const model: ModelFolder = { folders: new Map(), files: new Map([...files, ['beach.txt', { sizeBytes: 1, mtimeMs: 1 }]]) };
  const signal = new AbortController().signal;
  await withEngine(async (engine) => {
    engine.put('a/1', { segmentPath: segmentOf(model), overlay: undefined });
    await engine.searchable();
    const query = parseQuery('beach');
    const whole = await engine.query(query, { offset: 0, limit: 100, signal });
    assert.equal(whole.total, 31);
    assert.deepEqual([whole.hits[0]?.path, whole.hits[1]?.path], ['beach.txt', 'beech29.txt']);
    const paged: RawHit[] = [];
    while (paged.length < 31) paged.push(...(await engine.query(query, { offset: paged.length, limit: 7, signal })).hits);
    assert.deepEqual(paged, whole.hits);
  });
});

test('changes over the segment are found, and what they hide is not', async () => {
  const seed = Number(process.env['SEED'] ?? 2);
  const random = seededRandom(seed);
  await withEngine(async (engine) => {
    const shares = new Map(['a/1', 'a/2'].map((key) => [key, namedTree(random, 700)]));
    for (const [key, model] of shares) engine.put(key, { segmentPath: segmentOf(model), overlay: undefined });
    await engine.searchable();
    for (let round = 0; round < 40; round++) {
      for (const [key, before] of shares) {
        const { model, delta } = randomChange(before, random);
        if (delta === undefined) continue;
        engine.change(key, delta);
        shares.set(key, model);
      }
      for (const text of ['kind:folder', 'size>=0', 'a', randomQuery(random), randomQuery(random), 'n', 'f'])
        await check(engine, shares, text).catch((error: unknown) => {
          throw new Error(`seed ${seed}, round ${round}`, { cause: error });
        });
    }
  });
});

test('pages join to the whole answer, also far down', async () => {
  const random = seededRandom(3);
  const shares = new Map(['a/1', 'a/2'].map((key) => [key, namedTree(random, 3000)]));
  await withEngine(async (engine) => {
    for (const [key, model] of shares) engine.put(key, { segmentPath: segmentOf(model), overlay: undefined });
    await engine.searchable();
    const signal = new AbortController().signal;
    for (const text of ['a', 'photo', 'a -e', 'ext:pdf']) {
      const query = parseQuery(text);
      const whole = await engine.query(query, { offset: 0, limit: 100_000, signal });
      const paged: RawHit[] = [];
      while (paged.length < whole.total) {
        const page = await engine.query(query, { offset: paged.length, limit: 97, signal });
        assert.equal(page.total, whole.total);
        assert.ok(page.hits.length > 0);
        paged.push(...page.hits);
      }
      assert.deepEqual(paged, whole.hits);
      assert.deepEqual((await engine.query(query, { offset: whole.total, limit: 10, signal })).hits, []);
    }
  });
});

test('only the shares that were named are searched, and a removed one not', async () => {
  const model = namedTree(seededRandom(4), 50);
  const signal = new AbortController().signal;
  await withEngine(async (engine) => {
    for (const key of ['a/1', 'b/1']) engine.put(key, { segmentPath: segmentOf(model), overlay: undefined });
    await engine.searchable();
    assert.ok(engine.isReady('a/1'));
    const query = parseQuery('kind:file');
    const both = await engine.query(query, { offset: 0, limit: 1000, signal });
    const one = await engine.query(query, { keys: ['b/1'], offset: 0, limit: 1000, signal });
    assert.equal(both.total, 2 * one.total);
    assert.ok(one.hits.every(({ key }) => key === 'b/1'));
    engine.remove('b/1');
    assert.equal((await engine.query(query, { keys: ['b/1'], offset: 0, limit: 1000, signal })).total, 0);
    assert.ok(!engine.isReady('b/1'));
  });
});

test('the recently added are files, newest first, none newer than the index it came with', async () => {
  const model: ModelFolder = { folders: new Map(), files: new Map() };
  for (const [name, mtimeMs] of [
    ['old', 1e9],
    ['new', 5e9],
    ['future', 9e12],
  ] as const)
    model.files.set(name, { sizeBytes: 1, mtimeMs });
  model.folders.set('folder', { mtimeMs: 8e9, folder: { folders: new Map(), files: new Map() } });
  const later: ModelFolder = { folders: new Map(), files: new Map([['later', { sizeBytes: 1, mtimeMs: 7e9 }]]) };
  const signal = new AbortController().signal;
  await withEngine(async (engine) => {
    engine.put('a/1', { segmentPath: segmentOf(model, 6e9), overlay: undefined });
    engine.put('a/2', { segmentPath: segmentOf(later, 9e9), overlay: undefined });
    await engine.searchable();
    const page = await engine.recent({ offset: 0, limit: 10, signal });
    assert.deepEqual(
      page.hits.map((hit) => hit.path),
      ['later', 'future', 'new', 'old'],
    );
    assert.equal(page.total, 4);
    const delta: Delta = {
      updatedAtMs: 9.5e9,
      counts: { ...modelCounts(model), fileCount: 4 },
      folders: [{ path: '', mtimeMs: 0, removed: [], set: [{ name: 'added', kind: 'file', sizeBytes: 1, mtimeMs: 9.4e9 }] }],
    };
    engine.change('a/1', delta);
    assert.deepEqual(
      (await engine.recent({ offset: 0, limit: 2, signal })).hits.map((hit) => hit.path),
      ['future', 'added'],
    );
  });
});

test('matches say where in the path the terms are', async () => {
  const file = { sizeBytes: 1, mtimeMs: 1 };
  const model: ModelFolder = { folders: new Map(), files: new Map([['Beach İ ΟΔΟΣ Beach.txt', file]]) };
  model.folders.set('Holiday 🍲', { mtimeMs: 1, folder: { folders: new Map(), files: new Map([['Ärger.txt', file]]) } });
  const signal = new AbortController().signal;
  const shown = (hit: RawHit | undefined): string[] | undefined => hit?.matches.map(([start, end]) => hit.path.slice(start, end));
  await withEngine(async (engine) => {
    engine.put('a/1', { segmentPath: segmentOf(model), overlay: undefined });
    await engine.searchable();
    const first = async (text: string) => (await engine.query(parseQuery(text), { offset: 0, limit: 10, signal })).hits[0];
    assert.deepEqual(shown(await first('ärg HOLI')), ['Holi', 'Ärg']);
    assert.deepEqual(shown(await first('οδοσ beach')), ['Beach', 'ΟΔΟΣ']);
    assert.deepEqual(shown(await first('🍲/ärger')), ['🍲/Ärger']);
    assert.deepEqual(shown(await first('οδο ach')), ['ach', 'ΟΔΟ']);
  });
});

test('a damaged search file is made anew, and the share found again', async () => {
  const model = namedTree(seededRandom(5), 2000);
  const segmentPath = segmentOf(model);
  const shares = new Map([['a/1', model]]);
  const signal = new AbortController().signal;
  await withEngine(async (engine) => {
    engine.put('a/1', { segmentPath, overlay: undefined });
    await engine.searchable();
  });
  const file = searchFile(segmentPath);
  const whole = readFileSync(file);
  const damages: Record<string, (bytes: Buffer) => Buffer> = {
    'another version': (bytes) => (bytes.writeUInt32LE(99, 8), bytes),
    'cut off': (bytes) => bytes.subarray(0, bytes.length - 10),
    empty: () => Buffer.alloc(0),
    'a wrong byte in the body': (bytes) => (bytes.writeUInt8(bytes.readUInt8(4096) ^ 1, 4096), bytes),
    'a wrong byte in the page table': (bytes) => (
      bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1),
      bytes
    ),
  };
  for (const [name, damage] of Object.entries(damages)) {
    writeFileSync(file, damage(Buffer.from(whole)));
    const lines: string[] = [];
    const engine = new SearchEngine({ log: createLog(({ message }) => lines.push(message)) });
    try {
      engine.put('a/1', { segmentPath, overlay: undefined });
      await engine.searchable();
      await engine.query(parseQuery('size>=0'), { offset: 0, limit: 1, signal });
      await engine.searchable();
      assert.ok((await check(engine, shares, 'a')) > 0, name);
      assert.ok(readFileSync(file).equals(whole), name);
      assert.equal(lines.length, name.includes('body') ? 1 : 0, `${name}: ${lines.join('; ')}`);
    } finally {
      await engine.close();
    }
  }
});

test('a share whose search file cannot be made is left out, with a line in the log; the others are searched', async () => {
  const model = namedTree(seededRandom(6), 20);
  const [good, bad] = [segmentOf(model), segmentOf(model)];
  // A folder in the file's place stands for a full or read-only disk.
  mkdirSync(searchFile(bad));
  const lines: string[] = [];
  const engine = new SearchEngine({ log: createLog(({ message }) => lines.push(message)) });
  try {
    engine.put('a/good', { segmentPath: good, overlay: undefined });
    engine.put('a/bad', { segmentPath: bad, overlay: undefined });
    engine.put('a/gone', { segmentPath: path.join(folder, 'nowhere.segment'), overlay: undefined });
    await engine.searchable();
    assert.deepEqual(
      ['a/good', 'a/bad', 'a/gone'].map((key) => engine.isReady(key)),
      [true, false, false],
    );
    assert.ok((await check(engine, new Map([['a/good', model]]), 'a')) > 0);
    assert.equal(lines.length, 2);
    assert.ok(!existsSync(`${searchFile(bad)}.new`));
  } finally {
    await engine.close();
  }
});

test('a cancelled query rejects at once; closing ends what waits', async () => {
  const model = namedTree(seededRandom(7), 100);
  const engine = new SearchEngine({ log: silentLog });
  engine.put('a/1', { segmentPath: segmentOf(model), overlay: undefined });
  const controller = new AbortController();
  const asked = engine.query(parseQuery('a'), { offset: 0, limit: 1, signal: controller.signal });
  controller.abort();
  await assert.rejects(asked, { kind: 'cancelled' });
  const waiting = engine.query(parseQuery('a'), { offset: 0, limit: 1, signal: new AbortController().signal });
  const closed = assert.rejects(waiting, { kind: 'unavailable' });
  await engine.close();
  await closed;
  const late = engine.query(parseQuery('a'), { offset: 0, limit: 1, signal: new AbortController().signal });
  await assert.rejects(late, { kind: 'unavailable' });
});
