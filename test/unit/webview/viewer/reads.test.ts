import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ViewerAnswer, viewerMaxima } from '../../../../src/protocol/viewer.ts';
import { blockBytes, Blocks } from '../../../../webview/viewer/blocks.ts';
import { Reads } from '../../../../webview/viewer/reads.ts';

const sizeBytes = blockBytes * 1000;

/** A host that answers when it is told to. */
function scene() {
  const asked: { id: number; offset: number; length: number; answer: (answer: ViewerAnswer) => void }[] = [];
  const cancelled: number[] = [];
  const failures: (string | undefined)[] = [];
  let came = 0;
  const blocks = new Blocks(sizeBytes);
  const reads = new Reads({
    blocks,
    host: {
      ask: ({ offset, length }) => {
        const id = asked.length;
        return { id, answer: new Promise((resolve) => asked.push({ id, offset, length, answer: resolve })) };
      },
      cancel: (id) => cancelled.push(id),
    },
    onBytes: () => (came += 1),
    onFailed: (message) => failures.push(message),
    onProgress: () => undefined,
  });
  const answer = async (id: number): Promise<void> => {
    const one = asked[id];
    assert.ok(one);
    one.answer({ type: 'bytes', id, offset: one.offset, bytes: new Uint8Array(one.length), fetchedBytes: 0 });
    await Promise.resolve();
  };
  const places = () => asked.map(({ offset, length }) => [offset / blockBytes, length / blockBytes]);
  const want = (...blocksWanted: [number, number][]) =>
    reads.want(blocksWanted.map(([from, to]) => ({ from: from * blockBytes, to: to * blockBytes })));
  return { asked, cancelled, failures, blocks, reads, answer, places, want, came: () => came };
}

test('what is wanted is asked for once, and what is no more wanted is cancelled', async () => {
  const { cancelled, places, want, answer, reads, came } = scene();
  want([0, 2]);
  want([0, 2]);
  want([1, 3]);
  assert.deepEqual(places(), [
    [0, 2],
    [2, 1],
  ]);
  for (let at = 10; at < 500; at += 10) want([at, at + 2]);
  assert.equal(cancelled.length, 50);
  assert.ok(reads.isRunning);
  await answer(places().length - 1);
  assert.ok(!reads.isRunning);
  assert.equal(came(), 1);
});

test('few reads run at a time, the place that was named first before the others', () => {
  const { asked, places, want } = scene();
  const most = viewerMaxima.readBytes / blockBytes;
  want([700, 702], [0, 10 * most]);
  assert.equal(asked.length, 4);
  assert.deepEqual(places()[0], [700, 2]);
  assert.ok(asked.every(({ length }) => length <= viewerMaxima.readBytes));
});

test('bytes that come though nobody waits for them are kept, and failures of those are not told', async () => {
  const { asked, blocks, failures, want, answer, came } = scene();
  want([0, 1]);
  want([5, 6]);
  await answer(0);
  assert.deepEqual(blocks.missing(0, 10), []);
  assert.equal(came(), 1);
  want([0, 1]);
  asked[1]?.answer({ type: 'cancelled', id: 1 });
  await Promise.resolve();
  assert.deepEqual(failures, []);
});

test('a failure is told, and the same is asked for again only when it is wanted again', async () => {
  const { asked, failures, want } = scene();
  want([3, 4]);
  asked[0]?.answer({ type: 'failed', id: 0, message: 'Ada is away.' });
  await Promise.resolve();
  assert.deepEqual(failures, ['Ada is away.']);
  assert.equal(asked.length, 1);
  want([3, 4]);
  asked[1]?.answer({ type: 'cancelled', id: 1 });
  await Promise.resolve();
  assert.deepEqual(failures, ['Ada is away.', undefined]);
  assert.equal(asked.length, 2);
});
