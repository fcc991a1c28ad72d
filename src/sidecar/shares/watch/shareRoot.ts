// The root of a share: whether it is the folder that it was, and what to say when it is not.

import { readdirSync } from 'node:fs';
import { AppError, asAppError } from '../../../protocol/errors.ts';
import type { Failure } from '../../../protocol/model.ts';
import { walkFailure } from '../scan.ts';
import { rootIdentity } from './places.ts';

/**
 * The identity of the root now. Throws what the system says of it; `unavailable` when an empty folder stands in the place of the one
 * that was known: a mount point whose drive went looks like that, and must not empty the index.
 */
export function enterRoot(root: string, { known, isEmptyFine }: { known: string | undefined; isEmptyFine: boolean }): string {
  const identity = rootIdentity(root);
  if (known !== undefined && identity !== known && !isEmptyFine && readdirSync(root).length === 0)
    throw new AppError(
      'unavailable',
      `${root} is another folder than before, and empty. If it lies on a drive, attach the drive; if it was emptied on purpose, rescan.`,
      { data: { path: root } },
    );
  return identity;
}

export function rootFailure(root: string, thrown: unknown): Failure {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : undefined;
  const error = thrown instanceof AppError ? thrown : walkFailure(root, code, asAppError(thrown).message);
  return { kind: error.kind, message: error.message, data: error.data };
}
