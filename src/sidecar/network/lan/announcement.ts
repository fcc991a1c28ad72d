// What is said in multicast DNS (RFC 6762, RFC 6763): for every token a SRV record, and one address. No name of a host, a person or a party; the
// records' target is a random label that stands for this peer, on all its interfaces, while the tokens last. Everything that comes is hostile.

import type { HostAddress, Question, Srv } from 'multicast-dns';
import { encode as encodeZ32, decode as decodeZ32 } from 'z32';
import { lanLimits } from '../../limits.ts';
import { leastPort } from '../links/candidates.ts';
import { tokenText } from './tokens.ts';

const service = '_potluck._tcp.local';
const serviceLabel = Buffer.from('\x08_potluck', 'latin1');
const labelBytes = 16;
/** Others' caches forget us soon. */
const ttl = 120;
const owner = /^([a-z1-9]{26})\._potluck\._tcp\.local$/i;
const target = /^([a-z1-9]{26})\.local$/i;

export const labelLength = labelBytes;

/** Who is here: everybody who has one of these tokens, in one packet. */
export interface Announcement {
  label: string;
  port: number;
  hosts: string[];
  tokens: string[];
}

export const question: { questions: Question[] } = { questions: [{ name: service, type: 'PTR' }] };

/** As many packets as it takes: each stays whole on every network. */
export function announcements(
  tokens: readonly Uint8Array[],
  { label, port, host }: { label: Uint8Array; port: number; host: string },
): { answers: Srv[]; additionals: HostAddress[] }[] {
  const name = `${encodeZ32(label)}.local`;
  const address: HostAddress = { name, type: host.includes(':') ? 'AAAA' : 'A', ttl, data: host };
  const packets = [];
  for (let at = 0; at < tokens.length; at += lanLimits.tokensInPacket) {
    const answers = tokens.slice(at, at + lanLimits.tokensInPacket).map((token) => ({
      name: `${encodeZ32(token)}.${service}`,
      type: 'SRV' as const,
      ttl,
      data: { port, target: name },
    }));
    packets.push({ answers, additionals: [address] });
  }
  return packets;
}

/** Cheap, and before anything is decoded: the network is full of others' packets. */
export function mayConcernUs(packet: Buffer): boolean {
  return packet.length <= lanLimits.packetBytes && packet.includes(serviceLabel);
}

/** Whether a query asks for us. */
export function asksForUs(packet: unknown): boolean {
  return listIn(packet, 'questions').some((question) => textIn(question, 'name').toLowerCase() === service);
}

/** What an answer says of peers; undefined when it says nothing that could be one of ours. */
export function readAnnouncement(packet: unknown): Announcement | undefined {
  let found: { name: string; announcement: Announcement } | undefined;
  for (const record of listIn(packet, 'answers').slice(0, lanLimits.tokensInPacket)) {
    const [, token] = owner.exec(textIn(record, 'name')) ?? [];
    const data = isObject(record) && record['type'] === 'SRV' ? record['data'] : undefined;
    const name = textIn(data, 'target').toLowerCase();
    const [, label] = target.exec(name) ?? [];
    const port = isObject(data) ? data['port'] : undefined;
    if (token === undefined || label === undefined || typeof port !== 'number') continue;
    if (!Number.isInteger(port) || port < leastPort || port > 65_535) continue;
    found ??= { name, announcement: { label, port, hosts: [], tokens: [] } };
    // One packet, one peer.
    if (name !== found.name || port !== found.announcement.port) continue;
    const text = tokenOfLabel(token);
    if (text !== undefined) found.announcement.tokens.push(text);
  }
  if (!found || found.announcement.tokens.length === 0) return undefined;
  for (const record of listIn(packet, 'additionals').slice(0, lanLimits.hosts)) {
    if (!isObject(record) || (record['type'] !== 'A' && record['type'] !== 'AAAA')) continue;
    const host = record['data'];
    if (textIn(record, 'name').toLowerCase() === found.name && typeof host === 'string') found.announcement.hosts.push(host);
  }
  return found.announcement;
}

export function labelText(label: Uint8Array): string {
  return encodeZ32(label);
}

function tokenOfLabel(text: string): string | undefined {
  try {
    const token = decodeZ32(text.toLowerCase());
    return token.length >= labelBytes ? tokenText(token.subarray(0, labelBytes)) : undefined;
  } catch {
    return undefined; // Not of this alphabet.
  }
}

function listIn(packet: unknown, field: string): unknown[] {
  const list: unknown = isObject(packet) ? packet[field] : undefined;
  return Array.isArray(list) ? list : [];
}

function textIn(value: unknown, field: string): string {
  const text = isObject(value) ? value[field] : undefined;
  return typeof text === 'string' ? text : '';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
