// Requests about what the catalog knows: shares, folders, the merged tree, what is new. Never touches the network.

import { AppError } from '../../protocol/errors.ts';
import type { ContentId, PeerId } from '../../protocol/ids.ts';
import type {
  CatalogShare,
  Entry,
  EntryDetails,
  EntryRef,
  ListOrder,
  ListPage,
  MergedPage,
  SearchHit,
} from '../../protocol/model.ts';
import { indexLimits, localLimits, searchLimits, wireLimits } from '../limits.ts';
import type { Handlers } from './handlers.ts';
import { contentIdField, entryField, type Fields, peerIdField, textField, wholeField } from './params.ts';

interface Page {
  offset: number;
  limit: number;
}

export interface CatalogAnswers {
  catalog: {
    shares(peerId?: PeerId): CatalogShare[];
    list(ref: EntryRef, page: Page): ListPage;
    stat(ref: EntryRef): Entry | undefined;
  };
  /** Folders in the editor's order. */
  sorted: { list(ref: EntryRef, page: Page & { signal: AbortSignal }): Promise<ListPage> };
  merged: { list(path: string, page: Page & { signal: AbortSignal }): Promise<MergedPage> };
  details: { of(ref: EntryRef): Promise<EntryDetails>; holders(contentId: ContentId): Promise<EntryRef[]> };
  search: {
    recent(options: Page & { peerId?: PeerId; signal: AbortSignal }): Promise<{ hits: SearchHit[]; total: number }>;
  };
}

export function catalogHandlers({ catalog, sorted, merged, details, search }: CatalogAnswers): Handlers<'catalog'> {
  return {
    'catalog/shares': (fields) => catalog.shares(fields['peerId'] === undefined ? undefined : peerIdField(fields)),
    'catalog/list': (fields, { signal }) => {
      const page = pageFields(fields, localLimits.pageEntries);
      const ref = entryField(fields);
      return orderField(fields) === 'editor' ? sorted.list(ref, { ...page, signal }) : catalog.list(ref, page);
    },
    'catalog/merged': (fields, { signal }) => {
      const path = textField(fields, 'path', indexLimits.pathBytes + wireLimits.textCharacters + 1);
      return merged.list(path, { ...pageFields(fields, localLimits.pageEntries), signal });
    },
    'catalog/recent': (fields, { signal }) => {
      const peerId = fields['peerId'] === undefined ? undefined : peerIdField(fields);
      const page = pageFields(fields, searchLimits.pageHits);
      return search.recent({ ...page, ...(peerId !== undefined && { peerId }), signal });
    },
    'catalog/stat': (fields) => {
      const ref = entryField(fields);
      const entry = catalog.stat(ref);
      if (entry) return entry;
      catalog.list({ ...ref, path: '' }, { offset: 0, limit: 0 }); // Says when there is no such share, or no index of it yet.
      throw noSuchEntry(ref);
    },
    'catalog/details': (fields) => details.of(entryField(fields)),
    'catalog/holders': (fields) => details.holders(contentIdField(fields)),
  };
}

/** `offset` and `limit`; left out, the first page of the largest size. */
export function pageFields(fields: Fields, most: number): Page {
  return {
    offset: wholeField(fields, 'offset', { min: 0, max: Number.MAX_SAFE_INTEGER, otherwise: 0 }),
    limit: wholeField(fields, 'limit', { min: 1, max: most, otherwise: most }),
  };
}

function orderField(fields: Fields): ListOrder {
  const order = fields['order'] ?? 'index';
  if (order === 'index' || order === 'editor') return order;
  throw new AppError('invalid-argument', 'The parameter order is not index or editor.');
}

function noSuchEntry(ref: EntryRef): AppError {
  return new AppError(
    'not-found',
    `The index has no ${JSON.stringify(ref.path)}. It may have been removed by its owner; list the folder again.`,
  );
}
