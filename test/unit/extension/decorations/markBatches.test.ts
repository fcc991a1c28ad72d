import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MarkBatches } from '../../../../src/extension/decorations/markBatches.ts';

function batches(ask: (paths: string[]) => Promise<string[]>) {
  const failed: string[][] = [];
  return { failed, made: new MarkBatches({ ask, keyOf: (each: string) => each, onFailed: (asked) => failed.push(asked) }) };
}

test('rows that are drawn together are asked about together, and once', async () => {
  const asked: string[][] = [];
  const { made } = batches((paths) => {
    asked.push(paths);
    return Promise.resolve(paths.map((each) => `of ${each}`));
  });
  const answers = await Promise.all(['/a', '/b', '/a'].map((path) => made.of(path)));
  assert.deepEqual(answers, ['of /a', 'of /b', 'of /a']);
  assert.deepEqual(asked, [['/a', '/b']]);
  assert.deepEqual(
    made.forget((path) => path === '/b'),
    ['/b'],
  );
  assert.equal(made.drop('/a'), true);
  assert.deepEqual(made.forget(), []);
  made.dispose();
});

test('a failure is told and not kept', async () => {
  let isDown = true;
  const { made, failed } = batches((paths) => (isDown ? Promise.reject(new Error('down')) : Promise.resolve(paths)));
  assert.equal(await made.of('/a'), undefined);
  assert.deepEqual(failed, [['/a']]);
  isDown = false;
  assert.equal(await made.of('/a'), '/a');
  made.dispose();
});

test('whoever waits when it ends is answered', async () => {
  const { made } = batches(() => assert.fail('not asked'));
  const waiting = made.of('/a');
  made.dispose();
  assert.equal(await waiting, undefined);
});
