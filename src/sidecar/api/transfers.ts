// Requests about files fetched for opening, downloads and uploads.

import { AppError } from '../../protocol/errors.ts';
import type { EntryRef } from '../../protocol/model.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { localLimits } from '../limits.ts';
import type { Downloads } from '../transfers/downloads/downloads.ts';
import type { Fetches } from '../transfers/opening/fetches.ts';
import type { Uploads } from '../transfers/uploads/uploads.ts';
import type { Handlers } from './handlers.ts';
import { absolutePathField, downloadIdField, entryField, wholeField } from './params.ts';
import { progressOf } from './progress.ts';

export function transferHandlers(parts: {
  fetches: Pick<Fetches, 'fetch' | 'fetchRange'>;
  downloads: Pick<Downloads, 'add' | 'list' | 'cancel' | 'retry' | 'clear'>;
  uploads: Pick<Uploads, 'list'>;
  catalog: Pick<Catalog, 'list'>;
}): Handlers<'files' | 'downloads' | 'uploads'> {
  const { fetches, downloads, uploads, catalog } = parts;
  return {
    'files/fetch': (fields, { signal, caller }) => {
      const onProgress = progressOf(fields, caller);
      const maxBytes = wholeField(fields, 'maxBytes', {
        min: 0,
        max: Number.MAX_SAFE_INTEGER,
        otherwise: Number.MAX_SAFE_INTEGER,
      });
      return orWhy(catalog, entryField(fields), (ref) => fetches.fetch(ref, { maxBytes, signal, onProgress }));
    },
    'files/fetchRange': (fields, { signal }) => {
      const offset = wholeField(fields, 'offset', { min: 0, max: Number.MAX_SAFE_INTEGER });
      const length = wholeField(fields, 'length', { min: 0, max: localLimits.rangeBytes });
      return orWhy(catalog, entryField(fields), (ref) => fetches.fetchRange(ref, { offset, length, signal }));
    },
    'downloads/add': (fields) => {
      const folder = fields['folder'] === undefined ? undefined : absolutePathField(fields, 'folder');
      return orWhy(catalog, entryField(fields), async (ref) => downloads.add(ref, folder === undefined ? {} : { folder }));
    },
    'downloads/list': () => downloads.list(),
    'downloads/cancel': (fields) => downloads.cancel(downloadIdField(fields)),
    'downloads/retry': (fields) => downloads.retry(downloadIdField(fields)),
    'downloads/clear': async (fields) => {
      await downloads.clear(fields['downloadId'] === undefined ? undefined : downloadIdField(fields));
      return {};
    },
    'uploads/list': () => uploads.list(),
  };
}

/** What is not found because its share's index is not here yet (a hit of a live search) says that, and not that it is gone. */
async function orWhy<T>(catalog: Pick<Catalog, 'list'>, ref: EntryRef, work: (ref: EntryRef) => Promise<T>): Promise<T> {
  try {
    return await work(ref);
  } catch (error) {
    if (error instanceof AppError && error.kind === 'not-found') catalog.list({ ...ref, path: '' }, { offset: 0, limit: 0 });
    throw error;
  }
}
