// The Hypercores that carry indexes, own and peers', in one Corestore. The one file that knows Hypercore's ways; what the blocks hold
// is head.ts's and chunks.ts's affair, who may get which feed is node.ts's.

import Corestore from 'corestore';
import type Hypercore from 'hypercore';
import type { ReplicationPeer } from 'hypercore';
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { AppError } from '../../../protocol/errors.ts';
import type { ShareId } from '../../../protocol/ids.ts';
import { indexLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import { RemoteFeed } from './remoteFeed.ts';

/** What Hypercore's block encryption puts before each block. */
const blockPaddingBytes = 8;

/** The feed of an own share. */
export interface OwnFeed {
  readonly core: Hypercore;
  readonly key: Uint8Array;
  readonly length: number;
  /** Answers the length afterwards. */
  append(blocks: Uint8Array[]): Promise<number>;
  /** Forgets the content of the blocks before `length`; they stay in the signed tree. */
  clearBefore(length: number): Promise<void>;
}

export class Feeds {
  readonly #folder: string;
  readonly #log: Log;
  #store: Corestore | undefined;
  readonly #own = new Map<string, { shareId: ShareId; core: Hypercore }>();
  /** Peers' feeds by key (hex): two peers may announce the same one, and the last who lets go of it deletes it. */
  readonly #holders = new Map<string, Set<string>>();
  /** Sessions of the cores that already refuse what is too large. */
  readonly #guarded = new WeakMap<object, Set<Hypercore>>();

  constructor(options: { folder: string; log: Log }) {
    this.#folder = options.folder;
    this.#log = options.log.for('feeds');
  }

  async open(): Promise<void> {
    if (this.#store !== undefined) return;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const store = new Corestore(this.#folder);
    this.#store = store;
    await store.ready();
  }

  async close(): Promise<void> {
    const store = this.#store;
    this.#store = undefined;
    this.#own.clear();
    await store?.close();
  }

  /** Opens, or makes, the feed of an own share. Another encryption key means another feed. */
  async own(shareId: ShareId, encryptionKey: Uint8Array): Promise<OwnFeed> {
    const core = this.#opened().get({ name: ownName(shareId, encryptionKey), encryption: { key: encryptionKey } });
    await core.ready();
    this.#guard(core);
    const key = keyOf(core);
    this.#own.set(hex(key), { shareId, core });
    return {
      core,
      key,
      get length() {
        return core.length;
      },
      append: async (blocks) => {
        for (const block of blocks) {
          if (block.length > indexLimits.blockBytes)
            throw new AppError('too-large', 'The index of this share does not fit a feed block.');
        }
        return (await core.append(blocks.map((block) => Buffer.from(block)))).length;
      },
      clearBefore: async (length) => {
        await core.clear(0, length);
      },
    };
  }

  /** Deletes the feed of an own share from this disk. */
  async removeOwn(shareId: ShareId, encryptionKey: Uint8Array): Promise<void> {
    const core = this.#opened().get({ name: ownName(shareId, encryptionKey), encryption: { key: encryptionKey } });
    await core.ready();
    const key = hex(keyOf(core));
    const known = this.#own.get(key);
    this.#own.delete(key);
    await known?.core.close();
    await this.#delete(core);
  }

  /** True for the feed of an own share: a peer that announces it lies. */
  isOwn(feedKey: Uint8Array): boolean {
    return this.#own.has(hex(feedKey));
  }

  /** Says that `holder` (a peer's share) uses this feed, so that nobody else's removal deletes it. */
  hold(feedKey: Uint8Array, holder: string): void {
    const key = hex(feedKey);
    const holders = this.#holders.get(key) ?? new Set();
    this.#holders.set(key, holders.add(holder));
  }

  /** Opens a peer's feed; nothing is fetched until it is asked for and a session replicates it. */
  async remote(options: { feedKey: Uint8Array; encryptionKey: Uint8Array; holder: string }): Promise<RemoteFeed> {
    if (options.feedKey.length !== 32 || options.encryptionKey.length !== 32)
      throw new AppError('protocol', 'A share was announced with a key that is not 32 bytes long.');
    if (this.isOwn(options.feedKey)) throw new AppError('protocol', 'A share was announced with a feed that is our own.');
    this.hold(options.feedKey, options.holder);
    const core = this.#opened().get({ key: options.feedKey, encryption: { key: options.encryptionKey }, writable: false });
    await core.ready();
    this.#guard(core);
    return new RemoteFeed(core, () => this.#holders.get(hex(options.feedKey))?.size === 1);
  }

  /** `holder` no longer uses the feed: deleted from this disk when it was the last. */
  async letGo(feedKey: Uint8Array, holder: string): Promise<void> {
    const key = hex(feedKey);
    const holders = this.#holders.get(key);
    if (!holders?.delete(holder) || holders.size > 0) return;
    this.#holders.delete(key);
    if (this.isOwn(feedKey)) return;
    const core = this.#opened().get({ key: feedKey, writable: false });
    await core.ready();
    await this.#delete(core);
  }

  /**
   * Hypercore stores any block up to the transport's 16 MB, and as many as were asked for. So its inner `verify`, which every received
   * proof passes before it is stored, is wrapped to refuse larger ones. It also believes any place that a peer says it has, and makes
   * bitfields up to there: one message could take all memory. So what peers say of places is bounded before it is heard.
   * (hypercore 11.37.1, lib/replicator.js: _handleData, _addPeer, onrange, onbitfield.)
   */
  #guard(core: Hypercore): void {
    const inner = core.core;
    if (inner === null) return;
    const known = this.#guarded.get(inner);
    const sessions = known ?? new Set();
    sessions.add(core);
    core.once('close', () => sessions.delete(core));
    if (known !== undefined) return;
    this.#guarded.set(inner, sessions);
    const verify = inner.verify.bind(inner);
    inner.verify = async (proof, from) => {
      const sizeBytes = proof.block?.value?.length ?? 0;
      if (sizeBytes > indexLimits.blockBytes + blockPaddingBytes) {
        const error = new AppError(
          'protocol',
          `A feed block of ${sizeBytes} bytes was offered; at most ${indexLimits.blockBytes} are taken.`,
        );
        for (const session of sessions) session.emit('refused', error, from.protomux);
        throw error;
      }
      return await verify(proof, from);
    };
    const addPeer = inner.replicator._addPeer.bind(inner.replicator);
    inner.replicator._addPeer = (peer) => {
      boundPlaces(peer);
      addPeer(peer);
    };
  }

  /** Corestore cannot delete a core, its storage can, once no session and no replication holds it. */
  async #delete(core: Hypercore): Promise<void> {
    const inner = core.core;
    if (inner === null) return;
    const pointer = inner.state.storage.core;
    await core.close();
    try {
      // Closing a core that a session holds fails, and then closing the store fails too.
      if (inner.hasSession()) throw new Error('it is in use');
      await inner.close();
      await this.#opened().storage.deleteCore(pointer);
    } catch (error) {
      this.#log.warn(
        `A feed that is no longer used could not be deleted: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  #opened(): Corestore {
    if (this.#store === undefined) throw new AppError('unavailable', 'The feeds are closed.');
    return this.#store;
  }
}

/**
 * Handlers are called by name on the peer; what they throw ends its connection. Hypercore also forgets all that a peer has after blocks
 * that it drops, when it had said of all blocks from the start that they are there: a first rescan would not be fetched.
 */
function boundPlaces(peer: ReplicationPeer): void {
  const [onRange, onBitfield] = [peer.onrange.bind(peer), peer.onbitfield.bind(peer)];
  peer.onrange = (range) => {
    const end = range.start + range.length;
    checkPlaces(range.start, range.length);
    const known = peer._remoteContiguousLength;
    const heard = [onRange(range)];
    if (range.drop && range.start < known && end < known) heard.push(onRange({ drop: false, start: end, length: known - end }));
    return Promise.all(heard);
  };
  peer.onbitfield = (part) => {
    checkPlaces(part.start, part.bitfield.byteLength * 8);
    return onBitfield(part);
  };
}

function checkPlaces(start: number, length: number): void {
  if (start + length > indexLimits.feedBlocks)
    throw new AppError(
      'protocol',
      `The peer speaks of a feed of ${start + length} blocks; at most ${indexLimits.feedBlocks} are taken.`,
    );
}

function ownName(shareId: ShareId, encryptionKey: Uint8Array): string {
  return `share/${shareId}/${createHash('sha256').update(encryptionKey).digest('hex').slice(0, 16)}`;
}

function keyOf(core: Hypercore): Uint8Array {
  if (core.key === null) throw new AppError('internal', 'A feed has no key after it was opened.');
  return core.key;
}

function hex(key: Uint8Array): string {
  return Buffer.from(key).toString('hex');
}
