import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFromLinkPage, parseToLinkPage } from '../../../src/protocol/linkPage.ts';

const session = 'c0ffee';
const fromPage = (message: unknown) => parseFromLinkPage(ofSession(message), session);
const toPage = (message: unknown) => parseToLinkPage(ofSession(message), session);

function ofSession(message: unknown): unknown {
  return typeof message === 'object' && message !== null && !Array.isArray(message) ? { ...message, session } : message;
}

test('what a page of ours says is understood, without what else stands beside it', () => {
  assert.deepEqual(fromPage({ kind: 'ready', method: 'sidecar/stop' }), { kind: 'ready' });
  assert.deepEqual(fromPage({ kind: 'do', action: 'verify', params: {} }), { kind: 'do', action: 'verify' });
  assert.deepEqual(fromPage({ kind: 'rows', revision: 1, offset: 400 }), { kind: 'rows', revision: 1, offset: 400 });
  const file = { kind: 'file', revision: 0, index: 3, action: 'open' };
  assert.deepEqual(fromPage({ ...file, path: '/etc/passwd' }), file);
});

test('forged and ill-typed messages are refused', () => {
  const forged = [
    ...[null, undefined, 7, 'ready', [], {}, { kind: 'constructor' }, { kind: ['ready'] }],
    ...[
      { kind: 'do' },
      { kind: 'do', action: 'toString' },
      { kind: 'do', action: '__proto__' },
      { kind: 'do', action: ['verify'] },
    ],
    ...[
      { kind: 'rows', revision: 0, offset: -200 },
      { kind: 'rows', revision: 0, offset: 1 },
      { kind: 'rows', offset: 0 },
    ],
    ...[
      { kind: 'rows', revision: 0.5, offset: 0 },
      { kind: 'rows', revision: 0, offset: 2 ** 60 },
      { kind: 'rows', revision: '0', offset: 0 },
    ],
    ...[
      { kind: 'file', revision: 0, index: 0 },
      { kind: 'file', revision: 0, index: NaN, action: 'open' },
    ],
    ...[
      { kind: 'file', revision: 0, index: 0, action: 'run' },
      { kind: 'links/download', text: 'x' },
    ],
  ];
  for (const message of forged) assert.equal(fromPage(message), undefined, JSON.stringify(message));
});

test('a page draws what its host says and nothing else', () => {
  const state = {
    ...{ kind: 'state', revision: 0, title: 'T', facts: ['f'], problem: undefined, warnings: [], said: [], fileCount: 1 },
    ...{ listLabel: 'L', actions: [{ id: 'verify', label: 'V', isMain: false }] },
  };
  const row = { name: 'n', folder: '', size: '1 B', said: '', mood: 'good', action: { id: 'open', label: 'O' } };
  const rows = { kind: 'rows', revision: 0, offset: 0, rows: [row, { ...row, action: undefined }] };
  assert.ok(toPage(state)?.kind === 'state' && toPage(rows)?.kind === 'rows');
  const forged: unknown[] = [
    ...[null, 'state', {}, { kind: 'state' }, { ...state, kind: 'open' }, { ...state, title: { toString: 'x' } }],
    ...[
      { ...state, facts: 'f' },
      { ...state, actions: [{ id: 'run', label: 'R', isMain: true }] },
      { ...state, fileCount: NaN },
    ],
    ...[
      { ...rows, rows: [{ ...row, mood: 'x" onload="' }] },
      { ...rows, rows: [{ ...row, action: null }] },
      { ...rows, rows: {} },
    ],
  ];
  for (const message of forged) assert.equal(toPage(message), undefined, JSON.stringify(message));
});

test('what bears no session, or that of another page, is nobody’s', () => {
  const state = {
    kind: 'state',
    revision: 0,
    title: '',
    facts: [],
    warnings: [],
    said: [],
    fileCount: 0,
    listLabel: '',
    actions: [],
  };
  assert.ok(parseFromLinkPage({ kind: 'ready', session }, session));
  assert.ok(parseToLinkPage({ ...state, session }, session));
  for (const other of [{}, { session: '' }, { session: 'guess' }, { session: ['c0ffee'] }])
    for (const expected of [session, '']) {
      assert.equal(parseFromLinkPage({ kind: 'ready', ...other }, expected), undefined, JSON.stringify(other));
      assert.equal(parseToLinkPage({ ...state, ...other }, expected), undefined, JSON.stringify(other));
    }
});
