// What a share begins with: its row, and the title that it gets or is given.

import { randomBytes } from 'node:crypto';
import path from 'node:path';
import z32 from 'z32';
import { AppError, asAppError } from '../../protocol/errors.ts';
import { isShareId } from '../../protocol/ids.ts';
import type { Audience } from '../../protocol/model.ts';
import { wireLimits } from '../limits.ts';
import { audienceText } from './audienceText.ts';
import type { ShareRow } from './shareRow.ts';

export function newRow(root: string, title: string, audience: Audience): ShareRow {
  const shareId = z32.encode(randomBytes(16));
  if (!isShareId(shareId)) throw asAppError(new Error('A share id is not 26 characters long.'));
  const counts = { fileCount: 0, folderCount: 0, totalBytes: 0, skippedCounts: '{}' };
  const encryptionKey = new Uint8Array(randomBytes(32));
  return {
    shareId,
    title,
    path: root,
    encryptionKey,
    revision: 1,
    addedAtMs: Date.now(),
    scannedAtMs: null,
    feedLength: 0,
    snapshotLength: 0,
    isPaused: 0,
    detailsGeneration: 0,
    detailsLength: 0,
    audience: audienceText(audience),
    needsNewKeys: 0,
    ...counts,
  };
}

/** One line of 1 to 128 characters. */
export function checkedTitle(title: string): string {
  const clean = title.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ').trim();
  if (clean === '' || clean.length > wireLimits.textCharacters)
    throw new AppError('invalid-argument', `A title has 1 to ${wireLimits.textCharacters} characters. Choose another one.`);
  return clean;
}

export function defaultTitle(root: string): string {
  const clean = path
    .basename(root)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
    .trim();
  return [...clean].slice(0, 60).join('') || 'Folder';
}

/** What a person was shown before is not what would be shared now. */
export function newSecrets(root: string, [first = '', ...others]: readonly string[]): AppError {
  const what = others.length === 0 ? 'A file that looks secret' : `${others.length + 1} files that look secret`;
  const which = others.length === 0 ? '' : ', one of them';
  return new AppError(
    'changed',
    `${what} came to ${root} since it was looked at${which}: ${JSON.stringify(first)}. Nothing is shared. Look at the folder again.`,
    { data: { path: first } },
  );
}

export function alreadyShared(root: string, title: string): AppError {
  return new AppError(
    'already-exists',
    `${root} is shared already, as "${title}". Rescan that share, or stop sharing it first.`,
    {
      data: { path: root },
    },
  );
}
