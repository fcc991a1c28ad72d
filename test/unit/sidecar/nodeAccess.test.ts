// What follows when somebody is blocked, forgotten, expelled or let in: whose shares get new keys, and who is told what.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import type { PartyId, PeerId } from '../../../src/protocol/ids.ts';
import type { Audience, PartyInfo } from '../../../src/protocol/model.ts';
import { meetingLimits } from '../../../src/sidecar/limits.ts';
import { NodeAccess, type NodeAccessOptions } from '../../../src/sidecar/nodeAccess.ts';
import { Peers } from '../../../src/sidecar/peers/peers.ts';
import { Database } from '../../../src/sidecar/storage/database.ts';
import type { PeerSession } from '../../../src/sidecar/wire/services.ts';
import { shareIdOf } from './wire/worlds.ts';

const [own, mal, ben] = ['y', 'b', 'n'].map((letter) => `${letter.repeat(51)}y` as PeerId) as [PeerId, PeerId, PeerId];
const [techno, house] = ['techno' as PartyId, 'house' as PartyId];
const nobody: Audience = { everyone: false, partyIds: [], peerIds: [] };
const audiences: Record<string, Audience> = {
  everyone: { ...nobody, everyone: true },
  techno: { ...nobody, partyIds: [techno] },
  house: { ...nobody, partyIds: [house] },
  mal: { ...nobody, peerIds: [mal] },
  ben: { ...nobody, peerIds: [ben] },
  'techno and mal': { ...nobody, partyIds: [techno], peerIds: [mal] },
};
const [shareId, goneId, fullId] = [shareIdOf(1), shareIdOf(2), shareIdOf(3)];

function world(t: TestContext) {
  const folder = mkdtempSync(path.join(tmpdir(), 'potluck-access-'));
  const database = new Database(folder);
  t.after(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const done: string[] = [];
  const share = { shareId, title: 'Films', audience: { ...nobody, peerIds: [ben] } };
  const full = {
    ...share,
    shareId: fullId,
    audience: { ...nobody, peerIds: Array<PeerId>(meetingLimits.audiencePeers).fill(ben) },
  };
  const noted = (what: string) => (isMeant: (audience: Audience) => boolean) =>
    done.push(...Object.entries(audiences).flatMap(([name, audience]) => (isMeant(audience) ? [`${what} ${name}`] : [])));
  const peers = new Peers({ database, sharesOf: () => [], onChange: () => undefined });
  const options = {
    ...{ ownPeerId: own, database, peers },
    shares: {
      get: (wanted: string) => [share, full].find((each) => each.shareId === wanted),
      renewKeys: noted('keys'),
      announceAgain: noted('again'),
      setAudience: (of: string, audience: Audience) => done.push(`${of === shareId ? 'Films' : of}: ${audience.peerIds.join()}`),
    },
    catalog: () => ({ forgetPeer: () => Promise.resolve(void done.push('forgotten')) }),
    sessions: () => ({ source: () => undefined, isStranger: () => true, end: (_: PeerId, why: string) => done.push(why) }),
    network: () => ({
      disconnect: () => done.push('disconnected'),
      connect: () => done.push('connected'),
      admission: { unban: () => done.push('unbanned') },
    }),
    meeting: () => ({ connectPeer: () => done.push('added') }),
    broadcast: () => undefined,
    forgetOffers: () => Promise.resolve(void done.push('offers')),
  } as unknown as NodeAccessOptions;
  const online = {
    ...{ path: 'lan' as const, roundTripMs: () => undefined },
    traffic: () => ({ receivedBytes: 0, sentBytes: 0 }),
  };
  const meet = (peerId: PeerId, partyIds: PartyId[]) => peers.cameOnline(peerId, { ...online, partyIds }, '');
  return { access: new NodeAccess(options), peers, done, meet };
}

const party = (partyId: PartyId, members: PeerId[]) => ({ partyId, closed: { members } }) as unknown as PartyInfo;
const asks = (share?: typeof shareId) => ({ type: 'access' as const, text: 'Please', shareId: share });
const session = (peerId: PeerId) => ({ peerId, hello: { partyIds: [], intents: 0 } }) as unknown as PeerSession;

test('a peer that is blocked is put out, and takes no keys of shares along that its parties do not have anyway', async (t) => {
  const { access, peers, done, meet } = world(t);
  meet(mal, [techno]);
  peers.addByKey(mal);
  const info = await access.block(mal);
  assert.equal(info.isBlocked, true);
  assert.deepEqual(done, ['blocked by the user', 'disconnected', 'keys mal', 'forgotten', 'offers']);
  done.length = 0;
  access.unblock(mal);
  assert.deepEqual(done, ['connected'], 'it was added by its key');
  await assert.rejects(access.block(own), { kind: 'invalid-argument' });
});

test('a peer that was let in for its key alone takes the keys of what everyone sees along when it is blocked or forgotten', async (t) => {
  const { access, peers, done } = world(t);
  peers.addByKey(mal);
  await access.block(mal);
  assert(done.includes('keys everyone'));
  peers.setBlocked(mal, false);
  done.length = 0;
  access.forget(mal);
  assert.deepEqual(done, ['keys everyone'], 'whom an audience names it names still');
  done.length = 0;
  access.forget(ben);
  assert.deepEqual(done, []);
});

test('who is taken off the list of a closed party takes the keys of what it saw there along; who is put on it changes nothing', (t) => {
  const { access, done } = world(t);
  access.listsChanged([party(techno, [own, mal, ben])]);
  access.listsChanged([party(techno, [own, mal, ben, 'x' as PeerId])]);
  assert.deepEqual(done, []);
  access.listsChanged([party(techno, [own, ben])]);
  assert.deepEqual(done, ['keys everyone', 'keys techno', 'keys techno and mal']);
});

test('shares that name a party are announced again when we are in it again, and get new keys when we leave it', (t) => {
  const { access, done } = world(t);
  access.partyJoined(house);
  access.partyLeft(house);
  assert.deepEqual(done, ['again house', 'keys everyone', 'keys house']);
});

test('who asks for one share is given that one alone, never all in its place', (t) => {
  const { access, peers, done } = world(t);
  const handlers = access.handlers();
  const grant = () => void handlers['access/grant']({ peerId: mal }, undefined as never);
  const deny = () => void handlers['access/deny']({ peerId: mal }, undefined as never);
  assert.throws(grant, { kind: 'not-found' });
  access.requests.access(session(mal), asks(goneId));
  assert.throws(grant, { kind: 'not-found' }, 'it is not even kept');
  access.requests.access(session(mal), asks(shareId));
  grant();
  assert.deepEqual(done, [`Films: ${ben},${mal}`]);
  access.requests.access(session(mal), asks(fullId));
  assert.throws(grant, { kind: 'too-large' });
  deny();
  assert.equal(done.at(-1), 'denied by the user');
  access.requests.forget(mal);
  access.requests.access(session(mal), asks());
  peers.setBlocked(mal, true);
  assert.throws(grant, { kind: 'invalid-argument' });
  peers.setBlocked(mal, false);
  grant();
  assert.equal(done.at(-1), 'added');
});
