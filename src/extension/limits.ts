// Every maximum and deadline of the extension, each with its reason. Those of the sidecar are src/sidecar/limits.ts.

export const limits = {
  /** Folders of which the listing is kept to answer stat storms from memory. */
  cachedFolders: 2_000,
  /** Entries in all kept listings: at about 150 bytes each, 30 MB. */
  cachedEntries: 200_000,
  /** One page of catalog/list; also the largest folder that stat answers from a kept listing. The sidecar's own maximum. */
  pageEntries: 10_000,
  /** `readDirectory` hands over whole folders: more than this would stall the Explorer, our own view pages instead. */
  directoryEntries: 100_000,
  /** Rows of a folder shown in our tree at once, and added by each click on "more". */
  treePage: 500,
  /** Open above the size setting is possible up to here: the file goes through memory and the host's message channel. */
  openHardCapBytes: 512 * 1024 * 1024,
  /** A fetch shows its progress after this; shorter ones would only flicker. */
  progressDelayMs: 800,
  /** Slowest rate at which opening a file is waited for, beside a fixed minute. */
  fetchMinBytesPerSecond: 20 * 1024,
  fetchBaseMs: 60_000,
  /** Sidecar start and hello; a cold start on a slow disk takes 2 s. */
  connectMs: 20_000,
  /** Hello with a token that was written meanwhile. */
  tokenAttempts: 5,
  tokenPauseMs: 100,
  /** A stopping sidecar closes its parts in 5 s or exits anyway (its closeMs). */
  sidecarExitMs: 7_000,
  /** Walking a folder of a million files takes 4 to 20 s warm, minutes on a cold network disk. */
  previewMs: 10 * 60_000,
  /** Reading a whole share again, as above, on the slowest disks. */
  rescanMs: 6 * 60 * 60_000,
  /** Views are redrawn at most four times a second. */
  redrawMs: 250,
  /** Wait before a lost sidecar is looked for again; doubled for each loss in a row. */
  reconnectMs: 300,
  /** Longest pause between two rounds of reading kept listings again while shares change. */
  refreshPauseMs: 2_000,
  /** Changes of the catalog that are turned into file events at once; beyond, the events name the share's root only. */
  fileEvents: 1_000,
  /** Entries that one command acts on (multi-selection). */
  selection: 200,
  /** Rows in the preview of a share. */
  previewRows: 400,
  /** Entries of a preview's first level, and its folders: the sidecar's own maximum. */
  previewEntries: 1_000,
  /** Rows that were revealed beyond the page of their folder: folders, and rows in one. */
  pinnedFolders: 200,
  pinnedEntries: 50,
  /** Hits in Find Files: more are behind "show all". VS Code draws each of them anew for every key. */
  findHits: 50,
  /** Hits that peers told live, shown in Find Files and kept in the results. */
  liveHits: 200,
  /** Peers are asked live once a query stood still this long. */
  liveAfterMs: 300,
  /** Rows of the results view at once, and added by each "more"; and how many it ever holds. */
  resultsPage: 200,
  /** One page of search/query and catalog/recent: the sidecar's own maximum (pageHits). */
  searchPage: 1_000,
  resultHits: 10_000,
  /** Searches remembered, and what is kept of each. */
  recentSearches: 20,
  queryCharacters: 256,
  /** Above a tree. */
  messageCharacters: 500,
  /** Rows of Recently Added at once. */
  recentPage: 100,
  /** Folders of the Peers view that are read again when their share changes. */
  treeFolders: 500,
  /** Rows whose counts and ages alone changed are drawn again this seldom: VS Code asks anew for all that is open below them. */
  countsRedrawMs: 5_000,
  /** The merged tree and the recently added are read again at most this often while the catalog changes. */
  mergedRedrawMs: 1_000,
  /** News of watched searches are gathered this long before one notification tells them. */
  newsMs: 1_500,
  /** A notification that was not closed keeps the next one back no longer than this. */
  newsAgainMs: 60_000,
  /** As above, of an answer to what a person just did. */
  answerNoticeMs: 3_000,
  /** Notifications that wait for the one before them. */
  noticesWaiting: 20,
  /** Rows of one group of the Transfers view, which VS Code draws anew whenever one ends: the rest is counted, and shown on the board. */
  transferRows: 200,
  /** Ended downloads that were told are remembered this long and this many, so that no other window tells them again. */
  toldDownloads: 200,
  /** Transfers that ended, listed at once: the sidecar's own maximum. */
  historyRows: 1_000,
  /** Peers to choose from for a share: as many as an audience takes (the sidecar's audiencePeers). */
  audiencePeers: 1_024,
  /** Requests for access that were told, remembered so that no window tells them again: as many as the sidecar keeps. */
  toldRequests: 100,
  /** A request for access: the sidecar's accessCharacters. */
  requestCharacters: 128,
  /** Asking bootstrap nodes anew takes up to 10 s. */
  diagnoseMs: 30_000,
  /** Members of a party who were never here, as rows: the rest is counted. */
  memberRows: 500,
  /** Lists of members are read again at most this often: those of large parties are a megabyte. */
  membersReadMs: 1_000,
  /** How long the answer to an accepted invite is waited for before it is called pending: connecting to a peer that is here takes 3 s. */
  inviteOutcomeMs: 10_000,
  /** Changed rows of the board are gathered this long: ten times a second is as smooth as a person reads. */
  boardRowsMs: 100,
  /** Rows of the board are made so long at a time, so that keys and other pages have their turn; and a message to it is waited for so long. */
  boardSliceMs: 8,
  boardPostMs: 2_000,
  /** Figures and pieces on the board; and after how many rounds storage is counted again. */
  boardSlowMs: 1_000,
  boardStorageRounds: 30,
  /** Marks of the Explorer: asked for together (the sidecar's own maximum), how long they are gathered, and how many are kept. */
  marksAtOnce: 1_000,
  marksDelayMs: 20,
  marksKept: 20_000,
  /** Changes that come all the time (a shared folder that is worked in) have marks asked for again at most this often. */
  marksRedrawMs: 5_000,
  /** More changed marks than this, and VS Code is told that all may have changed: it takes 250 in one event, and drops what is more. */
  markedUris: 250,
  /** The page of a file: ended transfers on it, holders that the sidecar names at most, lines of how it begins, and how often it is drawn again. */
  pageHistory: 20,
  pageHolders: 100,
  pageTextLines: 12,
  pageRedrawMs: 1_000,
  /** Told to a peer that is refused. */
  reasonCharacters: 128,
  /** Rows of a group of the Compare view at once, and added by each "more". */
  comparePage: 500,
  /** Comparing half a million entries a side takes seconds; by contents, files are read, for 45 minutes at most (see the sidecar's limits/compare.ts). */
  compareMs: 120_000,
  compareExactMs: 3_600_000,
  /** Ranged viewers: what is fetched at a time for looking (a screen is 10 KB; a round trip carries this much as fast), and kept of a file: 8 MiB. */
  viewerBlockBytes: 128 * 1024,
  viewerBlocks: 64,
  /** Read at a time when looking through a file; two of them are held. */
  viewerScanBytes: 8 * 1024 * 1024,
  /** Marks of lines kept of one file: one for each 8 MiB of 160 GB. */
  viewerMarks: 20_000,
  /** Pictures, sound and films are held whole by the page that shows them. */
  viewerWholeBytes: 256 * 1024 * 1024,
  /** What of a file is looked at to tell text from bytes. */
  viewerSniffBytes: 8 * 1024,
  /** Requests of a viewer's page at a time; ours asks for a handful. More are answered as cancelled. */
  viewerRequests: 64,
  /** How far looking through a file got is told four times a second; and what a first range may be waiting for, after this. */
  viewerProgressMs: 250,
  viewerFirstMs: 1_500,
  /** One range of a viewer: its owner may hash the file before, which the sidecar waits ten minutes for (its headMs) and then says. It can be cancelled. */
  viewerRangeMs: 11 * 60_000,
  /** A `.p2p` file of the longest text that is read (16 MiB of characters), were half of them not of ASCII. */
  linkFileBytes: 32 * 1024 * 1024,
  /** Links are looked for in the first characters of a text: 1 MiB takes some milliseconds. */
  linkedTextCharacters: 1024 * 1024,
  /** And of a line in a terminal, which wraps long ones. */
  linkedLineCharacters: 16 * 1024,
  /** The end of a line, whatever its length; VS Code cuts it. */
  lineCharacters: 100_000,
  /** Who has what a link leads to is looked at again at most this often while peers come and go. */
  linkStatusMs: 1_500,
  /** Files of a link whose status is asked for at once when one of them is looked for: as many as are answered. */
  linkStatusFiles: 1_000,
  /** A link that is edited is read with each key, to say what is wrong with it; above this it is not: 25 ms. */
  linkLensCharacters: 256 * 1024,
  /** Above this a link is read by the sidecar from its file, not sent to it. */
  linkTextCharacters: 4 * 1024 * 1024,
  /** Hashing, verifying and making torrents read whole disks. */
  linkWorkMs: 6 * 60 * 60_000,
  /** Files and folders of one offer: the sidecar's own maximum. */
  offerPaths: 64,
  /** What is written beside an offer: the sidecar's maximum. */
  offerTextCharacters: 512,
  /** Rows of offers, and of what is in one. */
  offerRows: 500,
  /** Dropped text that is looked at for URIs. */
  droppedCharacters: 1024 * 1024,
} as const;
