import assert from 'node:assert/strict';
import { test } from 'node:test';
import { kindOfByte, nameBytesProblem } from '../../../../../src/sidecar/catalog/index/nameBytes.ts';
import { compareNames, comparePaths } from '../../../../../src/sidecar/catalog/index/names.ts';
import { nameProblem } from '../../../../../src/sidecar/storage/safePath.ts';
import { byBytes, seededRandom } from './randomTree.ts';

const parts = ['a', 'b', 'A', '.', '-', ' ', '\u0001', '\u007f', 'é', '\ud7ff', '\ue000', '\uffee', '🍲', '𝒳', '日'];

function randomName(random: () => number, from: readonly string[]): string {
  return Array.from({ length: Math.floor(random() * 5) }, () => from[Math.floor(random() * from.length)]).join('');
}

test('names compare as their bytes do', () => {
  const random = seededRandom(1);
  for (let round = 0; round < 20_000; round++) {
    const [one, other] = [randomName(random, parts), randomName(random, parts)];
    assert.equal(Math.sign(compareNames(one, other)), Math.sign(byBytes(one, other)), JSON.stringify([one, other]));
  }
});

test('paths compare name by name', () => {
  const random = seededRandom(2);
  const byNames = (one: string, other: string): number => {
    const [first, second] = [one.split('/'), other.split('/')];
    for (let at = 0; at < Math.min(first.length, second.length); at++) {
      const order = byBytes(first[at] ?? '', second[at] ?? '');
      if (order !== 0) return order;
    }
    return first.length - second.length;
  };
  const path = (): string =>
    Array.from({ length: 1 + Math.floor(random() * 3) }, () => `${randomName(random, parts)}x`).join('/');
  for (let round = 0; round < 20_000; round++) {
    const [one, other] = [path(), path()];
    assert.equal(Math.sign(comparePaths(one, other)), Math.sign(byNames(one, other)), JSON.stringify([one, other]));
  }
});

/** As the decoder asks. */
function problemOf(name: string): string | undefined {
  const bytes = Buffer.from(name);
  return nameBytesProblem(
    bytes,
    bytes.reduce((kinds, byte) => kinds | (kindOfByte[byte] ?? 0), 0),
  );
}

test('a name is refused as bytes exactly when it is refused as text', () => {
  const random = seededRandom(3);
  const devices = [
    'con',
    'PRN',
    'aux',
    'NUL',
    'com1',
    'com0',
    'COM¹',
    'lpt³',
    'LPT²',
    'CONIN$',
    'conout$',
    'conin',
    'com',
    'com10',
    'nul.txt',
    'd:',
    '.',
    '..',
    '...',
  ];
  const risky = [...parts, ...devices, '/', '\\', ':', 'c', 'C', '$', '\0', '1', '²'];
  for (let round = 0; round < 100_000; round++) {
    const name = randomName(random, risky);
    assert.equal(problemOf(name) !== undefined, nameProblem(name) !== undefined, JSON.stringify(name));
  }
  for (const name of [...devices, '', 'x'.repeat(255), 'x'.repeat(256), 'é'.repeat(127), 'é'.repeat(128)])
    assert.equal(problemOf(name) !== undefined, nameProblem(name) !== undefined, JSON.stringify(name));
});
