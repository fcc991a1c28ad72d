import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kernelSourceHash } from '../../../../../scripts/kernel.ts';
import { Kernel } from '../../../../../src/sidecar/catalog/search/kernel.ts';
import { sourceHash } from '../../../../../src/sidecar/catalog/search/kernelBytes.ts';
import { seededRandom } from '../index/randomTree.ts';

test('the compiled kernel is that of its source', () => {
  assert.equal(sourceHash, kernelSourceHash(), 'assembly/kernel.ts changed: run scripts/kernel.ts');
});

test('the best are kept, whatever order they come in, and those after a given one', () => {
  const random = seededRandom(1);
  const all = Array.from({ length: 5000 }, (_, order) => ({ key: Math.floor(random() * 300), order }));
  const sorted = all.toSorted((one, other) => one.key - other.key || one.order - other.order);
  for (const wanted of [1, 50, 700]) {
    let after = { key: -1, order: -1 };
    for (let done = 0; done < 3 * wanted; done += wanted) {
      const kernel = new Kernel();
      const room = wanted + 64;
      const [keys, orders, homes] = [kernel.take(room * 8), kernel.take(room * 8), kernel.take(room * 4)];
      kernel.calls.keep(keys, orders, homes, room, wanted, after.key, after.order);
      for (const { key, order } of all) kernel.calls.offer(key, order, order * 2);
      const kept = kernel.calls.settle();
      const found = Array.from(kernel.f64(keys, kept), (key, at) => ({ key, order: kernel.f64(orders, kept)[at] ?? -1 }));
      assert.deepEqual(
        Array.from(kernel.u32(homes, kept)),
        found.map(({ order }) => order * 2),
      );
      found.sort((one, other) => one.key - other.key || one.order - other.order);
      assert.deepEqual(found, sorted.slice(done, done + wanted));
      after = found.at(-1) ?? after;
    }
  }
});

test('memory that was taken for good stays, the rest is given back; a long term at the very end reads no further than there is', () => {
  const kernel = new Kernel();
  const kept = kernel.takeForGood(100);
  kernel.bytes(kept, 100).fill(7);
  const { mark } = kernel;
  const names = kernel.take(kernel.memoryBytes);
  assert.throws(() => kernel.takeForGood(1), RangeError);
  const term = kernel.take(700);
  kernel.bytes(term, 700).fill(120);
  kernel.bytes(names, 1000).fill(120);
  kernel.bytes(names + 999, 1)[0] = 0;
  const classes = kernel.take(64);
  kernel.bytes(classes, 64).fill(255);
  assert.equal(kernel.calls.scan(names, 1000, term, 700, classes, 0), 1);
  assert.ok(kernel.bytes(kept, 100).every((byte) => byte === 7));
  kernel.release(mark);
  assert.equal(kernel.takeForGood(10), mark + 16);
});
