import assert from 'node:assert/strict';
import test from 'node:test';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import { AppError } from '../../../../src/protocol/errors.ts';
import {
  decodeAnnouncement,
  decodeRemoval,
  encodeAnnouncement,
  signAnnouncement,
  signRemoval,
  verifyAnnouncement,
  verifyRemoval,
} from '../../../../src/sidecar/wire/announcement.ts';
import { announcement, shareId } from './worlds.ts';

const keys = NoiseSecretStream.keyPair(Buffer.alloc(32, 7));
const isViolation = (error: unknown) => error instanceof AppError && error.kind === 'protocol';

test('an announcement comes back as it was signed', () => {
  assert.deepEqual(verifyAnnouncement(signAnnouncement(announcement, keys), keys.publicKey), announcement);
});

test('a changed body, signature or key is told', () => {
  const signed = signAnnouncement(announcement, keys);
  for (let i = 0; i < signed.body.byteLength; i++) {
    const body = Buffer.from(signed.body);
    body[i] = (body[i] ?? 0) ^ 1;
    assert.throws(() => verifyAnnouncement({ ...signed, body }, keys.publicKey), isViolation);
  }
  const signature = Buffer.from(signed.signature);
  signature[0] = (signature[0] ?? 0) ^ 1;
  assert.throws(() => verifyAnnouncement({ ...signed, signature }, keys.publicKey), isViolation);
  assert.throws(() => verifyAnnouncement({ ...signed, signature: signature.subarray(1) }, keys.publicKey), isViolation);
  assert.throws(() => verifyAnnouncement(signed, NoiseSecretStream.keyPair().publicKey), isViolation);
});

test('every truncated body is refused', () => {
  const details = { feedKey: Buffer.alloc(32, 9), feedLength: 300 };
  const body = encodeAnnouncement({ ...announcement, details });
  // Where bodies of the versions before ended: before details, and before who may pass it on.
  const older = [body.byteLength - 2 - 32 - 3, body.byteLength - 2];
  for (let end = 0; end < body.byteLength; end++)
    if (!older.includes(end)) assert.throws(() => decodeAnnouncement(body.subarray(0, end)), isViolation);
});

test('bodies of older versions end before the feed of details, or after it', () => {
  const details = { feedKey: Buffer.alloc(32, 9), feedLength: 5 };
  const body = encodeAnnouncement({ ...announcement, details });
  assert.deepEqual(decodeAnnouncement(body), { ...announcement, details });
  assert.deepEqual(decodeAnnouncement(body.subarray(0, -2)), { ...announcement, details });
  assert.deepEqual(decodeAnnouncement(body.subarray(0, -2 - 33)), announcement);
  assert.equal(decodeAnnouncement(encodeAnnouncement(announcement)).details, undefined);
});

test('a share says in which parties it may be passed on: all, some, none; too many are refused', () => {
  for (const count of [0, 1, 12]) {
    const passTags = Array.from({ length: count }, (_, i) => Buffer.alloc(16, i));
    const limited = { ...announcement, title: '🎵'.repeat(128), passTags };
    assert.deepEqual(decodeAnnouncement(encodeAnnouncement(limited)), limited);
    const removal = { shareId, revision: 2 ** 53 - 1, passTags };
    const signed = signRemoval(removal, keys);
    assert.deepEqual(verifyRemoval(signed, keys.publicKey), removal);
    assert(signed.body.byteLength <= 256 && encodeAnnouncement(limited).byteLength <= 1024);
  }
  const passTags = Array.from({ length: 13 }, () => Buffer.alloc(16));
  assert.throws(() => decodeAnnouncement(encodeAnnouncement({ ...announcement, passTags })), isViolation);
});

test('a feed of details that is too long, or that of the index, is refused', () => {
  const { feedKey } = announcement;
  for (const details of [
    { feedKey: Buffer.alloc(32, 9), feedLength: 65_537 },
    { feedKey, feedLength: 1 },
  ])
    assert.throws(() => decodeAnnouncement(encodeAnnouncement({ ...announcement, details })), isViolation);
});

test('what a newer version appends is skipped', () => {
  assert.deepEqual(decodeAnnouncement(Buffer.concat([encodeAnnouncement(announcement), Buffer.from('more')])), announcement);
});

test('a long title and too many entries are refused', () => {
  const fits = { ...announcement, title: '🎵'.repeat(128) };
  assert.deepEqual(decodeAnnouncement(encodeAnnouncement(fits)), fits);
  for (const wrong of [{ title: 'x'.repeat(129) }, { fileCount: 8_000_000, folderCount: 1 }]) {
    assert.throws(() => decodeAnnouncement(encodeAnnouncement({ ...announcement, ...wrong })), isViolation);
  }
});

test('a removal comes back as it was signed; changed, forged, truncated or of another kind it is refused', () => {
  const signed = signRemoval({ shareId, revision: 4 }, keys);
  assert.deepEqual(verifyRemoval(signed, keys.publicKey), { shareId, revision: 4 });
  assert.deepEqual(decodeRemoval(Buffer.concat([signed.body, Buffer.from('more')])), { shareId, revision: 4 });
  for (let i = 0; i < signed.body.byteLength; i++) {
    const body = Buffer.from(signed.body);
    body[i] = (body[i] ?? 0) ^ 1;
    assert.throws(() => verifyRemoval({ ...signed, body }, keys.publicKey), isViolation);
    // Removals of the version before ended two bytes earlier.
    if (i !== signed.body.byteLength - 2) assert.throws(() => decodeRemoval(signed.body.subarray(0, i)), isViolation);
  }
  assert.throws(() => verifyRemoval(signed, NoiseSecretStream.keyPair().publicKey), isViolation);
  assert.throws(
    () => verifyRemoval(signAnnouncement(announcement, keys), keys.publicKey),
    isViolation,
    'signed for another purpose',
  );
  assert.throws(() => verifyAnnouncement(signed, keys.publicKey), isViolation);
});
