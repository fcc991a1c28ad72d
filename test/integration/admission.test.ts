// What strangers and rude members may cost a real sidecar, and that nobody else notices: floods of handshakes, of connections and of messages.

import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';
import HyperDHT from 'hyperdht';
import { admissionLimits } from '../../src/sidecar/limits.ts';
import { publicKeyOf } from '../../src/sidecar/storage/identity.ts';
import * as codec from '../../src/sidecar/wire/codec.ts';
import * as meetingCodec from '../../src/sidecar/wire/meetingCodec.ts';
import { flood } from '../unit/sidecar/network/halfOpen.ts';
import { types } from '../unit/sidecar/wire/worlds.ts';
import { party, scene, unharmed } from './hostileScene.ts';
import type { Mallory } from './mallory.ts';
import { seen } from './world.ts';

const all = ['invites', 'rosters', 'members', 'access', 'relays'];

test(
  'a member that floods is cut off, banned when it does so again and again, and let in again by a person',
  { timeout: 90_000 },
  async (t) => {
    const s = await scene(t);
    const { ann, underworld } = s;
    const keyPair = HyperDHT.keyPair();
    const rude: [(mallory: Mallory) => void, RegExp][] = [
      [(mallory) => mallory.say(types.redeem, meetingCodec.redeem, { token: Buffer.alloc(32, 1) }), /guesses tokens/],
      [(mallory) => mallory.say(types.relay, meetingCodec.relay, { key: undefined }), /all the time/],
      [(mallory) => mallory.wire.send(types.read, Buffer.alloc(50, 0xff)), /uint must be/],
    ];
    assert.equal(rude.length, admissionLimits.offences);
    for (const [say, reason] of rude) {
      const mallory = await underworld.member(ann, party, all, keyPair);
      for (let said = 0; said < 500; said++) say(mallory);
      await mallory.endsFor(reason);
    }
    const bans = await ann.client.request('network/bans', {});
    assert.equal(bans.length, 1, 'its key, and not this machine’s address');
    const [ban] = bans;
    assert(ban?.peerId);
    assert(ban.untilMs > Date.now() && ban.untilMs <= Date.now() + admissionLimits.banMs);
    await assert.rejects(underworld.connect(ann, undefined, keyPair), 'its handshake is not answered');
    await underworld.member(ann, party); // Others are let in.
    await ann.client.request('network/unban', { peerId: ban.peerId });
    assert.deepEqual(await ann.client.request('network/bans', {}), []);
    await underworld.member(ann, party, all, keyPair);
    await unharmed(s);
  },
);

test('meeting messages from a stranger change nothing', { timeout: 60_000 }, async (t) => {
  const s = await scene(t);
  const { ann, underworld } = s;
  const before = await worldOf(s.ann);
  const mallory = await underworld.connect(ann);
  mallory.wire.hello({ capabilities: all, intents: 3 });
  const signed = { body: Buffer.alloc(100, 1), signature: Buffer.alloc(64) };
  const partyId = (await ann.client.request('parties/list', {}))[0]?.partyId;
  assert(partyId);
  mallory.say(types.roster, meetingCodec.roster, { partyId, signed });
  mallory.say(types.members, meetingCodec.members, { partyId, records: [{ peerId: mallory.peerId, signed }] });
  mallory.say(types.redeemed, meetingCodec.redeemed, { token: Buffer.alloc(32), partyName: 'a trap', refusal: undefined });
  mallory.say(types.relay, meetingCodec.relay, { key: Buffer.alloc(32, 5) });
  mallory.say(types.ping, codec.ping, 1);
  const answered = mallory.wire.next(types.pong, codec.ping).then(() => 'answered');
  const ended = new Promise((resolve) => mallory.wire.stream.once('close', resolve));
  await Promise.race([answered, ended]); // All were handled.
  assert.deepEqual(await worldOf(ann), before);
  mallory.leave();
  await unharmed(s);
});

test('a flood of handshakes that never finish, and of connections, keeps no member out', { timeout: 90_000 }, async (t) => {
  const s = await scene(t);
  const { ann, ben, underworld } = s;
  const mallory = await underworld.connect(ann);
  const { remotePort } = mallory.wire.stream.rawStream;
  assert(remotePort);
  const door = { publicKey: publicKeyOf(ann.client.peerId), host: '127.0.0.1', port: remotePort };
  const rssBefore = (await ann.client.request('sidecar/status', {})).rssBytes;
  for (let round = 0; round < 3; round++) await flood(door, 1000);
  // One key, again and again.
  const keyPair = HyperDHT.keyPair();
  const tries = Array.from({ length: 30 }, () => underworld.connect(ann, undefined, keyPair).catch(() => undefined));
  assert(typeof (await ben.client.request('peers/ping', { peerId: ann.client.peerId })) === 'object');
  await unharmed(s);
  for (const came of await Promise.all(tries)) came?.leave();
  const { rssBytes } = await ann.client.request('sidecar/status', {});
  assert(rssBytes - rssBefore < 100e6, `${((rssBytes - rssBefore) / 1e6).toFixed(0)} MB more`);
  // A member that lost its connection comes back, in the middle of a flood.
  await ben.kill();
  await seen(ann, ben, false);
  await flood(door, 1000);
  await ben.start();
  await seen(ann, ben);
  await unharmed(s);
});

test('connections to the port of direct links that say nothing are few', { timeout: 60_000 }, async (t) => {
  const s = await scene(t);
  const { link } = (await s.ann.client.request('sidecar/status', {})).network;
  assert(link?.address);
  const port = Number(link.address.split(':').at(-1));
  const sockets: Socket[] = [];
  t.after(() => sockets.forEach((socket) => socket.destroy()));
  const closed = new Set<Socket>();
  await Promise.all(
    Array.from({ length: 300 }, async () => {
      const socket = connect({ port, host: '127.0.0.1' });
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => closed.add(socket));
      await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => undefined);
    }),
  );
  await unharmed(s);
  assert(closed.size >= 290, `${closed.size} of 300 were closed at once`);
});

/** What a stranger may not change. */
async function worldOf({ client }: Awaited<ReturnType<typeof scene>>['ann']): Promise<object> {
  const parties = await client.request('parties/list', {});
  const members = await Promise.all(parties.map(({ partyId }) => client.request('parties/members', { partyId })));
  const shown = members.flat().map(({ peerId, isHearsay, isListed }) => ({ peerId, isHearsay, isListed }));
  return { parties: parties.map(({ partyId, name, closed }) => ({ partyId, name, closed })), shown };
}
