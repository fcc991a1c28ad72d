// What serving needs from elsewhere, and what it tells: the interfaces that node.ts fills in.

import type { PeerId, ShareId } from '../../../protocol/ids.ts';
import type { Entry, HistoryEntry, Settings } from '../../../protocol/model.ts';
import type { Log } from '../../log.ts';
import type { Database } from '../../storage/database.ts';
import type { SafePath } from '../../storage/safePath.ts';
import type { Hasher } from '../content/hasher.ts';
import type { Trees } from '../content/trees.ts';
import type { MadePack, PackEntry } from '../disk/disk.ts';
import type { LeafSet } from '../disk/leafSet.ts';
import type { LocatedFile } from '../disk/sharedFile.ts';
import type { Rate } from '../rates.ts';

/** Where an entry of an own share lies, when this peer may have it. */
export type Locate = (peerId: PeerId, shareId: ShareId, path: SafePath) => (LocatedFile & { entry: Entry }) | undefined;

/** Many entries of one own share. */
export interface LocatedMany {
  /** The shared folder. */
  root: string;
  /** As asked; undefined: not in the index. */
  files: ({ absolutePath: string; entry: Entry } | undefined)[];
  /** Whether the disk as it is now (rules, names, links on the way) would have each shared, whatever the index says. The files themselves are not looked at. */
  areSharedNow(): Promise<boolean[]>;
}

export type LocateMany = (peerId: PeerId, shareId: ShareId, paths: readonly SafePath[]) => LocatedMany | undefined;

/** What the disk worker does for uploads. */
export interface PackReader {
  readPack(root: string, files: PackEntry[], options: { signal: AbortSignal }): Promise<MadePack>;
}

/** Content of others' shares that lies here, whole or so far, and who may have it from us. */
export interface GivenOn {
  mayPassOn(peerId: PeerId, owner: PeerId, shareId: ShareId): boolean;
  /** What is being received now. */
  receiving(owner: PeerId, shareId: ShareId, path: string): { root: Uint8Array; partial: GivenPartial } | undefined;
  /** What was downloaded, while the file stands as it was verified: looked at now. */
  downloaded(owner: PeerId, shareId: ShareId, path: string): GivenFile | undefined;
}

export interface GivenFile {
  root: Uint8Array;
  localPath: string;
  sizeBytes: number;
}

export interface GivenPartial {
  readonly sizeBytes: number;
  readonly leafCount: number;
  readonly have: Pick<LeafSet, 'count' | 'hasAll' | 'units'>;
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** An upload that ended: all that a peer took of one file, or of small files of one share together, until it asked no more for a while. */
export type EndedUpload = Pick<
  HistoryEntry,
  'peerId' | 'shareId' | 'path' | 'kind' | 'outcome' | 'bytes' | 'files' | 'startedAtMs' | 'endedAtMs'
> & {
  owner: PeerId;
};

export interface UploadsOptions {
  ownPeerId: PeerId;
  /** Known to this peer alone, the same after a restart; only what is derived from it is told. */
  secret: Uint8Array;
  database: Database;
  locate: Locate;
  locateMany: LocateMany;
  disk: PackReader;
  trees: Trees;
  hasher: Hasher;
  log: Log;
  /** The settings of now; call `settingsChanged` when they changed. */
  settings(): Pick<Settings, 'uploadSlots' | 'friendsFirst'>;
  /** Added by its key. */
  isFriend(peerId: PeerId): boolean;
  /** What to show of a peer, made safe for one line. */
  nameOf(peerId: PeerId): string;
  /** The limit of what is sent. */
  rate: Rate;
  givenOn: GivenOn;
  /** Uploads began, ended or made progress (at most localLimits.progressHz a second), or who is refused changed. */
  onChange(): void;
  onEnded?(upload: EndedUpload): void;
}
