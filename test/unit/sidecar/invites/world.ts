// People with parties and invites, and connections between them on which what they say about invites goes through the real codecs. Only the
// clock, the topics and the network are stood in for.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import type { PeerId } from '../../../../src/protocol/ids.ts';
import type { Address } from '../../../../src/sidecar/invites/code.ts';
import { Codes } from '../../../../src/sidecar/invites/codes.ts';
import type { InviteSession } from '../../../../src/sidecar/invites/contracts.ts';
import { Invites } from '../../../../src/sidecar/invites/invites.ts';
import { PendingInvites } from '../../../../src/sidecar/invites/pending.ts';
import { Parties } from '../../../../src/sidecar/parties/parties.ts';
import { tellsName } from '../../../../src/sidecar/parties/labels.ts';
import { checkedName, isWeak } from '../../../../src/sidecar/parties/partyName.ts';
import { derivedName, displayName } from '../../../../src/sidecar/peers/names.ts';
import { Database } from '../../../../src/sidecar/storage/database.ts';
import { peerIdOf } from '../../../../src/sidecar/storage/identity.ts';
import { decodeWhole, encodeWhole } from '../../../../src/sidecar/wire/codec.ts';
import { redeem, redeemed } from '../../../../src/sidecar/wire/meetingCodec.ts';
import type { MeetingMessage } from '../../../../src/sidecar/wire/meetingMessages.ts';
import { silentLog } from '../../../../src/sidecar/log.ts';

/** Everybody's clock. */
export interface Clock {
  now: number;
}

export class Person {
  readonly peerId: PeerId;
  readonly keys = NoiseSecretStream.keyPair();
  readonly blocked = new Set<PeerId>();
  readonly connected: PeerId[] = [];
  readonly dialled: Address[] = [];
  readonly ownAddresses: Address[] = [];
  readonly sessions = new Map<PeerId, TestSession>();
  /** How often clients were told that invites changed. */
  changes = 0;
  helloUpdates = 0;
  /** Added to the clock: this one is wrong. */
  skewMs = 0;
  database: Database;
  parties!: Parties;
  invites!: Invites;
  pending!: PendingInvites;
  codes!: Codes;
  readonly #folder: string;
  readonly #clock: Clock;

  constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
    this.peerId = peerIdOf(this.keys.publicKey);
    this.database = new Database(folder);
    this.#open();
  }

  /** As after kill -9: sessions and memory are gone, the database is there. */
  restart(): void {
    for (const session of [...this.sessions.values()]) session.close();
    this.close();
    this.database = new Database(this.#folder);
    this.#open();
  }

  close(): void {
    this.pending.close();
    this.database.close();
  }

  #open(): void {
    const { database, peerId } = this;
    const identity = { peerId, publicKey: this.keys.publicKey, secretKey: this.keys.secretKey };
    const topics = { joinTopic: () => undefined, leaveTopic: () => Promise.resolve(), topicState: () => 'joined' as const };
    const now = () => this.#clock.now + this.skewMs;
    this.parties = new Parties({ database, own: identity, topics, onlineIn: () => 0, safeLine: displayName });
    const parties = {
      get: this.parties.get.bind(this.parties),
      isListed: this.parties.isListed.bind(this.parties),
      join: this.parties.join.bind(this.parties),
      tellsName,
      admit: this.parties.admit.bind(this.parties),
      look: (name: string) => ({
        isPublic: isWeak(checkedName(name)),
        isJoined: this.parties.list().some((party) => party.name === checkedName(name)),
      }),
    };
    const peers = {
      known: (id: PeerId) => (this.blocked.has(id) ? { isBlocked: true } : undefined),
      nameOf: derivedName,
      derivedNameOf: derivedName,
      connect: (id: PeerId) => void this.connected.push(id),
      session: (id: PeerId) => this.sessions.get(id),
      dial: (_: PeerId, addresses: readonly Address[]) => void this.dialled.push(...addresses),
      ownAddresses: () => this.ownAddresses,
    };
    const shared = { database, parties, peers, log: silentLog, now, onChange: () => void this.changes++ };
    this.pending = new PendingInvites(shared);
    const { pending } = this;
    this.codes = new Codes({ identity, nickname: () => 'Ada', parties, peers, pending, safeLine: displayName, now });
    this.invites = new Invites({ ...shared, peerId, sign: (grant, dates) => this.codes.sign(grant, dates) });
  }

  /** What node.ts does with a message; throws what ends the session. */
  hear(from: TestSession, message: MeetingMessage): void {
    if (message.type === 'redeem') this.invites.redeem(from, decodeWhole(redeem, encodeWhole(redeem, message)));
    else if (message.type === 'redeemed') this.pending.redeemed(from, decodeWhole(redeemed, encodeWhole(redeemed, message)));
  }
}

/** One side of a connection. `isMute`: what is said on it gets lost. */
export class TestSession implements InviteSession {
  readonly peerId: PeerId;
  readonly #own: Person;
  readonly #remote: Person;
  isMute = false;
  isOpen = true;
  other: TestSession | undefined;
  /** Why the other side ended it as hostile. */
  violation: unknown;

  constructor(own: Person, remote: Person) {
    this.peerId = remote.peerId;
    this.#own = own;
    this.#remote = remote;
  }

  meet(message: MeetingMessage): void {
    if (!this.isOpen || this.isMute || !this.other) return;
    try {
      this.#remote.hear(this.other, message);
    } catch (thrown) {
      this.violation = thrown;
      this.close();
    }
  }

  updateHello(): void {
    this.#own.helloUpdates++;
  }

  close(): void {
    for (const [side, person, id] of [
      [this, this.#own, this.#remote.peerId],
      [this.other, this.#remote, this.#own.peerId],
    ] as const) {
      if (side) side.isOpen = false;
      if (person.sessions.get(id) === side) person.sessions.delete(id);
    }
  }
}

/** Connects two; `mute` is whose words get lost. Answers the sides in the order of the people. */
export function connect(a: Person, b: Person, mute?: Person): [TestSession, TestSession] {
  a.sessions.get(b.peerId)?.close();
  const [ofA, ofB] = [new TestSession(a, b), new TestSession(b, a)];
  ofA.other = ofB;
  ofB.other = ofA;
  ofA.isMute = mute === a;
  ofB.isMute = mute === b;
  a.sessions.set(b.peerId, ofA);
  b.sessions.set(a.peerId, ofB);
  a.pending.opened(ofA);
  if (ofB.isOpen) b.pending.opened(ofB);
  return [ofA, ofB];
}

export function peopleOf(t: TestContext): { clock: Clock; person: () => Person } {
  const clock = { now: 1_790_000_000_000 };
  const people: Person[] = [];
  const folders: string[] = [];
  t.after(() => {
    for (const person of people) person.close();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  return {
    clock,
    person: () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'pl-'));
      folders.push(folder);
      const person = new Person(folder, clock);
      people.push(person);
      return person;
    },
  };
}
