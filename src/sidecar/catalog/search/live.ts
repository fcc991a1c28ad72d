// Live search: asks connected peers, whose shares cannot be searched here yet, to look themselves. Their hits come as they answer.

import { AppError } from '../../../protocol/errors.ts';
import type { PeerId, ShareId } from '../../../protocol/ids.ts';
import type { CatalogShare, SearchHit } from '../../../protocol/model.ts';
import { searchLimits, wireLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import type { PeerSession, RemoteSearchHit } from '../../wire/services.ts';
import { fold } from './fold.ts';
import { matchRanges } from './matchRanges.ts';
import { parseQuery, type Query } from './query.ts';
import { sharesInScope, type World } from './scope.ts';
import { dress } from './search.ts';

export interface LiveOptions {
  search: { world(): World; isSearchable(share: CatalogShare): boolean };
  /** The session of a connected peer. */
  source(peerId: PeerId): Pick<PeerSession, 'search'> | undefined;
  log: Log;
}

export class LiveSearch {
  readonly #options: LiveOptions;
  readonly #running = new Set<AbortController>();

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  /**
   * `onHits` is called as answers come, the last time with `isDone`; not any more after `signal` aborts. Bounded by searchLimits.livePeers,
   * liveHits and queryMs. Never throws: a query that is not understood is told by the search itself.
   */
  start(text: string, options: { signal: AbortSignal; onHits(hits: SearchHit[], isDone: boolean): void }): void {
    const stop = new AbortController();
    this.#running.add(stop);
    const signal = AbortSignal.any([options.signal, stop.signal]);
    const tell = (hits: SearchHit[], isDone: boolean): void => {
      if (!signal.aborted) options.onHits(hits, isDone);
    };
    void this.#ask(text, signal, (hits) => tell(hits, false))
      .catch((error: unknown) => this.#options.log.debug(`Live search: ${String(error)}`))
      .finally(() => {
        tell([], true);
        this.#running.delete(stop);
      });
  }

  close(): void {
    for (const stop of this.#running) stop.abort();
  }

  async #ask(text: string, signal: AbortSignal, onHits: (hits: SearchHit[]) => void): Promise<void> {
    const query = parseQuery(text);
    const world = this.#options.search.world();
    const asked = new Map<PeerId, CatalogShare[]>();
    for (const share of sharesInScope(query.scope, world)) {
      const isWanted =
        !share.isOwn && share.isOnline && share.indexState !== 'refused' && !this.#options.search.isSearchable(share);
      if (!isWanted) continue;
      const shares = asked.get(share.peerId);
      if (shares !== undefined) shares.push(share);
      else if (asked.size < searchLimits.livePeers) asked.set(share.peerId, [share]);
    }
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(Math.min(searchLimits.queryMs, wireLimits.searchMs))]);
    await Promise.all(
      [...asked].map(async ([peerId, shares]) => {
        try {
          const hits = await this.#askOne(peerId, shares, { query, signal: deadline });
          if (hits.length > 0)
            onHits(hits.map(({ hit, share }) => dress({ ...hit, matches: matchRanges(hit.path, query.terms) }, share, world)));
        } catch (error) {
          if (!deadline.aborted) this.#options.log.debug(`${peerId} did not answer a search: ${reasonOf(error)}`);
        }
      }),
    );
  }

  async #askOne(
    peerId: PeerId,
    shares: readonly CatalogShare[],
    options: { query: Query; signal: AbortSignal },
  ): Promise<{ hit: RemoteSearchHit; share: CatalogShare }[]> {
    const session = this.#options.source(peerId);
    if (session === undefined || options.query.unscopedText === '') return [];
    const byId = new Map<ShareId, CatalogShare>(shares.map((share) => [share.shareId, share]));
    const limit = Math.min(searchLimits.liveHits, wireLimits.searchHits);
    const hits = await session.search(
      { query: options.query.unscopedText, shareIds: [...byId.keys()], limit },
      { signal: options.signal },
    );
    const seen = new Set<string>();
    return hits.slice(0, limit).flatMap((hit) => {
      const share = byId.get(hit.shareId); // What was not asked for is not taken.
      const id = `${hit.shareId}/${hit.path}`;
      if (share === undefined || seen.has(id) || !hasTerms(hit.path, options.query)) return [];
      seen.add(id);
      return [{ hit, share }];
    });
  }
}

/** A peer that answers with something else than was asked for does not get it shown. */
function hasTerms(path: string, { terms, excluded }: Query): boolean {
  const folded = `/${fold(path)}`;
  return terms.every((term) => folded.includes(term)) && !excluded.some((term) => folded.includes(term));
}

function reasonOf(error: unknown): string {
  return error instanceof AppError || error instanceof Error ? error.message : String(error);
}
