import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rpcCodeOf, type ErrorKind } from '../../../src/protocol/errors.ts';
import { failureText, isWorthRetrying, leadOf } from '../../../src/extension/failures.ts';

const kinds = Object.keys(rpcCodeOf) as ErrorKind[];

test('every kind of failure reads as a sentence that ends in what happened', () => {
  for (const kind of kinds) {
    const text = failureText({ kind, message: 'The folder /x is gone.' });
    assert.ok(text.endsWith('The folder /x is gone.'), kind);
    assert.doesNotMatch(text, /undefined/);
    assert.equal(typeof isWorthRetrying(kind), 'boolean');
    leadOf(kind);
  }
});

test('what a peer put into a message is no link and no control character', () => {
  const text = failureText({ kind: 'io', message: '[x](command:evil)\u202e\n' });
  assert.doesNotMatch(text, /\]\(|\u202e|\n/);
});
