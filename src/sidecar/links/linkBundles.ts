// Links that are being downloaded, kept until their download is cleared: each stands in for a share without an owner, so that the queue, its runs and
// those who look for sources treat it as any other. Knows what a link says, and nobody who has it.

import { randomBytes } from 'node:crypto';
import { encode } from 'z32';
import { AppError } from '../../protocol/errors.ts';
import { type ContentId, isShareId, type ShareId } from '../../protocol/ids.ts';
import { isOfLink, linkPeerId } from '../../protocol/linkPeer.ts';
import type { LinkContents, LinkEntry } from '../../protocol/links.ts';
import type { Entry, EntryDetails, EntryRef } from '../../protocol/model.ts';
import { contentLinkLimits } from '../limits.ts';
import type { Database } from '../storage/database.ts';
import { parseSafePath, type SafePath } from '../storage/safePath.ts';
import { packLink, unpackLink } from './packing.ts';

/** As downloads ask a catalog (transfers/downloads/downloadRecord.ts). */
interface Catalog {
  stat(ref: EntryRef): Entry | undefined;
  files(ref: EntryRef): Iterable<{ path: SafePath; entry: Entry }>;
  titleOf(peerId: EntryRef['peerId'], shareId: ShareId): string | undefined;
}

interface Bundle {
  link: LinkContents;
  byPath: ReadonlyMap<string, LinkEntry>;
  /** Files without a time bear this one: the same at every attempt. */
  addedAtMs: number;
}

export class LinkBundles {
  readonly #database: Database;
  /** The one used last at the end. */
  readonly #open = new Map<ShareId, Bundle>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Drops those whose downloads are gone. */
  open(): void {
    this.#database.run('DELETE FROM linkBundle WHERE shareId NOT IN (SELECT shareId FROM download)');
  }

  /** Keeps a link; answers the entry to download. */
  add(link: LinkContents): EntryRef {
    this.open();
    const shareId = encode(randomBytes(16));
    if (!isShareId(shareId)) throw new AppError('internal', `Made the impossible share id ${shareId}.`);
    const body = packLink(link);
    const addedAtMs = Date.now();
    this.#database.run('INSERT INTO linkBundle (shareId, body, addedAtMs) VALUES (:shareId, :body, :addedAtMs)', {
      ...{ shareId, body, addedAtMs },
    });
    this.#keep(shareId, bundleOf(link, addedAtMs));
    const [only] = link.files;
    return { peerId: linkPeerId, shareId, path: link.kind === 'file' && only ? only.path : '' };
  }

  /** Its download is gone, or never came to be. */
  remove(shareId: ShareId): void {
    this.#open.delete(shareId);
    this.#database.run('DELETE FROM linkBundle WHERE shareId = :shareId', { shareId });
  }

  /** Undefined when it is not kept any more. */
  linkOf(shareId: ShareId): LinkContents | undefined {
    return this.#bundle(shareId)?.link;
  }

  /** The content that stands at a place of a link. */
  contentOf({ shareId, path }: EntryRef): ContentId | undefined {
    return this.#bundle(shareId)?.byPath.get(path)?.contentId;
  }

  /** The catalog with these links in it. */
  over(catalog: Catalog): Catalog {
    return {
      stat: (ref) => (isOfLink(ref) ? this.#stat(ref) : catalog.stat(ref)),
      files: (ref) => (isOfLink(ref) ? this.#files(ref) : catalog.files(ref)),
      titleOf: (peerId, shareId) => (isOfLink({ peerId }) ? this.#bundle(shareId)?.link.title : catalog.titleOf(peerId, shareId)),
    };
  }

  /** What is known of files, with what links say of theirs. */
  overDetails<D extends { of(ref: EntryRef): Promise<EntryDetails> }>(details: D): { of(ref: EntryRef): Promise<EntryDetails> } {
    return {
      of: (ref) => {
        if (!isOfLink(ref)) return details.of(ref);
        const contentId = this.contentOf(ref);
        return Promise.resolve({ fields: {}, ...(contentId && { contentId }) });
      },
    };
  }

  #stat(ref: EntryRef): Entry | undefined {
    const bundle = this.#bundle(ref.shareId);
    const file = bundle?.byPath.get(ref.path);
    return bundle && file && entryOf(file, bundle);
  }

  *#files({ shareId, path }: EntryRef): Generator<{ path: SafePath; entry: Entry }> {
    const bundle = this.#bundle(shareId);
    if (bundle === undefined || path !== '') return;
    for (const file of bundle.link.files) yield { path: parseSafePath(file.path), entry: entryOf(file, bundle) };
    for (const folder of bundle.link.folders)
      yield {
        path: parseSafePath(folder),
        entry: { name: nameOf(folder), kind: 'folder', sizeBytes: 0, mtimeMs: bundle.addedAtMs },
      };
  }

  #bundle(shareId: ShareId): Bundle | undefined {
    const open = this.#open.get(shareId);
    if (open) {
      this.#keep(shareId, open);
      return open;
    }
    const row = this.#database.get<{ body: Uint8Array; addedAtMs: number }>(
      'SELECT body, addedAtMs FROM linkBundle WHERE shareId = :shareId',
      { shareId },
    );
    if (row === undefined) return undefined;
    const bundle = bundleOf(unpackLink(row.body), row.addedAtMs);
    this.#keep(shareId, bundle);
    return bundle;
  }

  #keep(shareId: ShareId, bundle: Bundle): void {
    this.#open.delete(shareId);
    this.#open.set(shareId, bundle);
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= contentLinkLimits.bundlesOpen) break;
      this.#open.delete(oldest);
    }
  }
}

function bundleOf(link: LinkContents, addedAtMs: number): Bundle {
  return { link, byPath: new Map(link.files.map((file) => [file.path, file])), addedAtMs };
}

function entryOf({ path, sizeBytes, mtimeMs }: LinkEntry, { addedAtMs }: Bundle): Entry {
  return { name: nameOf(path), kind: 'file', sizeBytes, mtimeMs: mtimeMs ?? addedAtMs };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
