// Peers with real shares, catalogs and sessions, joined by encrypted streams in memory. For tests of who gets what over several hands.

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { duplexPair } from 'node:stream';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import { encode as encodeZ32 } from 'z32';
import type { PartyId, PeerId, ShareId } from '../../../src/protocol/ids.ts';
import type { Audience, CatalogShare } from '../../../src/protocol/model.ts';
import { AudienceTags } from '../../../src/sidecar/audienceTags.ts';
import { Catalog } from '../../../src/sidecar/catalog/catalog.ts';
import { Feeds } from '../../../src/sidecar/catalog/feeds/feeds.ts';
import { createLog } from '../../../src/sidecar/log.ts';
import { proofOf, topicOf } from '../../../src/sidecar/network/partyProof.ts';
import { Peers } from '../../../src/sidecar/peers/peers.ts';
import { Sessions } from '../../../src/sidecar/sessions.ts';
import { Shares } from '../../../src/sidecar/shares/shares.ts';
import { Database } from '../../../src/sidecar/storage/database.ts';
import { peerIdOf } from '../../../src/sidecar/storage/identity.ts';
import { signRemoval } from '../../../src/sidecar/wire/announcement.ts';
import { intents } from '../../../src/sidecar/wire/codec.ts';
import type { SearchServer } from '../../../src/sidecar/wire/services.ts';
import { emptySearchServer, emptyServer, untilTrue } from './wire/worlds.ts';

export function partyIdOf(name: string): PartyId {
  return encodeZ32(topicOf(name)) as PartyId;
}

export class TestPeer {
  readonly keyPair = NoiseSecretStream.keyPair();
  readonly peerId: PeerId = peerIdOf(this.keyPair.publicKey);
  readonly changes = new EventEmitter();
  readonly log: string[] = [];
  readonly folder = mkdtempSync(path.join(tmpdir(), 'potluck-sessions-'));
  readonly name: string;
  parties: string[];
  /** Of its hello: strangers say that they added the other's key, and so may stay. */
  intents: number = intents.addedByKey;
  searchServer: SearchServer = emptySearchServer;
  /** Strangers that the user does not want to hear from, and those that we wait for. */
  readonly denied = new Set<PeerId>();
  readonly awaited = new Set<PeerId>();
  /** What nodeLinks.ts would be told, one line each. */
  readonly links: string[] = [];
  readonly #database: Database;
  readonly #feeds: Feeds;
  readonly shares: Shares;
  readonly catalog: Catalog;
  readonly peers: Peers;
  readonly sessions: Sessions;

  private constructor(name: string, parties: string[]) {
    this.name = name;
    this.parties = parties;
    const { peerId, keyPair } = this;
    const dataFolder = path.join(this.folder, 'data');
    mkdirSync(dataFolder);
    const log = createLog((entry) => this.log.push(`${entry.level} ${entry.message}`));
    const changed = (): void => void this.changes.emit('change');
    const database = new Database(dataFolder);
    const tags = new AudienceTags((partyId) => this.parties.find((party) => partyIdOf(party) === partyId));
    this.#database = database;
    this.#feeds = new Feeds({ folder: path.join(dataFolder, 'feeds'), log });
    this.shares = new Shares({
      ...{ database, dataFolder, feeds: this.#feeds, log, ownPeerId: peerId, onChange: changed },
      signRemoval: (shareId, revision, audience) => {
        const passTags = tags.of(shareId, audience);
        return signRemoval({ shareId, revision, ...(passTags !== undefined && { passTags }) }, keyPair);
      },
      onAnnouncement: () => this.sessions.announceShares(),
    });
    this.catalog = new Catalog({
      ...{ database, dataFolder, feeds: this.#feeds, log, onChange: changed },
      own: { peerId, shares: this.shares },
      isOnline: (peer) => this.peers.isOnline(peer),
      onHoldings: () => this.sessions.passOn(),
      onHostile: (peer, reason) => this.sessions.endHostile(peer, reason),
    });
    this.peers = new Peers({ database, sharesOf: (peer) => this.catalog.shares(peer), onChange: changed });
    this.sessions = new Sessions({
      ...{ peerId, keyPair, peers: this.peers, shares: this.shares, catalog: this.catalog, log, onOnline: changed, tags },
      fileServer: emptyServer,
      links: {
        opened: () => this.#linked('opened'),
        offered: (_session, { port }) => this.#linked(`offered ${port}`),
        changed: ({ linkKind }) => this.#linked(`changed to ${linkKind}`),
        closed: () => this.#linked('closed'),
      },
      waiting: {
        isDenied: (peer) => this.denied.has(peer),
        isAwaited: (peer) => this.awaited.has(peer),
        mayBecomeCommon: () => false,
      },
      searchServer: { search: (...asked) => this.searchServer.search(...asked) },
      local: {
        nickname: ({ remoteKey, partyIds }) => (partyIds.length > 0 || this.peers.isAddedByKey(peerIdOf(remoteKey)) ? name : ''),
        intents: () => this.intents,
        agent: 'test',
        partyProofs: (handshakeHash, proverKey) =>
          this.parties.map((party) => ({ partyId: partyIdOf(party), proof: proofOf(party, handshakeHash, proverKey) })),
      },
    });
  }

  static async open(t: TestContext, name: string, parties: string[]): Promise<TestPeer> {
    const peer = new TestPeer(name, parties);
    t.after(() => peer.close());
    await peer.#feeds.open();
    await peer.shares.open();
    await peer.catalog.open();
    return peer;
  }

  async close(): Promise<void> {
    this.sessions.endAll('the test is over');
    await this.catalog.close();
    await this.shares.close();
    await this.#feeds.close();
    this.#database.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Shares a folder of these files, and waits for its index. */
  async share(title: string, files: readonly string[], audience?: Audience): Promise<ShareId> {
    const folder = path.join(this.folder, title);
    mkdirSync(folder);
    for (const file of files) writeFileSync(path.join(folder, file), file);
    const { shareId } = await this.shares.add(folder, audience && { audience });
    await this.until(`"${title}" is scanned`, () => this.shares.get(shareId)?.state === 'watching');
    return shareId;
  }

  /** Joins or leaves parties, and tells everybody. */
  setParties(parties: string[]): void {
    this.parties = parties;
    this.sessions.introduceAgain();
  }

  #linked(what: string): void {
    this.links.push(what);
    this.changes.emit('change');
  }

  shareOf(owner: TestPeer): CatalogShare | undefined {
    return this.catalog.shares(owner.peerId)[0];
  }

  /** Names in the first share of a peer. */
  listing(owner: TestPeer): string[] {
    const share = this.shareOf(owner);
    if (share?.indexState !== 'ready') return [];
    const ref = { peerId: owner.peerId, shareId: share.shareId, path: '' };
    return this.catalog.list(ref, { offset: 0, limit: 100 }).entries.map((entry) => entry.name);
  }

  async until(what: string, isTrue: () => boolean): Promise<void> {
    await untilTrue(this.changes, `${this.name}: ${what}`, isTrue, 10_000);
  }
}

/** A share for members of these parties, and these peers. */
export function audienceOf(parties: readonly string[], peers: readonly TestPeer[] = []): Audience {
  return { everyone: false, partyIds: parties.map(partyIdOf), peerIds: peers.map(({ peerId }) => peerId) };
}

/** Connects two peers; resolves when both are here, with how to part them. */
export async function join(one: TestPeer, other: TestPeer): Promise<{ part(): Promise<void> }> {
  await connect(one, other);
  await one.until(`${other.name} is here`, () => one.peers.isOnline(other.peerId));
  await other.until(`${one.name} is here`, () => other.peers.isOnline(one.peerId));
  return {
    async part() {
      one.sessions.end(other.peerId, 'parted');
      await other.until(`${one.name} is gone`, () => !other.peers.isOnline(one.peerId));
    },
  };
}

/** Connects two peers; what becomes of it is theirs. Resolves when the handshake is done; answers what resolves when it is over. */
export async function connect(one: TestPeer, other: TestPeer): Promise<{ closed: Promise<unknown> }> {
  const [near, far] = duplexPair();
  const left = new NoiseSecretStream(true, near, { keyPair: one.keyPair });
  const right = new NoiseSecretStream(false, far, { keyPair: other.keyPair });
  for (const stream of [left, right]) stream.on('error', () => undefined);
  const closed = Promise.all([left, right].map((stream) => new Promise((resolve) => stream.once('close', resolve))));
  await Promise.all([left.opened, right.opened]);
  for (const [peer, stream] of [
    [one, left],
    [other, right],
  ] as const) {
    const { remotePublicKey, handshakeHash, isInitiator } = stream;
    assert(remotePublicKey && handshakeHash);
    const peerId = peerIdOf(remotePublicKey);
    peer.sessions.connected({
      stream,
      remotePublicKey,
      handshakeHash,
      isInitiator,
      peerId,
      path: 'lan',
      pathReason: 'same-network',
    });
  }
  return { closed };
}
