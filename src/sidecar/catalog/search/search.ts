// Searching as clients ask for it: tells the engine of every index, turns `peer:`, `party:` and `share:` into shares, and says of each hit
// whose it is and whether its owner is here. How names are found is the engine's.

import { AppError } from '../../../protocol/errors.ts';
import { isPeerId, isShareId, type PeerId, type ShareId } from '../../../protocol/ids.ts';
import type { CatalogShare, PartyInfo, PeerInfo, SearchHit, SearchPage } from '../../../protocol/model.ts';
import { searchLimits } from '../../limits.ts';
import type { RemoteSearchHit, RemoteSearchRequest, SearchServer } from '../../wire/services.ts';
import type { IndexListener } from '../index/indexListener.ts';
import type { IndexView } from '../index/indexView.ts';
import type { Delta } from '../index/rows.ts';
import type { PageOptions, RawHit, SearchEngine } from './engine.ts';
import { parseQuery } from './query.ts';
import { isScoped, keyOf, sharesInScope, type World } from './scope.ts';

export interface SearchOptions {
  engine: Pick<SearchEngine, 'put' | 'change' | 'remove' | 'query' | 'recent' | 'isReady' | 'searchable'>;
  own: { peerId: PeerId; name(): string };
  catalog: { shares(): CatalogShare[] };
  peers: { get(peerId: PeerId): PeerInfo | undefined };
  parties: { list(): PartyInfo[] };
  /** A share that had no search data, or older ones, can be searched. */
  onSearchable(peerId: PeerId, shareId: ShareId): void;
}

export class Search implements IndexListener, SearchServer {
  readonly #options: SearchOptions;
  /** Shares whose search data is being made. */
  readonly #building = new Set<string>();
  #isWaiting = false;

  constructor(options: SearchOptions) {
    this.#options = options;
  }

  indexed(peerId: PeerId, shareId: ShareId, view: IndexView): void {
    const key = keyOf({ peerId, shareId });
    this.#options.engine.put(key, { segmentPath: view.segment.path, overlay: view.overlay });
    this.#building.add(key);
    void this.#tellSearchable();
  }

  changed(peerId: PeerId, shareId: ShareId, delta: Delta): void {
    this.#options.engine.change(keyOf({ peerId, shareId }), delta);
  }

  gone(peerId: PeerId, shareId: ShareId): void {
    this.#options.engine.remove(keyOf({ peerId, shareId }));
    this.#building.delete(keyOf({ peerId, shareId }));
  }

  /** Resolves when every index told so far is searched. */
  searchable(): Promise<void> {
    return this.#options.engine.searchable();
  }

  /** Throws `invalid-argument` (what of the query is not understood), `cancelled`, `unavailable` past searchLimits.queryMs. */
  async query(text: string, options: Omit<PageOptions, 'keys'>): Promise<SearchPage> {
    const startedAtMs = performance.now();
    const query = parseQuery(text);
    const world = this.world();
    const inScope = sharesInScope(query.scope, world);
    const searched = inScope.filter((share) => this.isSearchable(share));
    const keys = isScoped(query.scope) ? { keys: searched.map(keyOf) } : {};
    const page = await bounded(options.signal, (signal) => this.#options.engine.query(query, { ...options, ...keys, signal }));
    return {
      hits: this.#hits(page.hits, world),
      total: page.total,
      isFuzzy: page.isFuzzy,
      searchedShares: searched.length,
      missingShares: inScope.length - searched.length,
      tookMs: Math.round((performance.now() - startedAtMs) * 10) / 10,
    };
  }

  /** Exact matches of a query, in these shares, dressed. `total` counts none that are only similar. */
  async matches(
    text: string,
    options: Omit<PageOptions, 'keys'> & { keys?: ReadonlySet<string> },
  ): Promise<{ hits: SearchHit[]; total: number }> {
    const { offset, limit, signal, keys: within } = options;
    const query = parseQuery(text);
    const world = this.world();
    const keys = sharesInScope(query.scope, world)
      .map(keyOf)
      .filter((key) => within?.has(key) !== false);
    // Similar names only come where few match: asked for that many, all exact ones are on the first page.
    const asked = { keys, offset, limit: Math.max(limit, searchLimits.littleFound) };
    const page = await bounded(signal, (until) => this.#options.engine.query(query, { ...asked, signal: until }));
    const exact = page.isFuzzy ? page.hits.filter(({ isFuzzy }) => !isFuzzy) : page.hits;
    return { hits: this.#hits(exact, world).slice(0, limit), total: page.isFuzzy ? offset + exact.length : page.total };
  }

  /** Files newest first, of all others or of one peer (also ourselves). */
  async recent(options: Omit<PageOptions, 'keys'> & { peerId?: PeerId }): Promise<{ hits: SearchHit[]; total: number }> {
    const { peerId } = options;
    const world = this.world();
    const keys = world.shares.filter((share) => (peerId === undefined ? !share.isOwn : share.peerId === peerId)).map(keyOf);
    const { offset, limit } = options;
    const page = await bounded(options.signal, (signal) => this.#options.engine.recent({ keys, offset, limit, signal }));
    return { hits: this.#hits(page.hits, world), total: page.total };
  }

  /** Answers a peer from our own shares. Who may ask is decided before. */
  async search(_peerId: PeerId, request: RemoteSearchRequest, options: { signal: AbortSignal }): Promise<RemoteSearchHit[]> {
    const query = parseQuery(request.query);
    if (isScoped(query.scope)) throw new AppError('invalid-argument', 'A peer is not asked by peer:, party: or share:.');
    const own = this.#options.own.peerId;
    const wanted = new Set(request.shareIds);
    const keys = this.#options.catalog
      .shares()
      .filter((share) => share.peerId === own && (wanted.size === 0 || wanted.has(share.shareId)))
      .map(keyOf);
    const { limit } = request;
    const page = await bounded(options.signal, (signal) => this.#options.engine.query(query, { keys, offset: 0, limit, signal }));
    return page.hits.flatMap(({ key, path, kind, sizeBytes, mtimeMs, isFuzzy }) => {
      const ids = idsOf(key);
      return ids === undefined || isFuzzy ? [] : [{ shareId: ids.shareId, path, kind, sizeBytes, mtimeMs }];
    });
  }

  /** What a hit is dressed with. */
  world(): World {
    const { catalog, peers, parties, own } = this.#options;
    return {
      shares: catalog.shares(),
      peers: { get: remembering((peerId: PeerId) => peers.get(peerId)) },
      parties: parties.list(),
      ownName: own.name(),
    };
  }

  /** One wait at a time, for what is being made. */
  async #tellSearchable(): Promise<void> {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    try {
      while (this.#building.size > 0) {
        await this.#options.engine.searchable();
        const done = [...this.#building].filter((key) => this.#options.engine.isReady(key));
        if (done.length === 0) break; // Of none can be made what it takes: the engine has said why.
        for (const key of done) {
          this.#building.delete(key);
          const ids = idsOf(key);
          if (ids !== undefined) this.#options.onSearchable(ids.peerId, ids.shareId);
        }
      }
    } catch {
      // The worker ended, which the engine logs; with the next index it is waited for again.
    } finally {
      this.#isWaiting = false;
    }
  }

  /** Whether queries cover the share now: its index is here, and its search data is made. */
  isSearchable(share: CatalogShare): boolean {
    return share.updatedAtMs !== undefined && this.#options.engine.isReady(keyOf(share));
  }

  /** Hits of shares that went meanwhile are left out. */
  #hits(raw: readonly RawHit[], world: World): SearchHit[] {
    const shares = new Map(world.shares.map((share) => [keyOf(share), share]));
    return raw.flatMap((hit) => {
      const share = shares.get(hit.key);
      return share === undefined ? [] : [dress(hit, share, world)];
    });
  }
}

/** A hit with what is known of its owner. */
export function dress(hit: Omit<RawHit, 'key' | 'isFuzzy'>, share: CatalogShare, world: World): SearchHit {
  const { peerId, shareId, title, isOwn } = share;
  const peer = world.peers.get(peerId);
  const isOnline = isOwn || share.isOnline;
  return {
    entry: { peerId, shareId, path: hit.path },
    ...{ kind: hit.kind, sizeBytes: hit.sizeBytes, mtimeMs: hit.mtimeMs, matches: hit.matches },
    peerName: isOwn ? world.ownName : (peer?.name ?? peerId.slice(0, 8)),
    shareTitle: title,
    ...(hit.excerpt !== undefined && { excerpt: hit.excerpt }),
    isOwn,
    isOnline,
    ...(!isOnline && peer?.lastSeenMs !== undefined && { lastSeenMs: peer.lastSeenMs }),
  };
}

export function idsOf(key: string): { peerId: PeerId; shareId: ShareId } | undefined {
  const [peerId = '', shareId = ''] = key.split('/');
  return isPeerId(peerId) && isShareId(shareId) ? { peerId, shareId } : undefined;
}

/** Asked once a key: a page of hits is of few peers. */
function remembering<K, V>(ask: (key: K) => V): (key: K) => V {
  const known = new Map<K, { value: V }>();
  return (key) => {
    const remembered = known.get(key) ?? { value: ask(key) };
    known.set(key, remembered);
    return remembered.value;
  };
}

/** Ends the work past searchLimits.queryMs, with `unavailable`. */
async function bounded<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const deadline = AbortSignal.timeout(searchLimits.queryMs);
  try {
    return await work(AbortSignal.any([signal, deadline]));
  } catch (error) {
    if (signal.aborted) throw new AppError('cancelled', 'The search was cancelled.', { cause: error });
    if (!deadline.aborted) throw error;
    const seconds = searchLimits.queryMs / 1000;
    throw new AppError('unavailable', `The search took longer than ${seconds} s. Ask for more letters, or for fewer peers.`);
  }
}
