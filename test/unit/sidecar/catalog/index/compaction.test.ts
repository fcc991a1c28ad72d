import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { ChunkDecoder } from '../../../../../src/sidecar/catalog/index/chunkDecoder.ts';
import { packIndex } from '../../../../../src/sidecar/catalog/index/compaction.ts';
import { encodeDelta } from '../../../../../src/sidecar/catalog/index/delta.ts';
import { IndexView } from '../../../../../src/sidecar/catalog/index/indexView.ts';
import type { Delta, IndexSink } from '../../../../../src/sidecar/catalog/index/rows.ts';
import { Segment } from '../../../../../src/sidecar/catalog/index/segment.ts';
import { SegmentWriter } from '../../../../../src/sidecar/catalog/index/segmentWriter.ts';
import { countsAfter, splitDelta } from '../../../../../src/sidecar/catalog/index/splitDelta.ts';
import { indexLimits } from '../../../../../src/sidecar/limits.ts';
import { modelCounts, randomChange } from './randomDelta.ts';
import { feed, randomTree, recorder, seededRandom, type ModelFolder } from './randomTree.ts';

let folder = '';
let files = 0;
before(() => (folder = mkdtempSync(path.join(tmpdir(), 'potluck-pack-'))));
after(() => rmSync(folder, { recursive: true, force: true }));

const file = (): string => path.join(folder, String(files++));
const never = new AbortController().signal;

function open(make: (sink: IndexSink) => void): IndexView {
  const at = file();
  const writer = new SegmentWriter(at);
  make(writer);
  writer.finish(1000);
  return new IndexView(Segment.open(at));
}

function changed(seed: number): { view: IndexView; model: ModelFolder } {
  const random = seededRandom(seed);
  let model = randomTree(random, 2);
  const view = open((sink) => feed(model, sink));
  for (let step = 0; step < 10; step++) {
    const next = randomChange(model, random);
    if (next.delta !== undefined) view.apply(next.delta);
    model = next.model;
  }
  return { view, model };
}

function lines(replay: (sink: IndexSink) => void): string[] {
  const found = recorder();
  replay(found);
  return found.lines;
}

test('an index with changes becomes a segment, and chunks where they are wanted', async () => {
  for (let seed = 1; seed <= 3; seed++) {
    const { view, model } = changed(seed);
    const at = file();
    const { overlay } = view;
    const data = { segmentPath: view.segment.path, overlay, path: at, updatedAtMs: 7 };
    const { chunks, counts } = await packIndex({ ...data, withChunks: true }, { signal: never });
    assert.deepEqual(counts, modelCounts(model));
    const expected = lines((sink) => feed(model, sink));
    const packed = Segment.open(at);
    assert.equal(packed.header.updatedAtMs, 7);
    assert.deepEqual(
      lines((sink) => packed.replay(sink)),
      expected,
    );
    packed.close();
    const fromChunks = lines((sink) => {
      const decoder = new ChunkDecoder(sink);
      for (const chunk of chunks ?? []) decoder.chunk(chunk.block, chunk);
      assert.deepEqual(decoder.end(), counts);
    });
    assert.deepEqual(fromChunks, expected);
    const other = await packIndex({ ...data, path: file(), withChunks: false }, { signal: never });
    assert.deepEqual(other, { chunks: undefined, counts });
    view.close();
  }
});

test('a peer whose deltas claimed other counts is refused, and the file is gone', async () => {
  const { view } = changed(4);
  const { overlay } = view;
  assert.ok(overlay);
  const at = file();
  const lie = { ...overlay, counts: { ...overlay.counts, fileCount: overlay.counts.fileCount + 1 } };
  const data = { segmentPath: view.segment.path, overlay: lie, path: at, withChunks: false, updatedAtMs: 7 };
  await assert.rejects(packIndex(data, { signal: never }), { kind: 'protocol' });
  assert.ok(!existsSync(at));
  view.close();
});

test('stopped, damaged and contradicted packing says so and leaves no file', async () => {
  const { view } = changed(5);
  const at = file();
  const data = { segmentPath: view.segment.path, overlay: undefined, path: at, withChunks: true, updatedAtMs: 7 };
  await assert.rejects(packIndex(data, { signal: AbortSignal.abort() }), { kind: 'cancelled' });
  const contradiction: Delta = {
    ...{ updatedAtMs: 1, counts: { folderCount: 0, fileCount: 0, totalBytes: 0 } },
    folders: [{ path: '', mtimeMs: 0, removed: ['not there'], set: [] }],
  };
  await assert.rejects(packIndex({ ...data, overlay: contradiction }, { signal: never }), { kind: 'protocol' });
  const damaged = file();
  writeFileSync(damaged, 'no segment');
  await assert.rejects(packIndex({ ...data, segmentPath: damaged }, { signal: never }), { kind: 'io' });
  assert.ok(!existsSync(at));
  view.close();
});

test('counts after a change are those of the tree', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = seededRandom(seed);
    let model = randomTree(random, 3);
    const view = open((sink) => feed(model, sink));
    for (let step = 0; step < 6; step++) {
      const { model: next, delta } = randomChange(model, random);
      if (delta === undefined) continue;
      assert.deepEqual(countsAfter(view, delta.folders), modelCounts(next), `seed ${seed} step ${step}`);
      view.apply(delta);
      model = next;
    }
    view.close();
  }
});

test('a large step is cut into blocks that end at the same index, each with true counts', async () => {
  const view = open((sink) => {
    sink.folder(1, 20_000);
    sink.entry(Buffer.from('folder'), 0, 1);
    for (let index = 0; index < 20_000; index++) sink.entry(Buffer.from(String(index).padStart(6, '0')), 3, 1);
    sink.folder(0, 1);
    sink.entry(Buffer.from('x'), 5, 1);
  });
  const name = (index: number): string => `${String(index).padStart(6, '0')}${'long '.repeat(8)}`;
  const set = Array.from({ length: 30_000 }, (_, index) => ({
    name: name(index),
    kind: 'file' as const,
    sizeBytes: 9,
    mtimeMs: index,
  }));
  const folders = [
    { path: '', mtimeMs: 0, removed: Array.from({ length: 20_000 }, (_, index) => String(index).padStart(6, '0')), set },
    { path: 'folder', mtimeMs: 9, removed: ['x'], set: set.slice(0, 10_000) },
  ];
  const whole: Delta = { updatedAtMs: 5, counts: countsAfter(view, folders), folders };
  assert.throws(() => encodeDelta(whole, 1), RangeError);
  const steps = splitDelta(whole, view);
  assert.ok(steps.length > 3);
  assert.deepEqual(steps.at(-1)?.counts, whole.counts);
  const other = new IndexView(Segment.open(view.segment.path));
  other.apply(whole);
  for (const step of steps) {
    assert.ok(encodeDelta(step, 1).length <= indexLimits.blockBytes);
    view.apply(step);
    const counts = { folderCount: -1, fileCount: 0, totalBytes: 0 };
    view.replay({
      folder: () => void counts.folderCount++,
      entry: (bytes, sizeBytes) => {
        if (bytes.length !== 6 || bytes[0] !== 0x66) counts.fileCount++;
        counts.totalBytes += sizeBytes;
      },
    });
    assert.deepEqual(counts, step.counts);
  }
  assert.deepEqual(
    lines((sink) => view.replay(sink)),
    lines((sink) => other.replay(sink)),
  );
  view.close();
  other.close();
});
