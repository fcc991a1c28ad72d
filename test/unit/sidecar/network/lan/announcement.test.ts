import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import test from 'node:test';
import { createRequire } from 'node:module';
import { lanLimits } from '../../../../../src/sidecar/limits.ts';
import {
  announcements,
  asksForUs,
  labelText,
  mayConcernUs,
  question,
  readAnnouncement,
} from '../../../../../src/sidecar/network/lan/announcement.ts';
import { tokenText } from '../../../../../src/sidecar/network/lan/tokens.ts';

/** What multicast-dns itself encodes and decodes with. */
const dns = createRequire(import.meta.resolve('multicast-dns'))('dns-packet') as {
  encode(packet: object): Buffer;
  decode(bytes: Buffer): unknown;
};

const where = { label: Buffer.alloc(16, 7), port: 50_000, host: '192.168.1.20' };
const target = `${labelText(where.label)}.local`;

function said(tokens: Uint8Array[], at = where): Buffer[] {
  return announcements(tokens, at).map((packet) => dns.encode({ type: 'response', ...packet }));
}

function srv(name: string, data: unknown): object {
  return { name, type: 'SRV', ttl: 120, data };
}

function owner(token: Uint8Array): string {
  return `${labelText(token)}._potluck._tcp.local`;
}

test('what is said is read again: tokens, where, and a label', () => {
  for (const host of ['192.168.1.20', 'fe80::1']) {
    const tokens = [randomBytes(16), randomBytes(16)];
    const [packet, ...more] = said(tokens, { ...where, host });
    assert(packet && more.length === 0 && mayConcernUs(packet));
    assert.deepEqual(readAnnouncement(dns.decode(packet)), {
      ...{ label: labelText(where.label), port: where.port, hosts: [host] },
      tokens: tokens.map(tokenText),
    });
  }
});

test('many tokens travel in packets that stay whole on every network', () => {
  const packets = said(Array.from({ length: lanLimits.secrets }, () => randomBytes(16)));
  assert.equal(packets.length, Math.ceil(lanLimits.secrets / lanLimits.tokensInPacket));
  for (const packet of packets) assert(packet.length <= 1232, `${packet.length} bytes`);
});

test('a query for our service is one, whatever the case, and no other is', () => {
  assert.equal(asksForUs(dns.decode(dns.encode({ type: 'query', ...question }))), true);
  assert.equal(asksForUs({ questions: [{ name: '_POTLUCK._tcp.LOCAL' }] }), true);
  assert.equal(asksForUs({ questions: [{ name: '_http._tcp.local' }] }), false);
});

test('ports of services, other labels and names that are none are not read', () => {
  const [token, other] = [randomBytes(16), randomBytes(16)];
  const good = srv(owner(token), { port: 50_000, target });
  const read = (...answers: unknown[]) => readAnnouncement({ answers, additionals: [] });
  assert.deepEqual(read(good)?.tokens, [tokenText(token)]);
  for (const port of [0, 22, 1023, 65_536, 1.5, NaN, '50000', undefined])
    assert.equal(read(srv(owner(token), { port, target })), undefined, String(port));
  for (const name of ['', 'x._potluck._tcp.local', `${'0'.repeat(26)}._potluck._tcp.local`, `a.${owner(token)}`])
    assert.equal(read(srv(name, { port: 50_000, target })), undefined, name);
  const elsewhere = srv(owner(other), { port: 50_000, target: `${labelText(other)}.local` });
  assert.deepEqual(read(good, elsewhere)?.tokens, [tokenText(token)], 'one packet, one peer');
  const otherPort = srv(owner(other), { port: 50_001, target });
  assert.deepEqual(read(good, otherPort)?.tokens, [tokenText(token)]);
});

test('of thousands of tokens and 10,000 addresses in a packet the first few are looked at', () => {
  const answers = Array.from({ length: 5_000 }, () => srv(owner(randomBytes(16)), { port: 50_000, target }));
  const additionals = Array.from({ length: 10_000 }, (_, i) => ({ name: target, type: 'A', data: `10.0.${i >> 8}.${i & 255}` }));
  const read = readAnnouncement({ answers, additionals });
  assert.equal(read?.tokens.length, lanLimits.tokensInPacket);
  assert.equal(read.hosts.length, lanLimits.hosts);
});

test('packets of others, and too large ones, are dropped before they are decoded', () => {
  assert.equal(mayConcernUs(dns.encode({ type: 'query', questions: [{ name: '_http._tcp.local', type: 'PTR' }] })), false);
  const [packet] = said([randomBytes(16)]);
  assert(packet);
  assert.equal(mayConcernUs(Buffer.concat([packet, Buffer.alloc(lanLimits.packetBytes)])), false);
});

test('what is no packet, and 20,000 mutated ones, say nothing or what may be said, and never throw', () => {
  const strange = [
    undefined,
    null,
    7,
    'x',
    [],
    { answers: 7 },
    { answers: [null, 7, [], { name: 7 }, { name: owner(where.label) }] },
  ];
  for (const packet of strange) assert.equal(readAnnouncement(packet), undefined);
  const seeds = said(Array.from({ length: 6 }, () => randomBytes(16)));
  for (let i = 0; i < 20_000; i++) {
    const packet = Buffer.from(seeds[i % seeds.length] ?? []);
    for (let changes = randomInt(1, 6); changes > 0; changes--) packet[randomInt(packet.length)] = randomInt(256);
    const read = readAnnouncement(decoded(packet.subarray(0, randomInt(2) === 0 ? packet.length : randomInt(packet.length))));
    if (read === undefined) continue;
    assert(read.port >= 1024 && read.port <= 65_535 && read.tokens.length <= lanLimits.tokensInPacket);
    assert.match(read.label, /^[a-z1-9]{26}$/);
    for (const token of read.tokens) assert.match(token, /^[0-9a-f]{32}$/);
  }
});

/** As multicast-dns does: what cannot be decoded is dropped. */
function decoded(packet: Buffer): unknown {
  try {
    return dns.decode(packet);
  } catch {
    return undefined;
  }
}
