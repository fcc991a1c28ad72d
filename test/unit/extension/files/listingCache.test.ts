import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../../src/protocol/errors.ts';
import type { Entry, EntryRef, ListPage } from '../../../../src/protocol/model.ts';
import { ListingCache, type Catalog } from '../../../../src/extension/files/listingCache.ts';
import { limits } from '../../../../src/extension/limits.ts';
import { file, folder, peerId, shareId } from '../worlds.ts';

const share = { peerId: peerId(1), shareId: shareId(1) };
const at = (path: string): EntryRef => ({ ...share, path });

/** A catalog over a plain object of folders that counts what it is asked. */
function catalogOf(
  folders: Record<string, Entry[]>,
): Catalog & { asked: number; folders: Record<string, Entry[]>; failure?: AppError } {
  const catalog = {
    asked: 0,
    folders,
    failure: undefined as AppError | undefined,
    list(entry: EntryRef, offset: number, limit: number): Promise<ListPage> {
      catalog.asked += 1;
      if (catalog.failure !== undefined) return Promise.reject(catalog.failure);
      const entries = catalog.folders[entry.path];
      const isFile = catalog.folders['']?.some(({ name, kind }) => name === entry.path && kind === 'file') === true;
      if (entries === undefined) return Promise.reject(new AppError(isFile ? 'not-folder' : 'not-found', `no ${entry.path}`));
      return Promise.resolve({ entries: entries.slice(offset, offset + limit), total: entries.length });
    },
    stat(entry: EntryRef): Promise<Entry> {
      catalog.asked += 1;
      if (entry.path === '') return Promise.resolve(folder(''));
      const slash = entry.path.lastIndexOf('/');
      const found = catalog.folders[entry.path.slice(0, Math.max(0, slash))]?.find(
        ({ name }) => name === entry.path.slice(slash + 1),
      );
      return found === undefined ? Promise.reject(new AppError('not-found', 'no')) : Promise.resolve(found);
    },
  };
  return catalog as ReturnType<typeof catalogOf>;
}

test('a storm of probes costs one question a folder', async () => {
  const catalog = catalogOf({ '': [folder('a'), file('x.txt')], a: [folder('b')], 'a/b': [file('y')] });
  const cache = new ListingCache(catalog);
  for (let round = 0; round < 50; round++) {
    for (const name of ['.git', 'package.json', 'tsconfig.json', '.vscode/settings.json']) {
      for (const above of ['', 'a/', 'a/b/']) assert.equal(await cache.stat(at(above + name)), undefined);
    }
  }
  assert.equal((await cache.stat(at('a/b/y')))?.kind, 'file');
  assert.equal(catalog.asked, 3);
});

test('probes at the same time share one question', async () => {
  const catalog = catalogOf({ '': [file('x')] });
  const cache = new ListingCache(catalog);
  await Promise.all(Array.from({ length: 100 }, () => cache.stat(at('x'))));
  assert.equal(catalog.asked, 1);
});

test('below a file or nothing there is nothing', async () => {
  const cache = new ListingCache(catalogOf({ '': [file('x')] }));
  assert.equal(await cache.stat(at('x/y')), undefined);
  assert.equal(await cache.stat(at('no/y/z')), undefined);
  await assert.rejects(Promise.resolve(cache.list(at('x'))), { kind: 'not-folder' });
  await assert.rejects(Promise.resolve(cache.list(at('no'))), { kind: 'not-found' });
});

test('a failure of the sidecar is told and not kept', async () => {
  const catalog = catalogOf({ '': [file('x')] });
  catalog.failure = new AppError('unavailable', 'gone');
  const cache = new ListingCache(catalog);
  await assert.rejects(cache.stat(at('x')), { kind: 'unavailable' });
  delete catalog.failure;
  assert.equal((await cache.stat(at('x')))?.name, 'x');
});

test('a folder above one page is not kept, listed in pages, and refused above the bound', async () => {
  const many = Array.from({ length: limits.pageEntries + 5 }, (_, i) => file(`f${i}`));
  const catalog = catalogOf({ '': many });
  const cache = new ListingCache(catalog);
  assert.equal(Array.from(await cache.list(at(''))).length, many.length);
  assert.equal((await cache.stat(at('f10004')))?.name, 'f10004');
  assert.equal(await cache.stat(at('nope')), undefined);
  catalog.folders[''] = Array.from({ length: limits.directoryEntries + 1 }, (_, i) => file(`f${i}`));
  await assert.rejects(Promise.resolve(cache.list(at(''))), { kind: 'too-large' });
});

test('a changed share tells what was made, changed and removed, and only that', async () => {
  const catalog = catalogOf({ '': [file('same'), file('grown', 1), file('gone'), folder('d')], d: [file('z')] });
  const cache = new ListingCache(catalog);
  await cache.list(at(''));
  await cache.list(at('d'));
  catalog.folders = { '': [file('same'), file('grown', 2), file('new'), folder('d')], d: [file('z')] };
  assert.deepEqual(
    (await cache.refresh(share)).sort((a, b) => a.path.localeCompare(b.path)),
    [
      { path: 'gone', change: 'deleted' },
      { path: 'grown', change: 'changed' },
      { path: 'new', change: 'created' },
    ],
  );
  assert.equal((await cache.stat(at('new')))?.name, 'new');
  assert.deepEqual(await cache.refresh({ peerId: peerId(2), shareId: share.shareId }), []);
});

test('no more folders are kept than the limit', async () => {
  const folders: Record<string, Entry[]> = { '': [] };
  for (let i = 0; i < limits.cachedFolders + 50; i++) folders[`d${i}`] = [file('x')];
  folders[''] = Object.keys(folders)
    .filter((name) => name !== '')
    .map(folder);
  const catalog = catalogOf(folders);
  const cache = new ListingCache(catalog);
  for (const { name } of folders['']) await cache.list(at(name));
  const asked = catalog.asked;
  await cache.list(at(`d${limits.cachedFolders + 49}`));
  assert.equal(catalog.asked, asked, 'the newest is kept');
  await cache.list(at('d0'));
  assert.equal(catalog.asked, asked + 1, 'the oldest went');
});
