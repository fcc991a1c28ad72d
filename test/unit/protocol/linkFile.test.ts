// Link files: what is written is read again, the same link gives the same text, and nothing hostile passes, hangs or crashes.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { AppError } from '../../../src/protocol/errors.ts';
import type { ContentId, PeerId, ShareId } from '../../../src/protocol/ids.ts';
import { emptyContentId, linkFileLimits, parseLinkFile, titleOf, writeLinkFile } from '../../../src/protocol/linkFile.ts';
import { compareBytes } from '../../../src/protocol/linkNames.ts';
import type { LinkContents, LinkEntry } from '../../../src/protocol/links.ts';
import { garbage, seeded } from './garbage.ts';

const peerId = 'ybndrfg8ejkmcpqxot1uwisza345h769ybndrfg8ejkmcpqxot1y' as PeerId;
const shareId = 'ybndrfg8ejkmcpqxot1uwisza3' as ShareId;
const idA = 'a'.repeat(64) as ContentId;

function file(path: string, more: Partial<LinkEntry> = {}): LinkEntry {
  return { path, sizeBytes: 5, contentId: idA, ...more };
}

function folder(files: LinkEntry[], more: Partial<LinkContents> = {}): LinkContents {
  return { title: 'Photos', kind: 'folder', files, folders: [], hints: { entries: [], parties: [] }, ...more };
}

function refusal(text: string): AppError {
  try {
    parseLinkFile(text);
  } catch (error) {
    assert.ok(error instanceof AppError, String(error));
    return error;
  }
  assert.fail('it was read');
}

test('what is written is read again, sorted by bytes, one file a line', () => {
  const link = folder(
    [
      file('b/z.jpg', { mtimeMs: 1_700_000_000_123 }),
      file('a.txt'),
      file('empty', { sizeBytes: 0, contentId: emptyContentId }),
      file('Z/"quoted" \u202e.txt'),
    ],
    {
      folders: ['nothing in it'],
      creator: 'Ann',
      hints: { entries: [{ peerId, shareId, path: 'Photos/2025 & more' }], parties: ['climbers'] },
    },
  );
  const text = writeLinkFile(link);
  const { link: read, warnings } = parseLinkFile(text);
  assert.deepEqual(warnings, []);
  assert.ok(!text.includes('\u202e') && text.includes('\\u202e'), 'what turns text round is seen');
  assert.deepEqual(
    read.files.map(({ path }) => path),
    ['Z/"quoted" \u202e.txt', 'a.txt', 'b/z.jpg', 'empty'],
  );
  assert.deepEqual({ ...read, files: [] }, { ...link, files: [] });
  assert.equal(writeLinkFile(read), text);
  assert.equal(writeLinkFile({ ...link, files: [...link.files].reverse() }), text);
  assert.equal(text.split('\n').filter((line) => line.includes('"path"')).length, 4);
});

test('a link to a file has exactly that', () => {
  const link = folder([file('a.txt')], { kind: 'file' });
  assert.deepEqual(parseLinkFile(writeLinkFile(link)).link, link);
  assert.throws(() => writeLinkFile({ ...link, files: [file('a/b')] }), /path separator/);
  assert.throws(() => writeLinkFile({ ...link, files: [] }), /exactly one file/);
});

test('errors name the line and what is wrong there', () => {
  const good = writeLinkFile(folder([file('one'), file('two')]));
  const cases: [string, RegExp][] = [
    [good.replace('"path":"two"', '"path":"../two"'), /Line 8: the path "..\/two" has a part that is a relative part/],
    [good.replace('"path":"two"', '"path":"one"'), /Line 8: "one" stands there twice/],
    [good.replace('"path":"two"', '"path":"one/two"'), /Line 8: "one" is both a file and a folder/],
    [good.replace('"path":"two"', '"path":"C:/two"'), /Line 8: .*drive/],
    [good.replace('"path":"two"', '"path":"/etc/passwd"'), /Line 8: .*is empty/],
    [good.replace('"path":"two"', '"path":"file:///etc/passwd"'), /Line 8: .*is empty/],
    [good.replace('"path":"two"', '"path":"a\\\\b"'), /Line 8: .*separator/],
    [good.replace('"path":"two"', '"path":"nul"'), /Line 8: .*device/],
    [good.replace('"path":"two"', `"path":"${'x'.repeat(256)}"`), /Line 8: .*longer than 255/],
    [good.replace('"path":"two"', `"path":"${'x/'.repeat(64)}x"`), /Line 8: .*deeper than 64/],
    [good.replace('"path":"two"', '"__proto__":{"x":1},"path":"two"'), /Line 8: the name __proto__ is not allowed/],
    [good.replace('"path":"two"', '"path":"two","path":"three"'), /Line 8: "path" stands there twice/],
    [good.replace('"path":"two",', ''), /Line 8: "path" of a file is missing/],
    [good.replace('"sizeBytes":5', '"sizeBytes":-5'), /Line 7: "sizeBytes" is no whole number/],
    [good.replace('"sizeBytes":5', '"sizeBytes":9007199254740993'), /Line 7: "sizeBytes" is no whole number/],
    [good.replace('"sizeBytes":5', '"sizeBytes":1e400'), /Line 7: "sizeBytes" is no whole number/],
    [good.replace('"sizeBytes":5', '"sizeBytes":0'), /Line 7: a file without bytes/],
    [good.replace(idA, idA.toUpperCase()), /Line 7: "contentId" is not 64/],
    [good.replace('"version": 1', '"version": 2'), /Line 3: the link has version 2/],
    [good.replace('potluck-link', 'potluck'), /Line 2: this is no link/],
    [good.replace('"Photos"', '"a\\nb"'), /Line 4: "title" has a control character/],
    [good.replace('"folder"', '"symlink"'), /Line 5: "kind"/],
    [good.replace('"kind"', '"hints":{"entries":["file:///etc/passwd"]},"kind"'), /the scheme file: is not allowed/],
    [good.replace('"kind"', '"hints":{"entries":["command:rm"]},"kind"'), /the scheme command: is not allowed/],
    [good.replace('"kind"', `"hints":{"entries":["potluck://${peerId}/${shareId}/.."]},"kind"`), /not potluck:/],
    ['[]', /Line 1: a link is an object/],
    ['', /Line 1: the text ends/],
    [`${good}x`, /something after the end/],
    [`${'['.repeat(100_000)}`, /nested deeper/],
    ['{"a":"x\ny"}', /Line 1: a text is not closed/],
  ];
  for (const [text, expected] of cases) {
    const error = refusal(text);
    assert.match(error.message, expected);
    assert.equal(error.kind, 'invalid-argument');
  }
  assert.equal(({} as Record<string, unknown>)['x'], undefined);
});

test('two spellings of one name are refused, names that differ in case are pointed out', () => {
  const spelled = JSON.stringify(folder([file('caf\u00e9'), file('cafe\u0301')]));
  assert.match(refusal(`{"format":"potluck-link","version":1,${spelled.slice(1)}`).message, /two spellings/);
  const { warnings } = parseLinkFile(writeLinkFile(folder([file('README'), file('readme'), file('Src/a'), file('src/b')])));
  assert.equal(warnings.length, 2);
  assert.match(warnings.join(), /"readme" and "README" differ in case only/);
});

test('what is not known is passed over and named', () => {
  const text = writeLinkFile(folder([file('one')])).replace('"kind"', '"links": ["https://example.org"],\n  "kind"');
  const { link, warnings } = parseLinkFile(text);
  assert.equal(link.files.length, 1);
  assert.match(warnings.join(), /Line 5: "links" is not known and was passed over/);
});

test('too many files, and too much text, are refused', () => {
  const files = Array.from(
    { length: linkFileLimits.files + 1 },
    (_, at) => `{"path":"${at}","sizeBytes":5,"contentId":"${idA}"}`,
  );
  const text = `{"format":"potluck-link","version":1,"title":"x","kind":"folder","files":[${files.join(',')}]}`;
  assert.match(refusal(text).message, /"files" has 50001 items/);
  assert.equal(refusal(' '.repeat(linkFileLimits.characters + 1)).kind, 'too-large');
});

test('large links are read fast, deep and wide names included', (t) => {
  const deep = Array.from({ length: 60 }, (_, at) => `folder ${at}`).join('/');
  const files = Array.from({ length: 20_000 }, (_, at) => file(`${deep}/${at % 7}/file ${at}.bin`, { mtimeMs: at }));
  const text = writeLinkFile(folder(files));
  const from = performance.now();
  assert.equal(parseLinkFile(text).link.files.length, files.length);
  const tookMs = performance.now() - from;
  t.diagnostic(`${(text.length / 2 ** 20).toFixed(1)} MiB in ${tookMs.toFixed(0)} ms`);
  assert.ok(tookMs < 3000);
});

test('bytes sort as UTF-8 does', () => {
  const names = ['a', 'Z', 'é', '\uffee', '\u{1f600}', 'a b', 'a/b', '', 'a\u{10ffff}', 'a\ue000'];
  const expected = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  assert.deepEqual([...names].sort(compareBytes), expected);
});

test('a megabyte of garbage is refused within a second, and changed links never crash', (t) => {
  const good = writeLinkFile(folder([file('one'), file('two/three', { mtimeMs: 5 })], { folders: ['four'] }));
  const random = seeded(t);
  for (const text of garbage(random, 2 ** 20)) {
    const from = performance.now();
    assert.ok(refusal(text) instanceof AppError);
    assert.ok(performance.now() - from < 1000, text.slice(0, 40));
  }
  for (let round = 0; round < 3000; round++) {
    const at = random(good.length);
    const changed = good.slice(0, at) + String.fromCharCode(random(128)) + good.slice(at + random(3));
    try {
      parseLinkFile(changed);
    } catch (error) {
      assert.ok(error instanceof AppError && error.kind === 'invalid-argument', String(error));
    }
  }
});

test('a title can be made of any text', () => {
  assert.equal(titleOf('a\nb\u0000c'), 'a b c');
  assert.equal(titleOf('\u0007'), 'Untitled');
  assert.ok(titleOf(randomBytes(4000).toString('latin1')).length <= linkFileLimits.titleCharacters);
});

test('thousands of unknown fields behind millions of lines are not each looked for', () => {
  const files = Array.from(
    { length: 20_000 },
    (_, number) => `{"path":"a${number}","sizeBytes":0,"contentId":"${emptyContentId}","x":0}`,
  );
  const head = '"format":"potluck-link","version":1,"title":"T","kind":"folder"';
  const text = `{${'\n'.repeat(4_000_000)}${head},"files":[${files.join(',')}]}`;
  const before = process.cpuUsage();
  assert.equal(parseLinkFile(text).warnings.length, linkFileLimits.warnings);
  const { user, system } = process.cpuUsage(before); // of the processor: a busy machine takes longer by the clock
  assert.ok(user + system < 5_000_000, `${user + system} us`);
});
