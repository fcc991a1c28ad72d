import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test, { type TestContext } from 'node:test';
import type { PeerId } from '../../../../../src/protocol/ids.ts';
import { lanLimits } from '../../../../../src/sidecar/limits.ts';
import { LanPlaces, type Place } from '../../../../../src/sidecar/network/lan/places.ts';
import { peerIdOf } from '../../../../../src/sidecar/storage/identity.ts';

const ann = peerIdOf(randomBytes(32));

interface Dial {
  place: Place;
  resolve(peerId: PeerId): void;
  reject(error: Error): void;
}

function world(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const dials: Dial[] = [];
  const connected = new Set<PeerId>();
  const refused = new Set<PeerId>();
  let nowMs = 1_000_000;
  const places = new LanPlaces({
    dial: (place) => new Promise((resolve, reject) => dials.push({ place, resolve, reject })),
    isConnected: (peerId) => connected.has(peerId),
    isRefused: (peerId) => refused.has(peerId),
    now: () => nowMs,
  });
  t.after(() => places.clear());
  const pass = (ms: number): void => {
    nowMs += ms;
    t.mock.timers.tick(ms);
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { places, dials, connected, refused, pass, settled };
}

function place(port: number, label = `label ${port}`, host = '192.168.1.9'): Place {
  return { host, port, label, token: randomBytes(16), secret: { key: randomBytes(32) } };
}

test('whoever has the lower label dials at once, the other when that came to nothing', (t) => {
  const { places, dials, pass } = world(t);
  assert.equal(places.seen(place(2000), { isFirst: true }), true);
  assert.equal(dials.length, 1);
  places.seen(place(3000), { isFirst: false });
  assert.equal(dials.length, 1);
  pass(lanLimits.secondDialMs);
  assert.equal(dials.length, 2);
});

test('a neighbour that announces 10,000 places, and answers at none, does not keep others from being dialled', (t) => {
  const { places, dials, pass } = world(t);
  for (let port = 2000; port < 12_000; port++) places.seen(place(port), { isFirst: true });
  assert.equal(dials.length, lanLimits.dialsPerHost);
  places.seen(place(2000, 'ann', '192.168.1.20'), { isFirst: true });
  assert.equal(dials.at(-1)?.place.host, '192.168.1.20');
  places.seen(place(50_000, 'ben', '192.168.1.66'), { isFirst: true });
  places.seen(place(2000, 'ben', '192.168.1.21'), { isFirst: true });
  assert.equal(dials.at(-1)?.place.host, '192.168.1.66', 'who took the label of another one is first');
  pass(3 * lanLimits.secondDialMs);
  assert.equal(dials.at(-1)?.place.host, '192.168.1.21', 'and does not stay it');
});

test('places without number, at as many addresses, have few dialled at once, and do not fill memory', async (t) => {
  const { places, dials, settled } = world(t);
  for (let i = 0; i < 10_000; i++) places.seen(place(2000, `label ${i}`, `10.0.${i >> 8}.${i & 255}`), { isFirst: true });
  assert.equal(dials.length, lanLimits.dialsAtOnce);
  assert(places.count <= lanLimits.places, `${places.count} places`);
  for (const dial of dials.splice(0)) dial.reject(new Error('nobody'));
  await settled();
  assert(dials.length <= lanLimits.dialsAtOnce);
});

test('a place that leads nowhere is dialled ever less often, and at once again when the network is another one', async (t) => {
  const { places, dials, pass, settled } = world(t);
  const dead = place(2000);
  const waits: number[] = [];
  for (let round = 0; round < 4; round++) {
    let waitedMs = 0;
    for (places.seen(dead, { isFirst: true }); dials.length === 0; places.seen(dead, { isFirst: true })) {
      pass(1000);
      waitedMs += 1000;
    }
    waits.push(waitedMs);
    dials.pop()?.reject(new Error('nobody'));
    await settled();
  }
  assert.deepEqual(waits, [0, 15_000, 30_000, 60_000]);
  places.forgive();
  places.seen(dead, { isFirst: true });
  assert.equal(dials.length, 1);
});

test('nobody is dialled who is connected, or kept away, at whatever place', async (t) => {
  const { places, dials, connected, refused, pass, settled } = world(t);
  places.seen(place(2000, 'ann'), { isFirst: true });
  connected.add(ann);
  dials.pop()?.resolve(ann);
  await settled();
  pass(lanLimits.announceMs);
  places.seen(place(2001, 'ann'), { isFirst: true });
  assert.equal(dials.length, 0, 'another interface of the same machine');
  connected.delete(ann);
  places.lost(ann);
  pass(3 * lanLimits.secondDialMs);
  assert.equal(dials.length, 1, 'lost, and sought again');
  dials.pop()?.reject(new Error('gone'));
  await settled();
  refused.add(ann);
  pass(lanLimits.redialMaxMs);
  places.seen(place(2000, 'ann'), { isFirst: true });
  assert.equal(dials.length, 0);
});
