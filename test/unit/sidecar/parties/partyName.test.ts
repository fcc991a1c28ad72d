// What names say by themselves.

import assert from 'node:assert/strict';
import test from 'node:test';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import { checkedName, founderOf, isWeak, newClosedName, newOpenName } from '../../../../src/sidecar/parties/partyName.ts';
import { peerIdOf } from '../../../../src/sidecar/storage/identity.ts';

const founder = peerIdOf(NoiseSecretStream.keyPair().publicKey);

test('only names of 128 random bits and closed ones are not weak', () => {
  for (let i = 0; i < 200; i++) assert.equal(isWeak(newOpenName()), false);
  assert.equal(isWeak(newClosedName(founder)), false);
  const random = newOpenName();
  for (const name of [
    'techno',
    'y'.repeat(26),
    'abcabcabcabcabcabcabcabcab',
    random.slice(1),
    `${random}y`,
    random.toUpperCase(),
  ])
    assert.equal(isWeak(name), true, name);
});

test('the name of a closed party tells its founder, and nothing else does', () => {
  assert.equal(founderOf(newClosedName(founder)), founder);
  assert.notEqual(newClosedName(founder), newClosedName(founder));
  for (const name of [founder, `closed-${founder}`, `open-${newOpenName()}-${founder}`, `${newClosedName(founder)}-y`])
    assert.equal(founderOf(name), undefined, name);
});

test('the damaged name of a closed party is refused, not taken for an open one', () => {
  const name = newClosedName(founder);
  assert.equal(checkedName(` ${name}\n`), name);
  for (const damaged of [name.slice(0, -1), name.toUpperCase(), name.replace('-', '--'), 'closed-party', `${name}y`])
    assert.throws(() => checkedName(damaged), { kind: 'invalid-argument' }, damaged);
  assert.equal(checkedName('closed'), 'closed');
});
