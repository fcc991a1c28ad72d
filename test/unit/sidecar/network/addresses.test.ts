import assert from 'node:assert/strict';
import test from 'node:test';
import { AppError } from '../../../../src/protocol/errors.ts';
import { bindHostFor, checkBootstrap, pathOf } from '../../../../src/sidecar/network/addresses.ts';

test('private, link-local and loopback addresses are on the LAN, all others are not', () => {
  const lan = [
    '10.1.2.3',
    '127.0.0.1',
    '169.254.9.9',
    '172.16.0.1',
    '172.31.255.1',
    '192.168.1.1',
    '100.64.0.1',
    '100.127.1.1',
    '::1',
  ];
  for (const host of [...lan, 'fe80::1', 'fd00::1', '::ffff:192.168.0.1']) assert.equal(pathOf(host), 'lan', host);
  const far = ['8.8.8.8', '172.32.0.1', '172.15.0.1', '100.63.1.1', '100.128.0.1', '192.169.0.1', '2001:db8::1', 'nonsense'];
  for (const host of [...far, '', null, undefined]) assert.equal(pathOf(host), 'direct', String(host));
});

test('a bootstrap list is host:port, and a wrong one is named', () => {
  checkBootstrap(['127.0.0.1:49737', 'node1.example.org:1', 'localhost:65535']);
  for (const wrong of ['', 'host', 'host:', ':1', 'host:0', 'host:65536', 'host:1:2', 'http://host:1', 'host :1']) {
    assert.throws(
      () => checkBootstrap(['127.0.0.1:1', wrong]),
      (error) => error instanceof AppError && error.kind === 'invalid-argument' && error.message.includes(`"${wrong}"`),
    );
  }
});

test('only a bootstrap list that is all on loopback binds to loopback', () => {
  assert.equal(bindHostFor(['127.0.0.1:1', 'localhost:2']), '127.0.0.1');
  assert.equal(bindHostFor(['127.0.0.1:1', '10.0.0.1:2']), undefined);
  assert.equal(bindHostFor([]), undefined);
});
