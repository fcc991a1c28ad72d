// What receiving one file needs and answers: for the queue and for opening, which ask for it, and for uploads, which give on what is
// received so far. Plain interfaces; the work is in swarm.ts.

import type { PeerId, ShareId } from '../../../../protocol/ids.ts';
import type { EntryRef } from '../../../../protocol/model.ts';
import type { DownloadSource } from '../../../../protocol/transfers.ts';
import type { Log } from '../../../log.ts';
import type { SafePath } from '../../../storage/safePath.ts';
import type { FileSource } from '../../../wire/services.ts';
import type { Trees } from '../../content/trees.ts';
import type { Disk, PartialContent } from '../../disk/disk.ts';
import type { Rate } from '../../rates.ts';
import type { ByteBudget } from './budget.ts';
import { PieceMaps } from './pieceMaps.ts';

/** A file as its index tells of it; the root (content id) if it is known beforehand. */
export interface WantedFile {
  entry: EntryRef & { path: SafePath };
  sizeBytes: number;
  mtimeMs: number;
  root?: Uint8Array;
}

export interface ReceiveOptions {
  wanted: WantedFile;
  /** Where the file grows: `.part`, with its `.leaves` beside it. */
  partialPath: string;
  disk: Disk;
  trees: Trees;
  log: Log;
  signal: AbortSignal;
  sources: SourceFinder;
  rate: Rate;
  /** `sequential` for opening and previews: the first missing bytes first. */
  order: 'rarest' | 'sequential';
  /** Told of what is received, so that it can be given on. */
  receiving?: ReceivingFiles;
  /** Deadline for each answer, behind those of the session. */
  stallMs?: number;
  /** What the owner says of the file, before its bytes are taken; may throw. Called again when the file changed meanwhile. */
  onHead?: (head: { sizeBytes: number; mtimeMs: number }) => void;
  /** Bytes that are verified and written; negative when they turned out wrong. */
  onBytes: (delta: number) => void;
  /** All sources, the fastest first; at most localLimits.progressHz times a second. */
  onSources?: (sources: SwarmSource[]) => void;
  /** Bytes that were received in vain: late, or not verified. */
  onExtra?: (bytes: number) => void;
  /** Of all files together; for tests. */
  budget?: ByteBudget;
}

export interface Received {
  root: Uint8Array;
  sizeBytes: number;
  mtimeMs: number;
}

/** A source as the queue shows it; its name is put in there. */
export type SwarmSource = Omit<DownloadSource, 'name'>;

/** Where a connected peer has a content: in a share of its own, or of somebody else whose file it downloads or downloaded. */
export interface Holder {
  source: FileSource;
  at: { owner: PeerId; shareId: ShareId; path: string };
}

/** Who may give a content. Implemented over sessions and catalog. */
export interface SourceFinder {
  /** The owner's session, if it is connected: the same object while it is the same session. */
  owner(peerId: PeerId): FileSource | undefined;
  /** Connected peers, not the owner, that list this content or may hold it: asked by `holding` then. At most transferLimits.sources. */
  others(entry: EntryRef, root: Uint8Array): Promise<Holder[]>;
  /** Whether anybody but the owner is here: could be asked. */
  hasOthers(owner: PeerId): boolean;
  /** Somebody came or went, or a link changed. */
  onChange(listener: () => void): () => void;
}

/** What is being received now, by where it comes from. */
export interface Receiving {
  find(owner: PeerId, shareId: ShareId, path: string): { root: Uint8Array; partial: PartialContent } | undefined;
}

/** A file being received whose root is known. */
export interface ReceivingFile {
  root: Uint8Array;
  partial: PartialContent;
  /** Peers that give, or let us wait for our turn. */
  sourceCount?: () => number;
}

/** Files being received whose root is known. One for the whole sidecar, shared by downloads and uploads. */
export class ReceivingFiles implements Receiving {
  /** Who gave which part of them. */
  readonly pieces = new PieceMaps();
  readonly #files = new Map<string, ReceivingFile & { entry: EntryRef; sinceMs: number }>();

  find(owner: PeerId, shareId: ShareId, path: string): ReceivingFile | undefined {
    return this.#files.get(JSON.stringify([owner, shareId, path]));
  }

  /** Offers it until the answer is called. The same file received twice at once is offered by the later one. */
  add(entry: EntryRef, file: ReceivingFile): () => void {
    const key = JSON.stringify([entry.peerId, entry.shareId, entry.path]);
    const added = { ...file, entry, sinceMs: performance.now() };
    this.#files.set(key, added);
    return () => {
      if (this.#files.get(key) === added) this.#files.delete(key);
    };
  }

  /** The oldest first; `sinceMs` by performance.now(). */
  all(): Iterable<ReceivingFile & { entry: EntryRef; sinceMs: number }> {
    return this.#files.values();
  }
}
