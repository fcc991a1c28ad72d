import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { test } from 'node:test';
import { createNoticeQueue } from '../../../src/extension/noticeQueue.ts';

/** A notification that a person closes. */
function notice(shown: string[], name: string): { show: () => Promise<string>; close: () => void } {
  const { promise, resolve } = Promise.withResolvers<string>();
  return {
    show: () => {
      shown.push(name);
      return promise;
    },
    close: () => resolve(name),
  };
}

test('the next notification comes when the one before is closed', async () => {
  const shown: string[] = [];
  const queue = createNoticeQueue(5);
  const [first, second] = [notice(shown, 'first'), notice(shown, 'second')];
  const one = queue.add(first.show, { waitMs: 60_000 });
  const two = queue.add(second.show, { waitMs: 60_000 });
  await nextTurn();
  assert.deepEqual(shown, ['first']);
  first.close();
  assert.equal(await one, 'first');
  assert.deepEqual(shown, ['first', 'second']);
  second.close();
  assert.equal(await two, 'second');
});

test('one that nobody closes keeps the next back only so long', () => {
  const shown: string[] = [];
  let nowMs = 0;
  const queue = createNoticeQueue(5, () => nowMs);
  void queue.add(notice(shown, 'left open').show, { waitMs: 60_000 });
  nowMs = 59_999;
  void queue.add(notice(shown, 'news').show, { waitMs: 60_000 });
  assert.deepEqual(shown, ['left open']);
  nowMs = 60_000;
  void queue.add(notice(shown, 'more').show, { waitMs: 60_000 });
  assert.deepEqual(shown, ['left open', 'news']);
});

test('an answer to a click goes before news that wait', async () => {
  const shown: string[] = [];
  const queue = createNoticeQueue(5);
  const first = notice(shown, 'first');
  void queue.add(first.show, { waitMs: 60_000 });
  void queue.add(notice(shown, 'news').show, { waitMs: 60_000 });
  void queue.add(notice(shown, 'answer').show, { waitMs: 3_000 });
  first.close();
  await nextTurn();
  assert.deepEqual(shown, ['first', 'answer']);
});

test('more than so many do not wait', async () => {
  const shown: string[] = [];
  const queue = createNoticeQueue(2);
  const first = notice(shown, 'first');
  void queue.add(first.show, { waitMs: 60_000 });
  const all = ['a', 'b', 'c'].map((name) => queue.add(notice(shown, name).show, { waitMs: 60_000 }));
  assert.equal(await all[2], undefined);
  first.close();
  await nextTurn();
  assert.deepEqual(shown, ['first', 'a']);
});

test('one that fails lets the next through', async () => {
  const shown: string[] = [];
  const queue = createNoticeQueue(2);
  await assert.rejects(
    queue.add(() => Promise.reject(new Error('no window')), { waitMs: 60_000 }),
    /no window/,
  );
  void queue.add(notice(shown, 'next').show, { waitMs: 60_000 });
  assert.deepEqual(shown, ['next']);
});
