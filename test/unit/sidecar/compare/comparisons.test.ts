// Comparisons with their real worker, of a real folder and a real index.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { PeerId, ShareId } from '../../../../src/protocol/ids.ts';
import { SegmentWriter } from '../../../../src/sidecar/catalog/index/segmentWriter.ts';
import { Comparisons, type ComparisonsOptions } from '../../../../src/sidecar/compare/comparisons.ts';

const entry = { peerId: 'y'.repeat(52) as PeerId, shareId: 'y'.repeat(26) as ShareId, path: '' };
const root = Buffer.alloc(32, 7);

test('an index that is replaced while it is read is read again, with all that is known of its files', async (t) => {
  const base = realpathSync.native(mkdtempSync(path.join(tmpdir(), 'pl-compare-')));
  t.after(() => rmSync(base, { recursive: true, force: true }));
  const [folder, segmentPath] = [path.join(base, 'folder'), path.join(base, 'segment')];
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'a'), 'content');
  const writer = new SegmentWriter(segmentPath);
  writer.folder(0, 1);
  writer.entry(Buffer.from('a'), 7, 5);
  writer.finish(1000);
  const paths = [path.join(base, 'gone'), segmentPath];
  const view = {
    stat: () => ({ kind: 'folder' }),
    get segment() {
      return { path: paths.shift() };
    },
  };
  const page = (after: string) => ({
    paths: new Uint8Array(Buffer.from('a')),
    ...{ sizes: Float64Array.of(7), times: Float64Array.of(5), roots: new Uint8Array(root) },
    last: after === '' ? 'a' : undefined,
  });
  const options: Partial<Record<keyof ComparisonsOptions, unknown>> = {
    ownPeerId: 'o'.repeat(52),
    catalog: () => ({ view: () => view, list: () => assert.fail('it is there') }),
    details: { isEmpty: false, ask: (_: string, { after }: { after: string }) => Promise.resolve(page(after)) },
    trees: {
      rootsBelow: (_: string, after: string) => (after === '' ? [{ path: path.join(folder, 'a') }] : []),
      rootOf: () => root,
    },
  };
  const comparisons = new Comparisons(options as ComparisonsOptions);
  t.after(() => comparisons.close());
  const { compareId, totals } = await comparisons.start({
    ...{ left: { folder }, right: { entry }, isExact: false },
    ...{ signal: new AbortController().signal, onProgress: () => undefined },
  });
  assert.deepEqual(paths, [], 'it was read twice');
  assert.equal(totals.same.files, 1);
  const { entries } = await comparisons.page(compareId, { states: ['same'], under: '', offset: 0, limit: 10 });
  assert.deepEqual(
    entries.map((each) => each.right?.contentId),
    [root.toString('hex')],
  );
});
