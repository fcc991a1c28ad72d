// Closed parties and members among real sidecars: who is let in, who is out, and who is shown.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { PartyId } from '../../src/protocol/ids.ts';
import type { PartyInfo, PartyMember } from '../../src/protocol/model.ts';
import { createWorld, indexed, seen, type TestPeer, until, watched } from './world.ts';

/** Until a peer shows a member as told. */
function shown(viewer: TestPeer, partyId: PartyId, who: TestPeer, is: (member: PartyMember) => boolean): Promise<PartyMember> {
  return until(
    viewer.client,
    ['parties/changed', 'peers/changed'],
    async () => {
      const members = await viewer.client.request('parties/members', { partyId });
      return members.find((member) => member.peerId === who.client.peerId && is(member));
    },
    { what: `${viewer.name} shows ${who.name}`, timeoutMs: 30_000 },
  );
}

function partyOf(peer: TestPeer, what: string, is: (party: PartyInfo) => boolean): Promise<PartyInfo> {
  const look = async () => (await peer.client.request('parties/list', {})).find(is);
  return until(peer.client, ['parties/changed'], look, { what: `${peer.name}: ${what}`, timeoutMs: 30_000 });
}

test(
  'who is on the list of a closed party sees what is shared in it; who is expelled sees it no more',
  { timeout: 120_000 },
  async (t) => {
    const world = await createWorld(t);
    const [founder, ann, mallory] = [await world.peer('founder'), await world.peer('ann'), await world.peer('mallory')];
    const folder = path.join(world.folder, 'shared');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'a file'), 'a file');
    const { shareId } = await founder.client.request('shares/add', { path: folder, title: 'Ours' });
    await watched(founder, shareId);

    const { partyId, name, isPublic, closed } = await founder.client.request('parties/create', { isClosed: true });
    assert.equal(isPublic, false);
    assert.deepEqual(closed?.members, [founder.client.peerId]);
    await founder.client.request('parties/admit', { partyId, peerId: ann.client.peerId });
    // Mallory knows the name, and is on no list.
    for (const peer of [ann, mallory]) await peer.client.request('parties/join', { name });
    await indexed(ann, founder, 'Ours');
    await partyOf(ann, 'being a member', (party) => party.closed?.isMember === true);
    await partyOf(
      mallory,
      'learning that it is out',
      (party) => (party.closed?.revision ?? 0) > 0 && party.closed?.isMember === false,
    );
    assert.deepEqual(await mallory.client.request('catalog/shares', {}), []);
    await assert.rejects(ann.client.request('parties/admit', { partyId, peerId: mallory.client.peerId }), {
      kind: 'permission-denied',
    });

    await founder.client.request('parties/expel', { partyId, peerId: ann.client.peerId });
    await partyOf(ann, 'being out', (party) => party.closed?.isMember === false);
    await seen(founder, ann, false);
    await shown(founder, partyId, ann, (member) => member.isListed === false && !member.isOnline);
    // And in again, over a restart of the founder.
    await founder.stop();
    await founder.start();
    await founder.client.request('parties/admit', { partyId, peerId: ann.client.peerId });
    await shown(ann, partyId, founder, (member) => member.isOnline && member.isListed === true);
  },
);

test('members are shown: ourselves first, who is here, and who was here', { timeout: 120_000 }, async (t) => {
  const world = await createWorld(t);
  const [ann, ben] = [await world.peer('ann'), await world.peer('ben')];
  const { partyId, isPublic } = await ann.client.request('parties/join', { name: 'members party' });
  assert.equal(isPublic, true);
  await ben.client.request('parties/join', { name: 'members party' });
  const here = await shown(ann, partyId, ben, (member) => member.isOnline && member.name === 'ben');
  assert.deepEqual([here.isHearsay, here.path], [false, 'lan']);
  const [own] = await ann.client.request('parties/members', { partyId });
  assert.deepEqual([own?.peerId, own?.isOwn, own?.name], [ann.client.peerId, true, 'ann']);
  await ben.stop();
  await shown(ann, partyId, ben, (member) => !member.isOnline && member.lastSeenMs !== undefined);
  await ann.client.request('parties/leave', { partyId });
  await assert.rejects(ann.client.request('parties/members', { partyId }), { kind: 'not-found' });
});
