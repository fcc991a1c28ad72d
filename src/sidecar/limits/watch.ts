// Following own folders. Every maximum and deadline with its reason: see limits.ts.

/** Following own folders. */
export const watchLimits = {
  /** Folders watched at once over all shares, each 2.4 KB of ours and 1 KB of the kernel's; also at most half of what the system allows. */
  watchedFolders: 32_768,
  /** From the first event to looking: events of one save arrive within it. */
  settleMs: 30,
  /** Changes are looked at and published at least this often while events keep coming. */
  settleMaxMs: 250,
  /** Names of one folder that are looked at one by one; more, and the whole folder is. */
  namesAtOnce: 64,
  /** Dirty folders remembered; more, and the share is scanned whole. */
  dirtyFolders: 100_000,
  /** Folders past the budget are looked at in turn, at most this share of one core's time, and each at least this often apart. */
  pollShare: 0.02,
  pollMinMs: 2_000,
  /** A slow sweep over everything, which finds what events and folder times do not tell; the pause between two. */
  sweepPauseMs: 30 * 60_000,
  /** What a sweep takes of one core. */
  sweepShare: 0.05,
  /** A folder changed this close before it was read may have changed again within the same tick of the file system's clock. */
  racyMs: 2_000,
  /** Failed shares (drive away) are tried again this often. */
  retryMs: 15_000,
  /** Longest piece of work between two turns of the watch worker: the kernel keeps 16,384 events, which a fast writer makes in 150 ms. */
  pieceMs: 10,
  /** A name that was looked at so many times in a row is looked at once in so long: a log that is written all the time. */
  repeats: 3,
  repeatedMs: 1_000,
  /** More events than this in a second about such names, and the folder's watch rests for that long: each event costs. */
  repeatedEvents: 200,
  /** What looking at one large folder that changes all the time may take of one core. */
  lookShare: 0.1,
  /** Names, places and parsed rules remembered for a share: a few hundred bytes each. */
  rememberedNames: 4096,
  rememberedRules: 4096,
  rememberedPlaces: 16_384,
  /** A share with more folders is scanned when the rules of its root change: that shows its progress. */
  rulesFolders: 10_000,
  /** Listening that takes longer is told of before it is done. */
  listenMs: 50,
  /** Young heap of the watch worker: its garbage is small, and V8 would let it grow to 32 MiB. */
  youngHeapMiB: 4,
} as const;
