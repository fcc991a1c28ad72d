// What changes under sidecars in a local network: addresses, cables, the chosen interface.

import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { seen, until } from '../integration/world.ts';
import { changeInTheMiddle, infoOf, join, joinAndBrowse, MiB, onIPv4, peopled, type Two, twoMachines } from './scene.ts';
import { createNetWorld, whyNot } from './world.ts';

const skip = whyNot() ?? false;

async function twoOnASwitch(t: TestContext, options = {}): Promise<Two> {
  const world = createNetWorld(t);
  return peopled(world, twoMachines(world, onIPv4, options));
}

test('a transfer goes on after the address of one machine changed in the middle', { skip }, async (t) => {
  const two = await twoOnASwitch(t, { isWithoutIPv6: true });
  const { ann, ben, plugs } = two;
  const shared = await joinAndBrowse(two, 24 * MiB);
  const ms = await changeInTheMiddle(two, shared, () => plugs[0].setAddresses(['10.20.0.77/24']));
  t.diagnostic(`done ${(ms / 1000).toFixed(1)} s after the change`);
  await until(ben.client, ['peers/changed'], async () => (await infoOf(ben, ann.client.peerId))?.isOnline, {
    what: 'both are connected',
  });
});

test('the network goes and comes back: both find each other again by themselves', { skip }, async (t) => {
  const { ann, ben, plugs } = await twoOnASwitch(t);
  await join([ann, ben]);
  await Promise.all([seen(ann, ben), seen(ben, ann)]);
  plugs[0].setUp(false);
  await Promise.all([seen(ann, ben, false), seen(ben, ann, false)]);
  plugs[0].setUp(true);
  await Promise.all([seen(ann, ben), seen(ben, ann)]);
});

test('only the chosen interface is used, and one that is not here is an error that names those that are', { skip }, async (t) => {
  const world = createNetWorld(t);
  const [wired, other] = [world.switch('wired'), world.switch('other')];
  const machines = [world.machine('left'), world.machine('right')] as const;
  machines[0].plug(wired, { addresses: ['10.23.0.1/24'] });
  machines[0].plug(other, { addresses: ['10.24.0.1/24'] });
  machines[1].plug(other, { addresses: ['10.24.0.2/24'] });
  const [ann, ben] = await Promise.all([world.peer('ann', machines[0]), world.peer('ben', machines[1])]);
  await assert.rejects(ann.client.request('settings/set', { networkInterface: 'wlan7' }), /"wlan7".*eth0 \(10\.23\.0\.1/);
  await ann.client.request('settings/set', { networkInterface: 'eth0' });
  await join([ann, ben]);
  const sockets = () =>
    machines[0]
      .run('ss', '-H', '-lntu')
      .split('\n')
      .map((line) => line.split(/\s+/)[4] ?? '');
  const isOwn = (address: string) => /^(|10\.23\.0\.1:\d+|\[fe80::.*%eth0:\d+|(0\.0\.0\.0|\[::\]):(5353|\*))$/.test(address);
  // The DHT leaves its old sockets in order.
  await until(ann.client, ['network/changed'], async () => sockets().every(isOwn), { what: 'every socket is on eth0' });
  assert.ok(sockets().some((address) => address.startsWith('10.23.0.1:')));
  await ann.client.request('settings/set', { networkInterface: '10.24.0.1' });
  await Promise.all([seen(ann, ben), seen(ben, ann)]);
});
