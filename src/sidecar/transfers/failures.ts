// The failures of transfers, each made in one place. Messages for peers name no path of this machine.

import { unlinkSync } from 'node:fs';
import { AppError, type ErrorKind } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/ids.ts';
import { isOfLink } from '../../protocol/linkPeer.ts';
import { transferLimits } from '../limits.ts';

/** Enough of a key to tell peers apart in a message. */
function shortPeer(peerId: PeerId): string {
  return `${peerId.slice(0, 8)}…`;
}

export function wasCancelled(): AppError {
  return new AppError('cancelled', 'The transfer was cancelled.');
}

export function hashFailed(reason: string): AppError {
  return new AppError('io', `Hashing failed: ${reason}. Try again.`);
}

/** The file's size or time changed between opening and the last byte. */
export function readChanged(): AppError {
  return new AppError('changed', 'The file changed while it was read. Try again when it is no longer being written.');
}

export function notShared(path: string): AppError {
  return new AppError('not-found', `${JSON.stringify(path)} is not shared any more. Look at the folder again.`, {
    data: { path },
  });
}

export function notServed(path: string, reason: string): AppError {
  return new AppError('permission-denied', `${JSON.stringify(path)} is not served: ${reason}.`, { data: { path } });
}

export function ownerIoError(path: string, code: string): AppError {
  return new AppError('io', `${JSON.stringify(path)} could not be read at its owner (${code}). Try again later.`, {
    data: { path },
  });
}

export function peerGone(peerId: PeerId): AppError {
  if (isOfLink({ peerId }))
    return new AppError(
      'unavailable',
      'Nobody who is here has all of what this link leads to. It goes on when somebody comes who has it.',
    );
  return new AppError('unavailable', `The peer ${shortPeer(peerId)} is not connected. It goes on when the peer is back.`);
}

export function peerSilent(peerId: PeerId, path: string): AppError {
  return new AppError(
    'unavailable',
    `The peer ${shortPeer(peerId)} did not answer for ${JSON.stringify(path)} in time. It is asked again.`,
  );
}

/** What arrived is not what its hash says; the peer is named. */
export function badContent(peerId: PeerId, path: string, cause: string): AppError {
  return new AppError(
    'verification-failed',
    `${JSON.stringify(path)} from peer ${shortPeer(peerId)} ${cause}, so it was not kept. Try again, or tell the peer.`,
    { data: { path } },
  );
}

export function tooLarge(path: string, sizeBytes: number, limitBytes: number): AppError {
  return new AppError(
    'too-large',
    `${JSON.stringify(path)} has ${sizeBytes} bytes, more than the ${limitBytes} that are opened at once. Download it instead.`,
    { data: { path, sizeBytes, limitBytes } },
  );
}

export function tooLargeToReceive(path: string, sizeBytes: number): AppError {
  const limitBytes = transferLimits.fileBytes;
  return new AppError(
    'too-large',
    `${JSON.stringify(path)} is said to have ${sizeBytes} bytes; at most ${limitBytes} are received. Ask its owner.`,
    { data: { path, sizeBytes, limitBytes } },
  );
}

export function diskFull(folder: string, neededBytes: number | undefined, freeBytes: number | undefined): AppError {
  const missing =
    neededBytes === undefined || freeBytes === undefined ? '' : `: ${neededBytes} bytes are needed and ${freeBytes} are free`;
  return new AppError('disk-full', `The disk of ${folder} is full${missing}. Make room, then retry; what was received is kept.`, {
    data: {
      path: folder,
      ...(neededBytes === undefined ? {} : { sizeBytes: neededBytes }),
      ...(freeBytes === undefined ? {} : { limitBytes: freeBytes }),
    },
  });
}

export function refusedManifest(path: string, reason: string): AppError {
  return new AppError(
    'invalid-argument',
    `The folder was not downloaded: ${JSON.stringify(path.slice(0, 200))} ${reason}. Nothing was written.`,
    {
      data: { path: path.slice(0, 200) },
    },
  );
}

export function unsafeTarget(path: string, reason: string): AppError {
  return new AppError(
    'permission-denied',
    `${path} ${reason}, so nothing is written there. Remove it or choose another download folder.`,
    {
      data: { path },
    },
  );
}

/** Error code of a failed system call, if it is one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Removes a name, if it is there. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

const localKinds: Readonly<Record<string, ErrorKind>> = {
  EACCES: 'permission-denied',
  EPERM: 'permission-denied',
  EROFS: 'permission-denied',
  ELOOP: 'permission-denied',
  EMFILE: 'busy',
  ENFILE: 'busy',
};

/** A failed write, rename or folder on this machine. AppErrors pass through. */
export function localFailure(error: unknown, path: string): AppError {
  if (error instanceof AppError) return error;
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') return diskFull(path, undefined, undefined);
  if (code === 'ENAMETOOLONG') {
    return new AppError(
      'invalid-argument',
      `${path} is longer than this disk allows. Download it to a folder with a shorter path.`,
      {
        data: { path },
        cause: error,
      },
    );
  }
  const reason = code ?? (error instanceof Error ? error.message : String(error));
  return new AppError(localKinds[code ?? ''] ?? 'io', `${path} could not be written (${reason}). Check the folder, then retry.`, {
    data: { path },
    cause: error,
  });
}
