import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RangeReader } from '../../../../src/extension/viewers/rangeReader.ts';
import { kindOfName, kindOfStart } from '../../../../src/extension/viewers/viewerKinds.ts';
import { ViewerHost } from '../../../../src/extension/viewers/viewerHost.ts';
import { viewerPage } from '../../../../src/extension/viewers/viewerPage.ts';
import type { ContentId } from '../../../../src/protocol/ids.ts';
import { isToHost, isToPage, readBytes, type ToPage } from '../../../../src/protocol/viewer.ts';
import { policyOf } from '../policy.ts';

const bytes = Buffer.from('one\ntwo\nthree\n');

function page() {
  const waiting: ((message: ToPage) => void)[] = [];
  const reader = new RangeReader(bytes.length, {
    fetchRange: (offset, length) =>
      Promise.resolve({
        localPath: `${offset} ${length}`,
        sizeBytes: bytes.length,
        mtimeMs: 0,
        contentId: 'a'.repeat(64) as ContentId,
      }),
    readFile: (localPath) => {
      const [offset = 0, length = 0] = localPath.split(' ').map(Number);
      return Promise.resolve(bytes.subarray(offset, offset + length));
    },
  });
  let all = 0;
  const host = new ViewerHost({
    reader,
    post: (message) => {
      all += 1;
      waiting.shift()?.(message);
    },
    onReady: () => undefined,
    onDownload: () => undefined,
  });
  const ask = (message: unknown) =>
    new Promise<ToPage>((resolve) => {
      waiting.push(resolve);
      host.take(message);
    });
  return { host, ask, count: () => all };
}

const finding = { type: 'find', from: 0, isBackwards: false, isCaseSensitive: false, isHex: false };

test('a page is given ranges, places of words and lines', async () => {
  const { ask } = page();
  const read = await ask({ type: 'read', id: 1, offset: 4, length: 3 });
  assert.ok(read.type === 'bytes' && Buffer.from(read.bytes).toString() === 'two' && isToPage(read));
  const found = await ask({ ...finding, id: 2, query: 'THREE' });
  assert.deepEqual(found, { type: 'found', id: 2, offset: 8, length: 5, isWrapped: false });
  assert.deepEqual(await ask({ ...finding, id: 3, query: 'four' }), { type: 'found', id: 3, length: 0, isWrapped: false });
  assert.deepEqual(await ask({ type: 'goToLine', id: 4, line: -1 }), { type: 'line', id: 4, offset: 8, line: -1 });
  const wrong = await ask({ ...finding, id: 5, query: 'zz', isHex: true });
  assert.equal(wrong.type, 'failed');
});

test('what is no message of a page is passed over', () => {
  const { host, count } = page();
  const forged: unknown[] = [
    undefined,
    null,
    7,
    'read',
    [],
    {},
    { type: 'read' },
    { type: 'read', id: -1, offset: 0, length: 1 },
    { type: 'read', id: 1, offset: 0, length: readBytes + 1 },
    { type: 'read', id: 1, offset: -1, length: 1 },
    { type: 'read', id: 1, offset: 0.5, length: 1 },
    { type: 'read', id: 1, offset: Number.MAX_VALUE, length: 1 },
    { ...finding, id: 1, query: '' },
    { ...finding, id: 1, query: 'x'.repeat(2000) },
    { ...finding, id: 1, query: 'x', isHex: 'yes' },
    { type: 'goToLine', id: 1, line: 0 },
    { type: 'goToLine', id: 1, line: Number.NaN },
    { type: 'eval', id: 1, text: 'alert(1)' },
  ];
  for (const message of forged) {
    assert.equal(isToHost(message), false, JSON.stringify(message));
    host.take(message);
  }
  assert.equal(count(), 0);
  for (const message of [
    null,
    {},
    { type: 'bytes', id: 1, offset: 0, bytes: 'text' },
    { type: 'open', name: 3 },
    { type: 'open', kind: 'script', name: 'n', mime: 'text/javascript', sizeBytes: 1, texts: {} },
    { type: 'open', kind: 'text', name: 'n', mime: '', sizeBytes: 1, texts: { find: 3 } },
    { type: 'failed', id: 1 },
  ])
    assert.equal(isToPage(message), false, JSON.stringify(message));
});

test('what is cancelled is answered as that', async () => {
  const { host, ask } = page();
  const answer = ask({ ...finding, id: 9, query: 'four' });
  host.take({ type: 'cancel', id: 9 });
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
