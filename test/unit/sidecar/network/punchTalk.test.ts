import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test from 'node:test';
import SecurePayload from 'hyperdht/lib/secure-payload.js';
import { admissionLimits } from '../../../../src/sidecar/limits.ts';
import { PunchTalk } from '../../../../src/sidecar/network/punchTalk.ts';

const [consistent, random, aborted] = [2, 3, 1];
const addresses = (count: number) => Array.from({ length: count }, (_, i) => ({ host: `10.0.${i >> 8}.${i & 255}`, port: 5000 }));

function talkWith() {
  const secret = randomBytes(32);
  const [talk, other] = [new PunchTalk(), new SecurePayload(secret)];
  talk.begin(secret);
  return {
    talk,
    reply: ({ firewall = consistent, error = 0, count = 1 }): Uint8Array =>
      other.encrypt({ error, firewall, round: 0, addresses: addresses(count) }),
  };
}

test('a talk in which 10,000 addresses are named, in its first answer or a later one, does not go on', () => {
  const { talk, reply } = talkWith();
  assert.equal(talk.heard(reply({ count: admissionLimits.addresses })), true);
  for (const count of [admissionLimits.addresses + 1, 10_000]) assert.equal(talk.heard(reply({ count })), false, `${count}`);
});

test('what the other end says of its NAT is heard, an end without a reason counts as random, and garbage as nothing', () => {
  const first = talkWith();
  assert.equal(first.talk.isRandom, false);
  first.talk.heard(first.reply({ firewall: random }));
  assert.equal(first.talk.isRandom, true);
  const second = talkWith();
  assert.equal(second.talk.heard(randomBytes(80)), true);
  assert.equal(second.talk.isRandom, false);
  second.talk.heard(second.reply({ firewall: 0, error: aborted }));
  assert.equal(second.talk.isRandom, true);
  const third = talkWith();
  third.talk.heard(third.reply({ firewall: consistent }));
  third.talk.heard(third.reply({ firewall: 0, error: aborted }));
  assert.equal(third.talk.isRandom, false, 'it said before that it is not');
  assert.equal(new PunchTalk().heard(first.reply({})), true, 'before the handshake is done nothing is understood');
});
