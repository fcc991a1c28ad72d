// What goes from hand to hand, and what it costs to say so. Who may have what: audience.test.ts and sessions.test.ts.

import assert from 'node:assert/strict';
import test from 'node:test';
import { AudienceTags } from '../../../src/sidecar/audienceTags.ts';
import { Handing } from '../../../src/sidecar/handing.ts';
import { silentLog } from '../../../src/sidecar/log.ts';
import { Seat } from '../../../src/sidecar/seat.ts';
import { connect, createPeers } from './parties/partyWorld.ts';

test('for a stranger that says hello all the time nothing of what is held is looked through', async (t) => {
  const [ann, ben] = createPeers(t, ['ann', 'ben']);
  await connect(ann, ben);
  const session = ann.sessions.get(ben.peerId);
  assert(session);
  let looks = 0;
  const handing = new Handing({
    peerId: ann.peerId,
    peers: { known: () => undefined, noteOwner() {}, isBlocked: () => false },
    catalog: {
      holdings: () => (looks++, []),
      heldFeed: () => Promise.resolve(undefined),
      removed: () => undefined,
      passedOn: () => undefined,
    },
    tags: new AudienceTags(() => undefined),
    log: silentLog,
  });
  const seat = new Seat(session, { path: 'lan', pathReason: 'same-network' });
  for (let i = 0; i < 100; i++) handing.pass(seat);
  assert.equal(looks, 0);
  for (const peer of [ann, ben]) peer.join('techno');
  await ann.until('a party in common', () => ann.commonWith(ben).length === 1);
  handing.pass(seat);
  assert.equal(looks, 1, 'a member is passed what there is');
});
