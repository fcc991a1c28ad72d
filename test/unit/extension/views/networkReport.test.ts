import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NetReport } from '../../../../src/protocol/model.ts';
import { reportText, settingLinks } from '../../../../src/extension/views/networkReport.ts';
import { peer, peerId } from '../worlds.ts';

const report: NetReport = {
  nat: 'random',
  addresses: ['198.51.100.7:4000'],
  findings: [
    { area: 'bootstrap', state: 'good', text: '3 of 3 public bootstrap nodes answer.' },
    { area: 'relay', state: 'off', text: 'Relays are not allowed (setting useRelay).', advice: 'Name one (setting relay).' },
    { area: 'direct', state: 'bad', text: 'It does not work', advice: 'Change linkHost or linkPort in the settings.' },
    { area: 'bootstrap', state: 'limited', text: 'x', advice: 'put what it prints into the setting bootstrap.' },
  ],
  peers: [
    { peerId: peerId(1), name: 'Ada\n✓ all is well', path: 'relayed', pathReason: 'both-random', roundTripMs: 51, link: 'tls' },
  ],
};
const world = { bans: [{ peerId: peerId(2), untilMs: 90_000, reason: 'too many messages' }], peers: [peer(2)], nowMs: 30_000 };

test('the report says what works, what does not and what to do, with the names of the settings here', () => {
  const lines = reportText(report, world).split('\n');
  assert.ok(lines.includes('✓ 3 of 3 public bootstrap nodes answer.'));
  assert.ok(lines.includes('– Relays are not allowed (setting potluck.network.useRelay).'));
  assert.ok(lines.includes('    → Name one (setting potluck.network.relay).'));
  assert.ok(lines.includes('    → Change potluck.network.linkAddress or potluck.network.linkPort in the settings.'));
  assert.ok(lines.includes('    → put what it prints into the setting potluck.network.bootstrap.'));
  assert.ok(lines.includes('  198.51.100.7:4000'));
  assert.ok(lines.some((line) => /peer 2: too many messages, for 1 min still/.test(line)));
});

test('how each peer is reached, and why; a name cannot make lines of its own', () => {
  const lines = reportText(report, world).split('\n');
  const line = lines.find((each) => each.includes('Ada'));
  assert.equal(
    line,
    '  Ada␊✓ all is well: relayed · 50 ms, both routers choose ports at random, so only a relay works, direct link (TLS)',
  );
});

test('long sentences are wrapped, and no setting is torn', () => {
  const text = `${'word '.repeat(60)}(setting useRelay)`;
  const lines = reportText({ ...report, findings: [{ area: 'relay', state: 'bad', text, advice: text }] }, world).split('\n');
  assert.ok(lines.filter((line) => line.includes('word')).every((line) => line.length <= 97));
  assert.equal(settingLinks(lines.join('\n')).length, 2);
});

test('settings in the report can be opened, nothing else', () => {
  const text = 'set potluck.network.useRelay, not potluck.network.evil nor command:x';
  assert.deepEqual(settingLinks(text), [{ start: 4, end: 28, key: 'potluck.network.useRelay' }]);
});
