// Seeded nonsense for parsers: what hangs, crashes or eats memory where a parser is careless.

import { randomInt } from 'node:crypto';
import type { TestContext } from 'node:test';

/** A number below `most`; the seed is printed, and POTLUCK_SEED gives it again. */
export function seeded(t: TestContext): (most: number) => number {
  let state = Number(process.env['POTLUCK_SEED'] ?? randomInt(2 ** 32));
  t.diagnostic(`seed ${state}`);
  // mulberry32 (T. Ettinger)
  return (most) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % most;
  };
}

/** Texts of so many characters, none of which any of our formats allows. */
export function* garbage(random: (most: number) => number, characters: number): Generator<string> {
  for (const unit of [
    '[',
    '{"a":',
    '"',
    '\\',
    '{"a":[',
    '-',
    '1',
    '[[],',
    '""',
    'd',
    'l',
    'i',
    'd1:a',
    '1:',
    '0',
    '9',
    '(',
    '%',
    '&',
    '\u0000',
    '\ud800',
    ' ',
    '\n',
  ]) {
    yield unit.repeat(Math.ceil(characters / unit.length)).slice(0, characters);
  }
  const letters = '{}[]":,\\0123456789eE+-.truefalsnd:il \n/%&#()';
  let text = '';
  while (text.length < characters) text += letters.charAt(random(letters.length));
  yield text;
}
