// What is said about own folders before and while they are shared, beyond counts: likely secrets, and marks for single paths. Re-exported by model.ts.

import type { SkipReason } from './model.ts';

/** What the text of a file looks like. The words are stable; what a person reads is the client's affair. */
export type SecretKind =
  | 'private-key'
  | 'aws-key'
  | 'github-token'
  | 'gitlab-token'
  | 'slack-token'
  | 'google-key'
  | 'stripe-key'
  | 'npm-token'
  | 'model-key'
  | 'url-password';

/** A file that would be shared and whose text looks as if it held secrets. Never the text itself. */
export interface Suspect {
  /** Inside the folder. */
  path: string;
  sizeBytes: number;
  kinds: SecretKind[];
  /** Of the first find, from 1. */
  line: number;
}

/** What looking into files for secrets found, and how far it came: only small files are read, and not without end. */
export interface SuspectReport {
  /** At most 1,000. */
  suspects: Suspect[];
  /** All that were found. */
  found: number;
  readFiles: number;
  /** Text files, by their size, that were not read because there were too many of them. */
  unreadFiles: number;
}

/** A folder of a preview with all that lies below it. */
export interface FolderTotals {
  path: string;
  fileCount: number;
  totalBytes: number;
}

/**
 * What a path of this disk is to one's shares. `root`: the shared folder itself. `shared`: offered as the disk is now. `excluded`: inside a
 * share, and left out for `reason`, by `rule` (itself, or a folder above it). `none`: in no share, or not there.
 */
export type ShareMark = { state: 'none' | 'root' | 'shared' } | { state: 'excluded'; reason: SkipReason; rule?: string };
