// The database's tables, as a list of migrations: never edit one that was released, append.

export const migrations: readonly string[] = [
  `
  CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

  CREATE TABLE party (
    partyId TEXT PRIMARY KEY, name TEXT NOT NULL, joinedAtMs INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE peer (
    peerId TEXT PRIMARY KEY, nickname TEXT NOT NULL DEFAULT '', petname TEXT NOT NULL DEFAULT '',
    lastSeenMs INTEGER, isAddedByKey INTEGER NOT NULL DEFAULT 0, isDisconnected INTEGER NOT NULL DEFAULT 0,
    partyIds TEXT NOT NULL DEFAULT '[]'
  ) STRICT;

  -- Own shares. feedName names the Hypercore in the corestore.
  CREATE TABLE share (
    shareId TEXT PRIMARY KEY, title TEXT NOT NULL, path TEXT NOT NULL UNIQUE, encryptionKey BLOB NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1, addedAtMs INTEGER NOT NULL, scannedAtMs INTEGER, feedLength INTEGER NOT NULL DEFAULT 0,
    fileCount INTEGER NOT NULL DEFAULT 0, folderCount INTEGER NOT NULL DEFAULT 0, totalBytes INTEGER NOT NULL DEFAULT 0,
    skippedCounts TEXT NOT NULL DEFAULT '{}'
  ) STRICT;

  -- Peers' shares: the newest signed announcement, and the feed length whose index is on this disk.
  CREATE TABLE catalogShare (
    peerId TEXT NOT NULL REFERENCES peer(peerId) ON DELETE CASCADE, shareId TEXT NOT NULL,
    body BLOB NOT NULL, signature BLOB NOT NULL, revision INTEGER NOT NULL,
    indexedLength INTEGER NOT NULL DEFAULT 0, indexedAtMs INTEGER, failure TEXT,
    PRIMARY KEY (peerId, shareId)
  ) STRICT;

  CREATE TABLE download (
    downloadId TEXT PRIMARY KEY, peerId TEXT NOT NULL, shareId TEXT NOT NULL, path TEXT NOT NULL, kind TEXT NOT NULL,
    name TEXT NOT NULL, folder TEXT NOT NULL, destination TEXT NOT NULL, state TEXT NOT NULL,
    doneBytes INTEGER NOT NULL DEFAULT 0, totalBytes INTEGER NOT NULL DEFAULT 0,
    doneFiles INTEGER NOT NULL DEFAULT 0, totalFiles INTEGER NOT NULL DEFAULT 0,
    addedAtMs INTEGER NOT NULL, finishedAtMs INTEGER, failure TEXT, failedFiles TEXT NOT NULL DEFAULT '[]'
  ) STRICT;

  -- Merkle roots of files on this disk, valid while size and mtime stand.
  CREATE TABLE localRoot (
    path TEXT PRIMARY KEY, sizeBytes INTEGER NOT NULL, mtimeNs INTEGER NOT NULL, root BLOB NOT NULL, usedAtMs INTEGER NOT NULL
  ) STRICT;

  -- Files of peers that lie in the cache, by what they were when fetched.
  CREATE TABLE cachedFile (
    peerId TEXT NOT NULL, shareId TEXT NOT NULL, path TEXT NOT NULL, sizeBytes INTEGER NOT NULL, mtimeMs INTEGER NOT NULL,
    root BLOB NOT NULL, usedAtMs INTEGER NOT NULL, PRIMARY KEY (peerId, shareId, path)
  ) STRICT;
  `,
  `
  -- snapshotLength: feed length of the snapshot that the segment file holds; the blocks after it up to feedLength (own) or
  -- indexedLength (peers') are deltas.
  ALTER TABLE share ADD COLUMN snapshotLength INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE share ADD COLUMN isPaused INTEGER NOT NULL DEFAULT 0;
  -- Which feed of details it has (0 = none was ever made), and its length as told to peers.
  ALTER TABLE share ADD COLUMN detailsGeneration INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE share ADD COLUMN detailsLength INTEGER NOT NULL DEFAULT 0;
  UPDATE share SET snapshotLength = feedLength;

  -- The announcement whose index is whole on this disk: what is passed on to third peers.
  ALTER TABLE catalogShare ADD COLUMN snapshotLength INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE catalogShare ADD COLUMN indexedBody BLOB;
  ALTER TABLE catalogShare ADD COLUMN indexedSignature BLOB;
  -- JSON: the parties in which it may be passed on: those that its owner proved to us, or, for one that others passed to us, that they did.
  ALTER TABLE catalogShare ADD COLUMN partyIds TEXT NOT NULL DEFAULT '[]';
  -- isHearsay: never announced by its owner here, only passed on. headBlock: the snapshot's head, which the deltas name. feedBytes: what the
  -- snapshot and the deltas after it take in the feed.
  ALTER TABLE catalogShare ADD COLUMN isHearsay INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE catalogShare ADD COLUMN headBlock INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE catalogShare ADD COLUMN feedBytes INTEGER NOT NULL DEFAULT 0;
  UPDATE catalogShare SET snapshotLength = indexedLength, headBlock = max(indexedLength - 1, 0);

  -- Whether the peer was ever connected here; else all that is known of it is hearsay.
  ALTER TABLE peer ADD COLUMN isMet INTEGER NOT NULL DEFAULT 0;
  UPDATE peer SET isMet = 1 WHERE lastSeenMs IS NOT NULL;

  -- Shares that their owner (peerId; our own key for own shares) took off the table, as it signed that.
  CREATE TABLE shareRemoval (
    peerId TEXT NOT NULL, shareId TEXT NOT NULL, revision INTEGER NOT NULL, body BLOB NOT NULL, signature BLOB NOT NULL,
    removedAtMs INTEGER NOT NULL, PRIMARY KEY (peerId, shareId)
  ) STRICT;

  CREATE TABLE watchedSearch (
    watchId TEXT PRIMARY KEY, query TEXT NOT NULL UNIQUE, addedAtMs INTEGER NOT NULL
  ) STRICT;

  -- What of a watched search was already told or seen: 8-byte hashes of peer, share and path, concatenated.
  CREATE TABLE watchedHits (
    watchId TEXT PRIMARY KEY REFERENCES watchedSearch(watchId) ON DELETE CASCADE, known BLOB NOT NULL
  ) STRICT;
  `,
  `
  -- Transfers: the queue's order (place: lower goes first within its priority), what else was asked for, and what is remembered.
  ALTER TABLE download ADD COLUMN priority TEXT NOT NULL DEFAULT 'normal';
  ALTER TABLE download ADD COLUMN place REAL NOT NULL DEFAULT 0;
  ALTER TABLE download ADD COLUMN conflict TEXT NOT NULL DEFAULT 'keep-both';
  ALTER TABLE download ADD COLUMN reusedBytes INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE download ADD COLUMN skippedFiles INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE download ADD COLUMN startedAtMs INTEGER;
  UPDATE download SET place = rowid;

  -- Files on this disk by content: finds what need not be fetched.
  CREATE INDEX localRootContent ON localRoot (root);

  -- What was downloaded of whose share, as it was verified: given on to others while the file stands as it was (stamp: see content/trees.ts).
  CREATE TABLE heldContent (
    root BLOB NOT NULL, peerId TEXT NOT NULL, shareId TEXT NOT NULL, path TEXT NOT NULL, localPath TEXT NOT NULL,
    sizeBytes INTEGER NOT NULL, stamp INTEGER NOT NULL, addedAtMs INTEGER NOT NULL, PRIMARY KEY (peerId, shareId, path)
  ) STRICT;
  CREATE INDEX heldContentRoot ON heldContent (root);

  CREATE TABLE transferHistory (
    id INTEGER PRIMARY KEY, direction TEXT NOT NULL, peerId TEXT NOT NULL, peerName TEXT NOT NULL, shareId TEXT NOT NULL, path TEXT NOT NULL,
    kind TEXT NOT NULL, outcome TEXT NOT NULL, bytes INTEGER NOT NULL, files INTEGER NOT NULL, startedAtMs INTEGER NOT NULL,
    endedAtMs INTEGER NOT NULL, destination TEXT, contentId TEXT, failure TEXT
  ) STRICT;
  CREATE TABLE transferTotal (direction TEXT PRIMARY KEY, bytes INTEGER NOT NULL, files INTEGER NOT NULL) STRICT;

  -- Peers that are given nothing.
  CREATE TABLE refusedPeer (peerId TEXT PRIMARY KEY, reason TEXT NOT NULL, addedAtMs INTEGER NOT NULL) STRICT;
  `,
  `
  -- Contents by which peers may find us: those of links (entry: where we have it, in an own share or downloaded from another's).
  CREATE TABLE linkedContent (
    contentId TEXT PRIMARY KEY, peerId TEXT NOT NULL, shareId TEXT NOT NULL, path TEXT NOT NULL, addedAtMs INTEGER NOT NULL
  ) STRICT;
  `,
  `
  -- Meeting: who is refused everywhere; who may see a share (JSON of Audience; '' = everyone); whether its keys must be made anew, since somebody
  -- has them who may not see it any more; who might see a share that was taken off the table.
  ALTER TABLE peer ADD COLUMN isBlocked INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE share ADD COLUMN audience TEXT NOT NULL DEFAULT '';
  ALTER TABLE share ADD COLUMN needsNewKeys INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE shareRemoval ADD COLUMN audience TEXT NOT NULL DEFAULT '';

  -- What the party is called here, '' = by its name.
  ALTER TABLE party ADD COLUMN label TEXT NOT NULL DEFAULT '';

  -- The newest list of a closed party, as its founder signed it.
  CREATE TABLE roster (
    partyId TEXT PRIMARY KEY, revision INTEGER NOT NULL, body BLOB NOT NULL, signature BLOB NOT NULL
  ) STRICT;

  -- Who is, or was, a member of which party; isMet: proved it to us, else another member told it.
  CREATE TABLE partyMember (
    partyId TEXT NOT NULL, peerId TEXT NOT NULL, isMet INTEGER NOT NULL, seenAtMs INTEGER NOT NULL, PRIMARY KEY (partyId, peerId)
  ) STRICT;

  -- Invites of ours, by the hash of their token. The code, and the token in it, is kept while the invite is open, to be shown again; then ''.
  CREATE TABLE invite (
    inviteId TEXT PRIMARY KEY, tokenHash BLOB NOT NULL UNIQUE, code TEXT NOT NULL, partyId TEXT NOT NULL, label TEXT NOT NULL,
    createdAtMs INTEGER NOT NULL, expiresAtMs INTEGER, uses INTEGER, usedCount INTEGER NOT NULL DEFAULT 0, revokedAtMs INTEGER
  ) STRICT;
  CREATE TABLE inviteUse (
    inviteId TEXT NOT NULL REFERENCES invite(inviteId) ON DELETE CASCADE, peerId TEXT NOT NULL, atMs INTEGER NOT NULL,
    PRIMARY KEY (inviteId, peerId)
  ) STRICT;
  CREATE TABLE pendingInvite (
    inviteId TEXT PRIMARY KEY, token BLOB NOT NULL, peerId TEXT NOT NULL, partyLabel TEXT NOT NULL, isPublic INTEGER NOT NULL,
    acceptedAtMs INTEGER NOT NULL, expiresAtMs INTEGER, refusal TEXT
  ) STRICT;

  -- Who asked to be let in (isOurs 0), and whom we ask (isOurs 1).
  CREATE TABLE accessRequest (
    peerId TEXT NOT NULL, isOurs INTEGER NOT NULL, text TEXT NOT NULL, shareId TEXT, atMs INTEGER NOT NULL, PRIMARY KEY (peerId, isOurs)
  ) STRICT;
  `,
  `
  -- Offers of files to one peer: ours (isOurs 1; peerId: the receiver) and others' to us. text: what the sender wrote. manifest: what is in it, as it
  -- travels (inbox/manifest.ts), NULL once it ended. paths: JSON, absolute, by item. folder, downloads (JSON), dropBoxId: of an accepted one.
  CREATE TABLE offer (
    isOurs INTEGER NOT NULL, peerId TEXT NOT NULL, offerId TEXT NOT NULL, text TEXT NOT NULL, items TEXT NOT NULL, fileCount INTEGER NOT NULL,
    folderCount INTEGER NOT NULL, totalBytes INTEGER NOT NULL, manifest BLOB, paths TEXT, state TEXT NOT NULL, isTold INTEGER NOT NULL DEFAULT 0,
    reason TEXT, atMs INTEGER NOT NULL, expiresAtMs INTEGER NOT NULL, folder TEXT, downloads TEXT, dropBoxId TEXT,
    PRIMARY KEY (isOurs, peerId, offerId)
  ) STRICT;

  CREATE TABLE dropBox (
    dropBoxId TEXT PRIMARY KEY, folder TEXT NOT NULL, audience TEXT NOT NULL, quotaBytes INTEGER NOT NULL, addedAtMs INTEGER NOT NULL
  ) STRICT;

  -- Downloads of some files of a folder: their paths inside the share, NUL between, deflated.
  CREATE TABLE downloadSelection (
    downloadId TEXT PRIMARY KEY REFERENCES download(downloadId) ON DELETE CASCADE, paths BLOB NOT NULL
  ) STRICT;
  `,
  `
  -- Links that are being downloaded: the text of a link file, compressed; shareId as in their download. And links by the info hash of their torrent.
  CREATE TABLE linkBundle (shareId TEXT PRIMARY KEY, body BLOB NOT NULL, addedAtMs INTEGER NOT NULL) STRICT;
  CREATE TABLE knownTorrent (infoHash TEXT PRIMARY KEY, body BLOB NOT NULL, addedAtMs INTEGER NOT NULL) STRICT;
  `,
  `
  -- Offers. isSaid: of ours, its peer was told of it, so that it must be told of its end. isHidden: ended and off the list, and kept until the other side
  -- knows. done: JSON, the downloads of it that came whole, whatever became of them in the queue.
  ALTER TABLE offer ADD COLUMN isSaid INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE offer ADD COLUMN isHidden INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE offer ADD COLUMN done TEXT;
  UPDATE offer SET isSaid = isOurs;

  -- Folders made in drop boxes, each for what one peer sends: their real paths.
  CREATE TABLE dropBoxFolder (folder TEXT PRIMARY KEY, peerId TEXT NOT NULL, addedAtMs INTEGER NOT NULL) STRICT;
  `,
];
