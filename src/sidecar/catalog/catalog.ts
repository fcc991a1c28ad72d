// All indexes known here, own shares' and peers', of peers online or not: answers listing and stat from this disk, never from the
// network. What happens to a single share of a peer is peerShare.ts's; the network is node.ts's.

import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../protocol/errors.ts';
import type { PeerId, ShareId } from '../../protocol/ids.ts';
import type { CatalogShare, Entry, EntryRef, ListPage, ShareInfo } from '../../protocol/model.ts';
import { catalogLimits, localLimits, wireLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import type { Shares } from '../shares/shares.ts';
import type { Database } from '../storage/database.ts';
import { parseSafePath, type SafePath } from '../storage/safePath.ts';
import type { PeerSession, ShareAnnouncement, SignedAnnouncement } from '../wire/services.ts';
import { loadCatalog, saveCatalogRow } from './catalogRow.ts';
import type { Feeds } from './feeds/feeds.ts';
import { PeerShare, type PeerShareOptions } from './peerShare.ts';
import type { Segment } from './index/segment.ts';
import { SegmentFolder } from './index/segmentFolder.ts';
import { Slots } from './slots.ts';

export interface CatalogOptions {
  database: Database;
  dataFolder: string;
  feeds: Feeds;
  own: { peerId: PeerId; shares: Shares };
  isOnline(peerId: PeerId): boolean;
  log: Log;
  /** A share came, went, or has a new index or state. */
  onChange(peerId: PeerId, shareId: ShareId): void;
  /** The peer broke the format of an index: end its session. */
  onHostile(peerId: PeerId, reason: string): void;
}

interface Peer {
  shares: Map<ShareId, PeerShare>;
  session: PeerSession | undefined;
  fetchSlots: Slots;
}

export class Catalog {
  readonly #options: CatalogOptions;
  readonly #shareOptions: PeerShareOptions;
  readonly #peers = new Map<PeerId, Peer>();
  /** Removals under way, awaited on close. */
  readonly #removals = new Set<Promise<void>>();
  #isOpen = false;

  constructor(options: CatalogOptions) {
    this.#options = options;
    const { database, dataFolder, feeds } = options;
    const decodeSlots = new Slots(catalogLimits.decodesAtOnce);
    this.#shareOptions = {
      ...{ database, dataFolder, feeds, decodeSlots, log: options.log.for('catalog') },
      onChange: (peerId, shareId) => options.onChange(peerId, shareId),
      onHostile: (peerId, reason) => options.onHostile(peerId, reason),
    };
  }

  async open(): Promise<void> {
    if (this.#isOpen) return;
    this.#isOpen = true;
    for (const row of loadCatalog(this.#options.database)) {
      this.#peer(row.peerId).shares.set(row.announcement.shareId, new PeerShare(row, this.#shareOptions));
    }
    this.#sweep();
    for (const { shares } of this.#peers.values()) for (const share of shares.values()) share.open();
    await Promise.resolve();
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const shares = [...this.#peers.values()].flatMap((peer) => [...peer.shares.values()]);
    this.#peers.clear();
    await Promise.all([...shares.map((share) => share.close()), ...this.#removals]);
  }

  /** Shares of a peer, or of everybody; own ones first. */
  shares(peerId?: PeerId): CatalogShare[] {
    const own = this.#options.own;
    const isOwnWanted = peerId === undefined || peerId === own.peerId;
    const shares = isOwnWanted ? own.shares.list().map((share) => this.#ownShare(share)) : [];
    for (const [id, peer] of this.#peers) {
      if (peerId !== undefined && id !== peerId) continue;
      const isOnline = this.#options.isOnline(id);
      for (const share of peer.shares.values()) shares.push(share.info(isOnline));
    }
    return shares;
  }

  titleOf(peerId: PeerId, shareId: ShareId): string | undefined {
    if (peerId === this.#options.own.peerId) return this.#options.own.shares.get(shareId)?.title;
    return this.#peers.get(peerId)?.shares.get(shareId)?.announcement.title;
  }

  /** Throws `not-found`, `not-folder`, `invalid-argument`, `unavailable` (no index here yet). */
  list(ref: EntryRef, page: { offset: number; limit: number }): ListPage {
    const { offset, limit } = page;
    if (!Number.isSafeInteger(offset) || offset < 0 || !Number.isSafeInteger(limit) || limit < 0)
      throw new AppError('invalid-argument', 'offset and limit are whole numbers, not negative.');
    const safePath = parseSafePath(ref.path);
    return this.#read(ref, (segment) => {
      const found = segment.list(safePath, { offset, limit: Math.min(limit, localLimits.pageEntries) });
      if (found !== undefined) return found;
      throw segment.stat(safePath) === undefined ? noEntry(ref) : notFolder(ref);
    });
  }

  /** Undefined when the index has no such entry, or when there is none here. Throws `invalid-argument` for a path that cannot be one. */
  stat(ref: EntryRef): Entry | undefined {
    const safePath = parseSafePath(ref.path);
    if (this.#segment(ref) === undefined) return undefined;
    return this.#read(ref, (segment) => segment.stat(safePath));
  }

  /**
   * Everything below a folder, each folder before its content, read as it is asked for. Throws as `list`, and `changed` when a new
   * index came in the middle.
   */
  *files(ref: EntryRef): Generator<{ path: SafePath; entry: Entry }> {
    const safePath = parseSafePath(ref.path);
    const start = this.#read(ref, (segment) => ({ segment, entry: segment.stat(safePath) }));
    if (start.entry === undefined) throw noEntry(ref);
    if (start.entry.kind === 'file') throw notFolder(ref);
    try {
      yield* start.segment.walk(safePath);
    } catch (error) {
      this.#damaged(ref, error);
      throw error;
    }
  }

  /** The peer's whole list of shares, signatures checked. Its row in `peer` exists. */
  announced(session: PeerSession, shares: { announcement: ShareAnnouncement; signed: SignedAnnouncement }[]): void {
    const { peerId } = session;
    if (!this.#isOpen || peerId === this.#options.own.peerId) return;
    const peer = this.#peer(peerId);
    peer.session = session;
    const known = new Map(shares.slice(0, wireLimits.sharesPerPeer).map((share) => [share.announcement.shareId, share]));
    for (const shareId of peer.shares.keys()) if (!known.has(shareId)) this.#remove(peerId, shareId);
    const news: ShareId[] = [];
    this.#options.database.transaction(() => {
      for (const [shareId, { announcement, signed }] of known) {
        const share = peer.shares.get(shareId);
        if (share?.announced(announcement, signed) ?? this.#add(peer, peerId, announcement, signed)) news.push(shareId);
      }
    });
    for (const share of peer.shares.values()) share.follow(session, peer.fetchSlots);
    for (const shareId of news) this.#options.onChange(peerId, shareId);
  }

  /** The indexes stay, to be answered from while the peer is away. */
  sessionClosed(session: PeerSession): void {
    const peer = this.#peers.get(session.peerId);
    if (peer === undefined || peer.session !== session) return;
    peer.session = undefined;
    for (const share of peer.shares.values()) share.leave();
    for (const shareId of peer.shares.keys()) this.#options.onChange(session.peerId, shareId);
  }

  /** Deletes everything that came from this peer. */
  async forgetPeer(peerId: PeerId): Promise<void> {
    const peer = this.#peers.get(peerId);
    if (peer === undefined) return;
    for (const shareId of [...peer.shares.keys()]) this.#remove(peerId, shareId);
    this.#peers.delete(peerId);
    await Promise.all(this.#removals);
    rmSync(new SegmentFolder(this.#options.dataFolder, peerId).path, { recursive: true, force: true });
  }

  #peer(peerId: PeerId): Peer {
    const known = this.#peers.get(peerId);
    if (known !== undefined) return known;
    const peer: Peer = { shares: new Map(), session: undefined, fetchSlots: new Slots(catalogLimits.feedsAtOnce) };
    this.#peers.set(peerId, peer);
    return peer;
  }

  #add(peer: Peer, peerId: PeerId, announcement: ShareAnnouncement, signed: SignedAnnouncement): boolean {
    const row = { peerId, announcement, signed, indexedLength: 0, failure: undefined };
    saveCatalogRow(this.#options.database, row);
    peer.shares.set(announcement.shareId, new PeerShare(row, this.#shareOptions));
    return true;
  }

  #remove(peerId: PeerId, shareId: ShareId): void {
    const shares = this.#peers.get(peerId)?.shares;
    const share = shares?.get(shareId);
    if (share === undefined) return;
    shares?.delete(shareId);
    const log = this.#shareOptions.log;
    const removal = share
      .remove()
      .catch((error: unknown) =>
        log.warn(`What is left of a removed share stays: ${error instanceof Error ? error.message : String(error)}`),
      )
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
    this.#options.onChange(peerId, shareId);
  }

  /** Deletes what a crash left behind: files of no row, folders of no peer. */
  #sweep(): void {
    for (const [peerId, { shares }] of this.#peers) {
      const files = [...shares.values()].map((share) => share.segmentFile).filter((file) => file !== undefined);
      new SegmentFolder(this.#options.dataFolder, peerId).keepOnly(new Set(files));
    }
    const root = path.join(this.#options.dataFolder, 'index');
    for (const name of namesIn(root)) {
      if (name !== 'own' && ![...this.#peers.keys()].some((peerId) => peerId === name))
        rmSync(path.join(root, name), { recursive: true, force: true });
    }
  }

  #ownShare(share: ShareInfo): CatalogShare {
    const segment = this.#options.own.shares.segment(share.shareId);
    const { shareId, title, fileCount, folderCount, totalBytes } = share;
    return {
      ...{ peerId: this.#options.own.peerId, shareId, title, isOwn: true, isOnline: true, fileCount, folderCount, totalBytes },
      indexState: segment !== undefined ? 'ready' : share.state === 'scanning' ? 'fetching' : 'none',
      ...(segment !== undefined && { updatedAtMs: segment.header.updatedAtMs }),
      ...(share.failure !== undefined && { failure: share.failure }),
    };
  }

  #segment(ref: EntryRef): Segment | undefined {
    if (ref.peerId === this.#options.own.peerId) return this.#options.own.shares.segment(ref.shareId);
    return this.#peers.get(ref.peerId)?.shares.get(ref.shareId)?.segment;
  }

  #read<T>(ref: EntryRef, read: (segment: Segment) => T): T {
    const segment = this.#segment(ref);
    if (segment === undefined) throw this.titleOf(ref.peerId, ref.shareId) === undefined ? noShare(ref) : noIndex(ref);
    try {
      return read(segment);
    } catch (error) {
      this.#damaged(ref, error);
      throw error;
    }
  }

  #damaged(ref: EntryRef, error: unknown): void {
    if (!(error instanceof AppError) || error.kind !== 'io') return;
    this.#shareOptions.log.warn(error.message);
    if (ref.peerId === this.#options.own.peerId) this.#options.own.shares.repair(ref.shareId);
    else this.#peers.get(ref.peerId)?.shares.get(ref.shareId)?.repair();
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Nothing was ever written here.
    return [];
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
