// Messages about offers against hostile peers: in bytes, and on a session.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Encoding } from 'protomux';
import { AppError } from '../../../../src/protocol/errors.ts';
import { isOfferId, type OfferId } from '../../../../src/protocol/ids.ts';
import { sendingLimits } from '../../../../src/sidecar/limits.ts';
import * as codec from '../../../../src/sidecar/wire/codec.ts';
import * as sendingCodec from '../../../../src/sidecar/wire/sendingCodec.ts';
import type { OfferMessage, SendingMessage } from '../../../../src/sidecar/wire/sendingMessages.ts';
import { endsFor, introduced, seeded, settled, types } from './worlds.ts';

const offerId = someOfferId();
const offer: OfferMessage = {
  ...{ offerId, text: 'for you', fileCount: 3, folderCount: 1, totalBytes: 12_345_678_901, expiresInMs: 60_000, listBytes: 100 },
};

interface Sample {
  message: SendingMessage;
  bytes: Uint8Array;
  decode: (bytes: Uint8Array) => object;
}

const samples: Sample[] = [
  sample({ type: 'offer', ...offer }, sendingCodec.offer),
  sample({ type: 'offerListAsk', offerId, offset: 5 }, sendingCodec.offerListAsk),
  sample({ type: 'offerList', offerId, offset: 5, bytes: Buffer.from('a part') }, sendingCodec.offerList),
  sample({ type: 'offerAnswer', offerId, answer: 'full' }, sendingCodec.offerAnswer),
  sample({ type: 'offerEnd', offerId }, sendingCodec.offerEnd),
];

for (const { message, bytes, decode } of samples) {
  const { type, ...fields } = message;

  test(`${type}: comes back as it was sent; no truncation passes, nor anything after it`, () => {
    assert.deepEqual(decode(bytes), fields);
    for (let end = 0; end < bytes.byteLength; end++)
      assert.throws(() => decode(bytes.subarray(0, end)), isViolation, `${end} bytes`);
    assert.throws(() => decode(Buffer.concat([bytes, Buffer.alloc(1)])), isViolation);
  });

  test(`${type}: 50,000 garbled ones are decoded or refused, and nothing else`, () => {
    const seed = Number(process.env['POTLUCK_SEED'] ?? 20_261_121);
    const random = seeded(seed);
    const below = (n: number): number => Math.floor(random() * n);
    for (let i = 0; i < 50_000; i++) {
      const garbled = Buffer.from(bytes);
      for (let edits = below(6); edits >= 0; edits--)
        garbled[below(garbled.byteLength)] = below(2) === 0 ? 0xff - below(3) : below(256);
      try {
        decode(garbled);
      } catch (error) {
        if (!isViolation(error)) assert.fail(`seed ${seed}, message ${i}: ${String(error)}`);
      }
    }
  });
}

test('garbage in place of an offer ends the session, and nothing above hears of it', async () => {
  const { side, remote } = await introduced();
  remote.send(types.offer, Buffer.alloc(200, 0xff));
  await endsFor(side, /./);
  assert.deepEqual(side.met, []);
});

test('a flood of offers is cut off at its budget', async () => {
  const { side, remote } = await introduced();
  for (let i = 0; i < 1000; i++) {
    const { message, bytes } = samples[i % samples.length] ?? assert.fail();
    remote.send(types[message.type], bytes);
  }
  await endsFor(side, /talks about offers all the time/);
  await settled();
  assert.equal(side.wasHostile, true);
});

test('a peer that knows no offers is told nothing of them', async () => {
  const { side, remote } = await introduced();
  for (const { message } of samples) side.session.meet(message);
  await settled();
  const ofOffers: readonly number[] = samples.map(({ message }) => types[message.type]);
  assert.deepEqual(
    remote.received.filter(({ type }) => ofOffers.includes(type)),
    [],
  );
  remote.hello({ capabilities: ['offers'] });
  await side.until('the new hello', () => side.session.understands('offers'));
  side.session.meet(samples[0]?.message ?? assert.fail());
  await remote.until('the offer', types.offer);
});

for (const [what, encoding, value] of [
  ['a text that is too long', sendingCodec.offer, { ...offer, text: 'x'.repeat(sendingLimits.textCharacters + 1) }],
  ['more files than an offer has', sendingCodec.offer, { ...offer, fileCount: sendingLimits.entries + 1 }],
  ['a list that is too long', sendingCodec.offer, { ...offer, listBytes: sendingLimits.manifestBytes + 1 }],
  ['a part that is too long', sendingCodec.offerList, { offerId, offset: 0, bytes: Buffer.alloc(sendingLimits.partBytes + 1) }],
] as const) {
  test(`${what} is refused`, () => {
    const bytes = codec.encodeWhole<never>(encoding as never, value as never);
    assert.throws(() => codec.decodeWhole<object>(encoding, bytes), isViolation);
  });
}

function sample<F extends object>(message: SendingMessage & F, encoding: Encoding<F>): Sample {
  const bytes = codec.encodeWhole(encoding, message);
  return { message, bytes, decode: (given) => codec.decodeWhole(encoding, given) };
}

function someOfferId(): OfferId {
  const id = 'yb'.repeat(12) + 'ye';
  return isOfferId(id) ? id : assert.fail('no offer id');
}

function isViolation(error: unknown): boolean {
  return error instanceof AppError && error.kind === 'protocol';
}
