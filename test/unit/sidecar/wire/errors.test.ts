import assert from 'node:assert/strict';
import test from 'node:test';
import { rpcCodeOf, type ErrorKind } from '../../../../src/protocol/errors.ts';
import { refusalOf, wireCodeOf, wireCodes } from '../../../../src/sidecar/wire/errors.ts';

const kinds = Object.keys(rpcCodeOf) as ErrorKind[];

test('every kind of failure has a code, and every code a failure', () => {
  const known = new Set<number>(Object.values(wireCodes));
  for (const kind of kinds) assert(known.has(wireCodeOf(kind)), kind);
  for (const code of known) assert(kinds.includes(refusalOf(code).kind));
});

test('what a peer can act on survives the wire', () => {
  for (const kind of ['not-found', 'permission-denied', 'changed', 'unavailable', 'busy', 'too-large', 'cancelled'] as const) {
    assert.equal(refusalOf(wireCodeOf(kind)).kind, kind);
  }
});

test('an unknown code is a plain failure', () => {
  assert.equal(refusalOf(4711).kind, 'io');
  assert.equal(refusalOf(wireCodeOf('internal')).kind, 'io');
});
