// Real networks on a loopback DHT: a friend's friend of the same party is found though nobody looked the party's topic up.

import assert from 'node:assert/strict';
import test from 'node:test';
import createTestnet from 'hyperdht/testnet.js';
import { silentLog } from '../../../../src/sidecar/log.ts';
import { Network } from '../../../../src/sidecar/network/network.ts';
import { untilTrue } from '../wire/worlds.ts';
import { createPeers } from './partyWorld.ts';

test('a friend of a friend is met without the topic on the DHT', async (t) => {
  const testnet = await createTestnet(6);
  const peers = createPeers(t, ['ann', 'ben', 'cleo']);
  const networks = peers.map((peer) => {
    const network = new Network({
      keyPair: peer.keyPair,
      bootstrap: testnet.bootstrap.map(({ host, port }) => `${host}:${port}`),
      log: silentLog,
      onConnection: (connection) => peer.take(connection),
      onChange() {},
      isRefused: (peerId) => peer.refused.has(peerId),
    });
    peer.reach = (peerId) => network.hint(peerId);
    return network;
  });
  t.after(async () => {
    await Promise.all(networks.map((network) => network.close()));
    await testnet.destroy();
  });
  const [ann, ben, cleo] = peers;
  for (const peer of peers) peer.join('techno'); // Parties alone: no network joins a topic here.
  await Promise.all(networks.map((network) => network.open()));
  networks[1]?.connect(cleo.peerId);
  await untilTrue(ben.changes, 'ben meets cleo', () => ben.commonWith(cleo).length === 1, 20_000);
  networks[0]?.connect(ben.peerId);
  await untilTrue(ann.changes, 'ann meets cleo', () => ann.commonWith(cleo).length === 1, 20_000);
  assert.equal(ann.sessions.size, 2);
  const [, ...members] = ann.members.list(ann.parties.list()[0]?.partyId ?? assert.fail());
  assert(members.every(({ isHearsay }) => !isHearsay));
});
