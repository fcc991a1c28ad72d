import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  firstHere,
  linkFacts,
  linkRow,
  readLink,
  statusLines,
  verificationLines,
} from '../../../../src/extension/links/linkDocument.ts';
import { writeLinkFile } from '../../../../src/protocol/linkFile.ts';
import type { ContentId, PeerId, ShareId } from '../../../../src/protocol/ids.ts';
import type { LinkContents, LinkFileStatus, LinkStatus } from '../../../../src/protocol/links.ts';

const contentId = 'a'.repeat(64) as ContentId;
const peerId = 'y'.repeat(52) as PeerId;
const link: LinkContents = {
  title: 'recipes',
  kind: 'folder',
  files: [{ path: 'soup/lentils.md', sizeBytes: 2048, contentId }],
  folders: [],
  hints: { entries: [{ peerId, shareId: 'y'.repeat(26) as ShareId, path: 'recipes' }], parties: ['friday'] },
  creator: 'Ada',
};

test('a link file is read as it was written', () => {
  const { link: read, problem, warnings } = readLink(writeLinkFile(link));
  assert.equal(problem, undefined);
  assert.deepEqual(read, link);
  assert.deepEqual(warnings, []);
});

test('what is wrong with a link is a sentence that names the line, never an exception', () => {
  const broken = [
    ['', /line 1/i],
    ['{', /line 1/i],
    ['[]'.repeat(3), /line 1/i],
    ['['.repeat(100_000), /line 1/i],
    ['{"__proto__": {"format": "potluck-link"}}', /line 1/i],
    [writeLinkFile(link).replace('soup/lentils.md', '../lentils.md'), /line \d+/i],
    [writeLinkFile(link).replace('potluck://', 'file://'), /line \d+/i],
    [writeLinkFile(link).replace('potluck://', 'command:'), /line \d+/i],
  ] as const;
  for (const [text, expected] of broken) {
    const { link: read, problem } = readLink(text);
    assert.equal(read, undefined);
    assert.match(problem ?? '', expected, text.slice(0, 60));
    assert.ok((problem ?? '').length <= 500);
  }
});

test('hostile words of a link are shown harmlessly', () => {
  const hostile = 'a\u202egnp.exe\u200b[x](command:y)';
  const facts = linkFacts(
    { ...link, creator: hostile, hints: { ...link.hints, parties: [hostile.repeat(3000)] } },
    () => hostile,
  );
  for (const fact of facts) {
    assert.doesNotMatch(fact, /[\u202e\u200b]/);
    assert.ok(fact.length < 1000);
  }
  const row = linkRow({ path: `${hostile}/${'n'.repeat(65_536)}`, sizeBytes: 1, contentId }, {});
  for (const text of [row.name, row.folder]) assert.doesNotMatch(text, /[\u202e\u200b]/);
  assert.ok(row.name.length <= 120);
});

test('a row says where the file is, and what reading it found goes before that', () => {
  const file = { path: 'soup/lentils.md', sizeBytes: 2048, contentId };
  const status = (part: Partial<LinkFileStatus>): LinkFileStatus => ({
    ...file,
    holders: [],
    holderCount: 0,
    onlineCount: 0,
    ...part,
  });
  const plain = linkRow(file, {});
  assert.deepEqual([plain.name, plain.folder, plain.size, plain.said], ['lentils.md', 'soup', '2 KB', '']);
  assert.equal(linkRow(file, { status: status({}) }).said, 'at nobody known');
  assert.equal(linkRow(file, { status: status({ holderCount: 2 }) }).said, 'at peers that are offline');
  assert.equal(linkRow(file, { status: status({ holderCount: 2, onlineCount: 1 }) }).said, '1 peer online');
  const here = linkRow(file, { status: status({ localPath: '/x/lentils.md' }) });
  assert.deepEqual([here.said, here.action?.id], ['on this machine', 'open']);
  const changed = linkRow(file, { status: status({ localPath: '/x/lentils.md' }), verified: 'changed' });
  assert.deepEqual([changed.said, changed.mood], ['changed', 'bad']);
});

test('who has it is said in sentences, a crowd is counted', () => {
  const status = {
    ...{ hereFiles: 1, hereBytes: 10, onlineFiles: 2, onlineBytes: 20, missingFiles: 3, lookedAt: 6 },
    summary: {
      form: 'link',
      title: 'x',
      kind: 'folder',
      fileCount: 9,
      totalBytes: 1,
      hints: link.hints,
      isComplete: true,
      warnings: [],
    },
    peers: Array.from({ length: 8 }, (_, at) => ({ peerId, name: `P${at}`, isOnline: at === 0, files: 1 })),
    files: [],
  } satisfies LinkStatus;
  const lines = statusLines(status);
  assert.equal(lines.length, 5);
  assert.match(lines.at(-1) ?? '', /P0 \(online\).*P5 \(offline\), and 2 more$/);
});

test('a file of a link that lies here is found, however far down', async () => {
  const files = Array.from({ length: 2500 }, (_, at): LinkFileStatus => {
    return { path: `${at}`, sizeBytes: 1, contentId, holders: [], holderCount: 0, onlineCount: 0 };
  });
  const asked: number[] = [];
  const statusOf = (offset: number, limit: number) => {
    asked.push(offset);
    return Promise.resolve(files.slice(offset, offset + limit));
  };
  const summary: LinkStatus['summary'] = {
    ...{ form: 'link', title: 'x', kind: 'folder', fileCount: 2500, totalBytes: 1, hints: link.hints },
    ...{ isComplete: true, warnings: [] },
  };
  const status = (hereFiles: number): LinkStatus => ({
    ...{ summary, lookedAt: files.length, hereFiles, hereBytes: 0, onlineFiles: 0, onlineBytes: 0, missingFiles: 0 },
    ...{ peers: [], files: files.slice(0, 200) },
  });
  assert.equal(await firstHere(undefined, statusOf), undefined);
  assert.equal(await firstHere(status(0), statusOf), undefined);
  assert.deepEqual(asked, []);
  Object.assign(files[2400] ?? {}, { localPath: '/here' });
  assert.equal(await firstHere(status(1), statusOf), '/here');
  assert.deepEqual(asked, [200, 1200, 2200]);
  // Empty files count as here, and lie nowhere.
  Object.assign(files[2400] ?? {}, { localPath: undefined });
  assert.equal(await firstHere(status(1), statusOf), undefined);
});

test('a verification without a difference says so, another one counts', () => {
  const none = { sameFiles: 3, changedFiles: 0, missingFiles: 0, unreadableFiles: 0, checkedBytes: 1, differences: [] };
  assert.match(verificationLines(none, '/x')[0] ?? '', /^Verified/);
  assert.match(
    verificationLines({ ...none, changedFiles: 1, missingFiles: 2 }, '/x')[0] ?? '',
    /3 the same, 1 changed, 2 missing$/,
  );
});
