// Requests about files fetched for opening, downloads and uploads.

import { localLimits } from '../limits.ts';
import type { Downloads } from '../transfers/downloads.ts';
import type { Fetches } from '../transfers/fetches.ts';
import type { Uploads } from '../transfers/uploads.ts';
import type { Handlers } from './handlers.ts';
import { absolutePathField, downloadIdField, entryField, wholeField } from './params.ts';
import { progressOf } from './progress.ts';

export function transferHandlers(parts: {
  fetches: Fetches;
  downloads: Downloads;
  uploads: Uploads;
}): Handlers<'files' | 'downloads' | 'uploads'> {
  const { fetches, downloads, uploads } = parts;
  return {
    'files/fetch': (fields, { signal, caller }) => {
      const onProgress = progressOf(fields, caller);
      const maxBytes = wholeField(fields, 'maxBytes', {
        min: 0,
        max: Number.MAX_SAFE_INTEGER,
        otherwise: Number.MAX_SAFE_INTEGER,
      });
      return fetches.fetch(entryField(fields), { maxBytes, signal, onProgress });
    },
    'files/fetchRange': (fields, { signal }) => {
      const offset = wholeField(fields, 'offset', { min: 0, max: Number.MAX_SAFE_INTEGER });
      const length = wholeField(fields, 'length', { min: 0, max: localLimits.rangeBytes });
      return fetches.fetchRange(entryField(fields), { offset, length, signal });
    },
    'downloads/add': (fields) => {
      const folder = fields['folder'] === undefined ? undefined : absolutePathField(fields, 'folder');
      return downloads.add(entryField(fields), folder === undefined ? {} : { folder });
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
