// A peer that asks to be let in again and again: a person reads its first words, and the disk is left alone.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { AccessRequests } from '../../../../src/sidecar/access/accessRequests.ts';
import { meetingLimits } from '../../../../src/sidecar/limits.ts';
import { derivedName, displayName } from '../../../../src/sidecar/peers/names.ts';
import { Database } from '../../../../src/sidecar/storage/database.ts';
import { connect, createPeers } from '../parties/partyWorld.ts';

test('of a session that asks a thousand times few are heard, and few are written', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pl-'));
  const database = new Database(folder);
  t.after(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  let told = 0;
  const requests = new AccessRequests({
    database,
    peers: { get: () => undefined, isAddedByKey: () => false, isOnline: () => true },
    session: () => undefined,
    isOwnShare: () => false,
    ...{ derivedName, safeLine: displayName },
    onChange: () => void told++,
  });
  const [ann, mallory] = createPeers(t, ['ann', 'mallory']);
  await connect(ann, mallory);
  const session = ann.sessions.get(mallory.peerId);
  assert(session);
  const writes = (): number => database.get<{ count: number }>('SELECT total_changes() AS count')?.count ?? 0;
  for (let i = 0; i < 1000; i++) requests.access(session, { text: `please ${i}`, shareId: undefined });
  assert.equal(told, meetingLimits.accessBurst);
  assert(writes() <= 2 * meetingLimits.accessBurst, `${writes()} writes`);
  assert.equal(requests.list()[0]?.text, `please ${meetingLimits.accessBurst - 1}`);
});
