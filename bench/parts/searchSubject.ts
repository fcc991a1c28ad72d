// One subject of the search bench in a process of its own, since memory is a figure: `searchSubject.ts SUBJECT FOLDER FILES SHARES EACH`.
// `prepare` writes the generated shares' segments and the query mix into the folder; each other subject indexes the same names, runs the mix,
// and prints one JSON object: build time, memory before and after, milliseconds and total of each query.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import MiniSearch from 'minisearch';
import { SegmentWriter } from '../../src/sidecar/catalog/index/segmentWriter.ts';
import { SearchEngine } from '../../src/sidecar/catalog/search/engine.ts';
import { parseQuery } from '../../src/sidecar/catalog/search/query.ts';
import { silentLog } from '../../src/sidecar/log.ts';
import { generateIndex, generateTree } from './generatedTree.ts';
import { queryMix, type MixedQuery } from './queryMix.ts';

export interface SubjectResult {
  buildMs: number;
  /** Resident memory in MB: with everything loaded and nothing indexed, and after the queries. */
  beforeMb: number;
  afterMb: number;
  queries: { kind: string; text: string; ms: number; total: number }[];
}

interface Subject {
  search(text: string): Promise<number>;
  close(): Promise<void>;
}

const [name = '', folder = '', files = '0', shares = '1', each = '50'] = process.argv.slice(2);
/** Hits of a page, as the quick pick asks. */
const limit = 50;
/** Trees by seed: the first is the one that queries are drawn from. */
const trees = Array.from({ length: Number(shares) }, (_, at) => ({ files: Number(files) / Number(shares), seed: at + 1 }));
const mixFile = path.join(folder, 'mix.json');
const makers: Record<string, () => Promise<Subject>> = { potluck, minisearch, fts5 };

void main();

async function main(): Promise<void> {
  if (name === 'prepare') prepare();
  else await measure();
  process.exit();
}

/** The index files that scanning or syncing would have left. */
function prepare(): void {
  for (const tree of trees) {
    const writer = new SegmentWriter(segmentOf(tree.seed));
    generateIndex(tree, writer);
    writer.finish(Date.now());
    writer.close();
  }
  const [first] = trees;
  writeFileSync(mixFile, JSON.stringify(first === undefined ? [] : queryMix(first, Number(each))));
}

function segmentOf(seed: number): string {
  return path.join(folder, `${seed}-1.segment`);
}

async function measure(): Promise<void> {
  const make = makers[name];
  if (make === undefined) throw new Error(`There is no subject ${name}.`);
  const all = JSON.parse(readFileSync(mixFile, 'utf8')) as MixedQuery[];
  // Slow subjects are asked fewer of each kind.
  const counts = new Map<string, number>();
  const mix = all.filter(({ kind }) => {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return (counts.get(kind) ?? 0) <= Number(each);
  });
  const beforeMb = rssMb();
  const startedMs = performance.now();
  const subject = await make();
  const buildMs = performance.now() - startedMs;
  const queries: SubjectResult['queries'] = [];
  // The first queries of a process compile its code; a person's first does, too, but only once.
  for (const { text } of mix.filter((_, at) => at % 10 === 0)) await subject.search(text);
  for (const { kind, text } of mix) {
    const queryMs = performance.now();
    const total = await subject.search(text);
    queries.push({ kind, text, ms: performance.now() - queryMs, total });
  }
  const result: SubjectResult = { buildMs, beforeMb, afterMb: rssMb(), queries };
  await subject.close();
  console.log(JSON.stringify(result));
}

function rssMb(): number {
  return process.memoryUsage.rss() / 1e6;
}

async function potluck(): Promise<Subject> {
  const engine = new SearchEngine({ log: silentLog });
  for (const { seed } of trees) engine.put(`share ${seed}`, { segmentPath: segmentOf(seed), overlay: undefined });
  await engine.searchable();
  return {
    search: async (text) => {
      const { total } = await engine.query(parseQuery(text), { offset: 0, limit, signal: new AbortController().signal });
      return total;
    },
    close: () => engine.close(),
  };
}

/** https://lucaong.github.io/minisearch/: words with prefix and fuzzy matching over names and folders, in memory. */
async function minisearch(): Promise<Subject> {
  const index = new MiniSearch<{ id: number; name: string; folder: string }>({ fields: ['name', 'folder'], idField: 'id' });
  let id = 0;
  for (const tree of trees)
    generateTree(tree, (at, content) => index.addAll(content.files.map((file) => ({ id: id++, name: file.name, folder: at }))));
  return {
    search: (text) =>
      Promise.resolve(
        index.search(text, { prefix: true, combineWith: 'AND', fuzzy: (term) => (term.length > 4 ? 1 : false) }).length,
      ),
    close: () => Promise.resolve(),
  };
}

/** SQLite's FTS5 with its trigram tokenizer: substrings of three and more, on disk, ranked by bm25. https://sqlite.org/fts5.html */
async function fts5(): Promise<Subject> {
  const database = new DatabaseSync(path.join(folder, 'fts.db'));
  database.exec(`PRAGMA journal_mode = off; PRAGMA synchronous = off;
    CREATE VIRTUAL TABLE entry USING fts5 (name, folder, tokenize = 'trigram', detail = 'full')`);
  const insert = database.prepare('INSERT INTO entry (name, folder) VALUES (?, ?)');
  database.exec('BEGIN');
  for (const tree of trees) generateTree(tree, (at, content) => content.files.forEach((file) => insert.run(file.name, at)));
  database.exec('COMMIT');
  const quoted = (text: string): string =>
    text
      .split(' ')
      .map((term) => `"${term.replaceAll('"', '""')}"`)
      .join(' AND ');
  const page = database.prepare('SELECT rowid FROM entry WHERE entry MATCH ? ORDER BY rank LIMIT ?');
  const count = database.prepare('SELECT count(*) AS total FROM entry WHERE entry MATCH ?');
  // Below three letters a trigram index has nothing to look up: LIKE reads all.
  const like = database.prepare(
    `SELECT count(*) AS total FROM entry WHERE name LIKE '%' || ? || '%' OR folder LIKE '%' || ? || '%'`,
  );
  return {
    search: (text) => {
      if (text.length < 3) return Promise.resolve(Number(like.get(text, text)?.['total']));
      page.all(quoted(text), limit);
      return Promise.resolve(Number(count.get(quoted(text))?.['total']));
    },
    close: () => {
      database.close();
      return Promise.resolve();
    },
  };
}
