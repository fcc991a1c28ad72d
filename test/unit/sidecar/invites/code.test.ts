// What a code says: round trips, and everything that is not exactly what its key signed is refused.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import sodium from 'sodium-universal';
import { codeForms, findCode } from '../../../../src/protocol/codes.ts';
import { AppError } from '../../../../src/protocol/errors.ts';
import { type Code, decodeCode, encodeCode, type Grant } from '../../../../src/sidecar/invites/code.ts';
import { peerIdOf } from '../../../../src/sidecar/storage/identity.ts';

const keys = NoiseSecretStream.keyPair(Buffer.alloc(32, 7));
const grants: Grant[] = [
  { kind: 'contact' },
  { kind: 'invite', token: randomBytes(32), isPublic: true, partyLabel: 'Friday — naïve' },
  { kind: 'party', partyName: 'ybndrfg8ejkmcpqxot1uwisza3' },
];

function codeWith(changes: Partial<Code> = {}): Code {
  return {
    peerId: peerIdOf(keys.publicKey),
    createdAtMs: 1_790_000_000_000,
    expiresAtMs: undefined,
    nickname: 'Ada',
    addresses: [],
    grant: { kind: 'contact' },
    ...changes,
  };
}

const isRefused = (error: unknown) => error instanceof AppError && error.kind === 'invalid-argument';
const tail = (bytes: Uint8Array) => bytes.subarray(0, -64);
function signedAs(body: Uint8Array, namespace = 'potluck/1 code\0', secretKey = keys.secretKey): Uint8Array {
  const signature = Buffer.alloc(64);
  sodium.crypto_sign_detached(signature, Buffer.concat([Buffer.from(namespace), body]), secretKey);
  return Buffer.concat([body, signature]);
}

test('a code of each kind comes back as it was made', () => {
  for (const grant of grants)
    for (const expiresAtMs of [undefined, 1_790_000_600_000]) {
      const code = codeWith({ grant, expiresAtMs });
      assert.deepEqual(decodeCode(findCode(codeForms(encodeCode(code, keys)).text)), code);
    }
});

test('addresses of both families come back', () => {
  const addresses = [
    { host: '192.168.1.20', port: 1024 },
    { host: '2001:db8::5:0:1', port: 65_535 },
    { host: '::1', port: 49_737 },
    { host: 'fd00::', port: 5000 },
    { host: '1:2:3:4:5:6:7:8', port: 5000 },
    { host: '::', port: 5000 },
  ];
  assert.deepEqual(decodeCode(encodeCode(codeWith({ addresses }), keys)).addresses, addresses);
});

test('the longest code that we make is one that we read', () => {
  const addresses = Array.from({ length: 8 }, (_, i) => ({ host: `2001:db8:ffff:ffff:ffff:ffff:ffff:fff${i}`, port: 65_535 }));
  const grant: Grant = { kind: 'invite', token: randomBytes(32), isPublic: false, partyLabel: '💥'.repeat(64) };
  const longest = { addresses, expiresAtMs: 2 ** 52, nickname: '💥'.repeat(64) };
  for (const each of [grant, { kind: 'party', partyName: '💥'.repeat(128) } as const]) {
    const { text } = codeForms(encodeCode(codeWith({ ...longest, grant: each }), keys));
    assert.deepEqual(decodeCode(findCode(text)).grant, each);
  }
});

test('a code that was changed at any byte is refused', () => {
  for (const grant of grants) {
    const bytes = encodeCode(codeWith({ grant, addresses: [{ host: '10.0.0.1', port: 5000 }] }), keys);
    for (let at = 0; at < bytes.length; at++)
      for (const bit of [1, 0x80]) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ bit;
        assert.throws(() => decodeCode(changed), isRefused);
      }
    for (let end = 0; end < bytes.length; end++) assert.throws(() => decodeCode(bytes.subarray(0, end)), isRefused);
    assert.throws(() => decodeCode(Buffer.concat([bytes, Buffer.alloc(1)])), isRefused);
  }
});

test('a code signed by another key, or for another purpose, is refused', () => {
  const body = tail(encodeCode(codeWith(), keys));
  assert.doesNotThrow(() => decodeCode(signedAs(body)));
  assert.throws(() => decodeCode(signedAs(body, 'potluck/1 share announcement\0')), isRefused);
  assert.throws(() => decodeCode(signedAs(body, undefined, NoiseSecretStream.keyPair().secretKey)), isRefused);
});

test('a code of another version says so', () => {
  const body = Buffer.from(tail(encodeCode(codeWith(), keys)));
  body[0] = 2;
  assert.throws(() => decodeCode(signedAs(body)), /another version/);
});

test('a signed code over any limit is refused', () => {
  const addresses = Array.from({ length: 9 }, () => ({ host: '10.0.0.1', port: 5000 }));
  const over: Partial<Code>[] = [
    { addresses },
    { nickname: 'n'.repeat(65) },
    { grant: { kind: 'party', partyName: 'p'.repeat(129) } },
    { grant: { kind: 'invite', token: randomBytes(32), isPublic: false, partyLabel: 'p'.repeat(129) } },
  ];
  for (const changes of over) assert.throws(() => decodeCode(encodeCode(codeWith(changes), keys)), isRefused);
});

test('a hundred thousand mutated codes never do more than be refused', () => {
  const seed = randomBytes(4).readUInt32LE();
  let state = seed;
  const next = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const originals = grants.map((grant) =>
    tail(encodeCode(codeWith({ grant, addresses: [{ host: 'fd00::1', port: 5000 }] }), keys)),
  );
  for (let round = 0; round < 100_000; round++) {
    const original = originals[next(originals.length)] ?? Buffer.alloc(0);
    let mutated = Buffer.from(original);
    for (let changes = 1 + next(4); changes > 0; changes--) {
      const at = next(mutated.length + 1);
      const kind = next(3);
      if (kind === 0) mutated[at] = next(256);
      else if (kind === 1) mutated = Buffer.concat([mutated.subarray(0, at), mutated.subarray(at + 1 + next(8))]);
      else mutated = Buffer.concat([mutated.subarray(0, at), Buffer.from([next(256), next(256)]), mutated.subarray(at)]);
    }
    // Signed anew now and then: the decoder alone stands between such a body and us.
    const bytes = round % 20 === 0 ? signedAs(mutated) : Buffer.concat([mutated, Buffer.alloc(64, round)]);
    try {
      decodeCode(bytes);
    } catch (thrown) {
      assert.ok(isRefused(thrown), `seed ${seed}, round ${round}: ${String(thrown)}`);
    }
  }
});
