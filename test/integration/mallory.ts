// Peers played by hand against a real sidecar: real DHT, Noise and codecs, and whatever lie a test wants to tell. A Mallory may prove
// the party's name, offer shares with an index of its own making, and answer requests wrongly.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import type { TestContext } from 'node:test';
import Corestore from 'corestore';
import type Hypercore from 'hypercore';
import HyperDHT from 'hyperdht';
import type { Encoding } from 'protomux';
import { encode as encodeZ32 } from 'z32';
import type { PeerId, ShareId } from '../../src/protocol/ids.ts';
import { ChunkEncoder, type Chunk } from '../../src/sidecar/catalog/index/chunks.ts';
import { encodeHead } from '../../src/sidecar/catalog/index/head.ts';
import { proofOf } from '../../src/sidecar/network/partyProof.ts';
import { peerIdOf, publicKeyOf } from '../../src/sidecar/storage/identity.ts';
import { signAnnouncement } from '../../src/sidecar/wire/announcement.ts';
import * as codec from '../../src/sidecar/wire/codec.ts';
import type { ShareAnnouncement } from '../../src/sidecar/wire/services.ts';
import * as transferCodec from '../../src/sidecar/wire/transferCodec.ts';
import { HandPlayed, types } from '../unit/sidecar/wire/worlds.ts';
import { until, type TestPeer, type World } from './world.ts';

/** As docs/wire-protocol.md has them: not taken from the code under test. */
export const transferTypes = { pack: 19, holding: 20, held: 21, linkOffer: 22 } as const;

/** A request for a whole file, as a peer makes it who knows nothing of it. */
export function readOf(shareId: ShareId, filePath: string): codec.ReadMessage {
  const nothing = { length: undefined, root: undefined, owner: undefined };
  return { requestId: 1, shareId, path: filePath, offset: 0, needsRoot: false, ...nothing };
}

interface Keys {
  publicKey: Uint8Array;
  secretKey: Uint8Array;
}

export interface LyingFile {
  name: string;
  sizeBytes: number;
}

export interface OfferedShare {
  announcement: ShareAnnouncement;
  core: Hypercore;
}

/** Where hostile peers come from: one DHT node and one store for all of them. */
export class Underworld {
  readonly #dht: HyperDHT;
  readonly #store: Corestore;

  constructor(world: World, t: TestContext) {
    this.#dht = new HyperDHT({ bootstrap: world.bootstrap.split(','), host: '127.0.0.1' });
    this.#store = new Corestore(path.join(world.folder, 'underworld'));
    t.after(async () => {
      await this.#dht.destroy({ force: true });
      await this.#store.close();
    });
  }

  /** Connects by the victim's key, and says nothing yet. */
  async connect(victim: TestPeer, protocol = 'potluck/1', keyPair: Keys = HyperDHT.keyPair()): Promise<Mallory> {
    const stream = this.#dht.connect(publicKeyOf(victim.client.peerId), { keyPair });
    stream.on('error', () => undefined);
    await once(stream, 'open', { signal: AbortSignal.timeout(10_000) });
    return new Mallory(victim, new HandPlayed(stream, protocol), keyPair, this.#store);
  }

  /** A member of the party, seen as such by the victim. */
  async member(victim: TestPeer, partyName: string, capabilities: string[] = [], keyPair?: Keys): Promise<Mallory> {
    const mallory = await this.connect(victim, undefined, keyPair);
    mallory.introduce(partyName, capabilities);
    await until(victim.client, ['peers/changed'], () => mallory.isMember(), { what: 'the hostile member is online' });
    return mallory;
  }
}

export class Mallory {
  readonly peerId: PeerId;
  readonly wire: HandPlayed;
  readonly keyPair: Keys;
  readonly #victim: TestPeer;
  readonly #store: Corestore;
  readonly #closed: Promise<void>;

  constructor(victim: TestPeer, wire: HandPlayed, keyPair: Mallory['keyPair'], store: Corestore) {
    this.#victim = victim;
    this.wire = wire;
    this.keyPair = keyPair;
    this.peerId = peerIdOf(keyPair.publicKey);
    this.#store = store;
    this.#closed = new Promise((resolve) => wire.stream.once('close', resolve));
  }

  introduce(partyName?: string, capabilities: string[] = []): void {
    const { handshakeHash } = this.wire.stream;
    assert(handshakeHash);
    this.wire.hello({
      capabilities,
      proofs: partyName === undefined ? [] : [proofOf(partyName, handshakeHash, this.keyPair.publicKey)],
    });
  }

  async isMember(): Promise<boolean> {
    const peers = await this.#victim.client.request('peers/list', {});
    return peers.some((peer) => peer.peerId === this.peerId && peer.isOnline && !peer.isStranger);
  }

  say<T>(type: number, encoding: Encoding<T>, value: T): void {
    this.wire.say(type, encoding, value);
  }

  ask(requestId: number, shareId: ShareId, filePath: string, changes: Partial<codec.ReadMessage> = {}): void {
    this.say(types.read, codec.readRequest, { ...readOf(shareId, filePath), requestId, ...changes });
  }

  askPack(requestId: number, shareId: ShareId, paths: string[]): void {
    this.say(transferTypes.pack, transferCodec.pack, { requestId, shareId, paths });
  }

  /** Answers each message of a type, those that came already included, until it leaves. */
  answer<T>(type: number, encoding: Encoding<T>, act: (message: T) => void): void {
    const loop = async (): Promise<void> => {
      while (!this.wire.stream.destroying) {
        // No message for a while is no failure here.
        const message = await this.wire.next(type, encoding).catch(() => undefined);
        if (message !== undefined && !this.wire.stream.destroying) act(message);
      }
    };
    void loop();
  }

  /** The code with which the next request is refused. */
  async refusal(): Promise<number> {
    return (await this.wire.next(types.refused, codec.refused)).code;
  }

  /** An index with these files in its root, as feed and announcement; names are not checked by anybody here. */
  async makeShare(files: LyingFile[], changes: Partial<ShareAnnouncement> = {}): Promise<OfferedShare> {
    const chunks: Chunk[] = [];
    const encoder = new ChunkEncoder((chunk) => chunks.push(chunk));
    encoder.folder(0, files.length);
    for (const { name, sizeBytes } of files) encoder.entry(Buffer.from(name), sizeBytes, 1000);
    encoder.end();
    const totalBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    const counts = { folderCount: 0, fileCount: files.length, totalBytes };
    const head = encodeHead({ ...counts, updatedAtMs: 1, firstBlock: 0, chunks });
    return this.makeFeed([...chunks.map(({ block }) => block), head], { ...counts, ...changes });
  }

  /** A feed of these blocks, whatever they are. */
  async makeFeed(blocks: Uint8Array[], changes: Partial<ShareAnnouncement> = {}): Promise<OfferedShare> {
    const encryptionKey = randomBytes(32);
    const core = this.#store.get({ name: encodeZ32(randomBytes(16)), encryption: { key: encryptionKey } });
    await core.ready();
    await core.append(blocks);
    assert(core.key);
    const shareId = encodeZ32(randomBytes(16)) as ShareId;
    const fixed = {
      shareId,
      title: `Trap ${shareId}`,
      feedKey: core.key,
      encryptionKey,
      feedLength: core.length,
      updatedAtMs: 1,
    };
    return { announcement: { ...fixed, fileCount: 0, folderCount: 0, totalBytes: 0, revision: 1, ...changes }, core };
  }

  announce(...shares: OfferedShare[]): void {
    for (const { core } of shares) core.replicate(this.wire.muxer);
    const signed = shares.map(({ announcement }) => signAnnouncement(announcement, this.keyPair));
    this.say(types.announcements, codec.announcements, signed);
  }

  /** Joins in the replication of a feed that it knows from an announcement. */
  async replicate({ feedKey, encryptionKey }: ShareAnnouncement): Promise<Hypercore> {
    const core = this.#store.get({ key: feedKey, encryption: { key: encryptionKey }, writable: false });
    await core.ready();
    core.replicate(this.wire.muxer);
    return core;
  }

  /** The victim ended the session, is as it was, and its log file says why. */
  async endsFor(reason: RegExp): Promise<void> {
    await this.#closed;
    const isTold = (): boolean => {
      const told = this.#victim.log().split('\n');
      return told.some((line) => line.includes(`session with ${this.peerId} ended`) && reason.test(line));
    };
    await until(this.#victim.client, ['log/entry', 'peers/changed'], () => Promise.resolve(isTold()), {
      what: `a log line with ${String(reason)}`,
      timeoutMs: 5000,
    });
  }

  leave(): void {
    this.wire.stream.destroy();
  }
}
