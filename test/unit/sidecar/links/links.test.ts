// The parts of links beside the formats: kept for downloads, read from files, compared with a disk that plays tricks, looked for among holders.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { AppError } from '../../../../src/protocol/errors.ts';
import type { ContentId, PeerId, ShareId } from '../../../../src/protocol/ids.ts';
import { emptyContentId, linkFileLimits, writeLinkFile } from '../../../../src/protocol/linkFile.ts';
import { linkPeerId } from '../../../../src/protocol/linkPeer.ts';
import type { LinkContents, LinkEntry } from '../../../../src/protocol/links.ts';
import { writeMagnet } from '../../../../src/protocol/magnet.ts';
import { pathLimits } from '../../../../src/protocol/pathRules.ts';
import { contentLinkLimits, indexLimits } from '../../../../src/sidecar/limits.ts';
import type { Having, Identifying } from '../../../../src/sidecar/links/contracts.ts';
import { LinkBundles } from '../../../../src/sidecar/links/linkBundles.ts';
import { makeLink } from '../../../../src/sidecar/links/linkMaking.ts';
import { LinkReading, summaryOf } from '../../../../src/sidecar/links/linkReading.ts';
import { statusOf } from '../../../../src/sidecar/links/linkStatus.ts';
import { verifyLink } from '../../../../src/sidecar/links/linkVerifying.ts';
import { Database } from '../../../../src/sidecar/storage/database.ts';
import { parseSafePath } from '../../../../src/sidecar/storage/safePath.ts';
import { hashLeaves, rootOfLeaves } from '../../../../src/sidecar/transfers/content/merkle.ts';

const ann = 'ybndrfg8ejkmcpqxot1uwisza345h769ybndrfg8ejkmcpqxot1y' as PeerId;
const me = 'oybndrfg8ejkmcpqxot1uwisza345h769ybndrfg8ejkmcpqxoty' as PeerId;
const shareId = 'ybndrfg8ejkmcpqxot1uwisza3' as ShareId;
const signal = new AbortController().signal;

function temporary(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'links-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function database(t: TestContext): Database {
  const made = new Database(temporary(t));
  t.after(() => made.close());
  return made;
}

function idOf(text: string): ContentId {
  return text === '' ? emptyContentId : (rootOfLeaves(hashLeaves(Buffer.from(text))).toString('hex') as ContentId);
}

function file(name: string, text: string): LinkEntry {
  return { path: name, sizeBytes: Buffer.byteLength(text), contentId: idOf(text) };
}

function folder(files: LinkEntry[], more: Partial<LinkContents> = {}): LinkContents {
  return { title: 'Title', kind: 'folder', files, folders: [], hints: { entries: [], parties: [] }, ...more };
}

function notIn(): never {
  throw new AppError('internal', 'the catalog was asked for a file of a link');
}

test('the rules of paths are the same in links and indexes', () => {
  for (const name of ['nameBytes', 'pathBytes', 'depth'] as const) assert.equal(pathLimits[name], indexLimits[name]);
  assert.ok(linkFileLimits.characters * 3 <= contentLinkLimits.linkBytes);
});

test('a link that is downloaded stands in for a share, also after a restart, until its download is gone', (t) => {
  const where = temporary(t);
  const first = new Database(where);
  const link = folder([file('a/b.txt', 'hello'), file('c', '')], { folders: ['d'] });
  const ref = new LinkBundles(first).add(link);
  first.close();
  const again = new Database(where);
  t.after(() => again.close());
  const bundles = new LinkBundles(again);
  assert.equal(ref.peerId, linkPeerId);
  const catalog = bundles.over({ stat: notIn, files: notIn, titleOf: notIn });
  assert.equal(catalog.titleOf(ref.peerId, ref.shareId), 'Title');
  assert.equal(catalog.stat({ ...ref, path: 'a/b.txt' })?.sizeBytes, 5);
  assert.equal(catalog.stat({ ...ref, path: 'a' }), undefined);
  assert.deepEqual(
    [...catalog.files(ref)].map(({ path: name, entry }) => [name, entry.name, entry.kind]),
    [
      ['a/b.txt', 'b.txt', 'file'],
      ['c', 'c', 'file'],
      ['d', 'd', 'folder'],
    ],
  );
  assert.equal(bundles.contentOf({ ...ref, path: 'a/b.txt' }), idOf('hello'));
  bundles.open(); // no download has it
  bundles.remove(ref.shareId);
  assert.equal(catalog.titleOf(ref.peerId, ref.shareId), undefined);
  assert.deepEqual([...catalog.files(ref)], []);
});

test('links are read from files, and nothing else than files of a link', async (t) => {
  const where = temporary(t);
  const reading = new LinkReading(database(t));
  const link = folder([file('a.txt', 'hello')], { kind: 'file' });
  const good = path.join(where, 'good.p2p');
  writeFileSync(good, `\ufeff${writeLinkFile(link)}`);
  assert.deepEqual((await reading.read({ path: good })).link, link);
  const pipe = path.join(where, 'pipe.p2p');
  if (process.platform !== 'win32') {
    execFileSync('mkfifo', [pipe]);
    await assert.rejects(reading.read({ path: pipe }), /is no file/);
  }
  writeFileSync(path.join(where, 'wrong.p2p'), Buffer.from([0xff, 0xfe, 0x00]));
  await assert.rejects(reading.read({ path: path.join(where, 'wrong.p2p') }), /neither a link file nor a torrent/);
  writeFileSync(path.join(where, 'large.p2p'), '');
  const large = await open(path.join(where, 'large.p2p'), 'r+');
  await large.truncate(contentLinkLimits.torrentBytes + 1);
  await large.close();
  await assert.rejects(
    reading.read({ path: path.join(where, 'large.p2p') }),
    (error) => error instanceof AppError && error.kind === 'too-large',
  );
});

test('a magnet is understood once its torrent was seen, and the oldest are forgotten', async (t) => {
  const reading = new LinkReading(database(t));
  const link = folder([file('a.txt', 'hello')]);
  const { text, infoHash } = writeMagnet(link);
  await assert.rejects(reading.readWhole({ text }), (error) => error instanceof AppError && error.kind === 'not-found');
  assert.equal(summaryOf(await reading.read({ text })).isComplete, false);
  reading.remember(infoHash, link);
  assert.deepEqual((await reading.readWhole({ text })).link, link);
  for (let at = 0; at < contentLinkLimits.knownTorrents; at++) reading.remember(`z${at}`, link);
  assert.equal((await reading.read({ text })).link, undefined);
});

function verifying(onProgress: (bytes: number) => void = () => undefined) {
  return {
    ...{ signal, onProgress, folderNameOf: (title: string) => title },
    hash: (fd: number, sizeBytes: number) => {
      const bytes = Buffer.alloc(sizeBytes);
      readSync(fd, bytes, 0, sizeBytes, 0);
      return Promise.resolve({ root: rootOfLeaves(hashLeaves(bytes)) });
    },
  };
}

test('comparing follows no link, waits for no pipe, and tells what is not the same', async (t) => {
  const where = temporary(t);
  const outside = temporary(t);
  writeFileSync(path.join(outside, 'secret'), 'hello');
  for (const name of ['sub', 'real']) mkdirSync(path.join(where, 'Title', name), { recursive: true });
  const at = (name: string) => path.join(where, 'Title', name);
  writeFileSync(at('same'), 'hello');
  writeFileSync(at('sub/same'), 'hello');
  writeFileSync(at('other'), 'HELLO');
  writeFileSync(at('longer'), 'hello!');
  writeFileSync(at('empty'), '');
  symlinkSync(path.join(outside, 'secret'), at('linked'));
  symlinkSync(outside, at('away'));
  execFileSync('mkfifo', [at('pipe')]);
  const names = ['same', 'sub/same', 'other', 'longer', 'linked', 'away/secret', 'pipe', 'real', 'gone', 'gone/too'];
  const link = folder([...names.filter((name) => name !== 'gone').map((name) => file(name, 'hello')), file('empty', '')]);
  let done = 0;
  const options = verifying((bytes) => (done = bytes));
  const found = await verifyLink(link, where, options);
  assert.deepEqual(
    found.differences.map(({ path: name, state }) => [name, state]),
    [
      ['other', 'changed'],
      ['longer', 'changed'],
      ['linked', 'changed'],
      ['away/secret', 'missing'],
      ['pipe', 'changed'],
      ['real', 'changed'],
      ['gone/too', 'missing'],
    ],
  );
  assert.deepEqual([found.sameFiles, found.changedFiles, found.missingFiles, done], [3, 5, 2, 45]);
  assert.equal((await verifyLink(link, path.join(where, 'Title'), options)).sameFiles, 3);
  const one = folder([file('same', 'hello')], { kind: 'file' });
  assert.equal((await verifyLink(one, at('same'), options)).sameFiles, 1);
  assert.equal((await verifyLink(one, path.join(where, 'Title'), options)).sameFiles, 1);
  await assert.rejects(
    verifyLink(one, at('nowhere'), options),
    (error) => error instanceof AppError && error.kind === 'not-found',
  );
});

test('empty folders are looked for; a link to nothing but a folder needs that folder', async (t) => {
  const where = temporary(t);
  const options = verifying();
  const link = folder([], { folders: ['empty', 'a/b'] });
  mkdirSync(path.join(where, 'Title', 'empty'), { recursive: true });
  writeFileSync(path.join(where, 'Title', 'a'), '');
  const found = await verifyLink(link, where, options);
  assert.deepEqual([found.missingFiles, found.differences], [1, [{ path: 'a/b', state: 'missing' }]]);
  assert.equal((await verifyLink(link, path.join(where, 'Title', 'empty'), options)).missingFiles, 2);

  const bare = folder([]);
  for (const good of [where, path.join(where, 'Title')]) assert.equal((await verifyLink(bare, good, options)).missingFiles, 0);
  await assert.rejects(verifyLink(bare, path.join(where, 'Title', 'empty'), options), { kind: 'not-found' });
});

test('a file that happens to have a name of the link is not taken for the folder of the link', async (t) => {
  const where = temporary(t);
  const link = folder([file('README.md', 'ours'), file('src/a.ts', 'code')]);
  writeFileSync(path.join(where, 'README.md'), 'another');
  for (const top of [path.join(where, 'Title'), path.join(where, 'Title', 'Title')]) mkdirSync(top);
  const at = path.join(where, 'Title');
  mkdirSync(path.join(at, 'src'));
  writeFileSync(path.join(at, 'README.md'), 'ours');
  writeFileSync(path.join(at, 'src', 'a.ts'), 'code');
  writeFileSync(path.join(at, 'Title', 'README.md'), 'of a folder inside');
  for (const named of [where, at]) assert.equal((await verifyLink(link, named, verifying())).sameFiles, 2, named);
});

test('what is named may be a link itself; a file is no folder', { skip: process.platform === 'win32' }, async (t) => {
  const where = temporary(t);
  const one = folder([file('a.txt', 'hello')], { kind: 'file' });
  writeFileSync(path.join(where, 'real.txt'), 'hello');
  symlinkSync('real.txt', path.join(where, 'chosen.txt'));
  assert.equal((await verifyLink(one, path.join(where, 'chosen.txt'), verifying())).sameFiles, 1);
  const many = folder([file('a.txt', 'hello'), file('sub/b.txt', '')]);
  await assert.rejects(verifyLink(many, path.join(where, 'real.txt'), verifying()), { kind: 'not-folder' });
  writeFileSync(path.join(where, 'sub'), 'a file');
  assert.equal((await verifyLink(many, where, verifying())).missingFiles, 2);
});

test('status counts what is here, what others have, and what nobody has', async () => {
  const files = [
    file('here', 'a'),
    file('online', 'b'),
    file('away', 'c'),
    file('nowhere', 'd'),
    file('empty', ''),
    file('mine', 'f'),
  ];
  const link = folder(files);
  const cleo = linkPeerId;
  const refs: Record<string, PeerId[]> = { online: [ann, cleo], away: [cleo], mine: [me, ann] };
  let asked = 0;
  const having: Having = {
    ownPeerId: me,
    holders: (contentId) => {
      asked++;
      const name = files.find((each) => each.contentId === contentId)?.path ?? '';
      return Promise.resolve((refs[name] ?? []).map((peerId) => ({ peerId, shareId, path: name })));
    },
    localPath: (contentId) => (contentId === idOf('a') || contentId === idOf('f') ? '/x' : undefined),
    isOnline: (peerId) => peerId === ann,
    nameOf: (peerId) => (peerId === ann ? 'ann' : 'cleo'),
  };
  const summary = summaryOf({ form: 'link', title: 'Title', link, warnings: [] });
  const status = await statusOf({ link, summary }, having, { offset: 0, limit: 2, signal });
  assert.deepEqual([status.hereFiles, status.onlineFiles, status.missingFiles], [3, 1, 2]);
  assert.deepEqual(
    status.peers.map(({ name, files: count, isOnline }) => [name, count, isOnline]),
    [
      ['ann', 2, true],
      ['cleo', 2, false],
    ],
  );
  assert.deepEqual(
    status.files.map(({ path: name }) => name),
    ['here', 'online'],
  );
  asked = 0;
  const later = await statusOf({ link, summary }, having, { offset: 1, limit: 2, signal });
  assert.deepEqual([asked, later.lookedAt, later.peers], [2, 0, []], 'a later page looks at its own files only');
  assert.deepEqual(
    later.files.map(({ path: name, onlineCount, holderCount }) => [name, onlineCount, holderCount]),
    [
      ['online', 1, 2],
      ['away', 0, 1],
    ],
  );
  assert.equal(later.files[0]?.holders[0]?.peerName, 'ann');
  const abort = new AbortController();
  abort.abort();
  await assert.rejects(
    statusOf({ link, summary }, having, { offset: 0, limit: 1, signal: abort.signal }),
    (error) => error instanceof AppError && error.kind === 'cancelled',
  );
});

test('a link is made of what is still there, empty folders included; a peer that is away and told no ids is named', async () => {
  const entry = (name: string, kind: 'file' | 'folder', sizeBytes = 5) => ({ name, kind, sizeBytes, mtimeMs: 7 });
  const below = ['a', 'a/one', 'a/gone', 'empty', 'full', 'full/inner', 'full/inner/x'];
  const catalog = {
    stat: () => entry('Photos', 'folder', 0),
    titleOf: () => 'Share',
    *files() {
      for (const name of below)
        yield {
          path: parseSafePath(`Photos/${name}`),
          entry: entry(name.split('/').at(-1) ?? '', /one|gone|x$/.test(name) ? 'file' : 'folder'),
        };
    },
  };
  const identify: Identifying = {
    own: ({ path: name }) =>
      Promise.resolve(name.endsWith('gone') ? undefined : { contentId: idOf('hello'), sizeBytes: 5, mtimeMs: 9 }),
    told: () => Promise.resolve(undefined),
    ask: () => Promise.reject(new AppError('unavailable', 'away')),
  };
  const wish = { entry: { peerId: me, shareId, path: 'Photos' }, hasPlace: true };
  const told: [number, number][] = [];
  const options = {
    catalog,
    identify,
    ownPeerId: me,
    signal,
    onProgress: (done: number, total: number) => void told.push([done, total]),
  };
  const { link, goneFiles, entries } = await makeLink(wish, options);
  assert.deepEqual([link.title, link.kind, link.folders, goneFiles], ['Photos', 'folder', ['empty'], 1]);
  assert.deepEqual(
    link.files.map(({ path: name, mtimeMs }) => [name, mtimeMs]),
    [
      ['a/one', 9],
      ['full/inner/x', 9],
    ],
  );
  assert.deepEqual(
    entries.map(({ path: name }) => name),
    ['Photos/a/one', 'Photos/full/inner/x'],
  );
  assert.deepEqual(link.hints.entries, [wish.entry]);
  assert.deepEqual(told.at(-1), [15, 15]);
  await assert.rejects(makeLink({ ...wish, entry: { ...wish.entry, peerId: ann } }, options), /away/);
});
