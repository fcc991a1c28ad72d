// Searching as a person types: each key asks at once and cancels the question before, late answers are dropped, and once the query stands
// still, connected peers are asked whose list of files is not here yet. Must not know `vscode`.

import { randomUUID } from 'node:crypto';
import { asAppError, type AppError } from '../../protocol/errors.ts';
import type { SearchHit, SearchPage } from '../../protocol/model.ts';
import { limits } from '../limits.ts';
import type { Sidecar } from '../sidecar.ts';
import { hitKey } from './hits.ts';

export interface SearchState {
  /** As it was typed last, trimmed. */
  query: string;
  /** The newest answer, and the query that it answers; of an older query while the newest is being asked. */
  page?: SearchPage;
  pageQuery: string;
  /** The newest query failed: not understood, or nobody to ask. `page` is undefined then. */
  failure?: AppError;
  isAsking: boolean;
  /** What peers whose list is not here yet told; never what `page` has. */
  live: SearchHit[];
  isAskingLive: boolean;
}

const nothing: SearchState = { query: '', pageQuery: '', isAsking: false, live: [], isAskingLive: false };

export class SearchSession {
  readonly #sidecar: Pick<Sidecar, 'request' | 'on'>;
  readonly #onChange: (state: SearchState) => void;
  readonly #subscription: { dispose(): void };
  #state: SearchState = nothing;
  #abort: AbortController | undefined;
  #liveToken: string | undefined;
  #liveTimer: NodeJS.Timeout | undefined;

  constructor(sidecar: Pick<Sidecar, 'request' | 'on'>, onChange: (state: SearchState) => void) {
    this.#sidecar = sidecar;
    this.#onChange = onChange;
    this.#subscription = sidecar.on('search/live', ({ liveToken, hits, isDone }) => {
      if (liveToken === this.#liveToken) this.#addLive(hits, isDone);
    });
  }

  get state(): SearchState {
    return this.#state;
  }

  /** The query as it is now. Never rejects: what went wrong is in the state. */
  async search(text: string): Promise<void> {
    const query = text.trim().slice(0, limits.queryCharacters);
    this.#stop();
    if (query === '') {
      this.#set(nothing);
      return;
    }
    const abort = new AbortController();
    this.#abort = abort;
    const { page, pageQuery } = this.#state;
    // What was found before stays in sight until there is something newer.
    this.#set({ ...nothing, query, pageQuery, isAsking: true, ...(page === undefined ? {} : { page }) });
    try {
      const params = { query, offset: 0, limit: limits.findHits };
      const found = await this.#sidecar.request('search/query', params, { signal: abort.signal });
      if (this.#abort !== abort) return;
      this.#set({ ...nothing, query, page: found, pageQuery: query });
      if (found.missingShares > 0) this.#liveTimer = setTimeout(() => void this.#askLive(query, abort), limits.liveAfterMs);
    } catch (error) {
      if (this.#abort !== abort) return;
      this.#set({ ...nothing, query, pageQuery: query, failure: asAppError(error) });
    }
  }

  dispose(): void {
    this.#stop();
    this.#subscription.dispose();
  }

  #stop(): void {
    clearTimeout(this.#liveTimer);
    this.#abort?.abort();
    this.#abort = undefined;
    this.#liveToken = undefined;
  }

  async #askLive(query: string, abort: AbortController): Promise<void> {
    const liveToken = randomUUID();
    this.#liveToken = liveToken;
    this.#set({ ...this.#state, isAskingLive: true });
    try {
      // The page is here already; only the peers' answers, which come as notifications, are wanted.
      await this.#sidecar.request('search/query', { query, limit: 1, liveToken }, { signal: abort.signal });
    } catch {
      // A live answer is a bonus: what the catalog knows is shown, and the failure of the sidecar is told elsewhere.
      if (this.#liveToken === liveToken) this.#set({ ...this.#state, isAskingLive: false });
    }
  }

  #addLive(hits: readonly SearchHit[], isDone: boolean): void {
    const known = new Set([...(this.#state.page?.hits ?? []), ...this.#state.live].map(hitKey));
    const fresh = hits.filter((hit) => !known.has(hitKey(hit)));
    const live = [...this.#state.live, ...fresh].slice(0, limits.liveHits);
    this.#set({ ...this.#state, live, isAskingLive: !isDone });
  }

  #set(state: SearchState): void {
    this.#state = state;
    this.#onChange(state);
  }
}
