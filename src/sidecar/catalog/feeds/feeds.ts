// The Hypercores that carry indexes, own and peers', in one Corestore. Knows Hypercore's ways (with feedGuard.ts); what the blocks hold is
// head.ts's and chunks.ts's affair, who may get which feed is sessions.ts's.

import Corestore from 'corestore';
import type Hypercore from 'hypercore';
import { createHash } from 'node:crypto';
import { mkdirSync, statfsSync } from 'node:fs';
import { AppError } from '../../../protocol/errors.ts';
import type { ShareId } from '../../../protocol/ids.ts';
import { catalogLimits, indexLimits, watchLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import { discoveryKeyOf } from '../../wire/discoveryKey.ts';
import type { ReplicableCore } from '../../wire/services.ts';
import { asDiskFull, reasonsOf } from './diskFull.ts';
import { detailsKeyOf } from './detailsKey.ts';
import { FeedGuard } from './feedGuard.ts';
import { RemoteFeed } from './remoteFeed.ts';

/** The feed of an own share. */
export interface OwnFeed {
  /** Another one after the feeds were opened again. */
  readonly core: Hypercore;
  readonly key: Uint8Array;
  readonly length: number;
  /** Answers the length afterwards. */
  append(blocks: Uint8Array[]): Promise<number>;
  /** Forgets the content of the blocks before `length`; they stay in the signed tree. */
  clearBefore(length: number): Promise<void>;
}

interface Own {
  /** In the Corestore. */
  name: string;
  encryptionKey: Uint8Array;
  core: Hypercore;
}

export class Feeds {
  readonly #folder: string;
  readonly #log: Log;
  readonly #guard: FeedGuard;
  #store: Corestore | undefined;
  readonly #onReopen: () => void;
  readonly #own = new Map<string, Own>();
  /** Peers' feeds by key (hex): two peers may announce the same one, and the last who lets go of it deletes it. */
  readonly #holders = new Map<string, Set<string>>();
  /** Inner cores that third peers were given. Corestore closes each a while after its last connection. */
  readonly #served = new Set<Hypercore.InnerCore>();

  /** Waits for room on a full disk. */
  #healing: NodeJS.Timeout | undefined;
  #reopening: Promise<void> | undefined;

  /** `onReopen`: every core is closed now, and opened again when somebody uses it; connections that carried some must end. */
  constructor(options: { folder: string; log: Log; onReopen?(): void }) {
    this.#folder = options.folder;
    this.#log = options.log.for('feeds');
    this.#guard = new FeedGuard((error) => this.#heal(error));
    this.#onReopen = () => options.onReopen?.();
  }

  async open(): Promise<void> {
    if (this.#store !== undefined) return;
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    const store = new Corestore(this.#folder);
    this.#store = store;
    await store.ready();
  }

  async close(): Promise<void> {
    clearInterval(this.#healing);
    await this.#reopening;
    const store = this.#store;
    this.#store = undefined;
    this.#own.clear();
    this.#served.clear();
    await store?.close();
  }

  /** Opens, or makes, the feed of an own share. Another encryption key means another feed. */
  async own(shareId: ShareId, encryptionKey: Uint8Array): Promise<OwnFeed> {
    return this.#named(ownName(shareId, encryptionKey), encryptionKey);
  }

  /** As `own`, for a feed of what is known of the share's files: `shareKey` is the share's encryption key. */
  async ownDetails(shareId: ShareId, shareKey: Uint8Array, generation: number): Promise<OwnFeed> {
    return this.#named(detailsName(shareId, shareKey, generation), detailsKeyOf(shareKey));
  }

  async #named(name: string, encryptionKey: Uint8Array): Promise<OwnFeed> {
    const own: Own = { name, encryptionKey, core: await this.#openOwn(name, encryptionKey) };
    const key = keyOf(own.core);
    this.#own.set(hex(key), own);
    return {
      get core() {
        return own.core;
      },
      key,
      get length() {
        return own.core.length;
      },
      append: async (blocks) => {
        for (const block of blocks) {
          if (block.length > indexLimits.blockBytes)
            throw new AppError('too-large', 'The index of this share does not fit a feed block.');
        }
        try {
          return (await own.core.append(blocks.map((block) => Buffer.from(block)))).length;
        } catch (thrown) {
          const error = asDiskFull(thrown);
          if (error !== undefined) this.#heal(error);
          throw error ?? thrown;
        }
      },
      clearBefore: async (length) => {
        await own.core.clear(0, length);
      },
    };
  }

  /** Deletes the feed of an own share from this disk. */
  async removeOwn(shareId: ShareId, encryptionKey: Uint8Array): Promise<void> {
    await this.#removeOwn(ownName(shareId, encryptionKey));
  }

  async removeOwnDetails(shareId: ShareId, shareKey: Uint8Array, generation: number): Promise<void> {
    await this.#removeOwn(detailsName(shareId, shareKey, generation));
  }

  async #removeOwn(name: string): Promise<void> {
    // Its key does not matter: nothing of it is read.
    const core = this.#opened().get({ name });
    await core.ready();
    this.#own.delete(hex(keyOf(core)));
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
    this.#guard.guard(core);
    return new RemoteFeed(core, () => this.#holders.get(hex(options.feedKey))?.size === 1);
  }

  /** A peer's feed, to be served to a third peer from this disk; undefined when too many are. It closes by itself after its last use. */
  async served(feedKey: Uint8Array): Promise<ReplicableCore | undefined> {
    for (const inner of this.#served) if (inner.closing !== null) this.#served.delete(inner);
    const session = this.#opened().get({ key: feedKey, writable: false, active: false });
    try {
      await session.ready();
      this.#guard.guard(session);
      const inner = session.core;
      if (inner === null || (!this.#served.has(inner) && this.#served.size >= catalogLimits.heldFeeds)) return undefined;
      this.#served.add(inner);
      // Attached without a session of its own: while somebody fetches, the connection keeps the core open.
      return {
        replicate: (muxer) => {
          if (!inner.replicator.attached(muxer)) inner.replicator.attachTo(muxer);
        },
      };
    } finally {
      await session.close();
    }
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

  /** Deletes peers' feeds that nobody holds: what a crash or a failed deletion left. Call it when all holders are known. */
  async sweep(): Promise<void> {
    const store = this.#opened();
    const known = new Set([...this.#holders.keys()].map((key) => hex(discoveryKeyOf(Buffer.from(key, 'hex')))));
    const left: Buffer[] = [];
    for await (const discoveryKey of store.list()) if (!known.has(hex(discoveryKey))) left.push(discoveryKey);
    for (const discoveryKey of left) {
      const auth = await store.getAuth(discoveryKey);
      // Own ones are never swept: a share may have failed to open for another reason.
      if (auth === null || auth.keyPair !== null) continue;
      const core = store.get({ discoveryKey, writable: false });
      await core.ready();
      await this.#delete(core);
    }
  }

  async #openOwn(name: string, encryptionKey: Uint8Array): Promise<Hypercore> {
    const core = this.#opened().get({ name, encryption: { key: encryptionKey } });
    await core.ready();
    this.#guard.guard(core);
    return core;
  }

  /** RocksDB takes nothing any more once a write failed, also when there is room again: it must be opened anew. */
  #heal(error: AppError): void {
    if (error.kind !== 'disk-full' || this.#healing !== undefined || this.#store === undefined) return;
    this.#log.warn(error.message);
    this.#healing = setInterval(() => {
      if (this.#reopening !== undefined || !hasRoom(this.#folder)) return;
      this.#reopening = this.#reopen()
        .then(() => {
          clearInterval(this.#healing);
          this.#healing = undefined;
        })
        .catch((error: unknown) => this.#log.error(`The feeds cannot be opened again: ${reasonsOf(error)}`))
        .finally(() => (this.#reopening = undefined));
    }, watchLimits.retryMs);
    this.#healing.unref();
  }

  async #reopen(): Promise<void> {
    const store = this.#store;
    this.#store = undefined;
    this.#onReopen();
    await store?.close().catch(() => undefined); // What it could not write is why it is closed.
    this.#served.clear();
    await this.open();
    for (const own of this.#own.values()) own.core = await this.#openOwn(own.name, own.encryptionKey);
    this.#log.info('There is room on the disk again: the feeds were opened anew');
  }

  /** Corestore cannot delete a core, its storage can, once no session and no replication holds it. */
  async #delete(core: Hypercore): Promise<void> {
    const inner = core.core;
    if (inner === null) return;
    const pointer = inner.state.storage.core;
    try {
      // Closing a core that a session holds fails, and then closing the store fails too.
      await inner.closeAllSessions(null);
      if (inner.hasSession()) throw new Error('it is in use');
      await inner.close();
      await this.#opened().storage.deleteCore(pointer);
    } catch (error) {
      this.#log.warn(
        `A feed that is no longer used could not be deleted yet: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  #opened(): Corestore {
    if (this.#store === undefined) throw new AppError('unavailable', 'The feeds are closed.');
    return this.#store;
  }
}

function hasRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize >= catalogLimits.healBytes;
  } catch {
    // The data folder itself is away.
    return false;
  }
}

function ownName(shareId: ShareId, encryptionKey: Uint8Array): string {
  return `share/${shareId}/${createHash('sha256').update(encryptionKey).digest('hex').slice(0, 16)}`;
}

function detailsName(shareId: ShareId, shareKey: Uint8Array, generation: number): string {
  return `details/${ownName(shareId, shareKey)}/${generation}`;
}

function keyOf(core: Hypercore): Uint8Array {
  if (core.key === null) throw new AppError('internal', 'A feed has no key after it was opened.');
  return core.key;
}

function hex(key: Uint8Array): string {
  return Buffer.from(key).toString('hex');
}
