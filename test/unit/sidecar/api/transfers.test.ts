// What clients may ask of transfers, and what is refused before anybody is asked.

import assert from 'node:assert/strict';
import test from 'node:test';
import { AppError } from '../../../../src/protocol/errors.ts';
import { type TransferParts, transferHandlers } from '../../../../src/sidecar/api/transfers.ts';
import type { Call } from '../../../../src/sidecar/api/handlers.ts';

const none = (): never => assert.fail('not asked');
const call: Call = (() => {
  const caller = { notify: none, subscribeToLog: none, gone: new AbortController().signal };
  return { caller, signal: caller.gone };
})();

/** Parts that fail the test when they are asked anything. */
function parts(more: Partial<TransferParts> = {}): TransferParts {
  const steering = { pause: none, resume: none, prioritize: none, move: none };
  return {
    fetches: { fetch: none, fetchRange: none },
    downloads: { add: none, list: none, cancel: none, retry: none, clear: none, ...steering },
    uploads: { list: none, refuse: none, allow: none, refused: none },
    history: { list: none, clear: none, totals: none },
    rates: none,
    catalog: { list: none, stat: none },
    held: { find: none },
    holderOf: none,
    ...more,
  };
}

test('what is not found because its index is not here yet says so; what is gone says that', async () => {
  let isIndexHere = false;
  const gone = async (): Promise<never> => Promise.reject(new AppError('not-found', 'It is not shared any more.'));
  const given = parts();
  const handlers = transferHandlers({
    ...given,
    fetches: { fetch: gone, fetchRange: gone },
    downloads: { ...given.downloads, add: gone },
    catalog: {
      list: ({ path }) => {
        assert.equal(path, '');
        if (!isIndexHere) throw new AppError('unavailable', 'The index is not here yet.');
        return { entries: [], total: 0 };
      },
      stat: none,
    },
  });
  const entry = { peerId: 'y'.repeat(52), shareId: 'y'.repeat(26), path: 'a/b' };
  for (const kind of ['unavailable', 'not-found']) {
    await assert.rejects(async () => handlers['files/fetch']({ entry }, call), { kind });
    await assert.rejects(async () => handlers['files/fetchRange']({ entry, offset: 0, length: 1 }, call), { kind });
    await assert.rejects(async () => handlers['downloads/add']({ entry }, call), { kind });
    isIndexHere = true;
  }
});

const downloadId = 'y'.repeat(26);
const peerId = 'y'.repeat(52);
const entry = { peerId, shareId: 'y'.repeat(26), path: 'a' };

const hostile: [method: keyof ReturnType<typeof transferHandlers>, fields: Record<string, unknown>][] = [
  ['downloads/add', {}],
  ['downloads/add', { entry: { ...entry, path: '../up' } }],
  ['downloads/add', { entry: { ...entry, path: 'a/\u0000' } }],
  ['downloads/add', { entry: { ...entry, peerId: 7 } }],
  ['downloads/add', { entry, folder: 'relative' }],
  ['downloads/add', { entry, folder: '/a\0b' }],
  ['downloads/add', { entry, conflict: 'delete' }],
  ['downloads/add', { entry, conflict: 'constructor' }],
  ['downloads/add', { entry, conflict: ['skip'] }],
  ['downloads/add', { entry, priority: 'urgent' }],
  ['downloads/add', { entry, priority: 1 }],
  ['downloads/add', { entry, isPaused: 'no' }],
  ['downloads/add', { entry, isPaused: 1 }],
  ['downloads/cancel', {}],
  ['downloads/cancel', { downloadId: '../../x' }],
  ['downloads/retry', { downloadId: 5 }],
  ['downloads/pause', { downloadId: '' }],
  ['downloads/pause', { downloadId: null }],
  ['downloads/resume', { downloadId: {} }],
  ['downloads/prioritize', { downloadId }],
  ['downloads/prioritize', { downloadId, priority: '__proto__' }],
  ['downloads/prioritize', { priority: 'high' }],
  ['downloads/move', { downloadId }],
  ['downloads/move', { downloadId, to: -1 }],
  ['downloads/move', { downloadId, to: 'toString' }],
  ['downloads/clear', { downloadId: 'all' }],
  ['uploads/refuse', {}],
  ['uploads/refuse', { peerId: 'x' }],
  ['uploads/refuse', { peerId, reason: 'x'.repeat(129) }],
  ['uploads/refuse', { peerId, reason: 5 }],
  ['uploads/allow', { peerId: [peerId] }],
  ['transfers/history', { direction: 'both' }],
  ['transfers/history', { offset: -1 }],
  ['transfers/history', { offset: 1.5 }],
  ['transfers/history', { limit: 1001 }],
  ['transfers/history', { limit: Infinity }],
  ['transfers/history', { entry: { ...entry, path: '../up' } }],
  ['transfers/history', { entry: null }],
  ['transfers/history', { contentId: 'x' }],
  ['downloads/marks', {}],
  ['downloads/marks', { entries: 'all' }],
  ['downloads/marks', { entries: [entry, { ...entry, path: '../up' }] }],
  ['downloads/marks', { entries: Array(1001).fill(entry) }],
];

test('what makes no sense is refused by its name, and nobody is asked', async () => {
  const handlers = transferHandlers(parts());
  for (const [method, fields] of hostile) {
    await assert.rejects(
      async () => handlers[method](fields, call),
      { kind: 'invalid-argument' },
      `${method} ${JSON.stringify(fields)}`,
    );
  }
});

test('what is wanted of a download reaches the queue as it was said', async () => {
  const heard: unknown[] = [];
  const given = parts();
  const busy = (...what: unknown[]): Promise<never> => {
    heard.push(what);
    return Promise.reject(new AppError('busy', 'enough'));
  };
  const handlers = transferHandlers({
    ...given,
    downloads: { ...given.downloads, add: busy, move: busy, pause: busy },
  });
  const wanted = { entry, folder: '/to', conflict: 'overwrite', priority: 'low', isPaused: true };
  for (const ask of [
    () => handlers['downloads/add'](wanted, call),
    () => handlers['downloads/add']({ entry }, call),
    () => handlers['downloads/move']({ downloadId, to: 'top' }, call),
    () => handlers['downloads/pause']({}, call),
  ])
    await assert.rejects(async () => ask(), { kind: 'busy' });
  assert.deepEqual(heard, [
    [entry, { folder: '/to', conflict: 'overwrite', priority: 'low', isPaused: true }],
    [entry, { isPaused: false }],
    [downloadId, 'top'],
    [undefined],
  ]);
});
