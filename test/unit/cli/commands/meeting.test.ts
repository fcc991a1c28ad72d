// Parties, invites and codes on the command line: what is asked of the sidecar, what is shown, and that nothing is done before somebody said yes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CodeContents, InviteInfo, PartyInfo, PartyMember, PendingInvite } from '../../../../src/protocol/model.ts';
import { createCli, inviteId, ownId, partyId, peer, peerId } from '../world.ts';

const ann = peerId('annaann');
const ben = peerId('benben');
const [techno, board] = [partyId('techno'), partyId('board')];
const code = 'potluck-secretsecretsecret';

function party(changes: Partial<PartyInfo>): PartyInfo {
  const base = { partyId: techno, name: 'techno', state: 'joined', joinedAtMs: 0, peersOnline: 1, isPublic: true } as const;
  return { ...base, ...changes };
}

function invite(changes: Partial<InviteInfo>): InviteInfo {
  return {
    ...{
      inviteId: inviteId('first'),
      partyId: techno,
      partyName: 'techno',
      label: '',
      createdAtMs: 0,
      usedBy: [],
      state: 'open',
    },
    code: { text: code, uri: `potluck:${code.slice(8)}` },
    ...changes,
  };
}

function contents(changes: Partial<CodeContents>): CodeContents {
  const flags = { isOwn: false, isKnown: false, isBlocked: false, isExpired: false };
  return {
    kind: 'invite',
    peerId: ann,
    name: 'calm-otter',
    derivedName: 'calm-otter',
    ...flags,
    createdAtMs: 0,
    addresses: [],
    ...changes,
  };
}

const waiting: PendingInvite = {
  ...{ inviteId: inviteId('first'), peerId: ann, name: 'ann', partyLabel: 'our table', acceptedAtMs: 0, state: 'waiting' },
};
const secretName = '5fj3g3nkkqk8rx1cmmdtmogxpa';

test('commands of parties have their old spelling too, and two words in any place', async (t) => {
  const cli = await createCli(t, {
    'parties/create': () => party({ isPublic: false, name: secretName }),
    'parties/list': () => [],
  });
  for (const args of [['party', 'create'], ['create'], ['--timeout', '9', 'party', '-q', 'create']])
    assert.equal((await cli.run(args)).text, `${secretName}\n`, args.join(' '));
  await cli.run(['party', 'create', '--closed']);
  assert.deepEqual(cli.calls.at(-1), ['parties/create', { isClosed: true }]);
  assert.equal((await cli.run(['parties', '--json'])).text, '[]\n');
  for (const args of [['party'], ['party', 'frobnicate']]) {
    const run = await cli.run(args);
    assert.equal(run.code, 2);
    assert.match(run.errors, /"potluck party" takes one of create, join, list, rename, members, leave, admit, expel/);
  }
  for (const args of [
    ['help', 'party'],
    ['party', '--help'],
  ])
    assert.match((await cli.run(args)).text, /^Usage: potluck party ACTION\n\n {2}party create \[--closed\] \[--label LABEL\]\s/);
  assert.equal((await cli.run(['help', 'party', 'frobnicate'])).code, 2);
});

test('a name comes from standard input as well, and one that can be guessed is warned of', async (t) => {
  const cli = await createCli(t, { 'parties/join': ({ name }) => party({ name: String(name), isPublic: name === 'techno' }) });
  const weak = await cli.run(['party', 'join', '-'], { input: 'techno\nmore\n' });
  assert.deepEqual(cli.calls.at(-1), ['parties/join', { name: 'techno' }]);
  assert.match(weak.errors, /can be guessed/);
  const strong = await cli.run(['join', secretName]);
  assert.doesNotMatch(strong.errors, /guessed/);
  assert.ok(!strong.errors.includes(secretName), 'a secret name is not repeated whole');
  const none = await cli.run(['join', '-']);
  assert.deepEqual([none.code, /Standard input holds no name/.test(none.errors)], [2, true]);
});

test('members and lists show who is in, who is only heard of, and who is blocked', async (t) => {
  const closed = { founder: ownId, isFounder: true, isMember: true, revision: 1, members: [ownId, ann] };
  const member = (changes: Partial<PartyMember>): PartyMember => ({
    ...{ peerId: ann, name: 'ann', derivedName: 'calm-otter', isOwn: false, isOnline: false, isHearsay: false, isListed: true },
    ...changes,
  });
  const cli = await createCli(t, {
    'parties/list': () => [party({}), party({ partyId: board, name: 'closed-board', isPublic: false, closed })],
    'parties/members': () => [
      member({ peerId: ownId, name: 'me', isOwn: true }),
      member({ isOnline: true, path: 'relayed', pathReason: 'both-random', roundTripMs: 12.4 }),
      member({ peerId: ben, name: 'ben', isHearsay: true }),
      member({ peerId: peerId('dora'), name: 'dora' }),
      member({ peerId: peerId('erik'), name: 'erik\u001b', isListed: false }),
    ],
    'peers/list': () => [{ ...peer(peerId('dora'), { nickname: 'dora' }), isBlocked: true }],
    'parties/admit': () => party({ closed, name: 'closed-board' }),
  });
  const shown = (await cli.run(['party', 'members', 'board'])).text.split('\n').map((line) => line.split(/ {2,}/));
  assert.deepEqual(
    shown.slice(0, -1).map(([name, state]) => `${name}: ${state}`),
    ['MEMBER: STATE', 'me: you', 'ann: online', 'ben: hearsay', 'dora: blocked', 'erik\\x1b: not on the list'],
  );
  assert.match(
    (await cli.run(['party', 'members', 'board'])).text,
    /ann .* 12 ms .* relayed +both networks choose ports at random/,
  );
  assert.match(
    (await cli.run(['party', 'list'])).text,
    /public name +techno\nboard\S* +- +joined +1 +closed, yours +closed-board\n/,
  );
  await cli.run(['party', 'admit', 'closed-board', ben]);
  assert.deepEqual(cli.calls.at(-1), ['parties/admit', { partyId: board, peerId: ben }]);
});

test('a party goes by its label, given when it is made or later, and by no label that something else is called too', async (t) => {
  const parties = [party({ label: 'Photos' }), party({ partyId: board, name: secretName, isPublic: false })];
  const cli = await createCli(t, {
    'parties/list': () => parties,
    'parties/create': ({ label }) => party({ name: secretName, isPublic: false, label: String(label) }),
    'parties/setLabel': ({ label }) => party({ name: secretName, isPublic: false, label: String(label) }),
    'parties/leave': () => ({}),
    'invites/create': () => invite({}),
  });
  assert.equal((await cli.run(['party', 'create', '--label', 'Photos'])).text, `${secretName}\n`);
  assert.deepEqual(cli.calls.at(-1), ['parties/create', { isClosed: false, label: 'Photos' }]);
  const renamed = await cli.run(['party', 'rename', 'photos', 'Our Trip']);
  assert.deepEqual(cli.calls.at(-1), ['parties/setLabel', { partyId: techno, label: 'Our Trip' }]);
  assert.match(renamed.errors, /is "Our Trip"\./);
  const list = (await cli.run(['party', 'list'])).text;
  assert.match(list, /^ID +LABEL +STATE[^\n]*\ntechno\S* +Photos +joined[^\n]* techno\nboard\S* +- +joined/);
  assert.match((await cli.run(['party', 'leave', 'Photos'])).errors, /Left "Photos"/);
  assert.match((await cli.run(['invite', 'PHOTOS'])).errors, /may join "Photos"/);
  // Another label, or the name of another party: which one is meant is not guessed.
  for (const other of [{ label: 'photos' }, { name: 'Photos' }]) {
    parties[1] = party({ partyId: board, name: secretName, isPublic: false, ...other });
    const run = await cli.run(['party', 'leave', 'Photos']);
    assert.deepEqual([run.code, /may be any of these parties/.test(run.errors)], [2, true]);
    assert.ok(!run.errors.includes(secretName));
  }
});

test('an invite takes uses, an end and a label, and its code stands alone on standard output', async (t) => {
  const parties = [party({})];
  const cli = await createCli(t, {
    'parties/list': () => parties,
    'invites/create': ({ uses }) => invite({ usesLeft: Number(uses) || 1 }),
  });
  const run = await cli.run(['invite', 'techno', '--uses', '3', '--for', '2w', '--label', 'our table']);
  assert.equal(run.text, `${code}\n`);
  assert.deepEqual(cli.calls.at(-1), [
    'invites/create',
    { partyId: techno, uses: 3, expiresInMs: 14 * 86_400_000, label: 'our table' },
  ]);
  await cli.run(['invite', '--once', '--for', 'none']);
  assert.deepEqual(cli.calls.at(-1), ['invites/create', { partyId: techno, uses: 1, expiresInMs: 0 }]);
  assert.equal((await cli.run(['invite', '--uri'])).text, `potluck:${code.slice(8)}\n`);
  assert.match((await cli.run(['invite', '--qr'])).text, /^potluck-\S+\n\u001b\[30;107m +\u001b\[0m\n/);
  for (const [option, value] of [
    ['--uses', '0'],
    ['--uses', '1001'],
    ['--for', 'soon'],
    ['--for', '11111d'],
    ['--once', '--uses=2'],
  ])
    assert.equal((await cli.run(['invite', option ?? '', value ?? ''])).code, 2, `${option} ${value}`);
  parties.push(party({ partyId: board, name: 'board' }));
  assert.match((await cli.run(['invite'])).errors, /You are in 2 parties: say which/);
});

test('invites are listed with accepted ones, shown again, and taken back', async (t) => {
  const used = [{ peerId: ben, name: 'ben', atMs: 0 }];
  const cli = await createCli(t, {
    'parties/list': () => [party({})],
    'invites/list': () => [invite({ label: 'our table', usesLeft: 1, usedBy: used })],
    'invites/pending': () => [{ ...waiting, inviteId: inviteId('second'), state: 'refused', reason: 'used-up' }],
    'invites/revoke': () => invite({ label: 'our table', state: 'revoked', usedBy: used }),
    'invites/drop': () => ({}),
  });
  const list = (await cli.run(['invites'])).text;
  assert.match(list, /firstyyy +open +1 of 2 +never +our table +techno\n/);
  assert.match(list, /secondyy +to "our table" from ann: refused, it was used by others already/);
  assert.deepEqual(Object.keys(JSON.parse((await cli.run(['invites', '--json'])).text) as object), ['invites', 'pending']);
  assert.equal((await cli.run(['invites', 'our table', '-q'])).code, 2, 'the label of two');
  assert.equal((await cli.run(['invites', 'firs'])).text, `${code}\n`);
  const run = await cli.run(['revoke', 'first', 'second']);
  assert.deepEqual(
    cli.calls.filter(([method]) => /revoke|drop/.test(method)),
    [
      ['invites/revoke', { inviteId: inviteId('first') }],
      ['invites/drop', { inviteId: inviteId('second') }],
    ],
  );
  assert.match(run.errors, /"our table": revoked\. It was used by ben\.\nThe invite of ann is dropped/);
});

test('a code is shown and asked about before anything is done with it', async (t) => {
  let what = contents({ claimedName: 'Ann', partyLabel: 'our "table"\u202e' });
  const cli = await createCli(t, {
    'codes/inspect': () => what,
    'codes/accept': () => ({ contents: what, pending: waiting }),
  });
  const accepted = (): number => cli.calls.filter(([method]) => method === 'codes/accept').length;
  const nobody = await cli.run(['accept', code]);
  assert.equal(nobody.code, 2);
  assert.match(nobody.errors, /from +calm-otter, says to be "Ann"\n[^]*party +"our \\"table\\"\\u202e"\n[^]*Nothing was done/);
  for (const input of ['n\n', '', '\n', 'maybe\n']) {
    const no = await cli.run(['accept', code], { input, isTtyInput: true });
    assert.equal(no.code, 8, JSON.stringify(input));
    assert.match(no.errors, /\[y\/N\] Nothing was done\.\n$/);
  }
  assert.equal((await cli.run(['accept', code, '--json'], { input: 'y\n', isTtyInput: true })).code, 2, 'JSON asks nobody');
  assert.match((await cli.run(['accept', code, '--preview'])).text, /^what +an invite/);
  assert.equal(accepted(), 0);
  assert.equal((await cli.run(['accept', code], { input: 'Y\n', isTtyInput: true })).code, 0);
  assert.equal((await cli.run(['accept', '-', '--yes'], { input: `${code}\n` })).code, 0);
  assert.deepEqual(cli.calls.at(-1), ['codes/accept', { text: code }]);
  assert.equal(accepted(), 2);
  what = contents({ isExpired: true, expiresAtMs: 0 });
  assert.match((await cli.run(['accept', code, '--preview'])).text, /valid +no more, it ended 1970/);
  assert.equal((await cli.run(['connect', code])).code, 2, 'a code is no key');
});

test('accept --wait ends with the answer to the invite', async (t) => {
  let left: PendingInvite[] = [{ ...waiting, state: 'refused', reason: 'expired' }];
  const cli = await createCli(t, {
    'codes/inspect': () => contents({}),
    'codes/accept': () => ({ contents: contents({}), pending: waiting }),
    'invites/pending': () => left,
  });
  const refused = await cli.run(['accept', code, '--yes', '--wait']);
  assert.equal(refused.code, 5);
  assert.match(refused.errors, /The invite of ann was refused: it has expired\.\n$/);
  left = [];
  assert.match((await cli.run(['accept', code, '--yes', '--wait'])).errors, /ann let you in/);
  left = [waiting];
  const late = await cli.run(['accept', code, '--yes', '--wait', '--timeout', '0.2']);
  assert.equal(late.code, 4);
  assert.match(late.errors, /"potluck invites" shows it/);
});
