// Links to contents, as clients and the sidecar speak of them: what a `.p2p` file, a `.torrent` or a magnet leads to, who has it, what of it is
// here. Plain data; re-exported by model.ts. The formats themselves: linkFile.ts, torrentFile.ts, magnet.ts.

import type { ContentId, PeerId } from './ids.ts';
import type { EntryKind, EntryRef } from './model.ts';

/** One file that a link leads to. `path` is relative to the link's folder, parts joined by `/`, checked; of a link to one file, its name. */
export interface LinkEntry {
  path: string;
  sizeBytes: number;
  mtimeMs?: number;
  contentId: ContentId;
}

/** Where to look first. Nothing in it is a secret, nothing in it is trusted. */
export interface LinkHints {
  /** Where whoever made the link saw it; the first is likeliest. */
  entries: EntryRef[];
  /** What its maker calls the parties in which it can be found; never their names. */
  parties: string[];
}

/** A whole link: one file, or a folder with its files. */
export interface LinkContents {
  /** Free text of its maker; the folder's name, made safe, when it is downloaded. */
  title: string;
  kind: EntryKind;
  files: LinkEntry[];
  /** Empty folders. */
  folders: string[];
  hints: LinkHints;
  /** What its maker calls itself; untrusted. */
  creator?: string;
}

export type LinkForm = 'link' | 'torrent' | 'magnet';

/** A link as given: its text (a `.p2p` file's, or a magnet URI), or a file on this machine (absolute path; `.p2p` or `.torrent`). */
export type LinkSource = { text: string } | { path: string };

/** What a link says of itself: untrusted, shown as text only. */
export interface LinkSummary {
  form: LinkForm;
  title: string;
  kind: EntryKind;
  fileCount: number;
  totalBytes: number;
  creator?: string;
  hints: LinkHints;
  /** BitTorrent v2 info hash, 64 hexadecimal characters: of a torrent or a magnet. */
  infoHash?: string;
  /**
   * False for a magnet that names nothing but an info hash which is not known here: its files cannot be told, `fileCount` is 0, and
   * whatever needs them answers `not-found`.
   */
  isComplete: boolean;
  /** What is odd and can be lived with: names that only some disks tell apart, parts that were passed over. At most 20, in English. */
  warnings: string[];
}

/** A file of a link, and where it is. */
export interface LinkFileStatus extends LinkEntry {
  /** Found on this machine by its content: shared, downloaded or opened earlier, and unchanged as far as size and times tell. */
  localPath?: string;
  /** Files of shares with this content, as their owners say; the first 16, online ones first. */
  holders: { entry: EntryRef; peerName: string; isOwn: boolean; isOnline: boolean }[];
  holderCount: number;
  /** Other peers that are online and list it. */
  onlineCount: number;
}

/** Who has what of a link. */
export interface LinkStatus {
  summary: LinkSummary;
  /** Over the first `lookedAt` files of it; more are not looked at for the totals. 0, as all totals, on a later page than the first. */
  lookedAt: number;
  hereFiles: number;
  hereBytes: number;
  /** Not here, and listed by another peer that is online. */
  onlineFiles: number;
  onlineBytes: number;
  /** Neither here nor listed by anybody who is online. */
  missingFiles: number;
  /** Other peers that list some of it; at most 100, those with the most first. On the first page only. */
  peers: { peerId: PeerId; name: string; isOnline: boolean; files: number }[];
  /** The page that was asked for. */
  files: LinkFileStatus[];
}

/** What a folder (or file) on this disk has of a link, by reading it whole. */
export interface LinkVerification {
  sameFiles: number;
  /** Another content, another size, or no regular file; what is not there, empty folders of the link included; what could not be read. */
  changedFiles: number;
  missingFiles: number;
  unreadableFiles: number;
  checkedBytes: number;
  /** Those that are not the same, in the link's order; the first 1,000. */
  differences: { path: string; state: 'changed' | 'missing' | 'unreadable'; sizeBytes?: number; contentId?: ContentId }[];
}
