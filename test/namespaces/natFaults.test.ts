// What goes wrong between peers behind routers: bootstrap nodes that come later, a way out that goes and comes back, another network.

import assert from 'node:assert/strict';
import test from 'node:test';
import { seen, until } from '../integration/world.ts';
import { createInternet, meet } from './natWorld.ts';
import { browsable, changeInTheMiddle, join, MiB } from './scene.ts';
import { createNetWorld, whyNot } from './world.ts';

const skip = whyNot() ?? false;

test('bootstrap nodes are down at the start and come later: peers behind routers meet then', { skip }, async (t) => {
  const world = createNetWorld(t);
  const internet = await createInternet(world);
  const { bootstrap } = internet;
  const [one, two] = [internet.home('cone'), internet.home('cone')];
  internet.setBootstrapUp(false);
  const peers = await Promise.all([world.peer('ann', one.machine, { bootstrap }), world.peer('ben', two.machine, { bootstrap })]);
  await join(peers);
  const [ann, ben] = peers;
  for (const { client } of peers) {
    const isOffline = async () => (await client.request('sidecar/status', {})).network.state === 'offline';
    await until(client, ['network/changed'], isOffline, { what: 'seeing that nobody answers' });
  }
  const startedAt = performance.now();
  internet.setBootstrapUp(true);
  await Promise.all([seen(ann, ben), seen(ben, ann)]);
  t.diagnostic(`met after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
});

test('the way out of one home goes and comes back: its peer is found again', { skip }, async (t) => {
  const internet = await createInternet(createNetWorld(t));
  const homes = [internet.home('cone'), internet.home('cone')] as const;
  const { one, two } = await meet(internet, [...homes], { useRelay: false, path: 'direct', timeoutMs: 20_000 });
  homes[0].setUp(false);
  await Promise.all([seen(one, two, false), seen(two, one, false)]);
  const startedAt = performance.now();
  homes[0].setUp(true);
  await Promise.all([seen(one, two), seen(two, one)]);
  t.diagnostic(`met again after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
});

test('a machine changes to another network in mid-transfer: it goes on from there', { skip }, async (t) => {
  const internet = await createInternet(createNetWorld(t));
  const homes = [internet.home('open'), internet.home('open')] as const;
  const given = { useRelay: false, path: 'direct', timeoutMs: 20_000 } as const;
  const { one, two, content } = await meet(internet, [...homes], given, { bytes: 24 * MiB });
  const ms = await changeInTheMiddle({ ann: one, ben: two }, { content, table: await browsable(two, one) }, homes[0].move);
  t.diagnostic(`done ${(ms / 1000).toFixed(1)} s after the change`);
  // It did not wait for the silence to be noticed.
  assert.match(one.log(), /changed networks: 1 of 1 connections are gone/);
});
