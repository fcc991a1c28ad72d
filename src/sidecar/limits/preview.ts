// What looking at a folder before it is shared may cost beyond the walk, and marks of single paths. See limits.ts.

import { KiB, MiB } from './units.ts';

export const previewLimits = {
  /** Larger files are no configuration that a person wrote: not read for secrets. */
  secretFileBytes: 256 * KiB,
  /** Files read for secrets in one preview, and their bytes: about 3 s from a cold disk. As many wait to be read in a share: those of its first walk. */
  secretFiles: 20_000,
  secretBytes: 128 * MiB,
  /** Longest that this takes, whatever the disk is like. */
  secretMs: 5_000,
  /** What stands in the first bytes says whether a file is text. */
  headBytes: 4 * KiB,
  /** Suspects that are named: as many as can be left out at once. */
  suspects: 1000,
  /** Folders of the preview's tree. */
  folders: 1000,
  /** Paths that are left out, or marked, in one request. */
  paths: 1000,
  /** Longest absolute path: Linux's PATH_MAX. */
  pathCharacters: 4096,
} as const;
