// Invites between real sidecars: made in one, accepted in another, and both are in the party and see each other; whoever is late, second or
// revoked is told so. The guests start as strangers: nothing but the code brings them together.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InviteInfo, PartyInfo, PendingInvite } from '../../src/protocol/model.ts';
import { createWorld, seen, type TestPeer, until } from './world.ts';

const hour = 3_600_000;

async function inviteOf(host: TestPeer, how: { uses?: number; isClosed?: boolean } = {}) {
  const party = await host.client.request('parties/create', { isClosed: how.isClosed === true });
  const { partyId } = party;
  const invite = await host.client.request('invites/create', { partyId, label: 'Friday', ...(how.uses && { uses: how.uses }) });
  return { party, invite };
}

const accept = (guest: TestPeer, { code }: InviteInfo) => guest.client.request('codes/accept', { text: code.uri });

function joined(guest: TestPeer, { partyId }: PartyInfo): Promise<PartyInfo> {
  const look = async () => (await guest.client.request('parties/list', {})).find((party) => party.partyId === partyId);
  return until(guest.client, ['parties/changed'], look, { what: `${guest.name} is in the party`, timeoutMs: 30_000 });
}

function refused(guest: TestPeer): Promise<PendingInvite> {
  const look = async () => (await guest.client.request('invites/pending', {})).find(({ state }) => state === 'refused');
  return until(guest.client, ['invites/changed'], look, { what: `${guest.name} is refused`, timeoutMs: 30_000 });
}

/** Both say of each other that they are in this party. */
async function inParty(one: TestPeer, other: TestPeer, { partyId }: PartyInfo): Promise<void> {
  for (const [viewer, peer] of [
    [one, other],
    [other, one],
  ] as const)
    await until(
      viewer.client,
      ['peers/changed', 'parties/changed'],
      async () =>
        (await viewer.client.request('peers/list', {})).find(
          ({ peerId, isOnline, partyIds }) => peerId === peer.client.peerId && isOnline && partyIds.includes(partyId),
        ),
      { what: `${viewer.name} sees ${peer.name} in the party`, timeoutMs: 30_000 },
    );
}

test('an invite brings two together who never met, and is used up by the first', async (t) => {
  const world = await createWorld(t);
  const [ada, ben, cem] = [await world.peer('ada'), await world.peer('ben'), await world.peer('cem')];
  const { party, invite } = await inviteOf(ada, { uses: 1 });
  const contents = await ben.client.request('codes/inspect', { text: invite.code.text });
  assert.equal(contents.kind, 'invite');
  assert.equal(contents.peerId, ada.client.peerId);
  assert.equal(contents.isKnown, false);
  assert.deepEqual(await ben.client.request('peers/list', {}), [], 'looking at a code meets nobody');

  const { pending } = await accept(ben, invite);
  assert.equal(pending?.partyLabel, 'Friday');
  const { name, label } = await joined(ben, party);
  assert.deepEqual([name, label], [party.name, 'Friday'], 'the party is called there what the invite called it');
  await inParty(ada, ben, party);
  assert.deepEqual(await ben.client.request('invites/pending', {}), []);
  assert.deepEqual(await ada.client.request('access/list', {}), [], 'who came by an invite does not ask to be let in');

  await accept(cem, invite);
  assert.equal((await refused(cem)).reason, 'used-up');
  assert.deepEqual(await cem.client.request('parties/list', {}), []);
  const [listed] = await ada.client.request('invites/list', {});
  assert.equal(listed?.state, 'used-up');
  assert.deepEqual(
    listed.usedBy.map(({ peerId }) => peerId),
    [ben.client.peerId],
  );
  for (const peer of [ada, ben, cem]) {
    for (const secret of [party.name, invite.code.text.slice('potluck-'.length)])
      assert.ok(!peer.log().includes(secret), `${peer.name} logs no secret`);
  }
});

test('a revoked invite brings nobody in', async (t) => {
  const world = await createWorld(t);
  const [ada, ben] = [await world.peer('ada'), await world.peer('ben')];
  const { invite } = await inviteOf(ada);
  assert.equal((await ada.client.request('invites/revoke', { inviteId: invite.inviteId })).state, 'revoked');
  await accept(ben, invite);
  const { reason, inviteId } = await refused(ben);
  assert.equal(reason, 'revoked');
  await ben.client.request('invites/drop', { inviteId });
  assert.deepEqual(await ben.client.request('invites/pending', {}), []);
  assert.deepEqual(await ben.client.request('parties/list', {}), []);
});

test('an invite waits for its inviter, over a kill of the guest, and brings it in when the inviter comes', async (t) => {
  const world = await createWorld(t);
  const [ada, ben] = [await world.peer('ada'), await world.peer('ben')];
  const { party, invite } = await inviteOf(ada, { uses: 1 });
  await ada.stop();
  await accept(ben, invite);
  await ben.kill();
  await ben.start();
  const [waiting] = await ben.client.request('invites/pending', {});
  assert.equal(waiting?.state, 'waiting');
  await ada.start();
  await joined(ben, party);
  await inParty(ada, ben, party);
});

test('an invite to a closed party puts the guest on its list', async (t) => {
  const world = await createWorld(t);
  const [ada, ben] = [await world.peer('ada'), await world.peer('ben')];
  const { party, invite } = await inviteOf(ada, { uses: 1, isClosed: true });
  await accept(ben, invite);
  await inParty(ada, ben, party);
  const { partyId } = party;
  await assert.rejects(ben.client.request('invites/create', { partyId }), { kind: 'permission-denied' });
});

test('a party’s code joins it, and a contact’s code adds the peer alone', async (t) => {
  const world = await createWorld(t);
  const [ada, ben] = [await world.peer('ada'), await world.peer('ben')];
  const party = await ada.client.request('parties/create', {});
  const contact = await ada.client.request('codes/own', { expiresInMs: hour });
  const accepted = await ben.client.request('codes/accept', { text: contact.text });
  assert.deepEqual([accepted.contents.kind, accepted.party, accepted.pending], ['contact', undefined, undefined]);
  await seen(ben, ada);
  assert.deepEqual(await ben.client.request('parties/list', {}), []);
  const { text } = await ada.client.request('codes/own', { partyId: party.partyId });
  assert.equal((await ben.client.request('codes/accept', { text })).party?.name, party.name);
  await inParty(ada, ben, party);
  await assert.rejects(ada.client.request('codes/accept', { text }), { kind: 'invalid-argument' });
  await assert.rejects(ben.client.request('codes/accept', { text: `${text.slice(0, -1)}` }), /damaged/);
});

test('a blocked peer’s code is refused, and so is a blocked peer with an invite', async (t) => {
  const world = await createWorld(t);
  const [ada, ben, cem] = [await world.peer('ada'), await world.peer('ben'), await world.peer('cem')];
  const { party, invite } = await inviteOf(ada);
  await ada.client.request('peers/block', { peerId: ben.client.peerId });
  await cem.client.request('peers/block', { peerId: ada.client.peerId });
  assert.equal((await cem.client.request('codes/inspect', { text: invite.code.text })).isBlocked, true);
  await assert.rejects(accept(cem, invite), { kind: 'permission-denied' });
  await accept(ben, invite);
  const { peerId } = ada.client;
  await cem.client.request('peers/unblock', { peerId });
  await accept(cem, invite);
  await inParty(ada, cem, party);
  assert.deepEqual(await ben.client.request('parties/list', {}), []);
  const [listed] = await ada.client.request('invites/list', {});
  assert.deepEqual(
    listed?.usedBy.map((use) => use.peerId),
    [cem.client.peerId],
  );
});

test('without any bootstrap node an invite’s addresses lead to the inviter', async (t) => {
  const world = await createWorld(t);
  const [ada, ben] = [await world.peer('ada'), await world.peer('ben')];
  // Neither finds the other by the DHT: loopback alone is left.
  const nobody = { bootstrap: ['127.0.0.1:9'] };
  for (const peer of [ada, ben]) await peer.client.request('settings/set', nobody);
  const { party, invite } = await inviteOf(ada, { uses: 1 });
  const { addresses } = await ben.client.request('codes/inspect', { text: invite.code.text });
  assert.match(addresses.join(), /^127\.0\.0\.1:\d+$/);
  await accept(ben, invite);
  await inParty(ada, ben, party);
});
