// Messages about meeting against hostile peers: in bytes, and on a session.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Encoding } from 'protomux';
import { AppError } from '../../../../src/protocol/errors.ts';
import { isPartyId, isPeerId, type PartyId, type PeerId } from '../../../../src/protocol/ids.ts';
import { meetingLimits, wireLimits } from '../../../../src/sidecar/limits.ts';
import * as codec from '../../../../src/sidecar/wire/codec.ts';
import * as meetingCodec from '../../../../src/sidecar/wire/meetingCodec.ts';
import type { MeetingMessage } from '../../../../src/sidecar/wire/meetingMessages.ts';
import { endsFor, faceHandPlayed, introduced, seeded, settled, shareId, types } from './worlds.ts';

const token = Buffer.alloc(32, 7);
const signed = { body: Buffer.from('what the founder says'), signature: Buffer.alloc(64, 9) };

interface Sample {
  message: MeetingMessage;
  bytes: Uint8Array;
  decode: (bytes: Uint8Array) => object;
}

const samples: Sample[] = [
  sample({ type: 'redeem', token }, meetingCodec.redeem),
  sample({ type: 'redeemed', token, partyName: 'techno', refusal: undefined }, meetingCodec.redeemed),
  sample({ type: 'roster', partyId: partyId(), signed }, meetingCodec.roster),
  sample({ type: 'members', partyId: partyId(), records: [record(), record(), record()] }, meetingCodec.members),
  sample({ type: 'access', text: 'Let me in, please', shareId }, meetingCodec.access),
  sample({ type: 'relay', key: Buffer.alloc(32, 3) }, meetingCodec.relay),
];

for (const { message, bytes, decode } of samples) {
  const { type, ...fields } = message;

  test(`${type}: comes back as it was sent; no truncation passes, nor anything after it`, () => {
    assert.deepEqual(decode(bytes), fields);
    for (let end = 0; end < bytes.byteLength; end++)
      assert.throws(() => decode(bytes.subarray(0, end)), isViolation, `${end} bytes`);
    assert.throws(() => decode(Buffer.concat([bytes, Buffer.alloc(1)])), isViolation);
  });

  test(`${type}: 100,000 garbled ones are decoded or refused, and nothing else`, () => {
    const seed = Number(process.env['POTLUCK_SEED'] ?? 20_260_501);
    const random = seeded(seed);
    const below = (n: number): number => Math.floor(random() * n);
    for (let i = 0; i < 100_000; i++) {
      const garbled = below(4) === 0 ? Buffer.alloc(below(80)) : Buffer.from(bytes.subarray(0, bytes.byteLength - below(3)));
      if (garbled.byteLength === 0) continue;
      for (let edits = below(6); edits >= 0; edits--)
        garbled[below(garbled.byteLength)] = below(2) === 0 ? 0xff - below(3) : below(256);
      try {
        decode(garbled);
      } catch (error) {
        if (!isViolation(error)) assert.fail(`seed ${seed}, message ${i}: ${String(error)}`);
      }
    }
  });

  test(`${type}: before the hello it ends the session`, async () => {
    const { side, remote } = await faceHandPlayed();
    remote.send(typeOf(message), bytes);
    await endsFor(side, /before its hello/);
    assert.deepEqual(side.met, []);
  });

  test(`${type}: garbage ends the session, and nothing above hears of it`, async () => {
    const { side, remote } = await introduced();
    remote.send(typeOf(message), Buffer.alloc(200, 0xff));
    await endsFor(side, /./);
    assert.deepEqual(side.met, []);
  });

  test(`${type}: a flood is cut off at its budget, and counts as hostile`, async () => {
    const { side, remote } = await introduced();
    for (let i = 0; i < 1000; i++) remote.send(typeOf(message), bytes);
    await endsFor(side, /about meeting all the time/);
    await settled();
    assert(
      side.met.length >= wireLimits.updatesBurst / 2 && side.met.length <= 2 * wireLimits.updatesBurst,
      `${side.met.length} told`,
    );
    assert.equal(side.wasHostile, true);
  });
}

test('all kinds together have one budget', async () => {
  const { side, remote } = await introduced();
  for (let i = 0; i < 1000; i++) {
    const { message, bytes } = samples[i % samples.length] ?? assert.fail();
    remote.send(typeOf(message), bytes);
  }
  await endsFor(side, /about meeting all the time/);
  assert(side.met.length <= 2 * wireLimits.updatesBurst);
});

test('a peer that says nothing of it is told nothing about meeting', async () => {
  const { side, remote } = await introduced();
  for (const { message } of samples) side.session.meet(message);
  await settled();
  assert.deepEqual(
    remote.received.filter(({ type }) => type >= types.redeem),
    [],
  );
});

for (const [what, encoding, value] of [
  ['more records of members than are told at once', meetingCodec.members, records(meetingLimits.memberRecords + 1)],
  ['a text that is too long', meetingCodec.access, { text: 'x'.repeat(meetingLimits.accessCharacters + 1), shareId: undefined }],
  ['a party name that is too long', meetingCodec.redeemed, { token, partyName: 'x'.repeat(2000), refusal: undefined }],
  ['a list that is too long', meetingCodec.roster, { partyId: partyId(), signed: { ...signed, body: Buffer.alloc(64 * 1024) } }],
] as const) {
  test(`${what} is refused`, () => {
    assert.throws(() => {
      const bytes = codec.encodeWhole<never>(encoding as never, value as never);
      codec.decodeWhole<object>(encoding, bytes);
    }, isViolation);
  });
}

test('a refusal for no known reason is refused', () => {
  const bytes = Buffer.from(codec.encodeWhole(meetingCodec.redeemed, { token, partyName: undefined, refusal: 'unknown' }));
  bytes[bytes.byteLength - 1] = 77;
  assert.throws(() => codec.decodeWhole(meetingCodec.redeemed, bytes), isViolation);
});

function sample<F extends object>(message: MeetingMessage & F, encoding: Encoding<F>): Sample {
  const bytes = codec.encodeWhole(encoding, message);
  return { message, bytes, decode: (given) => codec.decodeWhole(encoding, given) };
}

function record(): { peerId: PeerId; signed: typeof signed } {
  return { peerId: peerId(), signed };
}

function typeOf({ type }: MeetingMessage): number {
  return types[type];
}

function records(count: number): object {
  return { partyId: partyId(), records: Array.from({ length: count }, record) };
}

function partyId(): PartyId {
  const id = 'y'.repeat(52);
  return isPartyId(id) ? id : assert.fail('no party id');
}

function peerId(): PeerId {
  const id = 'y'.repeat(52);
  return isPeerId(id) ? id : assert.fail('no peer id');
}

function isViolation(error: unknown): boolean {
  return error instanceof AppError && error.kind === 'protocol';
}
