// What is remembered of removals: bounded, whoever signed them.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import type { PeerId, ShareId } from '../../../../src/protocol/ids.ts';
import { RemovalTable } from '../../../../src/sidecar/catalog/removalTable.ts';
import { Database } from '../../../../src/sidecar/storage/database.ts';
import type { ShareRemoval } from '../../../../src/sidecar/wire/services.ts';

const letters = 'abcdefghijkmnopqrstuwxyz13456789';

const peerOf = (letter: string): PeerId => `${letter}${'y'.repeat(51)}` as PeerId;
const shareOf = (number: number): ShareId =>
  `${letters.charAt(number % 32)}${letters.charAt(Math.floor(number / 32))}${'y'.repeat(24)}` as ShareId;

function removal(number: number): ShareRemoval {
  return {
    shareId: shareOf(number),
    revision: number,
    signed: { body: new Uint8Array(10), signature: new Uint8Array(64) },
  };
}

test('removals of owners without number take no more room than they may; those of owners of whom shares are here stay', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'potluck-removals-'));
  const database = new Database(folder);
  t.after(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const table = new RemovalTable(database, peerOf('n'), 100);
  const isHere = (owner: PeerId): boolean => owner === peerOf('a');
  const kept = (of: RemovalTable): number => [...of.owners].reduce((sum, owner) => sum + of.of(owner).length, 0);
  for (let number = 0; number < 20; number++) table.remember(peerOf('a'), removal(number), isHere);
  for (const owner of 'bcdefgh')
    for (let number = 0; number < 50; number++) table.remember(peerOf(owner), removal(number), isHere);
  assert.equal(kept(table), 100);
  assert.equal(table.of(peerOf('a')).length, 20);
  assert.equal(table.revisionOf(peerOf('h'), shareOf(49)), 49);
  assert.equal(table.has(peerOf('b')), false);
  const again = new RemovalTable(database, peerOf('n'), 100);
  again.load();
  assert.deepEqual([kept(again), again.of(peerOf('a')).length], [100, 20]);
  again.forget(peerOf('a'));
  again.takeBack(peerOf('h'), shareOf(49));
  assert.equal(kept(again), 79);
  // With nothing else left to give way, those of owners whose shares are here do.
  for (let number = 0; number < 150; number++) again.remember(peerOf('a'), removal(number), () => true);
  assert.deepEqual([kept(again), again.of(peerOf('a')).length], [100, 100]);
  assert.equal(database.all('SELECT 1 FROM shareRemoval').length, 100);
});
