// Machines on one switch with no way out and no node to start from, each with a real sidecar: they meet, browse and transfer.

import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { ended, indexed, seen, until } from '../integration/world.ts';
import {
  download,
  infoOf,
  join,
  joinAndBrowse,
  lanOf,
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
const dayMs = 24 * 3_600_000;
/** From joining a party to a listing that can be browsed. The bar is 3 s, and `npm run bench -- connect` holds it; tests run beside others. */
const browsableMs = 10_000;

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

test('peers that added each other by key meet without a party, and one that was not added back does not', { skip }, async (t) => {
  const { ann, ben } = await twoOnASwitch(t, onIPv4);
  await ann.client.request('peers/connect', { peerId: ben.client.peerId });
  await until(ann.client, ['network/changed'], async () => lanOf(ann), { what: 'ann looks for ben' });
  assert.equal((await infoOf(ann, ben.client.peerId))?.isOnline, false);
  await ben.client.request('peers/connect', { peerId: ann.client.peerId });
  await Promise.all([seen(ann, ben), seen(ben, ann)]);
});

for (const [name, offMs] of [
  ['a day behind', -dayMs],
  ['a day ahead', dayMs],
] as const) {
  test(`a machine whose clock is ${name} is met, browsed and downloaded from`, { skip }, async (t) => {
    const world = createNetWorld(t);
    const machines = twoMachines(world, onIPv4);
    machines.machines[0].setClock(offMs);
    const two = await peopled(world, machines);
    const { table, content } = await joinAndBrowse(two, MiB);
    assert.equal((await ended(two.ben, await download(two.ben, two.ann, table))).state, 'done');
    assert.ok(received(two.ben).equals(content));
  });
}

test('switched off, nobody is found and nobody gets in; switched on, it works at once', { skip }, async (t) => {
  const { ann, ben } = await twoOnASwitch(t, onIPv4);
  await ann.client.request('settings/set', { lanDiscovery: false });
  await join([ann, ben]);
  assert.equal(await lanOf(ann), 'off');
  await ann.client.request('settings/set', { lanDiscovery: true });
  await Promise.all([seen(ann, ben), seen(ben, ann)]);
});
