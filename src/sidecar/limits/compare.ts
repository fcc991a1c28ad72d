// Comparing trees. Every maximum and deadline with its reason: see limits.ts.

/** What comparing may cost. */
export const compareLimits = {
  /** Entries of one side: both sides and what is said of them are about 250 bytes each in the worker. */
  entries: 500_000,
  /** Memory of one worker. */
  workerHeapMiB: 768,
  /** Results kept, each with its worker; the one that was used longest ago goes first. */
  kept: 4,
  /** A result that nobody asks for any more is let go of. */
  keptMs: 600_000,
  /** Comparisons being made at once: a disk is read, and a processor busy. */
  running: 2,
  /** A worker that says nothing for so long hangs (a network drive that is gone). */
  stallMs: 120_000,
  /** Known content ids handed over at once: some milliseconds of work on the main thread. */
  idsAtOnce: 10_000,
  /** Content ids that the owner of a side is asked for, and how many at once: each may cost it the reading of a file. */
  askedIds: 2000,
  askedAtOnce: 4,
  /** An owner that does not answer one of them within this is not asked for more. */
  askMs: 60_000,
  /** Looking for missing content ids ends then, with what was found: less than the hour that the extension waits for the answer. */
  exactMs: 2_700_000,
  /** Own files hashed at once: the disk is the limit. */
  hashedAtOnce: 2,
  /** Files queued as one download of differences. */
  downloadFiles: 200_000,
  /** Paths that a request may name. */
  paths: 10_000,
} as const;
