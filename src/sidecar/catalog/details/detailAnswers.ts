// What is known of an entry beyond its name, and who has a content: from the store, as far as the indexes still have those files in the state
// that is spoken of.

import { AppError } from '../../../protocol/errors.ts';
import { isPeerId, isShareId, type ContentId } from '../../../protocol/ids.ts';
import type { Entry, EntryDetails, EntryRef } from '../../../protocol/model.ts';
import { detailLimits } from '../../limits.ts';
import type { FileState } from './detailMessages.ts';
import type { DetailStore } from './detailStore.ts';

export interface DetailAnswersOptions {
  store: DetailStore;
  /** As `Catalog.stat`. */
  stat(ref: EntryRef): Entry | undefined;
}

export class DetailAnswers {
  readonly #options: DetailAnswersOptions;

  constructor(options: DetailAnswersOptions) {
    this.#options = options;
  }

  /** Throws `not-found` when the index has no such entry. */
  async of(ref: EntryRef): Promise<EntryDetails> {
    const entry = this.#options.stat(ref);
    if (entry === undefined) throw noSuchEntry(ref);
    if (entry.kind === 'folder') return { fields: {} };
    const record = await this.#options.store.ask('get', { key: `${ref.peerId}/${ref.shareId}`, path: ref.path });
    if (record === undefined || !isSameState(record, entry)) return { fields: {} };
    const { contentId, mime, fields } = record;
    return {
      ...(contentId !== undefined && { contentId: Buffer.from(contentId).toString('hex') as ContentId }),
      ...(mime !== undefined && { mime }),
      fields,
    };
  }

  /** The first `detailLimits.holders`. */
  async holders(contentId: ContentId): Promise<EntryRef[]> {
    const asked = { contentId: new Uint8Array(Buffer.from(contentId, 'hex')), limit: 4 * detailLimits.holders };
    const found = await this.#options.store.ask('holders', asked);
    return found
      .flatMap((file) => {
        const ref = refOf(file);
        return ref !== undefined && this.isCurrent(ref, file) ? [ref] : [];
      })
      .slice(0, detailLimits.holders);
  }

  /** Whether the index has the file in this state. */
  isCurrent(ref: EntryRef, file: FileState): boolean {
    const entry = this.#options.stat(ref);
    return entry?.kind === 'file' && isSameState(file, entry);
  }
}

/** Undefined when the key is none of ours. */
export function refOf({ key, path }: { key: string; path: string }): EntryRef | undefined {
  const [peerId = '', shareId = ''] = key.split('/');
  return isPeerId(peerId) && isShareId(shareId) ? { peerId, shareId, path } : undefined;
}

function isSameState(one: Pick<FileState, 'sizeBytes' | 'mtimeMs'>, other: Entry): boolean {
  return one.sizeBytes === other.sizeBytes && one.mtimeMs === other.mtimeMs;
}

function noSuchEntry(ref: EntryRef): AppError {
  return new AppError(
    'not-found',
    `The index has no ${JSON.stringify(ref.path)}. It may have been removed by its owner; list the folder again.`,
  );
}
