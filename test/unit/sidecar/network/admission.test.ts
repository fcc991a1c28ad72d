import assert from 'node:assert/strict';
import { test } from 'node:test';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import type { PeerId } from '../../../../src/protocol/ids.ts';
import { admissionLimits } from '../../../../src/sidecar/limits.ts';
import { createLog } from '../../../../src/sidecar/log.ts';
import { Admission, countedAddress, type Visitor } from '../../../../src/sidecar/network/admission.ts';
import { peerIdOf } from '../../../../src/sidecar/storage/identity.ts';

const somewhere = '203.0.113.7';
const elsewhere = '198.51.100.9';

interface Scene {
  admission: Admission;
  known: Set<PeerId>;
  refused: Set<PeerId>;
  banned: Visitor[];
  unbanned: Visitor[];
  pass: (ms: number) => void;
}

function scene(): Scene {
  let now = 1_000_000;
  const [known, refused] = [new Set<PeerId>(), new Set<PeerId>()];
  const [banned, unbanned]: Visitor[][] = [[], []];
  const admission = new Admission({
    log: createLog(() => undefined),
    isKnown: (peerId) => known.has(peerId),
    isRefused: (peerId) => refused.has(peerId),
    onBanned: (who) => banned?.push(who),
    onUnbanned: (who) => unbanned?.push(who),
    now: () => now,
  });
  return { admission, known, refused, banned: banned ?? [], unbanned: unbanned ?? [], pass: (ms) => void (now += ms) };
}

function someone(): PeerId {
  return peerIdOf(NoiseSecretStream.keyPair().publicKey);
}

function times<T>(count: number, act: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => act(i));
}

test('three offences within ten minutes lead to a ban, of the key and of its address', () => {
  const { admission, banned, pass } = scene();
  const peerId = someone();
  const offend = () => admission.offended({ peerId, host: somewhere }, 'it floods');
  offend();
  offend();
  assert(admission.mayEnter({ peerId, host: somewhere }));
  pass(admissionLimits.offenceWindowMs + 1);
  offend();
  offend();
  assert(admission.mayEnter({ peerId, host: somewhere }), 'the first two are long ago');
  offend();
  assert.deepEqual(banned, [{ peerId }, { host: somewhere }]);
  assert(!admission.mayEnter({ peerId, host: elsewhere }));
  assert(!admission.mayEnter({ peerId: someone(), host: somewhere }), 'another key of the same address');
  assert(admission.mayEnter({ peerId: someone(), host: elsewhere }));
  assert.equal(admission.identify({ peerId, host: elsewhere }), undefined);
  assert.equal(admission.connect({ peerId, host: elsewhere }), undefined);
  assert.equal(admission.arrive(somewhere), undefined);
  admission.close();
});

test('a ban ends, and the next one is twice as long, up to the longest', () => {
  const { admission, pass } = scene();
  const peerId = someone();
  const { banMs, banMaxMs, offences } = admissionLimits;
  let lastMs = 0;
  for (const expectedMs of [banMs, 2 * banMs, 4 * banMs]) {
    times(offences, () => admission.offended({ peerId }, 'again'));
    const [ban] = admission.bans();
    assert(ban?.peerId === peerId && ban.reason === 'again');
    pass(expectedMs - 1);
    assert(admission.isKeptAway(peerId), 'a moment before its end');
    pass(1);
    assert(!admission.isKeptAway(peerId));
    lastMs = expectedMs;
  }
  for (; lastMs < 4 * banMaxMs; lastMs *= 2) {
    times(offences, () => admission.offended({ peerId }, 'again'));
    pass(banMaxMs);
    assert(!admission.isKeptAway(peerId), 'no ban is longer than the longest');
  }
  admission.close();
});

test('who is let in again starts anew', () => {
  const { admission, unbanned } = scene();
  const peerId = someone();
  times(admissionLimits.offences, () => admission.offended({ peerId, host: somewhere }, 'it floods'));
  assert.equal(admission.bans().length, 2);
  admission.unban({ peerId });
  admission.unban({ host: somewhere });
  assert.deepEqual(admission.bans(), []);
  assert.deepEqual(unbanned, [{ peerId }, { host: somewhere }]);
  assert(admission.mayEnter({ peerId, host: somewhere }));
  admission.close();
});

test('a banned address keeps no friend out, and this machine is never banned', () => {
  const { admission, known } = scene();
  const friend = someone();
  known.add(friend);
  for (const host of [somewhere, '127.0.0.1']) {
    times(9, () => admission.offended({ peerId: someone(), host }, 'it floods'));
  }
  assert.deepEqual(
    admission.bans().map(({ host }) => host),
    [somewhere],
  );
  assert(admission.mayEnter({ peerId: friend, host: somewhere }));
  assert(admission.mayEnter({ peerId: someone(), host: '127.0.0.1' }));
  admission.close();
});

test('addresses of one IPv6 network count as one, and mapped IPv4 ones as what they are', () => {
  assert.equal(countedAddress('2001:db8:0:1::5'), '2001:db8:0:1::/64');
  assert.equal(countedAddress('2001:0db8::0001:aaaa:bbbb:cccc:dddd'), '2001:db8:0:1::/64');
  assert.equal(countedAddress('fe80::1%eth0'), 'fe80:0:0:0::/64');
  assert.equal(countedAddress('::ffff:203.0.113.7'), '203.0.113.7');
  assert.equal(countedAddress('::1'), undefined);
  assert.equal(countedAddress('::ffff:127.0.0.1'), undefined);
  assert.equal(countedAddress('127.0.0.2'), '127.0.0.2');
});

test('handshakes in progress have a maximum of one address, of one key and in all, and a friend has room beside them', () => {
  const { admission, known } = scene();
  const { handshakes, handshakesPerAddress, handshakesPerKey } = admissionLimits;
  const fromOne = times(handshakesPerAddress, () => admission.identify({ peerId: someone(), host: somewhere }));
  assert(fromOne.every((place) => place));
  assert.equal(admission.identify({ peerId: someone(), host: somewhere }), undefined, 'one more of the address');
  const key = someone();
  const ofKey = times(handshakesPerKey, (i) => admission.identify({ peerId: key, host: `198.51.100.${i}` }));
  assert(ofKey.every((place) => place));
  assert.equal(admission.identify({ peerId: key, host: '198.51.100.99' }), undefined, 'one more of the key');
  times(handshakes, (i) => admission.identify({ peerId: someone(), host: `192.0.2.${i % 250}` }));
  assert.equal(admission.handshakes, handshakes);
  assert.equal(admission.identify({ peerId: someone(), host: elsewhere }), undefined, 'one more in all');
  assert.equal(admission.arrive(elsewhere), undefined, 'nor by TCP');
  const friend = someone();
  known.add(friend);
  const places = times(handshakesPerKey, () => admission.identify({ peerId: friend, host: somewhere }));
  assert(
    places.every((place) => place),
    'a friend',
  );
  assert.equal(admission.identify({ peerId: friend, host: somewhere }), undefined, 'or who has its key');
  for (const place of [...fromOne, ...places]) place?.();
  assert(admission.identify({ peerId: someone(), host: somewhere }), 'places come back');
  assert(admission.turnedAway >= 5);
});

test('connections have a maximum of one key, and strangers of one address', () => {
  const { admission, known, pass } = scene();
  const { connectionsPerKey, connectionsPerAddress } = admissionLimits;
  const peerId = someone();
  const ofKey = times(connectionsPerKey, () => admission.connect({ peerId, host: elsewhere }));
  assert(ofKey.every((leave) => leave));
  assert.equal(admission.connect({ peerId, host: elsewhere }), undefined);
  ofKey[0]?.();
  assert(admission.connect({ peerId, host: elsewhere }));
  let connected = 0;
  for (let i = 0; i < 2 * connectionsPerAddress; i++) {
    pass(10_000);
    if (admission.connect({ peerId: someone(), host: somewhere })) connected++;
  }
  assert.equal(connected, connectionsPerAddress);
  const friend = someone();
  known.add(friend);
  assert(admission.connect({ peerId: friend, host: somewhere }));
});

test('a peer that connects 10,000 times gets in a few times a minute', () => {
  const { admission, pass } = scene();
  const peerId = someone();
  let connected = 0;
  for (let i = 0; i < 10_000; i++) {
    pass(6);
    const leave = admission.connect({ peerId, host: somewhere });
    if (leave) connected++;
    leave?.();
  }
  const { connectsBurst, connectsPerSecond } = admissionLimits;
  assert(connected <= connectsBurst + 60 * connectsPerSecond, `${connected} in a minute`);
});

test('10,000 keys of one address get in a few times a minute', () => {
  const { admission, pass } = scene();
  let connected = 0;
  for (let i = 0; i < 10_000; i++) {
    pass(6);
    const leave = admission.connect({ peerId: `${i}` as PeerId, host: somewhere });
    if (leave) connected++;
    leave?.();
  }
  assert(connected <= admissionLimits.connectsBurst + 60 * admissionLimits.connectsPerSecond, `${connected} in a minute`);
});

test('first packets of handshakes are looked at up to a rate, of one address and of all; where friends were goes on', () => {
  const { admission, known } = scene();
  const { knocksBurst, allKnocksBurst } = admissionLimits;
  const friend = someone();
  known.add(friend);
  admission.connect({ peerId: friend, host: elsewhere });
  assert.equal(times(1000, () => admission.knock(somewhere)).filter(Boolean).length, knocksBurst);
  const others = times(1000, (i) => admission.knock(`10.0.${i % 4}.${i % 250}`)).filter(Boolean).length;
  assert.equal(others, allKnocksBurst - knocksBurst);
  assert.equal(times(1000, () => admission.knock(elsewhere)).filter(Boolean).length, knocksBurst);
});

test('what is remembered of offenders has a maximum', () => {
  const { admission } = scene();
  for (let i = 0; i < admissionLimits.remembered + 5; i++) {
    times(3, () => admission.offended({ peerId: `${i}` as PeerId }, 'it floods'));
  }
  assert.equal(admission.bans().length, admissionLimits.remembered);
  admission.close();
});
