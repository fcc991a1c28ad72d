import assert from 'node:assert/strict';
import test from 'node:test';
import sodium from 'sodium-universal';
import { lanLimits } from '../../../../../src/sidecar/limits.ts';
import {
  contactKey,
  doorKey,
  periodOf,
  type Secret,
  TokenBook,
  tokenOf,
  tokenText,
} from '../../../../../src/sidecar/network/lan/tokens.ts';
import { partyKeyOf } from '../../../../../src/sidecar/network/partyProof.ts';
import { peerIdOf } from '../../../../../src/sidecar/storage/identity.ts';

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');
const startMs = 2_900_000 * lanLimits.tokenMs;
const hourMs = 3_600_000;
const party: Secret = { key: partyKeyOf('techno') };

function keyPairOf(seed: number): { publicKey: Buffer; secretKey: Buffer } {
  const keyPair = { publicKey: Buffer.alloc(32), secretKey: Buffer.alloc(64) };
  sodium.crypto_sign_seed_keypair(keyPair.publicKey, keyPair.secretKey, Buffer.alloc(32, seed));
  return keyPair;
}

function bookAt(nowMs: number, secrets: Secret[] = [party]): TokenBook {
  const book = new TokenBook({ now: () => nowMs });
  book.set(secrets);
  return book;
}

test('tokens, and the secrets of two peers and of a door, stay what they are: other implementations rely on them', () => {
  const [one, other] = [keyPairOf(1), keyPairOf(2)];
  assert.equal(hex(tokenOf(party.key, 2_900_000)), '588b89b109c5b08e247fc03c4c57ab79');
  assert.equal(hex(contactKey(one, other.publicKey)), '4a42552dcc7d244e4439f0800d16910e9b0c795fdc7c8bf081b60a71227fb071');
  assert.equal(hex(doorKey(one.publicKey)), 'ad7117f6df8ceb84f379f989196a356479a742d9cdff7ca6c7aeb8f716ae017b');
});

test('a token changes every ten minutes, and nothing in one tells the next', () => {
  const tokens = [0, 1, 2].map((at) => hex(bookAt(startMs + at * lanLimits.tokenMs).current(party)));
  assert.equal(new Set(tokens).size, 3);
  assert.equal(hex(bookAt(startMs + lanLimits.tokenMs - 1).current(party)), tokens[0], 'to the end of its ten minutes');
  assert.equal(periodOf(startMs + lanLimits.tokenMs), 2_900_001);
});

test('a clock that is a day off, either way, keeps nobody apart; what is older than that is known no more', () => {
  const token = tokenText(bookAt(startMs).current(party));
  for (const offMs of [0, 24 * hourMs, -24 * hourMs]) assert.deepEqual(bookAt(startMs + offMs).find(token)?.key, party.key);
  for (const offMs of [27 * hourMs, -27 * hourMs]) assert.equal(bookAt(startMs + offMs).find(token), undefined);
});

test('a book follows the time and what it is given, and knows no tokens of other parties', () => {
  let nowMs = startMs;
  const book = new TokenBook({ now: () => nowMs });
  assert.equal(book.set([party]), true);
  assert.equal(book.set([{ ...party }]), false, 'nothing new');
  const later = tokenText(tokenOf(party.key, periodOf(startMs) + 200));
  assert.equal(book.find(later), undefined);
  nowMs += 200 * lanLimits.tokenMs;
  assert.deepEqual(book.find(later)?.key, party.key);
  assert.equal(book.find(tokenText(tokenOf(partyKeyOf('Techno'), periodOf(nowMs)))), undefined);
  assert.equal(book.set([]), true);
  assert.equal(book.find(later), undefined, 'left');
});

test('two peers that added each other have a secret that nobody else can make, each bound to the other’s key', () => {
  const [one, other, third] = [keyPairOf(1), keyPairOf(2), keyPairOf(3)];
  const secret = contactKey(one, other.publicKey);
  assert.deepEqual(contactKey(other, one.publicKey), secret);
  assert.notDeepEqual(contactKey(third, one.publicKey), secret);
  assert.notDeepEqual(contactKey(one, third.publicKey), secret);
  const key = secret ?? Buffer.alloc(32);
  const found = bookAt(startMs, [{ key, peerId: peerIdOf(other.publicKey) }]).find(tokenText(tokenOf(key, 2_900_000)));
  assert.equal(found?.peerId, peerIdOf(other.publicKey));
});

test('keys that are no points, or of small order, have no secret', () => {
  const smallOrder = ['0100000000000000000000000000000000000000000000000000000000000000', '00'.repeat(32), 'ff'.repeat(32)];
  for (const text of smallOrder) assert.equal(contactKey(keyPairOf(1), Buffer.from(text, 'hex')), undefined, text);
});
