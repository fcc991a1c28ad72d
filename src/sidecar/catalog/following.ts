// Whose shares are followed, and by whose word: what owners announce, what others pass on, what was taken off the table, and how much of
// this disk each owner may take. A single share is peerShare.ts's; who may be told what is sessions.ts's.

import { rmSync } from 'node:fs';
import { AppError } from '../../protocol/errors.ts';
import type { PeerId, ShareId } from '../../protocol/ids.ts';
import { catalogLimits, indexLimits, wireLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import type { Database } from '../storage/database.ts';
import { discoveryKeyOf } from '../wire/discoveryKey.ts';
import type { AnnouncedShare, PassedOwner, PassedShare, PeerSession, ReplicableCore, ShareRemoval } from '../wire/services.ts';
import { loadCatalog, newRow, saveCatalogRow, type CatalogRow, type Heard } from './catalogRow.ts';
import { detailsHolder, type PeerDetails } from './details/peerDetails.ts';
import type { Feeds } from './feeds/feeds.ts';
import type { IndexListener } from './index/indexListener.ts';
import { SegmentFolder } from './index/segmentFolder.ts';
import { PeerShare } from './peerShare.ts';
import { RemovalTable } from './removalTable.ts';
import { Slots } from './slots.ts';
import { sweepIndexes } from './sweep.ts';

export interface FollowingOptions {
  database: Database;
  dataFolder: string;
  feeds: Feeds;
  ownPeerId: PeerId;
  listener: IndexListener | undefined;
  log: Log;
  /** A share came, went, or has a new index or state. */
  onChange(peerId: PeerId, shareId: ShareId): void;
  /** The peer broke the format of an index: end its session. */
  onHostile(peerId: PeerId, reason: string): void;
  /** Told of every share beside `onChange`: what is known of its files beyond names is fetched there. */
  details: Pick<PeerDetails, 'look' | 'gone' | 'isHeld'> | undefined;
  /** What can be passed on is another; at most every `wireLimits.updateMs`. */
  onHoldings(): void;
  /** Another quota than that of limits.ts, for tests. */
  peerDiskBytes?: number;
}

/** What of one owner's shares is here, whole, and may be passed on in the parties it names. */
export interface Holding {
  owner: PeerId;
  shares: PassedShare[];
  removals: ShareRemoval[];
}

interface Owner {
  shares: Map<ShareId, PeerShare>;
  /** The owner's own session, once it announced its list. */
  session: PeerSession | undefined;
  fetchSlots: Slots;
}

export class Following {
  readonly #options: FollowingOptions;
  readonly #decodeSlots = new Slots(catalogLimits.decodesAtOnce);
  readonly #owners = new Map<PeerId, Owner>();
  readonly #removed: RemovalTable;
  /** Forgotten by the user: hearsay does not bring them back before they are met again. */
  readonly #forgotten = new Set<PeerId>();
  /** Deletions under way, awaited on close. */
  readonly #deletions = new Set<Promise<void>>();
  #holdingsTimer: NodeJS.Timeout | undefined;
  /** Of details feeds: asked for each share whenever a peer asks for a feed. */
  readonly #discoveryKeys = new WeakMap<object, string>();
  #isOpen = false;

  constructor(options: FollowingOptions) {
    this.#options = options;
    this.#removed = new RemovalTable(options.database, options.ownPeerId);
  }

  async open(): Promise<void> {
    if (this.#isOpen) return;
    this.#isOpen = true;
    const { database, feeds, log } = this.#options;
    for (const row of loadCatalog(database)) {
      this.#insert(this.#owner(row.peerId), row);
      const { shareId, details } = row.indexed?.announcement ?? row.announcement;
      if (details !== undefined) feeds.hold(details.feedKey, detailsHolder(row.peerId, shareId));
    }
    this.#removed.load();
    this.#sweep();
    for (const { shares } of this.#owners.values()) for (const share of shares.values()) await share.open();
    await feeds.sweep().catch((error: unknown) => log.warn(`Unused feeds stay: ${reasonOf(error)}`));
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    clearTimeout(this.#holdingsTimer);
    const shares = [...this.#owners.values()].flatMap((owner) => [...owner.shares.values()]);
    this.#owners.clear();
    await Promise.all([...shares.map((share) => share.close()), ...this.#deletions]);
  }

  /** Of every owner, or of one. */
  *shares(owner?: PeerId): Generator<[PeerId, PeerShare]> {
    for (const [peerId, { shares }] of this.#owners) {
      if (owner !== undefined && owner !== peerId) continue;
      for (const share of shares.values()) yield [peerId, share];
    }
  }

  get(owner: PeerId, shareId: ShareId): PeerShare | undefined {
    return this.#owners.get(owner)?.shares.get(shareId);
  }

  /** The owner's whole list of shares, signatures checked. Its row in `peer` exists. */
  announced(session: PeerSession, shares: AnnouncedShare[]): void {
    const { peerId } = session;
    if (!this.#isOpen || peerId === this.#options.ownPeerId) return;
    this.#forgotten.delete(peerId);
    const owner = this.#owner(peerId);
    owner.session = session;
    const list = new Map(shares.slice(0, wireLimits.sharesPerPeer).map((share) => [share.announcement.shareId, share]));
    for (const shareId of owner.shares.keys()) if (!list.has(shareId)) this.#remove(peerId, shareId);
    const heard = [...list.values()].map((share) => ({ ...share, partyIds: session.hello.partyIds, isHearsay: false }));
    for (const shareId of this.#take(peerId, owner, heard)) this.#options.onChange(peerId, shareId);
    for (const [shareId, share] of owner.shares) {
      share.offer(session, { isOwner: true });
      this.#options.details?.look(peerId, shareId);
    }
  }

  /** An owner introduced itself again: it may have left parties, and joined others. */
  introduced(session: PeerSession): void {
    const owner = this.#owners.get(session.peerId);
    if (owner?.session !== session) return;
    for (const share of owner.shares.values()) if (!share.isHearsay) share.inParties(session.hello.partyIds, false);
  }

  /** What a peer would pass on of an owner's shares, signatures checked; it replaces what it said of that owner before. The owner's row exists. */
  passedOn(session: PeerSession, { owner: peerId, shares, removals }: PassedOwner): void {
    if (!this.#isOpen || peerId === this.#options.ownPeerId || peerId === session.peerId || this.#forgotten.has(peerId)) return;
    this.removed(session, peerId, removals);
    const known = this.#owners.get(peerId);
    // An owner that is here speaks for itself: others are places to fetch from, no more.
    const isHere = known?.session?.isOpen === true;
    const news = isHere ? [] : this.#room(known, shares);
    const owner = news.length > 0 ? this.#owner(peerId) : known;
    if (owner === undefined) return;
    const heard = news.map((share) => ({ ...share, isHearsay: true }));
    for (const shareId of this.#take(peerId, owner, heard)) this.#options.onChange(peerId, shareId);
    this.#dropIdle(peerId);
    const offered = new Map(shares.map((share) => [share.announcement.shareId, share]));
    for (const [shareId, share] of owner.shares) {
      const offer = offered.get(shareId);
      if (offer !== undefined && share.mayComeFrom(offer)) share.offer(session, { isOwner: false });
      else share.leave(session);
      this.#options.details?.look(peerId, shareId);
    }
  }

  /** The owner's own word, however it came, that shares are gone: signatures checked. */
  removed(session: PeerSession, peerId: PeerId, removals: ShareRemoval[]): void {
    const owner = this.#owners.get(peerId);
    if (!this.#isOpen || peerId === this.#options.ownPeerId) return;
    if (owner === undefined && session.peerId !== peerId && !this.#removed.has(peerId)) return;
    const news = removals.slice(-wireLimits.removals).filter(({ shareId, revision }) => {
      const share = owner?.shares.get(shareId);
      const isOlder = share !== undefined && share.announcement.revision > revision;
      return !isOlder && (this.#removed.revisionOf(peerId, shareId) ?? -1) < revision;
    });
    if (news.length === 0) return;
    // One by one, a thousand would take a third of a second.
    this.#options.database.transaction(() => {
      for (const removal of news) {
        this.#removed.remember(peerId, removal, (each) => this.#owners.has(each));
        this.#remove(peerId, removal.shareId);
      }
    });
    this.#holdingsChanged();
  }

  /** The indexes stay, to be answered from while the peer is away. */
  sessionClosed(session: PeerSession): void {
    for (const [peerId, owner] of this.#owners) {
      const isOwner = owner.session === session;
      if (isOwner) owner.session = undefined;
      this.#dropIdle(peerId);
      for (const [shareId, share] of owner.shares) {
        if (share.leave(session) || isOwner) this.#options.onChange(peerId, shareId);
      }
    }
  }

  /** Deletes everything that came from this owner. */
  async forgetPeer(peerId: PeerId): Promise<void> {
    if (this.#forgotten.size < catalogLimits.hearsayOwners) this.#forgotten.add(peerId);
    this.#removed.forget(peerId);
    const owner = this.#owners.get(peerId);
    if (owner === undefined) return;
    for (const shareId of [...owner.shares.keys()]) this.#remove(peerId, shareId);
    this.#owners.delete(peerId);
    await Promise.all(this.#deletions);
    rmSync(new SegmentFolder(this.#options.dataFolder, peerId).path, { recursive: true, force: true });
  }

  /** Whether an index is being fetched. */
  get areNamesComing(): boolean {
    return [...this.#owners.values()].some(({ fetchSlots }) => fetchSlots.isBusy);
  }

  /** What can be passed on to third peers; says nothing about who may get it. */
  holdings(): Holding[] {
    const holdings: Holding[] = [];
    for (const owner of new Set([...this.#owners.keys(), ...this.#removed.owners])) {
      const shares = [...(this.#owners.get(owner)?.shares.values() ?? [])].map((share) => share.holding);
      const held = shares.filter((share) => share !== undefined);
      const removals = this.#removed.of(owner);
      if (held.length > 0 || removals.length > 0) holdings.push({ owner, shares: held, removals });
    }
    return holdings;
  }

  /** A feed that is held and can be passed on, by Hypercore's discovery key: two owners may announce the same one. */
  async heldFeed(
    discoveryKey: Uint8Array,
    mayHave: (owner: PeerId, shareId: ShareId) => boolean,
  ): Promise<{ owner: PeerId; shareId: ShareId; core: ReplicableCore } | undefined> {
    const wanted = hex(discoveryKey);
    for (const [owner, share] of this.shares()) {
      const { shareId } = share.announcement;
      const held = share.holding?.announcement;
      if (held === undefined || !mayHave(owner, shareId)) continue;
      const { details } = held;
      const isDetails = details !== undefined && this.#discoveryKey(details) === wanted;
      if (isDetails && (await this.#options.details?.isHeld(owner, shareId, details.feedKey)) !== true) continue;
      if (!isDetails && share.discoveryKey !== wanted) continue;
      const core = await this.#options.feeds.served(isDetails ? details.feedKey : share.announcement.feedKey);
      return core && { owner, shareId, core };
    }
    return undefined;
  }

  #discoveryKey(details: { feedKey: Uint8Array }): string {
    const key = this.#discoveryKeys.get(details) ?? hex(discoveryKeyOf(details.feedKey));
    this.#discoveryKeys.set(details, key);
    return key;
  }

  #owner(peerId: PeerId): Owner {
    const known = this.#owners.get(peerId);
    if (known !== undefined) return known;
    const owner: Owner = { shares: new Map(), session: undefined, fetchSlots: new Slots(catalogLimits.feedsAtOnce) };
    this.#owners.set(peerId, owner);
    return owner;
  }

  /** Answers the shares of which this is news. */
  #take(peerId: PeerId, owner: Owner, heard: Heard[]): ShareId[] {
    const news: ShareId[] = [];
    const takeOne = (each: Heard): void => {
      const { shareId, revision } = each.announcement;
      const removedAt = this.#removed.revisionOf(peerId, shareId);
      if (removedAt !== undefined && removedAt >= revision) return;
      if (removedAt !== undefined) this.#removed.takeBack(peerId, shareId);
      const share = owner.shares.get(shareId);
      if (share?.announced(each) ?? this.#add(peerId, owner, each)) news.push(shareId);
    };
    try {
      this.#options.database.transaction(() => {
        for (const each of heard) takeOne(each);
      });
    } catch (error) {
      // A full disk. They are followed all the same, and written down with the next change of each.
      this.#options.log.warn(`What ${peerId} shares could not be written down: ${reasonOf(error)}`);
      for (const each of heard) if (!owner.shares.has(each.announcement.shareId)) this.#insert(owner, newRow(peerId, each));
    }
    return news;
  }

  #add(peerId: PeerId, owner: Owner, heard: Heard): boolean {
    const row = newRow(peerId, heard);
    this.#insert(owner, row);
    saveCatalogRow(this.#options.database, row);
    return true;
  }

  #insert(owner: Owner, row: CatalogRow): void {
    const { database, dataFolder, feeds, listener, log } = this.#options;
    const { peerId } = row;
    const share = new PeerShare(row, {
      ...{ database, dataFolder, feeds, listener, log, decodeSlots: this.#decodeSlots, fetchSlots: owner.fetchSlots },
      allow: (asking, bytes) => this.#allow(owner, asking, bytes),
      onChange: (shareId) => {
        this.#options.onChange(peerId, shareId);
        this.#options.details?.look(peerId, shareId);
      },
      onHostile: (reason) => this.#options.onHostile(peerId, reason),
      onHolding: () => this.#holdingsChanged(),
      onFreed: () => this.#freed(owner),
      onOverlay: () => packLargest(owner),
    });
    owner.shares.set(row.announcement.shareId, share);
  }

  #remove(peerId: PeerId, shareId: ShareId): void {
    const owner = this.#owners.get(peerId);
    const share = owner?.shares.get(shareId);
    if (owner === undefined || share === undefined) return;
    owner.shares.delete(shareId);
    const { announcement } = share;
    const deletion = Promise.all([share.remove(), this.#options.details?.gone(peerId, shareId, announcement)])
      .then(() => undefined)
      .catch((error: unknown) => this.#options.log.warn(`What is left of a removed share stays: ${reasonOf(error)}`))
      .finally(() => {
        this.#deletions.delete(deletion);
        this.#freed(owner);
      });
    this.#deletions.add(deletion);
    this.#dropIdle(peerId);
    this.#holdingsChanged();
    this.#options.onChange(peerId, shareId);
  }

  /** Of an owner who is away, and of whom no share is here, nothing need be kept: whoever makes up keys can make up owners. */
  #dropIdle(peerId: PeerId): void {
    const owner = this.#owners.get(peerId);
    if (owner?.shares.size === 0 && owner.session === undefined) this.#owners.delete(peerId);
  }

  /** Those of an owner's shares that hearsay may still add, and those that are here already. */
  #room(known: Owner | undefined, shares: PassedShare[]): PassedShare[] {
    let [owners, held] = [0, 0];
    for (const { shares: ofOwner } of this.#owners.values()) {
      const count = [...ofOwner.values()].filter((share) => share.isHearsay).length;
      held += count;
      if (count > 0 && count === ofOwner.size) owners++;
    }
    let room = catalogLimits.hearsayShares - held;
    if (known === undefined && owners >= catalogLimits.hearsayOwners) room = 0;
    room = Math.min(room, wireLimits.sharesPerPeer - (known?.shares.size ?? 0));
    return shares.filter(({ announcement }) => known?.shares.has(announcement.shareId) === true || room-- > 0);
  }

  #allow(owner: Owner, asking: PeerShare, bytes: number): void {
    let sum = bytes;
    for (const share of owner.shares.values()) if (share !== asking) sum += share.bytesOnDisk;
    const quotaBytes = this.#options.peerDiskBytes ?? catalogLimits.peerDiskBytes;
    if (sum <= quotaBytes) return;
    const quota = `${Math.floor(quotaBytes / 2 ** 20)} MiB`;
    throw new AppError(
      'too-large',
      `The indexes of one peer may take ${quota} of this disk; with this one its shares would take more. It is tried again when others of them go.`,
    );
  }

  /** What waits for room tries again. */
  #freed(owner: Owner): void {
    if (this.#isOpen) for (const share of owner.shares.values()) share.retry();
  }

  #holdingsChanged(): void {
    if (!this.#isOpen || this.#holdingsTimer !== undefined) return;
    this.#holdingsTimer = setTimeout(() => {
      this.#holdingsTimer = undefined;
      this.#options.onHoldings();
    }, wireLimits.updateMs);
    this.#holdingsTimer.unref();
  }

  #sweep(): void {
    const files = [...this.#owners].map(([peerId, { shares }]): [PeerId, string[]] => [
      peerId,
      [...shares.values()].map((share) => share.segmentFile).filter((file) => file !== undefined),
    ]);
    sweepIndexes(this.#options.dataFolder, new Map(files));
  }
}

/** Keeps the deltas in memory bounded, of each share and of all of an owner. */
function packLargest({ shares }: Owner): void {
  const sizes = [...shares.values()].map((share) => ({ share, entries: share.overlayEntries }));
  let sum = sizes.reduce((total, { entries }) => total + entries, 0);
  for (const { share, entries } of sizes.sort((one, other) => other.entries - one.entries)) {
    if (sum <= catalogLimits.peerOverlayEntries && entries <= indexLimits.overlayEntries) return;
    share.pack();
    sum -= entries;
  }
}

function hex(key: Uint8Array): string {
  return Buffer.from(key).toString('hex');
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
