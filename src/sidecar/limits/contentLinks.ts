// Links to contents: what is read, made and looked at for them. Every maximum and deadline with its reason: see limits.ts. What a link file itself may
// hold is part of its format: src/protocol/linkFile.ts.

import { MiB } from './units.ts';

export const contentLinkLimits = {
  /** A torrent read or made; as base64 in an answer it is a third more. */
  torrentBytes: 64 * MiB,
  /** A `.p2p` file read: its characters are limited too, and may take three bytes each. */
  linkBytes: 48 * MiB,
  /** RPC: files in one page. */
  inspectedFiles: 10_000,
  statusFiles: 1_000,
  /** Files of a link that the totals of its status look at: 20 µs each here, and as much in the worker that knows contents. */
  statusLookedAt: 10_000,
  /** Questions under way for it: the worker answers in order, more would keep others waiting. */
  statusQuestions: 16,
  /** Holders named of a file, and peers of a link. */
  holdersShown: 16,
  peersShown: 100,
  /** Differences named of a verification. */
  differencesShown: 1_000,
  /** Links of downloads that are kept unpacked: of those that run, and one that is added. */
  bundlesOpen: 9,
  /** Links whose torrent was seen here, so that their magnets are understood. */
  knownTorrents: 200,
  /** Larger ones are not kept for their magnet alone. */
  knownTorrentBytes: 4 * MiB,
  /** Own files hashed, or a peer's asked about, at the same time for a new link: the hash worker is one, a peer answers from its tables. */
  idsInFlight: 4,
  /** A peer that hashes a file for us: 2 GB/s where it is idle, a tenth of that where it is not. */
  askIdMs: 5 * 60_000,
  /** Files of a new link that are announced with it: as many as are announced at all. */
  announced: 1_000,
  /** Files of a link that are looked at for whether anybody has it: spread over all of it. */
  sampledFiles: 64,
} as const;
