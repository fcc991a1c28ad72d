import assert from 'node:assert/strict';
import test from 'node:test';
import { AppError } from '../../../../src/protocol/errors.ts';
import { isPeerId, isShareId, type PeerId, type ShareId } from '../../../../src/protocol/ids.ts';
import type { CatalogShare, Entry, EntryRef, ListPage } from '../../../../src/protocol/model.ts';
import { EditorOrder } from '../../../../src/sidecar/catalog/editorOrder.ts';
import type { Delta } from '../../../../src/sidecar/catalog/index/rows.ts';
import { MergedTree } from '../../../../src/sidecar/catalog/mergedTree.ts';
import { SortedListing } from '../../../../src/sidecar/catalog/sortedListing.ts';
import { catalogLimits } from '../../../../src/sidecar/limits.ts';
import { byBytes } from './index/randomTree.ts';

const order = new EditorOrder('en');
const page = { offset: 0, limit: 10_000 };

function peerOf(letter: string): PeerId {
  const id = letter.repeat(51) + 'y';
  if (!isPeerId(id)) throw new Error(`${id} is no peer id`);
  return id;
}

function shareOf(letter: string): ShareId {
  const id = letter.repeat(26);
  if (!isShareId(id)) throw new Error(`${id} is no share id`);
  return id;
}

/** Shares as plain folders: path to its entries, in index order. */
class Shelf {
  readonly #shares: { info: CatalogShare; folders: Map<string, Entry[]> }[] = [];
  reads = 0;

  put(letter: string, title: string, folders: Record<string, Entry[]>, info: Partial<CatalogShare> = {}): EntryRef {
    const share: CatalogShare = {
      ...{ peerId: peerOf(letter), shareId: shareOf(letter), title, isOwn: false, isOnline: true, indexState: 'ready' },
      ...{ bytesOnDisk: 0, fileCount: 0, folderCount: 0, totalBytes: 0, updatedAtMs: 1000 },
      ...info,
    };
    const sorted = Object.entries(folders).map(([path, entries]): [string, Entry[]] => [path, entries.toSorted(inIndexOrder)]);
    this.#shares.push({ info: share, folders: new Map(sorted) });
    return { peerId: share.peerId, shareId: share.shareId, path: '' };
  }

  set(ref: EntryRef, entries: Entry[]): void {
    this.#of(ref).folders.set(ref.path, entries.toSorted(inIndexOrder));
  }

  shares(): CatalogShare[] {
    return this.#shares.map(({ info }) => info);
  }

  list(ref: EntryRef, { offset, limit }: { offset: number; limit: number }): ListPage {
    this.reads++;
    const entries = this.#of(ref).folders.get(ref.path);
    if (entries === undefined) throw new AppError('not-found', `no ${ref.path}`);
    return { entries: entries.slice(offset, offset + limit), total: entries.length };
  }

  stat(ref: EntryRef): Entry | undefined {
    if (ref.path === '') return { name: '', kind: 'folder', sizeBytes: 0, mtimeMs: 0 };
    const slash = ref.path.lastIndexOf('/');
    const parent = this.#of(ref).folders.get(ref.path.slice(0, Math.max(0, slash)));
    return parent?.find(({ name }) => name === ref.path.slice(slash + 1));
  }

  #of(ref: EntryRef): { info: CatalogShare; folders: Map<string, Entry[]> } {
    const share = this.#shares.find(({ info }) => info.peerId === ref.peerId && info.shareId === ref.shareId);
    if (share === undefined) throw new AppError('not-found', 'no such share');
    return share;
  }
}

function inIndexOrder(one: Entry, other: Entry): number {
  return one.kind === other.kind ? byBytes(one.name, other.name) : one.kind === 'folder' ? -1 : 1;
}

const file = (name: string, mtimeMs = 1, sizeBytes = 1): Entry => ({ name, kind: 'file', sizeBytes, mtimeMs });
const folder = (name: string): Entry => ({ name, kind: 'folder', sizeBytes: 0, mtimeMs: 1 });
const numbered = (count: number, start = 0): Entry[] => Array.from({ length: count }, (_, at) => file(`f${start + at}`));

function delta(path: string, change: { removed?: string[]; set?: Entry[] } = {}): Delta {
  const counts = { folderCount: 0, fileCount: 0, totalBytes: 0 };
  return { updatedAtMs: 0, counts, folders: [{ path, mtimeMs: 0, removed: [], set: [], ...change }] };
}

test('the top of the merged tree has every title once, in order, with its shares', async () => {
  const shelf = new Shelf();
  shelf.put('a', 'Photos 10', {}, { updatedAtMs: 5 });
  shelf.put('b', 'photos 9', {});
  shelf.put('c', 'Photos 10', {}, { isOnline: false, updatedAtMs: 7 });
  const { entries, total } = await new MergedTree(shelf, order).list('', page);
  assert.equal(total, 2);
  assert.deepEqual(
    entries.map(({ name, holderCount, mtimeMs }) => [name, holderCount, mtimeMs]),
    [
      ['photos 9', 1, 1000],
      ['Photos 10', 2, 7],
    ],
  );
  assert.deepEqual(
    entries[1]?.holders.map(({ entry, isOnline }) => [entry.peerId, entry.path, isOnline]),
    [
      [peerOf('a'), '', true],
      [peerOf('c'), '', false],
    ],
  );
});

test('below a title the same name of the same kind is one entry; its newest version speaks for it', async () => {
  const shelf = new Shelf();
  shelf.put('a', 'Code', { '': [folder('src'), file('x', 5, 50)], src: [file('a2'), file('a10')] });
  shelf.put('b', 'Code', { '': [folder('src'), folder('x')], src: [file('a10', 9, 90), file('B1')] }, { isOnline: false });
  shelf.put('c', 'Other', { '': [file('no')] });
  const tree = new MergedTree(shelf, order);
  const top = await tree.list('Code', page);
  assert.deepEqual(
    top.entries.map(({ name, kind, holderCount }) => [name, kind, holderCount]),
    [
      ['src', 'folder', 2],
      ['x', 'folder', 1],
      ['x', 'file', 1],
    ],
  );
  const { entries } = await tree.list('Code/src', page);
  assert.deepEqual(
    entries.map(({ name, sizeBytes, holderCount }) => [name, sizeBytes, holderCount]),
    [
      ['a2', 1, 1],
      ['a10', 90, 2],
      ['B1', 1, 1],
    ],
  );
  assert.deepEqual(
    entries[1]?.holders.map(({ entry, sizeBytes }) => [entry.peerId, entry.path, sizeBytes]),
    [
      [peerOf('a'), 'src/a10', 1],
      [peerOf('b'), 'src/a10', 90],
    ],
    'who is online comes first',
  );
});

test('a title with a slash hides no folder of another title', async () => {
  const shelf = new Shelf();
  shelf.put('a', 'Photos', { '': [folder('2025')], 2025: [file('mine')] });
  shelf.put('b', 'Photos/2025', { '': [file('theirs')] });
  shelf.put('c', 'Photos/..', { '': [file('odd')] });
  const tree = new MergedTree(shelf, order);
  assert.deepEqual(
    (await tree.list('Photos/2025', page)).entries.map(({ name }) => name),
    ['mine', 'theirs'],
  );
  assert.deepEqual(
    (await tree.list('Photos/..', page)).entries.map(({ name }) => name),
    ['odd'],
  );
});

test('what is not there, is a file, or has no index yet, says so', async () => {
  const shelf = new Shelf();
  shelf.put('a', 'Code', { '': [file('x')] });
  shelf.put('b', 'Coming', {}, { indexState: 'fetching', updatedAtMs: undefined as never });
  const tree = new MergedTree(shelf, order);
  await assert.rejects(tree.list('Nope', page), { kind: 'not-found' });
  await assert.rejects(tree.list('Code/none', page), { kind: 'not-found' });
  await assert.rejects(tree.list('Code/../x', page), { kind: 'not-found' });
  await assert.rejects(tree.list('Code/x', page), { kind: 'not-folder' });
  await assert.rejects(tree.list('Coming', page), { kind: 'unavailable' });
});

test('at most 16 holders are named, and all are counted', async () => {
  const shelf = new Shelf();
  for (const letter of 'ybndrfg8ejkmcpqxot1u') shelf.put(letter, 'Same', { '': [file('x')] });
  const { entries } = await new MergedTree(shelf, order).list('Same', page);
  assert.deepEqual([entries[0]?.holders.length, entries[0]?.holderCount], [16, 20]);
});

test('folders too large to sort are merged in index order, at any page, without reading all', async () => {
  const shelf = new Shelf();
  const count = catalogLimits.sortedEntries;
  const names = [...'ybn'].map((letter, at) => {
    const entries = [folder('😀'), folder('\uffee'), ...numbered(count / 2, (at * count) / 4)];
    shelf.put(letter, 'Huge', { '': entries });
    return entries.map(({ name, kind }) => `${kind === 'folder' ? 0 : 1}${name}`);
  });
  const expected = [...new Set(names.flat())].sort(byBytes).map((name) => name.slice(1));
  const tree = new MergedTree(shelf, order);
  shelf.reads = 0;
  const first = await tree.list('Huge', { offset: 0, limit: 100 });
  assert.ok(shelf.reads < 20, `${shelf.reads} reads`);
  assert.deepEqual(
    first.entries.map(({ name }) => name),
    expected.slice(0, 100),
  );
  assert.ok(first.total >= expected.length);
  for (const offset of [50_000, 12_345, expected.length - 10]) {
    const { entries } = await tree.list('Huge', { offset, limit: 20 });
    assert.deepEqual(
      entries.map(({ name }) => name),
      expected.slice(offset, offset + 20),
    );
  }
  assert.equal((await tree.list('Huge', { offset: 0, limit: 1 })).total, expected.length, 'exact once the end was seen');
});

test('a sorted folder is kept until it changes, and only then read again', async () => {
  const shelf = new Shelf();
  const ref = { ...shelf.put('a', 'A', { '': [], big: numbered(3000) }), path: 'big' };
  const listing = new SortedListing(shelf, order);
  const names = async (): Promise<string[]> => (await listing.list(ref, page)).entries.map(({ name }) => name);
  const expected = (await names()).slice();
  assert.deepEqual(expected.slice(0, 3), ['f0', 'f1', 'f2']);
  assert.equal(expected.length, 3000);
  const readOnce = async (): Promise<number> => {
    shelf.reads = 0;
    await names();
    return shelf.reads;
  };
  assert.equal(await readOnce(), 1, 'only looked how large it is');
  listing.changed(ref.peerId, ref.shareId, delta('other', { removed: ['big'] }));
  listing.changed(ref.peerId, ref.shareId, delta('', { set: [folder('big')] }));
  listing.changed(peerOf('b'), ref.shareId, delta('big'));
  assert.equal(await readOnce(), 1);
  shelf.set(ref, numbered(2999));
  listing.changed(ref.peerId, ref.shareId, delta('big'));
  assert.equal((await names()).length, 2999);
  listing.changed(ref.peerId, ref.shareId, delta('', { removed: ['big'] }));
  assert.ok((await readOnce()) > 1);
  listing.gone(ref.peerId, ref.shareId);
  assert.ok((await readOnce()) > 1);
});

test('a folder that changes while it is read is not a mix of two states', async () => {
  const shelf = new Shelf();
  const ref = shelf.put('a', 'A', { '': numbered(20_000) });
  let isChanged = false;
  const listing: SortedListing = new SortedListing(
    {
      list: (at, options) => {
        const listed = shelf.list(at, options);
        if (options.offset > 5000 && !isChanged) {
          isChanged = true;
          shelf.set(ref, numbered(20_000, 100_000));
          listing.changed(ref.peerId, ref.shareId, delta(''));
        }
        return listed;
      },
    },
    order,
  );
  const { entries, total } = await listing.list(ref, page);
  assert.equal(total, 20_000);
  assert.ok(entries.every(({ name }) => Number(name.slice(1)) >= 100_000));
});

test('small folders are sorted in the order that was asked for, large ones stay in index order', async () => {
  const shelf = new Shelf();
  const ref = shelf.put('a', 'A', {
    '': [file('b'), file('A'), folder('z'), file('a10'), file('a9')],
    z: numbered(catalogLimits.sortedEntries + 1),
  });
  const listing = new SortedListing(shelf, order);
  assert.deepEqual(
    (await listing.list(ref, { offset: 1, limit: 3 })).entries.map(({ name }) => name),
    ['A', 'a9', 'a10'],
  );
  const large = await listing.list({ ...ref, path: 'z' }, { offset: 0, limit: 3 });
  assert.deepEqual(
    large.entries.map(({ name }) => name),
    ['f0', 'f1', 'f10'],
  );
});
