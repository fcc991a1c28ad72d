// Messages between the board's page and its host: what is one passes, what is forged or ill-typed does not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boardMaxima, parseFromBoard, parseToBoard, type TransferRow } from '../../../src/protocol/board.ts';

const session = 'secret';
const row: TransferRow = {
  ...{ id: 'd/1', isUpload: false, state: 'running', name: 'n', peer: 'p', said: 's', size: '1 B' },
  ...{ permille: 10, bytesPerSecond: 1, rank: 1 },
};

test('messages of the page pass as they are', () => {
  for (const message of [
    { session, type: 'ready' },
    { session, type: 'select', id: '' },
    { session, type: 'act', action: 'pause', id: 'd/1' },
    { session, type: 'run', command: 'join' },
  ])
    assert.equal(parseFromBoard(message, session), message);
});

test('messages of the host pass as they are', () => {
  const sample = [1, 2, 3];
  for (const message of [
    { session, type: 'start', language: 'de', texts: { rate: '{0}/s' }, samples: [sample] },
    { session, type: 'rows', isFirst: true, isMore: false, rows: [row], removed: ['d/2'] },
    { session, type: 'rate', sample, down: '', up: '', left: '' },
    { session, type: 'detail', id: 'd/1', title: '', said: '', sources: [], maps: [], actions: ['open'] },
  ])
    assert.equal(parseToBoard(message, session), message);
});

test('a message without the session of the page, or with another one, is refused', () => {
  assert.equal(parseFromBoard({ type: 'ready' }, session), undefined);
  assert.equal(parseFromBoard({ type: 'ready', session: 'guess' }, session), undefined);
  assert.equal(parseFromBoard({ type: 'ready', session: '' }, ''), undefined);
  assert.equal(
    parseToBoard({ type: 'rows', isFirst: true, isMore: false, rows: [], removed: [], session: 'guess' }, session),
    undefined,
  );
});

test('ill-typed, unknown and oversized messages are refused', () => {
  const wrong: unknown[] = [
    ...[undefined, null, 1, 'ready', [], [{ session, type: 'ready' }], { session }],
    ...[
      { session, type: 'ready', more: 1 },
      { session, type: 'eval', code: '1' },
      { session, type: 'run', command: 'workbench.action.quit' },
    ],
    ...[
      { session, type: 'run', command: '__proto__' },
      { session, type: 'act', action: 'constructor', id: 'd/1' },
    ],
    ...[
      { session, type: 'act', action: 'pause', id: 1 },
      { session, type: 'select', id: 'x'.repeat(boardMaxima.id + 1) },
    ],
    JSON.parse('{"session":"secret","type":"select","__proto__":{"id":"d/1"}}'),
    Object.create({ session, type: 'ready' }),
  ];
  for (const message of wrong) assert.equal(parseFromBoard(message, session), undefined, JSON.stringify(message));
  const rows = (changed: object): unknown => ({
    session,
    type: 'rows',
    isFirst: false,
    isMore: false,
    rows: [{ ...row, ...changed }],
    removed: [],
  });
  for (const message of [
    rows({ permille: 1001 }),
    rows({ rank: Number.NaN }),
    rows({ state: 'sleeping' }),
    rows({ name: 'x'.repeat(boardMaxima.text + 1) }),
    {
      session,
      type: 'rows',
      isFirst: false,
      isMore: false,
      rows: Array.from({ length: boardMaxima.rows + 1 }, () => row),
      removed: [],
    },
    { session, type: 'start', language: 'en', texts: { a: 1 }, samples: [] },
  ])
    assert.equal(parseToBoard(message, session), undefined);
});
