// Machines on one switch with no way out and no node to start from, each with a real sidecar: they meet, browse and transfer.

import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { ended, indexed, seen, type TestPeer, until } from '../integration/world.ts';
import {
  changeInTheMiddle,
  download,
  infoOf,
  join,
  joinAndBrowse,
  MiB,
  onIPv4,
  received,
  share,
  type Two,
  peopled,
  twoMachines,
} from './scene.ts';
import { createNetWorld, type PlugOptions, whyNot } from './world.ts';

const skip = whyNot() ?? false;
/** From joining a party to a listing that can be browsed. */
const browsableMs = 3_000;

async function twoOnASwitch(t: TestContext, ends: [PlugOptions, PlugOptions], options = {}): Promise<Two> {
  const world = createNetWorld(t);
  return peopled(world, twoMachines(world, ends, options));
}

async function meetAndTransfer({ world, ann, ben }: Two): Promise<number> {
  const { content, table, ms, peer } = await joinAndBrowse({ world, ann, ben }, 3 * MiB);
  assert.equal(peer.path, 'lan');
  assert.equal(peer.pathReason, 'same-network');
  assert.equal((await ended(ben, await download(ben, ann, table))).state, 'done');
  assert.ok(received(ben).equals(content));
  return ms;
}

test('two machines on one switch with no way out and no bootstrap node meet, browse and transfer', { skip }, async (t) => {
  const two = await twoOnASwitch(t, onIPv4);
  const tookMs = await meetAndTransfer(two);
  t.diagnostic(`join to browsable listing: ${tookMs.toFixed(0)} ms`);
  assert.ok(tookMs <= browsableMs, `it took ${tookMs.toFixed(0)} ms`);
});

test('two machines with nothing but IPv6 meet, browse and transfer', { skip }, async (t) => {
  const two = await twoOnASwitch(t, [{}, {}]);
  const tookMs = await meetAndTransfer(two);
  t.diagnostic(`join to browsable listing: ${tookMs.toFixed(0)} ms`);
  assert.ok(tookMs <= browsableMs, `it took ${tookMs.toFixed(0)} ms`);
});

test('a machine with both families and two networks is one peer, connected once', { skip }, async (t) => {
  const world = createNetWorld(t);
  const [wired, wireless] = [world.switch('wired'), world.switch('wireless')];
  const machines = [world.machine('left'), world.machine('right')];
  for (const [at, machine] of machines.entries()) {
    machine.plug(wired, { addresses: [`10.21.0.${at + 1}/24`, `fd21::${at + 1}/64`] });
    machine.plug(wireless, { addresses: [`10.22.0.${at + 1}/24`] });
  }
  const [left, right] = machines;
  assert.ok(left && right);
  const [ann, ben] = await Promise.all([world.peer('ann', left), world.peer('ben', right)]);
  await join([ann, ben]);
  await Promise.all([seen(ann, ben), seen(ben, ann)]);
  await share(world, ann, MiB);
  await indexed(ben, ann, 'table');
  for (const peer of [ann, ben]) {
    const arrivals = peer.log().match(/ is here \(/g) ?? [];
    assert.ok(arrivals.length <= 2, `${peer.name} was connected ${arrivals.length} times`);
    assert.equal((await peer.client.request('peers/list', {})).length, 1);
  }
});

test('a transfer goes on after the address of one machine changed in the middle', { skip }, async (t) => {
  const two = await twoOnASwitch(t, onIPv4, { isWithoutIPv6: true });
  const { ann, ben, plugs } = two;
  const shared = await joinAndBrowse(two, 24 * MiB);
  const ms = await changeInTheMiddle(two, shared, () => plugs[0].setAddresses(['10.20.0.77/24']));
  t.diagnostic(`done ${(ms / 1000).toFixed(1)} s after the change`);
  await until(ben.client, ['peers/changed'], async () => (await infoOf(ben, ann.client.peerId))?.isOnline, {
    what: 'both are connected',
  });
});

test('the network goes and comes back: both find each other again by themselves', { skip }, async (t) => {
  const { ann, ben, plugs } = await twoOnASwitch(t, onIPv4);
  await join([ann, ben]);
  await Promise.all([seen(ann, ben), seen(ben, ann)]);
  plugs[0].setUp(false);
  await Promise.all([seen(ann, ben, false), seen(ben, ann, false)]);
  plugs[0].setUp(true);
  await Promise.all([seen(ann, ben), seen(ben, ann)]);
});

test('peers that added each other by key meet without a party, and one that was not added back does not', { skip }, async (t) => {
  const { ann, ben } = await twoOnASwitch(t, onIPv4);
  await ann.client.request('peers/connect', { peerId: ben.client.peerId });
  await until(ann.client, ['network/changed'], async () => lanOf(ann), { what: 'ann looks for ben' });
  assert.equal((await infoOf(ann, ben.client.peerId))?.isOnline, false);
  await ben.client.request('peers/connect', { peerId: ann.client.peerId });
  await Promise.all([seen(ann, ben), seen(ben, ann)]);
});

test('switched off, nobody is found and nobody gets in; switched on, it works at once', { skip }, async (t) => {
  const { ann, ben } = await twoOnASwitch(t, onIPv4);
  await ann.client.request('settings/set', { lanDiscovery: false });
  await join([ann, ben]);
  assert.equal(await lanOf(ann), 'off');
  await ann.client.request('settings/set', { lanDiscovery: true });
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

/** What the diagnosis says of the local network. */
async function lanOf(peer: TestPeer): Promise<string | undefined> {
  const { findings } = await peer.client.request('network/diagnose', {}, { timeoutMs: 20_000 });
  return findings.find(({ area }) => area === 'lan')?.state;
}
