// The borders between sidecar and client: every kind there and back, and what the operating system throws.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fromRpc } from '../../../../src/client/sidecarClient.ts';
import { AppError, type ErrorKind, rpcCodeOf } from '../../../../src/protocol/errors.ts';
import { toRpc } from '../../../../src/sidecar/api/errors.ts';

for (const kind of Object.keys(rpcCodeOf) as ErrorKind[]) {
  test(`${kind} reaches the client with its message and data`, () => {
    const sent = toRpc(new AppError(kind, 'what, why, what next', { data: { path: 'a', sizeBytes: 7 } }));
    const received = fromRpc(sent);
    assert.deepEqual(
      [received.kind, received.message, received.data],
      [kind, 'what, why, what next', { path: 'a', sizeBytes: 7 }],
    );
  });
}

test('codes are unique', () => {
  assert.equal(new Set(Object.values(rpcCodeOf)).size, Object.keys(rpcCodeOf).length);
});

test('system errors get a kind, anything else is internal', () => {
  const kindOf = (work: () => unknown): ErrorKind => {
    try {
      work();
    } catch (error) {
      return fromRpc(toRpc(error)).kind;
    }
    throw new assert.AssertionError({ message: 'did not throw' });
  };
  assert.equal(
    kindOf(() => readFileSync('/no/such/file')),
    'not-found',
  );
  assert.equal(
    kindOf(() => readdirSync(import.meta.filename)),
    'not-folder',
  );
  assert.equal(
    kindOf(() => {
      throw new TypeError('oops');
    }),
    'internal',
  );
  assert.equal(fromRpc(new Error('stream destroyed')).kind, 'unavailable');
});
