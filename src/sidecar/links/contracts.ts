// What links need of the rest of the sidecar, declared here and given by nodeLinkFiles.ts: the catalog, files of this disk, peers that can be asked.

import type { ContentId, PeerId, ShareId } from '../../protocol/ids.ts';
import type { ConflictPolicy, DownloadInfo, Entry, EntryRef, Priority } from '../../protocol/model.ts';
import type { SafePath } from '../storage/safePath.ts';

/** The index, own shares included. */
export interface LinkCatalog {
  stat(ref: EntryRef): Entry | undefined;
  files(ref: EntryRef): Iterable<{ path: SafePath; entry: Entry }>;
  titleOf(peerId: PeerId, shareId: ShareId): string | undefined;
}

/** A file's content, with its size and time in the state that has it. */
export interface Identified {
  contentId: ContentId;
  sizeBytes: number;
  mtimeMs: number;
}

/** Finds what a file holds. */
export interface Identifying {
  /** An own file, hashed if it must be; undefined when it is not shared any more. Rejects as reading it does. */
  own(entry: EntryRef, options: { signal: AbortSignal }): Promise<Identified | undefined>;
  /** As its owner told already, in the state that the index has. */
  told(entry: EntryRef): Promise<ContentId | undefined>;
  /** Asks its owner, who hashes it if it must. `unavailable` when it is away. */
  ask(entry: EntryRef, options: { signal: AbortSignal }): Promise<Identified>;
}

/** Who has a content. */
export interface Having {
  /** Files of shares with it, own ones included. */
  holders(contentId: ContentId): Promise<EntryRef[]>;
  /** Where it lies on this machine; undefined: nowhere. */
  localPath(contentId: ContentId, sizeBytes: number): string | undefined;
  isOnline(peerId: PeerId): boolean;
  nameOf(peerId: PeerId): string;
  ownPeerId: PeerId;
}

/** How a link is wanted. */
export interface LinkWanted {
  folder?: string;
  conflict?: ConflictPolicy;
  priority?: Priority;
  isPaused?: boolean;
}

/** The queue. */
export interface LinkQueue {
  add(ref: EntryRef, wanted: LinkWanted): Promise<DownloadInfo>;
}
