// What the process ends with. The table is part of the contract with scripts: help.ts prints it, docs/cli.md repeats it.

import type { ErrorKind } from '../protocol/errors.ts';

export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  unavailable: 4,
  denied: 5,
  verification: 6,
  diskFull: 7,
  cancelled: 8,
  /** 128 + SIGINT, as shells have it. */
  interrupted: 130,
} as const;

/** For `help exit-codes` and the docs. */
export const exitCodeTexts: readonly [number, string][] = [
  [exitCodes.ok, 'done'],
  [exitCodes.failed, 'failed for a reason without a code of its own'],
  [exitCodes.usage, 'wrong command, option or argument'],
  [exitCodes.notFound, 'no such peer, party, invite, share, file or download'],
  [exitCodes.unavailable, 'the peer or the sidecar is away, busy or too slow; try again later'],
  [exitCodes.denied, 'not allowed'],
  [exitCodes.verification, 'the bytes did not match their content id'],
  [exitCodes.diskFull, 'the disk is full'],
  [exitCodes.cancelled, 'the download or request was cancelled, or a question not answered with yes'],
  [exitCodes.interrupted, 'interrupted by Ctrl-C'],
];

/** Total over every kind of failure. */
export const exitCodeOf: Readonly<Record<ErrorKind, number>> = {
  'invalid-argument': exitCodes.usage,
  'not-found': exitCodes.notFound,
  'already-exists': exitCodes.failed,
  'permission-denied': exitCodes.denied,
  unavailable: exitCodes.unavailable,
  cancelled: exitCodes.cancelled,
  'too-large': exitCodes.failed,
  'is-folder': exitCodes.failed,
  'not-folder': exitCodes.failed,
  changed: exitCodes.failed,
  'verification-failed': exitCodes.verification,
  'disk-full': exitCodes.diskFull,
  io: exitCodes.failed,
  protocol: exitCodes.failed,
  incompatible: exitCodes.failed,
  unauthorized: exitCodes.denied,
  busy: exitCodes.unavailable,
  internal: exitCodes.failed,
};
