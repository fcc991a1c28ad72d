// Requests about files fetched for opening, downloads, uploads, and what is remembered of both.

import { AppError } from '../../protocol/errors.ts';
import type { ContentId } from '../../protocol/ids.ts';
import type { ConflictPolicy, EntryRef, Priority, TransferRates } from '../../protocol/model.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { localLimits, transferLimits } from '../limits.ts';
import type { Downloads } from '../transfers/downloads/downloads.ts';
import type { Move } from '../transfers/downloads/queueOrder.ts';
import type { Direction, History } from '../transfers/history/history.ts';
import type { HeldContent } from '../transfers/held/heldContent.ts';
import { heldMarks } from '../transfers/held/heldMarks.ts';
import type { Fetches } from '../transfers/opening/fetches.ts';
import type { Uploads } from '../transfers/uploads/uploads.ts';
import type { Handlers } from './handlers.ts';
import {
  absolutePathField,
  contentIdField,
  downloadIdField,
  entriesField,
  entryField,
  type Fields,
  flagField,
  invalid,
  optionalDownloadIdField,
  optionalTextField,
  peerIdField,
  wholeField,
  wordField,
} from './params.ts';
import { progressOf } from './progress.ts';

const conflicts: readonly ConflictPolicy[] = ['keep-both', 'skip', 'overwrite'];
const priorities: readonly Priority[] = ['high', 'normal', 'low'];
const moves: readonly Move[] = ['top', 'up', 'down', 'bottom'];
const directions: readonly Direction[] = ['download', 'upload'];
const historyPage = 1000;

export interface TransferParts {
  fetches: Pick<Fetches, 'fetch' | 'fetchRange'>;
  downloads: Pick<Downloads, 'add' | 'list' | 'cancel' | 'retry' | 'clear' | 'pause' | 'resume' | 'prioritize' | 'move'>;
  uploads: Pick<Uploads, 'list' | 'refuse' | 'allow' | 'refused'>;
  history: Pick<History, 'list' | 'clear' | 'totals'>;
  rates: () => TransferRates;
  catalog: Pick<Catalog, 'list' | 'stat'>;
  held: Pick<HeldContent, 'find'>;
  /** The file to download for a content id. Rejects with `not-found`, `already-exists`. */
  holderOf(contentId: ContentId): Promise<EntryRef>;
}

export function transferHandlers(parts: TransferParts): Handlers<'files' | 'downloads' | 'uploads' | 'transfers'> {
  return { ...fileHandlers(parts), ...downloadHandlers(parts), ...uploadHandlers(parts), ...historyHandlers(parts) };
}

function fileHandlers({ fetches, catalog }: TransferParts): Handlers<'files'> {
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
  };
}

function downloadHandlers(parts: TransferParts): Handlers<'downloads'> {
  const { downloads, catalog } = parts;
  return {
    'downloads/add': async (fields) => {
      const folder = fields['folder'] === undefined ? undefined : absolutePathField(fields, 'folder');
      const conflict = wordField(fields, 'conflict', conflicts);
      const priority = wordField(fields, 'priority', priorities);
      const wanted = {
        ...(folder === undefined ? {} : { folder }),
        ...(conflict === undefined ? {} : { conflict }),
        ...(priority === undefined ? {} : { priority }),
        isPaused: flagField(fields, 'isPaused'),
      };
      if (fields['contentId'] !== undefined) return downloads.add(await parts.holderOf(contentIdField(fields)), wanted);
      return orWhy(catalog, entryField(fields), async (ref) => downloads.add(ref, wanted));
    },
    'downloads/list': () => downloads.list(),
    'downloads/marks': (fields) => heldMarks(entriesField(fields, 'entries', localLimits.markedEntries), parts),
    'downloads/cancel': (fields) => downloads.cancel(downloadIdField(fields)),
    'downloads/retry': (fields) => downloads.retry(downloadIdField(fields)),
    'downloads/pause': (fields) => downloads.pause(optionalDownloadIdField(fields)),
    'downloads/resume': (fields) => downloads.resume(optionalDownloadIdField(fields)),
    'downloads/prioritize': (fields) => downloads.prioritize(downloadIdField(fields), needed(fields, 'priority', priorities)),
    'downloads/move': (fields) => downloads.move(downloadIdField(fields), needed(fields, 'to', moves)),
    'downloads/clear': async (fields) => {
      await downloads.clear(optionalDownloadIdField(fields));
      return {};
    },
  };
}

function uploadHandlers({ uploads }: TransferParts): Handlers<'uploads'> {
  return {
    'uploads/list': () => uploads.list(),
    'uploads/refuse': (fields) => {
      const peerId = peerIdField(fields);
      return uploads.refuse(peerId, optionalTextField(fields, 'reason', transferLimits.reasonCharacters));
    },
    'uploads/allow': (fields) => {
      uploads.allow(peerIdField(fields));
      return {};
    },
    'uploads/refused': () => uploads.refused(),
  };
}

function historyHandlers({ history, rates }: TransferParts): Handlers<'transfers'> {
  return {
    'transfers/history': (fields) => {
      const direction = wordField(fields, 'direction', directions);
      const offset = wholeField(fields, 'offset', { min: 0, max: Number.MAX_SAFE_INTEGER, otherwise: 0 });
      const limit = wholeField(fields, 'limit', { min: 0, max: historyPage, otherwise: historyPage });
      const entry = fields['entry'] === undefined ? undefined : entryField(fields);
      const contentId = fields['contentId'] === undefined ? undefined : contentIdField(fields);
      return history.list({ direction, entry, contentId, offset, limit });
    },
    'transfers/clearHistory': () => {
      history.clear();
      return {};
    },
    'transfers/totals': () => history.totals(),
    'transfers/rates': () => rates(),
  };
}

function needed<W extends string>(fields: Fields, name: string, words: readonly W[]): W {
  const word = wordField(fields, name, words);
  if (word === undefined) throw invalid(name, `one of ${words.join(', ')}`);
  return word;
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
