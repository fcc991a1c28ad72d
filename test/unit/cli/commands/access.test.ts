// Audiences, requests, blocks, bans and the diagnosis on the command line.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Audience, NetReport, PartyInfo, ShareInfo } from '../../../../src/protocol/model.ts';
import { createCli, partyId, peer, peerId, shareId, someSettings } from '../world.ts';

const [ann, ben] = [peerId('annaann'), peerId('benben')];
const techno = partyId('techno');
const photos = shareId('photo');
const parties: PartyInfo[] = [
  { partyId: techno, name: 'techno', state: 'joined', joinedAtMs: 0, peersOnline: 0, isPublic: true },
];
const peers = [peer(ann, { nickname: 'ann' }), peer(ben, { nickname: 'ben' })];

function share(audience: Audience): ShareInfo {
  const counts = { fileCount: 2, folderCount: 1, totalBytes: 3000, skippedCounts: {} };
  return { shareId: photos, title: 'Photos', path: '/photos', state: 'watching', ...counts, addedAtMs: 0, audience };
}

test('an audience is shown, set, added to and taken from', async (t) => {
  let now: Audience = { everyone: true, partyIds: [], peerIds: [] };
  const cli = await createCli(t, {
    'shares/list': () => [share(now)],
    'parties/list': () => parties,
    'peers/list': () => peers,
    'shares/setAudience': ({ audience }) => {
      now = audience as Audience;
      return share(now);
    },
  });
  const steps: [args: string[], says: string][] = [
    [[], 'everyone'],
    [['--party', 'techno', '--peer', 'ann'], 'party "techno"; ann'],
    [['--add', '--peer', 'ben', '--peer', 'ann'], 'party "techno"; ann, ben'],
    [['--remove', '--party', 'techno', '--peer', ann], 'ben'],
    [['nobody'], 'nobody'],
    [['everyone'], 'everyone'],
  ];
  for (const [args, says] of steps) {
    const run = await cli.run(['audience', 'Photos', ...args]);
    assert.equal(run.text + run.errors, `"Photos": ${says}\n`);
  }
  for (const args of [
    ['all'],
    ['--add'],
    ['everyone', '--peer', 'ann'],
    ['--add', '--peer', 'ann'],
    ['--add', '--remove', '--peer', 'ann'],
  ])
    assert.equal((await cli.run(['audience', 'Photos', ...args])).code, 2, args.join(' '));
  assert.equal((await cli.run(['audience', 'Photos', '--peer', 'nobody'])).code, 3);
  assert.deepEqual(now, { everyone: true, partyIds: [], peerIds: [] }, 'what is wrong changes nothing');
});

test('a folder can be shared with some from the first moment', async (t) => {
  const cli = await createCli(t, {
    'parties/list': () => parties,
    'peers/list': () => peers,
    'shares/add': ({ audience }) => share(audience as Audience),
  });
  await cli.run(['share', '/photos', '--party', 'techno', '--peer', 'ben', '--no-wait']);
  assert.deepEqual(cli.calls.at(-1), [
    'shares/add',
    { path: '/photos', audience: { everyone: false, partyIds: [techno], peerIds: [ben] } },
  ]);
  assert.equal((await cli.run(['share', '/photos', '--peer', 'nobody', '--no-wait'])).code, 3);
  assert.equal(
    cli.calls.filter(([method]) => method === 'shares/add').length,
    1,
    'who is not known is no reason to share with everyone',
  );
});

test('requests are listed and answered; only who asked is let in', async (t) => {
  const asks = { name: 'ann', derivedName: 'calm-otter', atMs: 0, isOnline: true, partyIds: [] };
  const cli = await createCli(t, {
    'peers/list': () => peers,
    'shares/list': () => [],
    'access/list': () => [{ peerId: ann, ...asks, text: 'it is "me"\u001b[2J' }],
    'access/grant': () => ({}),
    'access/deny': () => ({}),
    'access/ask': () => ({}),
  });
  assert.match((await cli.run(['requests'])).text, /ann +stranger .* annaanny +to be added +"it is \\"me\\"\\u001b\[2J"\n/);
  assert.equal((await cli.run(['grant', 'ben'])).code, 3);
  assert.equal((await cli.run(['grant', 'ann'])).errors, 'ann (annaanny) is let in.\n');
  assert.equal((await cli.run(['deny', 'ann'])).errors, 'ann (annaanny) is not let in.\n');
  assert.equal((await cli.run(['ask', 'ben', 'let me in'])).errors, 'ben was asked.\n');
  assert.deepEqual(
    cli.calls.filter(([method]) => /grant|deny|ask/.test(method)),
    [
      ['access/grant', { peerId: ann }],
      ['access/deny', { peerId: ann }],
      ['access/ask', { peerId: ben, text: 'let me in' }],
    ],
  );
});

test('blocking says whom, and allow is another word for unblock', async (t) => {
  const blocked = { ...peer(ben, { nickname: 'ben' }), isBlocked: true };
  const cli = await createCli(t, {
    'peers/list': () => [peer(ann, { nickname: 'ann' }), blocked],
    'peers/block': () => blocked,
    'peers/unblock': ({ peerId: id }) => peer(id === ann ? ann : ben, { nickname: id === ann ? 'ann' : 'ben' }),
  });
  assert.match((await cli.run(['peers'])).text, /ben +blocked/);
  assert.equal((await cli.run(['block', 'ben'])).errors, `Blocked ben (${ben}).\n`);
  assert.equal((await cli.run(['allow', 'ben'])).errors, `Unblocked ben (${ben}).\n`);
  assert.equal((await cli.run(['unblock', 'ann'])).errors, `Not blocked: ann (${ann}).\n`);
});

test('bans are ended by key or address', async (t) => {
  const cli = await createCli(t, {
    'network/bans': () => [
      { peerId: ann, untilMs: Date.now() + 600_000, reason: 'it sent too much' },
      { host: '192.0.2.7', untilMs: Date.now() + 600_000, reason: 'it knocked too often' },
      { host: '2001:db8::/56', untilMs: Date.now() + 600_000, reason: 'it knocked too often' },
    ],
    'network/unban': () => ({}),
  });
  assert.match((await cli.run(['bans'])).text, /192\.0\.2\.7 +10 min +it knocked too often\n/);
  for (const [name, who] of [
    ['anna', { peerId: ann }],
    ['192.0.2.7', { host: '192.0.2.7' }],
    ['2001:db8::/56', { host: '2001:db8::/56' }],
  ] as const) {
    assert.equal((await cli.run(['unban', name])).code, 0, name);
    assert.deepEqual(cli.calls.at(-1), ['network/unban', who]);
  }
  assert.equal((await cli.run(['unban', '192.0.2.8'])).code, 3);
});

test('net says what works, what to do, and by which path; something bad is exit code 4', async (t) => {
  const report: NetReport = {
    findings: [
      { area: 'bootstrap', state: 'bad', text: 'None of the nodes answers.', advice: `Look ${'at the cable '.repeat(12)}` },
      { area: 'relay', state: 'off', text: 'Relays are not allowed.' },
    ],
    nat: 'random',
    addresses: [],
    peers: [{ peerId: ann, name: 'ann\u001b', path: 'relayed', pathReason: 'both-random', roundTripMs: 80.4, link: 'session' }],
  };
  const cli = await createCli(t, { 'network/diagnose': () => report });
  const run = await cli.run(['net']);
  assert.equal(run.code, 4);
  assert.match(
    run.text,
    /^bad +finding peers +None of the nodes answers\.\n +-> Look at the cable [^\n]*\n {27}the cable [^]*\noff +relays /,
  );
  assert.match(run.text, /Seen by others as: not known \(NAT random\)\.\n/);
  assert.match(run.text, /ann\\x1b +relayed +80 ms +session +both networks choose ports at random\n$/);
  assert.ok(run.text.split('\n').every((line) => line.length <= 110));
  report.findings.shift();
  assert.equal((await cli.run(['net', '--json'])).code, 0);
});

test('the settings of the network can be set', async (t) => {
  const cli = await createCli(t, { 'settings/set': (fields) => ({ ...someSettings, ...fields }) });
  for (const [args, fields] of [
    [['lan-discovery', 'off'], { lanDiscovery: false }],
    [['network-interface', ' eth0 '], { networkInterface: 'eth0' }],
    [['gossip', 'off'], { gossip: false }],
    [['useRelay', 'on'], { useRelay: true }],
    [['relay', ann.toUpperCase()], { relay: ann }],
    [['offer-relay', 'yes'], { offerRelay: true }],
  ] as const) {
    assert.equal((await cli.run(['set', ...args])).code, 0, args.join(' '));
    assert.deepEqual(cli.calls.at(-1), ['settings/set', fields]);
  }
});
