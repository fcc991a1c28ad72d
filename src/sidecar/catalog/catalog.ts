// All indexes known here, own shares' and peers', of peers online or not: answers listing and stat from this disk, never from the
// network. Whose shares are followed is following.ts's; the network is node.ts's.

import { AppError } from '../../protocol/errors.ts';
import type { PeerId, ShareId } from '../../protocol/ids.ts';
import type { CatalogShare, Entry, EntryRef, ListPage, ShareInfo } from '../../protocol/model.ts';
import { localLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import type { Shares } from '../shares/shares.ts';
import type { Database } from '../storage/database.ts';
import { parseSafePath, type SafePath } from '../storage/safePath.ts';
import type { AnnouncedShare, PassedOwner, PeerSession, ReplicableCore, ShareRemoval } from '../wire/services.ts';
import type { DetailStore } from './details/detailStore.ts';
import { PeerDetails } from './details/peerDetails.ts';
import type { Feeds } from './feeds/feeds.ts';
import { Following, type Holding } from './following.ts';
import type { IndexListener } from './index/indexListener.ts';
import type { IndexView } from './index/indexView.ts';

export interface CatalogOptions {
  database: Database;
  dataFolder: string;
  feeds: Feeds;
  own: { peerId: PeerId; shares: Shares };
  isOnline(peerId: PeerId): boolean;
  log: Log;
  /** Told of peers' indexes. */
  listener?: IndexListener;
  /** A share came, went, or has a new index or state. */
  onChange(peerId: PeerId, shareId: ShareId): void;
  /** The peer broke the format of an index: end its session. */
  onHostile(peerId: PeerId, reason: string): void;
  /** `holdings` answers something else now; at most a few times a second. */
  onHoldings?(): void;
  /** Where what is known of files beyond their names is kept; without it, peers are not asked for it. */
  details?: DetailStore;
  /** Another quota than that of limits.ts, for tests. */
  peerDiskBytes?: number;
}

export class Catalog {
  readonly #options: CatalogOptions;
  readonly #following: Following;
  readonly #details: PeerDetails | undefined;
  readonly #log: Log;

  constructor(options: CatalogOptions) {
    this.#options = options;
    this.#log = options.log.for('catalog');
    const { database, dataFolder, feeds, own } = options;
    this.#details = options.details && this.#peerDetails(options.details);
    this.#following = new Following({
      ...{ database, dataFolder, feeds, ownPeerId: own.peerId, listener: this.#listener(), log: this.#log },
      details: this.#details,
      onChange: (peerId, shareId) => options.onChange(peerId, shareId),
      onHostile: (peerId, reason) => options.onHostile(peerId, reason),
      onHoldings: () => options.onHoldings?.(),
      ...(options.peerDiskBytes !== undefined && { peerDiskBytes: options.peerDiskBytes }),
    });
  }

  async open(): Promise<void> {
    await this.#following.open();
  }

  async close(): Promise<void> {
    await this.#details?.close();
    await this.#following.close();
  }

  /** Shares of a peer, or of everybody; own ones first. */
  shares(peerId?: PeerId): CatalogShare[] {
    const own = this.#options.own;
    const isOwnWanted = peerId === undefined || peerId === own.peerId;
    const shares = isOwnWanted ? own.shares.list().map((share) => this.#ownShare(share)) : [];
    for (const [owner, share] of this.#following.shares(peerId)) {
      const info = share.info(this.#options.isOnline(owner));
      shares.push({ ...info, bytesOnDisk: info.bytesOnDisk + (this.#details?.bytesOf(owner, info.shareId) ?? 0) });
    }
    return shares;
  }

  titleOf(peerId: PeerId, shareId: ShareId): string | undefined {
    if (peerId === this.#options.own.peerId) return this.#options.own.shares.get(shareId)?.title;
    return this.#following.get(peerId, shareId)?.announcement.title;
  }

  /** Throws `not-found`, `not-folder`, `invalid-argument`, `unavailable` (no index here yet). */
  list(ref: EntryRef, page: { offset: number; limit: number }): ListPage {
    const { offset, limit } = page;
    if (!Number.isSafeInteger(offset) || offset < 0 || !Number.isSafeInteger(limit) || limit < 0)
      throw new AppError('invalid-argument', 'offset and limit are whole numbers, not negative.');
    const safePath = parseSafePath(ref.path);
    return this.#read(ref, (view) => {
      const found = view.list(safePath, { offset, limit: Math.min(limit, localLimits.pageEntries) });
      if (found !== undefined) return found;
      throw view.stat(safePath) === undefined ? noEntry(ref) : notFolder(ref);
    });
  }

  /** Undefined when the index has no such entry, or when there is none here. Throws `invalid-argument` for a path that cannot be one. */
  stat(ref: EntryRef): Entry | undefined {
    const safePath = parseSafePath(ref.path);
    if (this.view(ref.peerId, ref.shareId) === undefined) return undefined;
    return this.#read(ref, (view) => view.stat(safePath));
  }

  /**
   * Everything below a folder, each folder before its content, read as it is asked for. Throws as `list`, and `changed` when a new
   * index came in the middle.
   */
  *files(ref: EntryRef): Generator<{ path: SafePath; entry: Entry }> {
    const safePath = parseSafePath(ref.path);
    const start = this.#read(ref, (view) => ({ view, entry: view.stat(safePath) }));
    if (start.entry === undefined) throw noEntry(ref);
    if (start.entry.kind === 'file') throw notFolder(ref);
    try {
      yield* start.view.walk(safePath);
    } catch (error) {
      this.#damaged(ref, error);
      throw error;
    }
  }

  /** The index of a share as it is now: read it in this turn, or know what the listener is told. */
  view(peerId: PeerId, shareId: ShareId): IndexView | undefined {
    if (peerId === this.#options.own.peerId) return this.#options.own.shares.view(shareId);
    return this.#following.get(peerId, shareId)?.view;
  }

  /** The peer's whole list of shares, signatures checked. Its row in `peer` exists. */
  announced(session: PeerSession, shares: AnnouncedShare[]): void {
    this.#following.announced(session, shares);
  }

  /** An owner introduced itself again: it may have left parties, and joined others. */
  introduced(session: PeerSession): void {
    this.#following.introduced(session);
  }

  /** What a peer would pass on of somebody else's shares, signatures checked; it replaces what it said of that owner before. The owner's row in `peer` exists. */
  passedOn(session: PeerSession, owner: PassedOwner): void {
    this.#following.passedOn(session, owner);
  }

  /** The owner's own word, however it came, that shares are gone: signatures checked. */
  removed(session: PeerSession, owner: PeerId, removals: ShareRemoval[]): void {
    this.#following.removed(session, owner, removals);
  }

  /** The indexes stay, to be answered from while the peer is away. */
  sessionClosed(session: PeerSession): void {
    this.#following.sessionClosed(session);
  }

  /** Deletes everything that came from this peer. */
  async forgetPeer(peerId: PeerId): Promise<void> {
    await this.#following.forgetPeer(peerId);
  }

  /** What of others' shares is here, whole, and can be passed on; who may get it is the caller's to decide. */
  holdings(): Holding[] {
    return this.#following.holdings();
  }

  /** A feed of `holdings`, by Hypercore's discovery key; undefined when it is none of them, or too many are in use. */
  async heldFeed(
    discoveryKey: Uint8Array,
    mayHave: (owner: PeerId, shareId: ShareId) => boolean = () => true,
  ): Promise<{ owner: PeerId; shareId: ShareId; core: ReplicableCore } | undefined> {
    return this.#following.heldFeed(discoveryKey, mayHave);
  }

  #peerDetails(store: DetailStore): PeerDetails {
    return new PeerDetails({
      ...{ store, feeds: this.#options.feeds, log: this.#log },
      share: (peerId, shareId) => {
        const share = this.#following.get(peerId, shareId);
        return share && { announcement: share.holding?.announcement, view: share.view, sources: share.feed.sources };
      },
      areNamesComing: () => this.#following.areNamesComing,
      onChange: (peerId, shareId) => this.#options.onChange(peerId, shareId),
      onHostile: (peerId, reason) => this.#options.onHostile(peerId, reason),
      ...(this.#options.peerDiskBytes !== undefined && { peerDiskBytes: this.#options.peerDiskBytes }),
    });
  }

  /** Who was given, and what follows details. */
  #listener(): IndexListener {
    const { listener } = this.#options;
    return {
      indexed: (peerId, shareId, view) => listener?.indexed(peerId, shareId, view),
      changed: (peerId, shareId, delta) => {
        listener?.changed(peerId, shareId, delta);
        this.#details?.changed(peerId, shareId, delta);
      },
      gone: (peerId, shareId) => listener?.gone(peerId, shareId),
    };
  }

  #ownShare(share: ShareInfo): CatalogShare {
    const view = this.#options.own.shares.view(share.shareId);
    const { shareId, title, fileCount, folderCount, totalBytes } = share;
    return {
      ...{ peerId: this.#options.own.peerId, shareId, title, isOwn: true, isOnline: true, fileCount, folderCount, totalBytes },
      indexState: view !== undefined ? 'ready' : share.state === 'scanning' ? 'fetching' : 'none',
      bytesOnDisk: 0,
      ...(view !== undefined && { updatedAtMs: view.updatedAtMs }),
      ...(share.failure !== undefined && { failure: share.failure }),
    };
  }

  #read<T>(ref: EntryRef, read: (view: IndexView) => T): T {
    const view = this.view(ref.peerId, ref.shareId);
    if (view === undefined) throw this.titleOf(ref.peerId, ref.shareId) === undefined ? noShare(ref) : noIndex(ref);
    try {
      return read(view);
    } catch (error) {
      this.#damaged(ref, error);
      throw error;
    }
  }

  #damaged(ref: EntryRef, error: unknown): void {
    if (!(error instanceof AppError) || error.kind !== 'io') return;
    this.#log.warn(error.message);
    if (ref.peerId === this.#options.own.peerId) this.#options.own.shares.repair(ref.shareId);
    else this.#following.get(ref.peerId, ref.shareId)?.repair();
  }
}

function noShare(ref: EntryRef): AppError {
  return new AppError('not-found', `There is no share ${ref.shareId} of this peer. It may have been removed.`, {
    data: { path: ref.path },
  });
}

function noEntry(ref: EntryRef): AppError {
  return new AppError('not-found', `"${ref.path}" is not in this share. It may have been removed or renamed by its owner.`, {
    data: { path: ref.path },
  });
}

function notFolder(ref: EntryRef): AppError {
  return new AppError('not-folder', `"${ref.path}" is a file, not a folder.`, { data: { path: ref.path } });
}

function noIndex(ref: EntryRef): AppError {
  return new AppError('unavailable', 'The index of this share is not here yet. It comes while its owner is online.', {
    data: { path: ref.path },
  });
}
