// The feed of one share of a peer, and the sessions that offer it: opened when it is needed, fetched over the owner's session, or over some
// of those that pass it on.

import type { PeerId } from '../../protocol/ids.ts';
import { catalogLimits } from '../limits.ts';
import type { PeerSession, ShareAnnouncement } from '../wire/services.ts';
import type { Feeds } from './feeds/feeds.ts';
import type { RemoteFeed } from './feeds/remoteFeed.ts';

export class PeerFeed {
  readonly #feeds: Feeds;
  /** Who uses it, so that nobody else's deletion takes it. */
  readonly #holder: string;
  readonly #sources = new Map<PeerSession, { isOwner: boolean }>();
  #feed: RemoteFeed | undefined;

  constructor(feeds: Feeds, holder: string) {
    this.#feeds = feeds;
    this.#holder = holder;
  }

  get sources(): ReadonlyMap<PeerSession, { isOwner: boolean }> {
    return this.#sources;
  }

  get hasSources(): boolean {
    return this.#sources.size > 0;
  }

  get hasOpenSource(): boolean {
    return this.via !== undefined;
  }

  get hasOwner(): boolean {
    return [...this.#sources.values()].some(({ isOwner }) => isOwner);
  }

  /** The first peer that it can be fetched from now. */
  get via(): PeerId | undefined {
    return [...this.#sources.keys()].find((session) => session.isOpen)?.peerId;
  }

  /** True when the session did not offer it before. */
  offer(session: PeerSession, isOwner: boolean): boolean {
    const isNew = !this.#sources.has(session);
    this.#sources.set(session, { isOwner });
    if (isNew) this.#attach();
    return isNew;
  }

  /** True when the session did offer it. */
  leave(session: PeerSession): boolean {
    const isKnown = this.#sources.delete(session);
    if (isKnown) this.#attach();
    return isKnown;
  }

  leaveAll(): void {
    this.#sources.clear();
  }

  /** Opens it, if it is not, and lets it be fetched. */
  async open({ feedKey, encryptionKey }: Pick<ShareAnnouncement, 'feedKey' | 'encryptionKey'>): Promise<RemoteFeed> {
    this.#feed ??= await this.#feeds.remote({ feedKey, encryptionKey, holder: this.#holder });
    this.#attach();
    return this.#feed;
  }

  async close(): Promise<void> {
    const feed = this.#feed;
    this.#feed = undefined;
    await feed?.close();
  }

  /** Deletes the feed from this disk, unless somebody else holds it. */
  async letGo(feedKey: Uint8Array): Promise<void> {
    await this.close();
    await this.#feeds.letGo(feedKey, this.#holder);
  }

  /** One source that leaves is not missed: others are there already, but not so many that each change opens a hundred channels. */
  #attach(): void {
    const feed = this.#feed;
    if (feed === undefined) return;
    let others = 0;
    for (const [session, { isOwner }] of this.#sources) {
      if (!session.isOpen || (!isOwner && ++others > catalogLimits.feedSources)) continue;
      session.replicate(feed.over({ isOwner }));
    }
  }
}
