// Requests about own shares and about what the catalog knows.

import { AppError } from '../../protocol/errors.ts';
import type { CatalogShare, Entry, EntryRef, ListPage } from '../../protocol/model.ts';
import type { PeerId } from '../../protocol/ids.ts';
import { localLimits, wireLimits } from '../limits.ts';
import type { Shares } from '../shares/shares.ts';
import type { Handlers } from './handlers.ts';
import { absolutePathField, entryField, optionalTextField, peerIdField, shareIdField, textField, wholeField } from './params.ts';
import { progressOf } from './progress.ts';

export function shareHandlers(shares: Shares): Handlers<'shares'> {
  return {
    'shares/list': () => shares.list(),
    'shares/preview': (fields, { signal, caller }) => {
      const report = progressOf(fields, caller);
      return shares.preview(absolutePathField(fields, 'path'), { signal, onProgress: (entries) => report(entries, 0) });
    },
    'shares/add': (fields) => {
      const title = optionalTextField(fields, 'title', wireLimits.textCharacters);
      return shares.add(absolutePathField(fields, 'path'), title === undefined ? {} : { title });
    },
    'shares/rename': (fields) => shares.rename(shareIdField(fields), textField(fields, 'title', wireLimits.textCharacters)),
    'shares/remove': async (fields) => {
      await shares.remove(shareIdField(fields));
      return {};
    },
    'shares/rescan': (fields) => shares.rescan(shareIdField(fields)),
  };
}

/** What of the catalog is answered from here; never touches the network. */
export interface CatalogReader {
  shares(peerId?: PeerId): CatalogShare[];
  list(ref: EntryRef, page: { offset: number; limit: number }): ListPage;
  stat(ref: EntryRef): Entry | undefined;
}

export function catalogHandlers(catalog: CatalogReader): Handlers<'catalog'> {
  return {
    'catalog/shares': (fields) => catalog.shares(fields['peerId'] === undefined ? undefined : peerIdField(fields)),
    'catalog/list': (fields) => {
      const offset = wholeField(fields, 'offset', { min: 0, max: Number.MAX_SAFE_INTEGER, otherwise: 0 });
      const limit = wholeField(fields, 'limit', { min: 1, max: localLimits.pageEntries, otherwise: localLimits.pageEntries });
      return catalog.list(entryField(fields), { offset, limit });
    },
    'catalog/stat': (fields) => {
      const ref = entryField(fields);
      const entry = catalog.stat(ref);
      if (!entry) throw noSuchEntry(ref);
      return entry;
    },
  };
}

function noSuchEntry(ref: EntryRef): AppError {
  return new AppError(
    'not-found',
    `The index has no ${JSON.stringify(ref.path)}. It may have been removed by its owner; list the folder again.`,
  );
}
