// Labels of parties: given here or by an invite, never in the place of a name, and never with it inside.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PartyId } from '../../../../src/protocol/ids.ts';
import { isAmbiguous, labelForNew, tellsName } from '../../../../src/sidecar/parties/labels.ts';

const secret = 'siay85yccifym7gd6ryok4qcse';
const closed = `closed-${secret}-${'y'.repeat(52)}`;

const row = (partyId: string, name: string, label = '') => ({ partyId: partyId as PartyId, name, label });

test('a label that holds a secret name is known, however it is written', () => {
  for (const label of [secret, `our party ${secret}!`, secret.toUpperCase(), secret.replace(/(.{5})/g, '$1-'), closed])
    assert.ok(tellsName(label, secret), label);
  assert.ok(tellsName(`Photos ${secret}`, closed), 'the part of chance is enough');
  assert.ok(tellsName('Techno!', 'techno'));
  for (const label of ['', 'Photos', secret.slice(0, 20)]) assert.ok(!tellsName(label, secret), label);
  assert.ok(!tellsName('Photos', '🎉'));
  assert.ok(tellsName('🎉 now', '🎉'));
});

test('a new party is called what its invite says, unless its name says enough or stands in it', () => {
  assert.equal(labelForNew('Photos', secret), 'Photos');
  assert.equal(labelForNew('Photos', closed), 'Photos');
  assert.equal(labelForNew('Photos', 'techno'), '');
  assert.equal(labelForNew(`Photos ${secret}`, secret), '');
});

test('a label is ambiguous when another label or a public name looks like it', () => {
  const parties = [
    row('a', secret, 'Photos'),
    row('b', closed, 'Рhоtos'),
    row('c', 'techno'),
    row('d', secret, 'Techn0'),
    row('e', secret),
  ];
  assert.deepEqual(
    parties.map((party) => isAmbiguous(party, parties)),
    [true, true, false, true, false],
  );
  assert.ok(!isAmbiguous(row('a', secret, 'Photos'), [row('a', secret, 'Photos'), row('e', secret)]), 'not like itself');
});
