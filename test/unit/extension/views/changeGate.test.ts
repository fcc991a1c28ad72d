import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChangeGate } from '../../../../src/extension/views/changeGate.ts';

function begin(): { gate: ChangeGate<string>; fired: (string[] | undefined)[] } {
  const fired: (string[] | undefined)[] = [];
  return { fired, gate: new ChangeGate<string>((changed) => fired.push(changed)) };
}

test('a change is told at once while nobody asks', async () => {
  const { gate, fired } = begin();
  await gate.change(['a']);
  await gate.change();
  assert.deepEqual(fired, [['a'], undefined]);
});

test('changes wait for the answers under way, and come as one', async () => {
  const { gate, fired } = begin();
  let answer: (children: string[]) => void = () => undefined;
  const asked = gate.ask(() => new Promise<string[]>((resolve) => (answer = resolve)));
  const told = Promise.all([gate.change(['a', 'b']), gate.change(['b', 'c'])]);
  assert.deepEqual(fired, []);
  answer(['child']);
  assert.deepEqual(await asked, ['child']);
  assert.deepEqual(fired, [], 'not before the rows are made');
  await told;
  assert.deepEqual(fired, [['a', 'b', 'c']]);
});

test('a change of everything swallows the others', async () => {
  const { gate, fired } = begin();
  const asked = gate.ask(() => Promise.resolve(1));
  const told = Promise.all([gate.change(['a']), gate.change()]);
  await asked;
  await told;
  assert.deepEqual(fired, [undefined]);
});

test('a question that fails lets changes go on', async () => {
  const { gate, fired } = begin();
  const asked = gate.ask(() => Promise.reject(new Error('no')));
  const told = gate.change(['a']);
  await assert.rejects(asked, /no/);
  await told;
  assert.deepEqual(fired, [['a']]);
});
