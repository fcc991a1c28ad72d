import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { DetailTables } from '../../../../../src/sidecar/catalog/details/detailTables.ts';

test('content ids of a folder come page by page, each beside its path, size and time', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pl-details-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const tables = new DetailTables(folder, () => undefined);
  t.after(() => tables.close());
  tables.begin('key', { feedKey: new Uint8Array(32), isOfContent: true, refusal: '' });
  const names = ['a', 'sub/b, c', 'sub/é', 'sub/\u{1f600}/\uffee', 'sub0', 'z'];
  tables.put(
    'key',
    names.map((name, at) => ({
      ...{ path: name, sizeBytes: 10 ** at, mtimeMs: at * 1_400_000_000_000 - 1, mime: undefined, fields: {} },
      contentId: name === 'z' ? undefined : new Uint8Array(32).fill(at),
    })),
  );
  const read = (below: string): [string, number, number, number][] => {
    const found: [string, number, number, number][] = [];
    for (let after = below === '' ? '' : `${below}/`; ;) {
      const { paths, sizes, times, roots, last } = tables.roots({ key: 'key', below, after, limit: 2 });
      if (last === undefined) return found;
      for (const [at, name] of Buffer.from(paths).toString().split('//').entries()) {
        const root = roots.subarray(at * 32, at * 32 + 32);
        assert.equal(new Set(root).size, 1);
        found.push([name, sizes[at] ?? 0, times[at] ?? 0, root[0] ?? 0]);
      }
      after = last;
    }
  };
  const all = names
    .slice(0, 5)
    .map((name, at): [string, number, number, number] => [name, 10 ** at, at * 1_400_000_000_000 - 1, at]);
  assert.deepEqual(read(''), all);
  assert.deepEqual(read('sub'), all.slice(1, 4));
});
