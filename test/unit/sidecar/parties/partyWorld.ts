// Peers with real parties, lists, members and gossip, on real sessions over encrypted streams in memory. No shares: for tests of who is a member.

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { duplexPair } from 'node:stream';
import type { TestContext } from 'node:test';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import { AppError } from '../../../../src/protocol/errors.ts';
import type { PartyId, PeerId } from '../../../../src/protocol/ids.ts';
import { silentLog } from '../../../../src/sidecar/log.ts';
import { meet, type MeetingHooks } from '../../../../src/sidecar/meetingHooks.ts';
import { Gossip } from '../../../../src/sidecar/parties/gossip.ts';
import { Members } from '../../../../src/sidecar/parties/members.ts';
import { Parties } from '../../../../src/sidecar/parties/parties.ts';
import { RosterExchange } from '../../../../src/sidecar/parties/rosterExchange.ts';
import { derivedName, displayName, shownName } from '../../../../src/sidecar/peers/names.ts';
import { Database } from '../../../../src/sidecar/storage/database.ts';
import { peerIdOf } from '../../../../src/sidecar/storage/identity.ts';
import type { MeetingMessage } from '../../../../src/sidecar/wire/meetingMessages.ts';
import type { PeerSession, SessionEvents } from '../../../../src/sidecar/wire/services.ts';
import { openSession, type SessionConnection } from '../../../../src/sidecar/wire/session.ts';
import { emptySearchServer, emptyServer, untilTrue } from '../wire/worlds.ts';

export class PartyPeer {
  readonly changes = new EventEmitter();
  readonly keyPair = NoiseSecretStream.keyPair();
  readonly own: { peerId: PeerId; secretKey: Uint8Array };
  readonly database: Database;
  readonly parties: Parties;
  readonly gossip: Gossip;
  readonly members: Members;
  readonly sessions = new Map<PeerId, PeerSession>();
  /** Why sessions ended. */
  readonly closed: string[] = [];
  /** Whom gossip reached for. */
  readonly reached: PeerId[] = [];
  readonly met: MeetingMessage['type'][] = [];
  readonly refused = new Set<PeerId>();
  /** What else follows from that; a network may dial it. */
  reach: (peerId: PeerId) => void = () => {};
  isGossipOn = true;
  nickname: string;
  addresses: string[] = [];
  /** How far the clock of gossip is ahead. */
  aheadMs = 0;
  readonly #hooks: readonly MeetingHooks[];
  readonly #rosters: RosterExchange;
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'pl-'));

  constructor(t: TestContext, nickname: string) {
    this.nickname = nickname;
    const own = { peerId: peerIdOf(this.keyPair.publicKey), secretKey: this.keyPair.secretKey };
    this.own = own;
    this.database = new Database(this.#folder);
    const topics = { joinTopic() {}, leaveTopic: () => Promise.resolve(), topicState: () => 'joined' as const };
    this.parties = new Parties({
      ...{ database: this.database, own, topics },
      onlineIn: () => 0,
      safeLine: displayName,
      onRoster: () => {
        this.#rosters.changed();
        this.introduceAgain();
      },
    });
    this.#rosters = new RosterExchange(this.parties);
    this.gossip = new Gossip({
      ...{ own, parties: this.parties },
      isOn: () => this.isGossipOn,
      nickname: () => this.nickname,
      addresses: () => this.addresses,
      isConnected: (peerId) => this.sessions.has(peerId),
      isRefused: (peerId) => this.refused.has(peerId),
      reach: (peerId) => {
        this.reached.push(peerId);
        this.reach(peerId);
      },
      onChange: () => void this.changes.emit('change'),
      now: () => Date.now() + this.aheadMs,
    });
    this.members = new Members({
      ...{ database: this.database, parties: this.parties, hearsay: this.gossip.hearsay },
      own: { peerId: own.peerId, name: () => this.nickname },
      person: () => undefined,
      ...{ nameOf: shownName, derivedName },
    });
    this.#hooks = [this.#rosters, this.members, this.gossip];
    t.after(() => {
      for (const session of this.sessions.values()) session.close('the test is over');
      this.gossip.close();
      this.database.close();
      rmSync(this.#folder, { recursive: true, force: true });
    });
  }

  get peerId(): PeerId {
    return this.own.peerId;
  }

  introduceAgain(): void {
    for (const session of this.sessions.values()) {
      session.updateHello();
      this.#told('updated', session);
    }
  }

  join(name: string): PartyId {
    const { partyId } = this.parties.join(name);
    this.introduceAgain();
    return partyId;
  }

  /** What it has in common with a peer now. */
  commonWith(other: PartyPeer): PartyId[] {
    return this.sessions.get(other.peerId)?.hello.partyIds ?? [];
  }

  take(connection: SessionConnection): void {
    const events: SessionEvents = {
      opened: (session) => {
        this.sessions.set(session.peerId, session);
        this.#told('opened', session);
      },
      closed: (session, reason) => {
        this.closed.push(reason);
        if (this.sessions.delete(session.peerId)) this.#told('closed', session);
        this.changes.emit('change');
      },
      updated: (session) => this.#told('updated', session),
      met: (session, message) => {
        this.met.push(message.type);
        try {
          meet(this.#hooks, session, message);
        } catch (error) {
          assert(error instanceof AppError && error.kind === 'protocol', String(error));
          session.close(error.message, { isHostile: true });
        }
        this.changes.emit('change');
      },
      ...{ announced() {}, removed() {}, passedOn() {}, wantsFeed() {}, linkOffered() {}, linkChanged() {} },
    };
    openSession({
      ...{ connection, events, log: silentLog, fileServer: emptyServer, searchServer: emptySearchServer },
      local: {
        nickname: () => this.nickname,
        agent: 'test',
        partyProofs: (hash, key) => this.parties.proofs(hash, key),
        mayShareIn: (partyId, remoteKey) => this.parties.mayShareIn(partyId, peerIdOf(remoteKey)),
      },
    });
  }

  async until(what: string, isTrue: () => boolean): Promise<void> {
    await untilTrue(this.changes, `${this.nickname}: ${what}`, isTrue);
  }

  #told(what: 'opened' | 'updated' | 'closed', session: PeerSession): void {
    for (const hooks of this.#hooks) hooks[what]?.(session);
    this.changes.emit('change');
  }
}

export function createPeers<const Names extends readonly string[]>(
  t: TestContext,
  names: Names,
): { [K in keyof Names]: PartyPeer } {
  return names.map((name) => new PartyPeer(t, name)) as { [K in keyof Names]: PartyPeer };
}

/** Two ends of an encrypted stream, each with its key. */
export async function noisePair(
  one: { publicKey: Uint8Array; secretKey: Uint8Array },
  other: { publicKey: Uint8Array; secretKey: Uint8Array },
): Promise<[SessionConnection, SessionConnection]> {
  const [near, far] = duplexPair();
  const left = new NoiseSecretStream(true, near, { keyPair: one });
  const right = new NoiseSecretStream(false, far, { keyPair: other });
  for (const stream of [left, right]) stream.on('error', () => undefined);
  await Promise.all([left.opened, right.opened]);
  return [connectionOf(left), connectionOf(right)];
}

function connectionOf(stream: NoiseSecretStream): SessionConnection {
  const { remotePublicKey, handshakeHash, isInitiator } = stream;
  assert(remotePublicKey && handshakeHash);
  return { stream, remotePublicKey, handshakeHash, isInitiator, peerId: peerIdOf(remotePublicKey) };
}

/** Connects two peers; resolves when each has a session. */
export async function connect(one: PartyPeer, other: PartyPeer): Promise<void> {
  const [left, right] = await noisePair(one.keyPair, other.keyPair);
  one.take(left);
  other.take(right);
  await one.until(`${other.nickname} is here`, () => one.sessions.has(other.peerId));
  await other.until(`${one.nickname} is here`, () => other.sessions.has(one.peerId));
}
