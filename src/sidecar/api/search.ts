// Requests of searching, and of searches that are watched.

import type { WatchId } from '../../protocol/ids.ts';
import { isWatchId } from '../../protocol/ids.ts';
import type { SearchHit, SearchPage, WatchedSearch } from '../../protocol/model.ts';
import { searchLimits, wireLimits } from '../limits.ts';
import { pageFields } from './catalog.ts';
import type { Caller, Handlers } from './handlers.ts';
import { type Fields, invalid, optionalTextField, textField } from './params.ts';

export interface SearchAnswers {
  search: { query(text: string, options: { offset: number; limit: number; signal: AbortSignal }): Promise<SearchPage> };
  /** Asks connected peers whose index is not here. Goes on after `start`, until it is done or aborted; never throws. */
  live: { start(text: string, options: { signal: AbortSignal; onHits(hits: SearchHit[], isDone: boolean): void }): void };
  watches: {
    list(): Promise<WatchedSearch[]>;
    add(text: string): Promise<WatchedSearch>;
    remove(watchId: WatchId): void;
    seen(watchId: WatchId): Promise<WatchedSearch>;
  };
}

export function searchHandlers({ search, live, watches }: SearchAnswers): Handlers<'search' | 'watches'> {
  const running = new WeakMap<Caller, Map<string, AbortController>>();
  return {
    'search/query': async (fields, { signal, caller }) => {
      const text = queryField(fields);
      const liveToken = optionalTextField(fields, 'liveToken', wireLimits.textCharacters);
      const page = search.query(text, { ...pageFields(fields, searchLimits.pageHits), signal });
      if (liveToken !== undefined) {
        const ended = takePlace(running, caller, liveToken);
        live.start(text, {
          signal: AbortSignal.any([signal, caller.gone, ended.signal]),
          onHits: (hits, isDone) => {
            if (isDone) leavePlace(running, caller, liveToken, ended);
            caller.notify('search/live', { liveToken, hits, isDone });
          },
        });
      }
      return page;
    },
    'watches/list': () => watches.list(),
    'watches/add': (fields) => watches.add(queryField(fields)),
    'watches/remove': (fields) => {
      watches.remove(watchIdField(fields));
      return {};
    },
    'watches/seen': (fields) => watches.seen(watchIdField(fields)),
  };
}

type Places = WeakMap<Caller, Map<string, AbortController>>;

/** A client's live searches under way: the same token again ends the one before, and one too many the oldest. */
function takePlace(running: Places, caller: Caller, liveToken: string): AbortController {
  const places = running.get(caller) ?? new Map<string, AbortController>();
  running.set(caller, places);
  places.get(liveToken)?.abort();
  places.delete(liveToken);
  const [oldest] = places;
  if (oldest !== undefined && places.size >= searchLimits.liveAtOnce) {
    const [token, place] = oldest;
    place.abort();
    places.delete(token);
    caller.notify('search/live', { liveToken: token, hits: [], isDone: true });
  }
  const place = new AbortController();
  places.set(liveToken, place);
  return place;
}

function leavePlace(running: Places, caller: Caller, liveToken: string, place: AbortController): void {
  const places = running.get(caller);
  if (places?.get(liveToken) === place) places.delete(liveToken);
}

function queryField(fields: Fields): string {
  return textField(fields, 'query', searchLimits.queryCharacters);
}

function watchIdField(fields: Fields): WatchId {
  const value = fields['watchId'];
  if (typeof value !== 'string' || !isWatchId(value)) throw invalid('watchId', 'a watch id of 26 z-base-32 characters');
  return value;
}
