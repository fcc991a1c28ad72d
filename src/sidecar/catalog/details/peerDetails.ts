// Follows what peers tell of their files beyond names: fetches the details feed of each share whose index is here, after all names, from
// whoever offers the share, and keeps it in the store. Whatever is wrong with such a feed ends here: the index stays.

import { asAppError, AppError } from '../../../protocol/errors.ts';
import type { PeerId, ShareId } from '../../../protocol/ids.ts';
import { detailLimits, localLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import type { PeerSession, ShareAnnouncement } from '../../wire/services.ts';
import { detailsKeyOf } from '../feeds/detailsKey.ts';
import type { Feeds } from '../feeds/feeds.ts';
import type { IndexView } from '../index/indexView.ts';
import type { Delta } from '../index/rows.ts';
import { PeerFeed } from '../peerFeed.ts';
import { Slots } from '../slots.ts';
import type { DetailState } from './detailMessages.ts';
import type { DetailStore } from './detailStore.ts';

/** A share of a peer, as the catalog has it. */
export interface DetailedShare {
  /** What its owner said of the index that is here, whole; undefined while none is. */
  announcement: ShareAnnouncement | undefined;
  view: IndexView | undefined;
  sources: ReadonlyMap<PeerSession, { isOwner: boolean }>;
}

export interface PeerDetailsOptions {
  store: DetailStore;
  feeds: Feeds;
  log: Log;
  share(peerId: PeerId, shareId: ShareId): DetailedShare | undefined;
  /** Names are being fetched: they go first. */
  areNamesComing(): boolean;
  /** Something more is known of a share's files. */
  onChange(peerId: PeerId, shareId: ShareId): void;
  /** The peer broke the format: end its session. */
  onHostile(peerId: PeerId, reason: string): void;
  /** Another limit than that of limits.ts, for tests. */
  peerDiskBytes?: number;
}

interface Followed {
  peerId: PeerId;
  shareId: ShareId;
  feed: PeerFeed;
  running: Promise<void> | undefined;
  isAskedAgain: boolean;
  retry: NodeJS.Timeout | undefined;
  waitMs: number;
  stop: AbortController;
}

/** How often is looked whether names still come. */
const namesPauseMs = 250;

/** Who holds the details feed of a share, beside the one of its index. */
export function detailsHolder(peerId: PeerId, shareId: ShareId): string {
  return `${peerId}/${shareId}/details`;
}

export class PeerDetails {
  readonly #options: PeerDetailsOptions;
  readonly #followed = new Map<string, Followed>();
  readonly #states = new Map<string, DetailState>();
  readonly #slots = new Slots(detailLimits.fetchesAtOnce);
  readonly #running = new Set<Promise<void>>();
  #loading: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: PeerDetailsOptions) {
    this.#options = options;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { retry, stop } of this.#followed.values()) {
      clearTimeout(retry);
      stop.abort();
    }
    await Promise.all(this.#running);
    await Promise.all([...this.#followed.values()].map(({ feed }) => feed.close()));
  }

  /** What they take of this disk. */
  bytesOf(peerId: PeerId, shareId: ShareId): number {
    return this.#states.get(`${peerId}/${shareId}`)?.bytes ?? 0;
  }

  /** The share was announced, has another index, or can be fetched from somebody else. */
  look(peerId: PeerId, shareId: ShareId): void {
    if (this.#isClosed) return;
    const key = `${peerId}/${shareId}`;
    const details = this.#options.share(peerId, shareId)?.announcement?.details;
    const known = this.#followed.get(key);
    if (known === undefined && details === undefined && !this.#states.has(key)) return;
    const followed = known ?? this.#follow(peerId, shareId);
    this.#takeSources(followed);
    if (!this.#isUpToDate(key, details)) this.#run(followed);
  }

  /** Names that are gone. */
  changed(peerId: PeerId, shareId: ShareId, delta: Delta): void {
    const key = `${peerId}/${shareId}`;
    if ((this.#states.get(key)?.files ?? 0) === 0) return;
    const folders = delta.folders.filter(({ removed }) => removed.length > 0).map(({ path, removed }) => ({ path, removed }));
    if (folders.length > 0) this.#options.store.ask('forget', { key, folders }).catch((error: unknown) => this.#note(error));
  }

  /** The share is gone: what was known of its files goes, too. */
  async gone(peerId: PeerId, shareId: ShareId, announcement: ShareAnnouncement): Promise<void> {
    const key = `${peerId}/${shareId}`;
    const followed = this.#followed.get(key);
    this.#followed.delete(key);
    clearTimeout(followed?.retry);
    followed?.stop.abort();
    await followed?.running;
    const state = this.#states.get(key);
    this.#states.delete(key);
    if (announcement.details === undefined && state === undefined) return;
    const feed = followed?.feed ?? new PeerFeed(this.#options.feeds, detailsHolder(peerId, shareId));
    for (const feedKey of [announcement.details?.feedKey, state?.feedKey]) if (feedKey) await feed.letGo(feedKey);
    await this.#options.store.ask('remove', { key });
  }

  /** Whether blocks of this feed are here, to be passed on. */
  async isHeld(peerId: PeerId, shareId: ShareId, feedKey: Uint8Array): Promise<boolean> {
    await this.#load();
    const state = this.#states.get(`${peerId}/${shareId}`);
    return state !== undefined && state.length > 0 && state.refusal === '' && isSame(state.feedKey, feedKey);
  }

  #isUpToDate(key: string, details: ShareAnnouncement['details']): boolean {
    const state = this.#states.get(key);
    if (state === undefined || details === undefined || !isSame(state.feedKey, details.feedKey)) return false;
    return state.refusal !== '' || state.length >= details.feedLength;
  }

  #follow(peerId: PeerId, shareId: ShareId): Followed {
    const followed: Followed = {
      ...{ peerId, shareId, feed: new PeerFeed(this.#options.feeds, detailsHolder(peerId, shareId)) },
      ...{ running: undefined, isAskedAgain: false, retry: undefined, stop: new AbortController() },
      waitMs: localLimits.reconnectMinMs,
    };
    this.#followed.set(`${peerId}/${shareId}`, followed);
    return followed;
  }

  #takeSources({ peerId, shareId, feed }: Followed): void {
    const sources = this.#options.share(peerId, shareId)?.sources ?? new Map<PeerSession, { isOwner: boolean }>();
    for (const session of [...feed.sources.keys()]) if (!sources.has(session)) feed.leave(session);
    for (const [session, { isOwner }] of sources) feed.offer(session, isOwner);
  }

  #run(followed: Followed): void {
    if (followed.running !== undefined) {
      followed.isAskedAgain = true;
      return;
    }
    clearTimeout(followed.retry);
    const running = this.#slots
      .run(() => this.#update(followed))
      .then(() => {
        followed.waitMs = localLimits.reconnectMinMs;
      })
      .catch((error: unknown) => {
        if (followed.stop.signal.aborted || this.#isClosed) return;
        this.#note(error);
        // What may be kept of this peer is used up: tried again when something changes.
        if (!followed.feed.hasOpenSource || asAppError(error).kind === 'too-large') return;
        followed.retry = setTimeout(() => this.#run(followed), followed.waitMs).unref();
        followed.waitMs = Math.min(followed.waitMs * 2, localLimits.reconnectMaxMs);
      })
      .finally(() => {
        this.#running.delete(running);
        followed.running = undefined;
        const isAsked = followed.isAskedAgain;
        followed.isAskedAgain = false;
        if (isAsked && !followed.stop.signal.aborted && !this.#isClosed) this.#run(followed);
      });
    this.#running.add(running);
    followed.running = running;
  }

  async #update(followed: Followed): Promise<void> {
    const { peerId, shareId, feed, stop } = followed;
    await this.#load();
    if (stop.signal.aborted) return;
    const key = `${peerId}/${shareId}`;
    const share = this.#options.share(peerId, shareId);
    const announcement = share?.announcement;
    if (announcement === undefined) return;
    const { details } = announcement;
    const before = this.#states.get(key);
    if (before !== undefined && (details === undefined || !isSame(details.feedKey, before.feedKey))) {
      this.#states.delete(key);
      await feed.letGo(before.feedKey);
      await this.#options.store.ask('remove', { key });
      this.#options.onChange(peerId, shareId);
    }
    if (details === undefined) return;
    const state = this.#states.get(key) ?? (await this.#begin(key, details.feedKey));
    if (state.refusal !== '' || state.length >= details.feedLength || !feed.hasOpenSource) return;
    this.#checkRoom(peerId);
    try {
      await this.#fetch(followed, announcement, details);
    } catch (thrown) {
      const error = asAppError(thrown);
      if (error.kind !== 'protocol') throw thrown;
      const refused = await this.#refuse(followed, details.feedKey, error);
      if (!refused) throw thrown;
    } finally {
      await feed.close();
    }
  }

  async #fetch(
    followed: Followed,
    announcement: ShareAnnouncement,
    details: NonNullable<ShareAnnouncement['details']>,
  ): Promise<void> {
    const { peerId, shareId, feed, stop } = followed;
    const key = `${peerId}/${shareId}`;
    const { store } = this.#options;
    const remote = await feed.open({ feedKey: details.feedKey, encryptionKey: detailsKeyOf(announcement.encryptionKey) });
    await remote.reading(
      async (blocks, { signal }) => {
        const start = this.#states.get(key)?.length ?? 0;
        for (let index = start; index < details.feedLength; index++) {
          await this.#namesFirst(signal);
          const block = await blocks.block(index);
          signal.throwIfAborted();
          this.#checkRoom(peerId);
          const view = (): IndexView | undefined => this.#options.share(peerId, shareId)?.view;
          this.#states.set(key, await store.take(key, index, block, view));
        }
        this.#options.onChange(peerId, shareId);
      },
      { signal: stop.signal },
    );
  }

  async #begin(key: string, feedKey: Uint8Array): Promise<DetailState> {
    await this.#options.store.ask('begin', { key, feedKey, isOfContent: true });
    const empty = { length: 0, feedRecords: 0, files: 0, bytes: 0, previewBytes: 0, doneLength: 0, refusal: '' };
    const state = { key, feedKey, isOfContent: true, ...empty };
    this.#states.set(key, state);
    return state;
  }

  async #refuse({ peerId, shareId, feed }: Followed, feedKey: Uint8Array, error: AppError): Promise<boolean> {
    const key = `${peerId}/${shareId}`;
    const state = this.#states.get(key);
    if (state === undefined || !isSame(state.feedKey, feedKey)) return false;
    const { store, log } = this.#options;
    await store.ask('refuse', { key, feedKey, refusal: error.message });
    this.#states.set(key, { ...state, length: 0, files: 0, bytes: 0, refusal: error.message });
    await feed.letGo(feedKey);
    log.warn(`What ${peerId} tells of its files is refused: ${error.message}`);
    this.#options.onHostile(peerId, error.message);
    this.#options.onChange(peerId, shareId);
    return true;
  }

  #checkRoom(peerId: PeerId): void {
    let bytes = 0;
    for (const [key, state] of this.#states) if (key.startsWith(`${peerId}/`)) bytes += state.bytes;
    const quotaBytes = this.#options.peerDiskBytes ?? detailLimits.peerDiskBytes;
    if (bytes <= quotaBytes) return;
    const quota = `${Math.floor(quotaBytes / 2 ** 20)} MiB`;
    throw new AppError('too-large', `What one peer tells of its files may take ${quota} of this disk; the rest is left out.`);
  }

  /** Waits while names come, which a person waits for. */
  async #namesFirst(signal: AbortSignal): Promise<void> {
    while (this.#options.areNamesComing() && !signal.aborted)
      await new Promise<void>((resolve) => setTimeout(resolve, namesPauseMs).unref());
  }

  #load(): Promise<void> {
    this.#loading ??= this.#options.store
      .ask('states', undefined)
      .then((states) => {
        for (const state of states) this.#states.set(state.key, state);
      })
      .catch((error: unknown) => {
        this.#loading = undefined;
        throw error;
      });
    return this.#loading;
  }

  #note(error: unknown): void {
    const { kind, message } = asAppError(error);
    if (kind !== 'cancelled') this.#options.log[kind === 'unavailable' ? 'debug' : 'warn'](message);
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
