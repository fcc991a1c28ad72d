import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RangeReader } from '../../../../src/extension/viewers/rangeReader.ts';
import { kindOfName, kindOfStart } from '../../../../src/extension/viewers/viewerKinds.ts';
import { ViewerHost } from '../../../../src/extension/viewers/viewerHost.ts';
import { viewerPage } from '../../../../src/extension/viewers/viewerPage.ts';
import type { ContentId } from '../../../../src/protocol/ids.ts';
import { parseToHost, parseToPage, type ToPage, viewerMaxima } from '../../../../src/protocol/viewer.ts';
import { limits } from '../../../../src/extension/limits.ts';
import { policyOf } from '../policy.ts';

const bytes = Buffer.from('one\ntwo\nthree\n');

const session = 'secret';

/** `isStuck`: no range ever comes. */
function page({ isStuck = false } = {}) {
  const waiting: ((message: ToPage) => void)[] = [];
  const signals: AbortSignal[] = [];
  const reader = new RangeReader(bytes.length, {
    fetchRange: (offset, length, signal) => {
      signals.push(signal);
      if (isStuck) return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      return Promise.resolve({
        localPath: `${offset} ${length}`,
        sizeBytes: bytes.length,
        mtimeMs: 0,
        contentId: 'a'.repeat(64) as ContentId,
      });
    },
    readFile: (localPath) => {
      const [offset = 0, length = 0] = localPath.split(' ').map(Number);
      return Promise.resolve(bytes.subarray(offset, offset + length));
    },
  });
  const said: ToPage[] = [];
  const host = new ViewerHost({
    ...{ reader, session },
    owner: () => 'Ada',
    post: (message) => {
      assert.deepEqual(parseToPage(message, session), message);
      const { session: _, ...rest } = message;
      said.push(rest);
      waiting.shift()?.(rest);
    },
    opening: { kind: 'text', name: 'n', mime: '', sizeBytes: bytes.length, wholeBytes: 1, texts: {} },
    onDownload: () => undefined,
  });
  const ask = (message: object) =>
    new Promise<ToPage>((resolve) => {
      waiting.push(resolve);
      host.take({ ...message, session });
    });
  return { host, ask, said, signals };
}

const finding = { type: 'find', from: 0, isBackwards: false, isCaseSensitive: false, isHex: false };

test('a page is told what it shows, and given ranges, places of words and lines', async () => {
  const { ask } = page();
  assert.equal((await ask({ type: 'ready' })).type, 'open');
  const read = await ask({ type: 'read', id: 1, offset: 4, length: 3 });
  assert.ok(read.type === 'bytes' && Buffer.from(read.bytes).toString() === 'two');
  const found = await ask({ ...finding, id: 2, query: 'THREE' });
  assert.deepEqual(found, { type: 'found', id: 2, offset: 8, length: 5, isWrapped: false });
  assert.deepEqual(await ask({ ...finding, id: 3, query: 'four' }), { type: 'found', id: 3, length: 0, isWrapped: false });
  assert.deepEqual(await ask({ type: 'goToLine', id: 4, line: -1 }), { type: 'line', id: 4, offset: 8, line: -1 });
  const wrong = await ask({ ...finding, id: 5, query: 'zz', isHex: true });
  assert.equal(wrong.type, 'failed');
});

test('a message without the session of the page, or with another one, is passed over', () => {
  const { host, said } = page();
  const read = { type: 'read', id: 1, offset: 0, length: 1 };
  for (const message of [read, { ...read, session: 'guess' }, { type: 'ready' }, { type: 'download', session: '' }]) {
    assert.equal(parseToHost(message, session), undefined);
    host.take(message);
  }
  assert.equal(parseToHost({ ...read, session: '' }, ''), undefined);
  assert.equal(parseToPage({ type: 'cancelled', id: 1 }, session), undefined);
  assert.equal(parseToPage({ type: 'cancelled', id: 1, session: 'guess' }, session), undefined);
  assert.deepEqual(said, []);
});

test('what is no message of a page is passed over', () => {
  const { host, said } = page();
  const forged: object[] = [
    [],
    {},
    { type: 'read' },
    { type: 'read', id: -1, offset: 0, length: 1 },
    { type: 'read', id: 1, offset: 0, length: viewerMaxima.readBytes + 1 },
    { type: 'read', id: 1, offset: -1, length: 1 },
    { type: 'read', id: 1, offset: 0.5, length: 1 },
    { type: 'read', id: 1, offset: Number.MAX_VALUE, length: 1 },
    { ...finding, id: 1, query: '' },
    { ...finding, id: 1, query: 'x'.repeat(viewerMaxima.queryCharacters + 1) },
    { ...finding, id: 1, query: 'x', isHex: 'yes' },
    { type: 'goToLine', id: 1, line: 0 },
    { type: 'goToLine', id: 1, line: Number.NaN },
    { type: 'eval', id: 1, text: 'alert(1)' },
  ];
  for (const message of [undefined, null, 7, 'read', ...forged.map((each) => ({ ...each, session }))]) {
    assert.equal(parseToHost(message, session), undefined, JSON.stringify(message));
    host.take(message);
  }
  assert.deepEqual(said, []);
  const opening = { type: 'open', kind: 'text', name: 'n', mime: '', sizeBytes: 1, wholeBytes: 1, texts: {} };
  for (const message of [
    {},
    { type: 'bytes', id: 1, offset: 0, bytes: 'text' },
    { type: 'open', name: 3 },
    { ...opening, kind: 'script' },
    { ...opening, wholeBytes: '1' },
    { ...opening, texts: { find: 3 } },
    { type: 'failed', id: 1 },
  ])
    assert.equal(parseToPage({ ...message, session }, session), undefined, JSON.stringify(message));
});

test('what is asked for beyond the most at a time is answered, and what is cancelled is not fetched any more', async () => {
  const { host, ask, said, signals } = page({ isStuck: true });
  for (let id = 1; id <= limits.viewerRequests; id++) host.take({ session, type: 'read', id, offset: 0, length: 1 });
  assert.deepEqual(said, []);
  assert.deepEqual(await ask({ type: 'read', id: 1000, offset: 0, length: 1 }), { type: 'cancelled', id: 1000 });
  for (let id = 1; id < limits.viewerRequests; id++) host.take({ session, type: 'cancel', id });
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [false],
  );
  assert.deepEqual(await ask({ type: 'cancel', id: limits.viewerRequests }), { type: 'cancelled', id: 1 });
  await ask({ type: 'ready' });
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true],
  );
});

test('a page that is made anew has answers of its own, and none of those that the one before waited for', async () => {
  const { host, ask, said, signals } = page({ isStuck: true });
  host.take({ session, type: 'read', id: 1, offset: 0, length: 1 });
  assert.equal((await ask({ type: 'ready' })).type, 'open');
  host.take({ session, type: 'read', id: 1, offset: 0, length: 1 });
  await new Promise(setImmediate);
  // It joins what is on its way.
  assert.equal(signals.length, 1);
  assert.equal(said.length, 1);
  assert.deepEqual(await ask({ type: 'cancel', id: 1 }), { type: 'cancelled', id: 1 });
});

test('whose file it is that takes long before anything of it came is said', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { host, said } = page({ isStuck: true });
  host.take({ session, type: 'read', id: 1, offset: 0, length: 1 });
  context.mock.timers.tick(limits.viewerFirstMs);
  const [first] = said;
  assert.ok(first?.type === 'progress' && first.id === 1 && first.text.startsWith('Ada '));
  host.dispose();
});

test('what is cancelled is answered as that', async () => {
  const { host, ask } = page();
  const answer = ask({ ...finding, id: 9, query: 'four' });
  host.take({ type: 'cancel', id: 9, session });
  assert.deepEqual(await answer, { type: 'cancelled', id: 9 });
});

test('viewers are chosen by name, then by how the file begins', () => {
  assert.equal(kindOfName('a.PNG'), 'image');
  assert.equal(kindOfName('film.webm'), 'video');
  assert.equal(kindOfName('song.flac'), 'audio');
  for (const name of ['log.txt', 'png', '.png.gz', 'constructor', 'a.__proto__']) assert.equal(kindOfName(name), undefined, name);
  assert.equal(kindOfStart(Buffer.from('süß\n')), 'text');
  assert.equal(kindOfStart(Uint8Array.of(1, 0, 2)), 'hex');
});

test('the page allows our script and style, and nothing of anybody else', () => {
  const html = viewerPage({ nonce: 'n', scriptUri: 'https://x/"><script>', styleUri: 'https://x/s.css', source: 'https://x' });
  const policy = policyOf(html);
  assert.match(policy, /^default-src 'none'; style-src https:\/\/x; script-src 'nonce-n'; /);
  assert.ok(!/unsafe|http:|\*|connect-src/.test(policy));
  assert.equal(html.split('<script').length, 2);
});
