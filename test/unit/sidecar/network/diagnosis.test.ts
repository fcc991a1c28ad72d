import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NetFinding } from '../../../../src/protocol/model.ts';
import { findingsOf, type NetFacts } from '../../../../src/sidecar/network/diagnosis.ts';

const well: NetFacts = {
  asked: [{ node: '192.0.2.1:49737', state: 'answers' }],
  isPublic: false,
  nat: 'consistent',
  hasIPv4: true,
  hasIPv6: true,
  isLoopback: false,
  lan: { state: 'on', addresses: [], interfaces: [{ name: 'eth0' }], found: 2, failures: [] },
  direct: { isOn: true, address: '192.0.2.7:4000' },
  relay: { isAllowed: true, isConfigured: true, offered: 0, isOffering: false, isServing: false, served: 0 },
  parties: [{ state: 'joined' }],
  unreachable: [],
};
const noLan = { addresses: [], interfaces: [], found: 0, failures: [] };

function finding(facts: Partial<NetFacts>, area: NetFinding['area'], at = 0): NetFinding | undefined {
  return findingsOf({ ...well, ...facts }).filter((each) => each.area === area)[at];
}

test('where all is well, nothing is bad and nothing is to be done but what makes it faster', () => {
  const findings = findingsOf(well);
  assert.deepEqual(new Set(findings.map(({ state }) => state)), new Set(['good']));
  assert.deepEqual(
    findings.filter(({ advice }) => advice !== undefined).map(({ area }) => area),
    ['direct'],
  );
});

test('what is bad is said with what to do', () => {
  const silent = { asked: [{ node: '192.0.2.1:49737', state: 'silent' }] } as const;
  const bad: [Partial<NetFacts>, NetFinding['area'], RegExp][] = [
    [{ ...silent, asked: [...silent.asked] }, 'bootstrap', /potluck bootstrap/],
    [{ ...silent, asked: [...silent.asked], isPublic: true }, 'bootstrap', /online/],
    [{ ...silent, asked: [...silent.asked] }, 'udp', /firewall|UDP/],
    [{ ...silent, asked: [...silent.asked], hasIPv4: false }, 'udp', /Connect it to a network/],
    [{ lan: { state: 'waiting', ...noLan } }, 'lan', /networkInterface/],
    [{ lan: { state: 'waiting', ...noLan, missing: 'eth7' } }, 'lan', /networkInterface/],
    [{ direct: { isOn: true, failure: 'the port is taken' } }, 'direct', /linkPort/],
  ];
  for (const [facts, area, advice] of bad) {
    const found = finding(facts, area);
    assert.equal(found?.state, 'bad', area);
    assert.match(found.advice ?? '', advice, area);
  }
});

test('a peer that is not reached is named, with why, and the one thing that helps', () => {
  const base = { ...well.relay, isConfigured: false };
  const relays: [NetFacts['relay'], RegExp][] = [
    [{ ...base, isAllowed: false }, /^Allow relays \(setting useRelay\), on both sides/],
    [base, /^No relay is here: name one/],
    [{ ...base, offered: 1 }, /the other side has to allow relays/],
  ];
  for (const [relay, advice] of relays)
    for (const failure of ['both-random', 'punch-failed'] as const) {
      const unreachable = [{ name: 'ann', failure }];
      const found = findingsOf({ ...well, relay, unreachable }).find(({ text }) => text.startsWith('ann is not reached: '));
      assert.equal(found?.state, 'bad');
      assert.match(found.advice ?? '', advice);
    }
});

test('on one machine nothing is bad because nobody is looked for in the local network', () => {
  const found = finding({ isLoopback: true, lan: { state: 'waiting', ...noLan } }, 'lan');
  assert.deepEqual([found?.state, found?.advice], ['off', undefined]);
  assert.equal(finding({ isLoopback: true, lan: { state: 'waiting', ...noLan, missing: 'eth7' } }, 'lan')?.state, 'bad');
});

test('every kind of NAT has a sentence, and a random one says what it costs', () => {
  const texts = (['open', 'consistent', 'random', 'unknown'] as const).map((nat) => finding({ nat }, 'nat')?.text ?? '');
  assert.equal(new Set(texts).size, 4);
  assert.match(texts[2] ?? '', /only through a relay/);
});
