// The nouns of the product as clients see them: plain data, one word for one idea in every layer.

import type { ContentId, PartyId, PeerId, ShareId, WatchId } from './ids.ts';
import type { ErrorData, ErrorKind } from './errors.ts';
import type { Audience, PathReason, PeerPath } from './meeting.ts';
import type { FolderTotals, SuspectReport } from './sharing.ts';
import type { ConflictPolicy, LinkKind } from './transfers.ts';

export type * from './links.ts';
export type * from './compare.ts';
export type * from './meeting.ts';
export type * from './sending.ts';
export type * from './sharing.ts';
export type * from './transfers.ts';

/** A failure kept as data: in a download's or a share's state. */
export interface Failure {
  kind: ErrorKind;
  message: string;
  data?: ErrorData;
}

/** Points at a file or folder of a share. `path` is relative to the share, parts joined by `/`, `''` is the share's root. */
export interface EntryRef {
  peerId: PeerId;
  shareId: ShareId;
  path: string;
}

export type EntryKind = 'file' | 'folder';

/** One file or folder as listed. Times are milliseconds since 1970, sizes bytes; a folder's size is 0. */
export interface Entry {
  name: string;
  kind: EntryKind;
  sizeBytes: number;
  mtimeMs: number;
}

export interface Traffic {
  receivedBytes: number;
  sentBytes: number;
}

export interface PeerInfo {
  peerId: PeerId;
  /** What to show: petname, else nickname, else derived name. Made safe for one line of text; never an identity. */
  name: string;
  /** Adjective + animal from the key. */
  derivedName: string;
  nickname?: string;
  petname?: string;
  isOnline: boolean;
  /** Connected, but in no common party and not added by key here: it is shown nothing until it is accepted (`peers/connect`). */
  isStranger: boolean;
  isAddedByKey: boolean;
  /** Refused everywhere: in the handshake, and whatever others pass on of it. */
  isBlocked: boolean;
  /** The user disconnected it: we stay away until `peers/connect`. */
  isDisconnected: boolean;
  lastSeenMs?: number;
  partyIds: PartyId[];
  path?: PeerPath;
  pathReason?: PathReason;
  roundTripMs?: number;
  /** What the connection carried since it began, its own overhead included. */
  traffic?: Traffic;
  /** The fastest way to it now: `session` is the connection that it was met by. `address` of a direct link, `host:port`. */
  link?: { kind: LinkKind; address?: string };
  /** File bytes now, over all links. */
  receiveBytesPerSecond?: number;
  sendBytesPerSecond?: number;
  shareCount: number;
  fileCount: number;
  totalBytes: number;
}

/** Why the walk left something out. `ignored`: a rule; `secret`: the built-in list of secrets. */
export type SkipReason =
  'ignored' | 'secret' | 'symlink' | 'special' | 'unreadable' | 'name-not-utf8' | 'name-not-portable' | 'too-deep';

/** One thing that was left out, for showing. `path` is display-safe (invalid bytes replaced). */
export interface SkippedEntry {
  path: string;
  reason: SkipReason;
  /** Of `secret` and `ignored`: which rule, in words or as it is written in its file. */
  rule?: string;
}

/**
 * `scanning`: the whole folder is walked (the index of before answers meanwhile). `watching`: the index follows the disk. `paused`: the
 * user stopped it, the index stands still and is still offered. `failed`: see `failure`; it is tried again when the folder is back.
 */
export type ShareState = 'scanning' | 'watching' | 'paused' | 'failed';

export interface WatchInfo {
  /** Folders that the system tells changes of at once, and those past the budget, which are looked at in turn. */
  watchedFolders: number;
  polledFolders: number;
  /** Why fewer are watched than should be, and what to do; for example that the system's limit of inotify watches is reached. */
  note?: string;
}

/** A folder of this machine that is offered. */
export interface ShareInfo {
  shareId: ShareId;
  title: string;
  /** Absolute path on this machine; never leaves it. */
  path: string;
  state: ShareState;
  /** While `watching`: how its folders are followed. */
  watch?: WatchInfo;
  fileCount: number;
  folderCount: number;
  totalBytes: number;
  /** Counts of what was left out, by reason, and the first 1,000 of them. */
  skippedCounts: Partial<Record<SkipReason, number>>;
  addedAtMs: number;
  audience: Audience;
  scannedAtMs?: number;
  /** While scanning: entries seen so far. */
  scannedEntries?: number;
  failure?: Failure;
  /** Files whose type (and content id or text) is known, of how many. */
  described?: { files: number; ofFiles: number };
  /**
   * Files that look secret by their text and that nobody was told of before (`knownSecrets`): they came with the first walk, or came or changed since, as
   * long as the sidecar runs. They are shared. Left out while there is none, and none is unread.
   */
  lateSecrets?: SuspectReport;
}

/** What would be shared, before it is. */
export interface SharePreview {
  path: string;
  title: string;
  fileCount: number;
  folderCount: number;
  totalBytes: number;
  skippedCounts: Partial<Record<SkipReason, number>>;
  /** The first 1,000 things left out, secrets first. */
  skipped: SkippedEntry[];
  /** First level of what would be shared, folders first, at most 1,000. */
  topLevel: Entry[];
  /** Folders of the first two levels with what lies below them, in the order of the walk, at most 1,000. */
  folders: FolderTotals[];
  /** Files that look as if they held secrets: shared, unless `shares/add` is told to leave them out. */
  secrets: SuspectReport;
}

/** A share of a peer (or of this machine, when peerId is our own) as the catalog knows it. */
export interface CatalogShare {
  peerId: PeerId;
  shareId: ShareId;
  title: string;
  isOwn: boolean;
  isOnline: boolean;
  /** `fetching` until a whole index is here; listings are answered from the newest whole one. */
  indexState: 'none' | 'fetching' | 'ready' | 'refused';
  /** While fetching: blocks of the index that are here, of how many. */
  fetched?: { blocks: number; ofBlocks: number };
  /** The connected peer that passes this share on while its owner is away. */
  viaPeerId?: PeerId;
  /** What it takes on this disk: index, search data and feed. 0 for own shares. */
  bytesOnDisk: number;
  fileCount: number;
  folderCount: number;
  totalBytes: number;
  /** When the owner wrote the index that is here. */
  updatedAtMs?: number;
  failure?: Failure;
}

/** Texts that may be known of a file: `text` is how it begins, the others are what its metadata says. */
export type DetailField =
  'text' | 'title' | 'artist' | 'album' | 'author' | 'genre' | 'year' | 'subject' | 'language' | 'duration' | 'dimensions';

/** What is known of a file beyond its name, as its owner says; all of it may be missing. Texts are untrusted. */
export interface EntryDetails {
  contentId?: ContentId;
  /** Media type by its content, else by its name: `text/plain`. */
  mime?: string;
  fields: Partial<Record<DetailField, string>>;
}

export interface ListPage {
  entries: Entry[];
  /** How many entries the folder has in all. */
  total: number;
}

/** `editor`: folders first, then natural, case-insensitive order as the editor's Explorer; `index`: by bytes, which needs no sorting. */
export type ListOrder = 'editor' | 'index';

/** One name of the merged tree: the same name at the same place in any share, of one kind. */
export interface MergedEntry {
  name: string;
  kind: EntryKind;
  /** Of the newest one. */
  sizeBytes: number;
  mtimeMs: number;
  /** Who has it; the first 16, online ones first. */
  holders: { entry: EntryRef; isOwn: boolean; isOnline: boolean; sizeBytes: number; mtimeMs: number }[];
  holderCount: number;
}

export interface MergedPage {
  entries: MergedEntry[];
  total: number;
}

/** One hit of a search, or of the recently added. */
export interface SearchHit {
  entry: EntryRef;
  kind: EntryKind;
  sizeBytes: number;
  mtimeMs: number;
  /** What to show of its owner and share. */
  peerName: string;
  shareTitle: string;
  isOwn: boolean;
  isOnline: boolean;
  /** Of an owner that is away. */
  lastSeenMs?: number;
  /** Where terms matched in `entry.path`, as UTF-16 offsets [start, end), ascending, not overlapping; empty for a fuzzy match. */
  matches: [start: number, end: number][];
  /** A line of what is in the file, where it matched there. Untrusted text. */
  excerpt?: string;
}

export interface SearchPage {
  /** Best first. */
  hits: SearchHit[];
  /** Exact number of matches in all, however few are on this page. */
  total: number;
  /** The exact search found little: `hits` has similar names after the exact ones (`total` counts both). */
  isFuzzy: boolean;
  /** Shares that were searched, and that have no index here yet. */
  searchedShares: number;
  missingShares: number;
  tookMs: number;
}

/** A saved search that tells when something new matches. */
export interface WatchedSearch {
  watchId: WatchId;
  query: string;
  addedAtMs: number;
  /** Matches now, and those that are new since it was last looked at (`watches/seen`). */
  total: number;
  newCount: number;
  /** The newest of them, at most 20. */
  newHits: SearchHit[];
}

/** A file or range, verified, lying in the sidecar's cache. */
export interface FetchedFile {
  /** Absolute path; read-only; may be evicted later, so read it now. */
  localPath: string;
  sizeBytes: number;
  mtimeMs: number;
  /** Of the whole file. */
  contentId: ContentId;
}

/** User settings that the sidecar keeps. */
export interface Settings {
  /** Shown to peers; '' = none. At most 64 characters. */
  nickname: string;
  /** Absolute path where downloads go. */
  downloadFolder: string;
  /** `host:port` of DHT nodes to start from; empty = the public DHT. */
  bootstrap: string[];
  /** Minutes without a client or transfer after which the sidecar leaves; 0 = never. */
  idleMinutes: number;
  /** Shared files are looked into for their type and how texts begin, which peers are told. Off: nothing is read for that. */
  describeFiles: boolean;
  /** What happens when a name is taken, unless a download says otherwise. */
  conflict: ConflictPolicy;
  /** Peers that are served at the same time, 1 to 64; more wait in a queue. */
  uploadSlots: number;
  /** Peers that were added by their key go first in that queue. */
  friendsFirst: boolean;
  /** Bytes a second for all peers together; 0 = no limit. */
  uploadLimit: number;
  downloadLimit: number;
  /** The second set, in force while `isSlow`. */
  slowUploadLimit: number;
  slowDownloadLimit: number;
  isSlow: boolean;
  /** Direct TCP links: whether we listen for them, on which address ('' = all) and port (0 = any). Off, we still open them to others. */
  linkListen: boolean;
  linkHost: string;
  linkPort: number;
  /** Peers of our parties on the same network are found by multicast DNS, without internet. */
  lanDiscovery: boolean;
  /** Name or address of the only network interface to use, for everything; '' = all. */
  networkInterface: string;
  /** Members tell each other about members: whether we are told of, and tell. */
  gossip: boolean;
  /** Connections may go through a relay when nothing else works. */
  useRelay: boolean;
  /** Key of the relay to use (52 characters); '' = one that a connected peer offers. */
  relay: string;
  /** Others of our parties may be relayed through us, while we can be reached from everywhere. */
  offerRelay: boolean;
  /** What is downloaded bears the system's mark of what came from others (Zone.Identifier, com.apple.quarantine, user.xdg.origin.url). */
  markDownloads: boolean;
}

export interface SidecarStatus {
  pid: number;
  version: string;
  protocolVersion: number;
  nodeVersion: string;
  peerId: PeerId;
  /** Own name as others see it. */
  name: string;
  derivedName: string;
  dataFolder: string;
  startedAtMs: number;
  clients: number;
  partyCount: number;
  peersOnline: number;
  shareCount: number;
  activeDownloads: number;
  activeUploads: number;
  rssBytes: number;
  network: {
    state: 'starting' | 'online' | 'offline';
    /** True while no bootstrap node answers. */
    isBootstrapUnreachable: boolean;
    nat: 'unknown' | 'open' | 'consistent' | 'random';
    bootstrap: string[];
    /** Where we listen for direct links, `host:port`; left out when we do not. `failure` says why not though we should. */
    link?: { address?: string; failure?: string };
  };
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogEntry {
  timeMs: number;
  level: LogLevel;
  /** The part that speaks: network, wire, shares, … */
  area: string;
  message: string;
}
