import assert from 'node:assert/strict';
import test from 'node:test';
import type { SearchHit, SearchPage, WatchedSearch } from '../../../../src/protocol/model.ts';
import type { Notifications } from '../../../../src/protocol/rpc.ts';
import { catalogHandlers } from '../../../../src/sidecar/api/catalog.ts';
import type { Caller } from '../../../../src/sidecar/api/handlers.ts';
import { searchHandlers } from '../../../../src/sidecar/api/search.ts';

const empty: SearchPage = { hits: [], total: 0, isFuzzy: false, searchedShares: 0, missingShares: 0, tookMs: 0 };

interface Client {
  caller: Caller;
  told: Notifications['search/live'][];
  leave: () => void;
}

function client(): Client {
  const gone = new AbortController();
  const told: Notifications['search/live'][] = [];
  const caller: Caller = {
    notify: (_method, params) => void told.push(params as Notifications['search/live']),
    subscribeToLog: () => undefined,
    gone: gone.signal,
  };
  return { caller, told, leave: () => gone.abort() };
}

interface Running {
  text: string;
  signal: AbortSignal;
  onHits(hits: SearchHit[], isDone: boolean): void;
}

function scene() {
  const running: Running[] = [];
  const pages: object[] = [];
  const none = async (): Promise<never> => Promise.reject(new Error('not asked'));
  const watch: WatchedSearch = { watchId: 'x' as never, query: 'q', addedAtMs: 0, total: 0, newCount: 0, newHits: [] };
  const handlers = searchHandlers({
    search: {
      query: async (text, { offset, limit }) => {
        pages.push({ text, offset, limit });
        return empty;
      },
    },
    live: { start: (text, options) => void running.push({ text, ...options }) },
    watches: { list: async () => [watch], add: async (text) => ({ ...watch, query: text }), remove: () => undefined, seen: none },
  });
  const query = async (caller: Caller, liveToken?: string, signal = new AbortController().signal) =>
    handlers['search/query']({ query: 'q', ...(liveToken !== undefined && { liveToken }) }, { caller, signal });
  return { handlers, running, pages, query };
}

test('a live search is started only with a token, and tells only who asked', async () => {
  const { query, running } = scene();
  const [one, other] = [client(), client()];
  assert.deepEqual(await query(one.caller), empty);
  assert.equal(running.length, 0);
  await query(one.caller, 'a');
  await query(other.caller, 'a');
  running[0]?.onHits([], true);
  assert.deepEqual(one.told, [{ liveToken: 'a', hits: [], isDone: true }]);
  assert.deepEqual(other.told, []);
});

test('a live search ends with its request, with the client, and with the next one of the same token', async () => {
  const { query, running } = scene();
  const { caller, leave, told } = client();
  const abort = new AbortController();
  await query(caller, 'a', abort.signal);
  abort.abort();
  assert.equal(running[0]?.signal.aborted, true);
  await query(caller, 'b');
  await query(caller, 'b');
  assert.deepEqual([running[1]?.signal.aborted, running[2]?.signal.aborted], [true, false]);
  assert.deepEqual(told, [], 'the token goes on');
  leave();
  assert.equal(running[2]?.signal.aborted, true);
});

test('a client has at most four live searches; one more ends the oldest, and says so', async () => {
  const { query, running } = scene();
  const { caller, told } = client();
  for (const token of ['a', 'b', 'c', 'd']) await query(caller, token);
  running[1]?.onHits([], true);
  await query(caller, 'e');
  assert.ok(
    running.every(({ signal }) => !signal.aborted),
    'one of them was done',
  );
  await query(caller, 'f');
  assert.equal(running[0]?.signal.aborted, true);
  assert.deepEqual(told.at(-1), { liveToken: 'a', hits: [], isDone: true });
});

test('pages and queries are bounded', async () => {
  const { handlers, pages } = scene();
  const call = { caller: client().caller, signal: new AbortController().signal };
  await handlers['search/query']({ query: 'q', offset: 5, limit: 7 }, call);
  await handlers['search/query']({ query: 'q' }, call);
  assert.deepEqual(pages, [
    { text: 'q', offset: 5, limit: 7 },
    { text: 'q', offset: 0, limit: 1000 },
  ]);
  const refused: object[] = [
    {},
    { query: 5 },
    { query: 'q'.repeat(257) },
    { query: 'q', limit: 0 },
    { query: 'q', limit: 1001 },
    { query: 'q', offset: -1 },
    { query: 'q', liveToken: 7 },
    { query: 'q', liveToken: 't'.repeat(129) },
  ];
  for (const fields of refused)
    await assert.rejects(async () => handlers['search/query']({ ...fields }, call), { kind: 'invalid-argument' });
  await assert.rejects(async () => handlers['watches/remove']({ watchId: '../x' }, call), { kind: 'invalid-argument' });
  await assert.rejects(async () => handlers['watches/seen']({}, call), { kind: 'invalid-argument' });
});

test('listing goes to whom its order asks for', async () => {
  const asked: string[] = [];
  const page = { entries: [], total: 0 };
  const handlers = catalogHandlers({
    catalog: { shares: () => [], list: () => (asked.push('index'), page), stat: () => undefined },
    sorted: { list: async () => (asked.push('editor'), page) },
    merged: { list: async (path, { limit }) => (asked.push(`merged ${path} ${limit}`), page) },
    details: { of: async () => ({ fields: {} }), holders: async () => [] },
    search: { recent: async ({ peerId, limit }) => (asked.push(`recent ${peerId ?? 'all'} ${limit}`), { hits: [], total: 0 }) },
  });
  const call = { caller: client().caller, signal: new AbortController().signal };
  const entry = { peerId: 'y'.repeat(52), shareId: 'y'.repeat(26), path: '' };
  await handlers['catalog/list']({ entry }, call);
  await handlers['catalog/list']({ entry, order: 'editor' }, call);
  await handlers['catalog/merged']({ path: 'A/b', limit: 9 }, call);
  await handlers['catalog/recent']({ peerId: entry.peerId }, call);
  await handlers['catalog/recent']({ limit: 3 }, call);
  assert.deepEqual(asked, ['index', 'editor', 'merged A/b 9', `recent ${entry.peerId} 1000`, 'recent all 3']);
  for (const fields of [{ entry, order: 'size' }, { entry, limit: 10_001 }, { entry: { ...entry, path: '../x' } }])
    await assert.rejects(async () => handlers['catalog/list'](fields, call), { kind: 'invalid-argument' });
  await assert.rejects(async () => handlers['catalog/merged']({}, call), { kind: 'invalid-argument' });
  await assert.rejects(async () => handlers['catalog/recent']({ limit: 1001 }, call), { kind: 'invalid-argument' });
  await assert.rejects(async () => handlers['catalog/stat']({ entry }, call), { kind: 'not-found' });
});
