// Requests of searching, and of searches that are watched.

import type { WatchId } from '../../protocol/ids.ts';
import { isWatchId } from '../../protocol/ids.ts';
import type { SearchHit, SearchPage, WatchedSearch } from '../../protocol/model.ts';
import { searchLimits, wireLimits } from '../limits.ts';
import { pageFields } from './catalog.ts';
import type { Handlers } from './handlers.ts';
import { type Fields, invalid, optionalTextField, textField } from './params.ts';

export interface SearchAnswers {
  search: {
    query(text: string, options: { offset: number; limit: number; signal: AbortSignal }): Promise<SearchPage>;
    /** Asks connected peers whose index is not here. Goes on after the answer, until it is done or aborted; never rejects. */
    live(text: string, options: { signal: AbortSignal; onHits(hits: SearchHit[], isDone: boolean): void }): void;
  };
  watches: {
    list(): WatchedSearch[] | Promise<WatchedSearch[]>;
    add(text: string): Promise<WatchedSearch>;
    remove(watchId: WatchId): void;
    seen(watchId: WatchId): Promise<WatchedSearch>;
  };
}

export function searchHandlers({ search, watches }: SearchAnswers): Handlers<'search' | 'watches'> {
  return {
    'search/query': (fields, { signal, caller }) => {
      const text = queryField(fields);
      const liveToken = optionalTextField(fields, 'liveToken', wireLimits.textCharacters);
      const page = search.query(text, { ...pageFields(fields, searchLimits.pageHits), signal });
      if (liveToken !== undefined)
        search.live(text, {
          signal: AbortSignal.any([signal, caller.gone]),
          onHits: (hits, isDone) => caller.notify('search/live', { liveToken, hits, isDone }),
        });
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

function queryField(fields: Fields): string {
  return textField(fields, 'query', searchLimits.queryCharacters);
}

function watchIdField(fields: Fields): WatchId {
  const value = fields['watchId'];
  if (typeof value !== 'string' || !isWatchId(value)) throw invalid('watchId', 'a watch id of 26 z-base-32 characters');
  return value;
}
