// The border between our failures and the few codes that peers tell each other: total both ways, never a path, a text or a stack.

import { AppError, asAppError, type ErrorKind } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/ids.ts';
import { transferLimits } from '../limits.ts';

/** Why a request was refused, as one byte on the wire: docs/wire-protocol.md. Codes are never given a new meaning. */
export const wireCodes = {
  failed: 0,
  notFound: 1,
  denied: 2,
  changed: 3,
  unavailable: 4,
  busy: 5,
  tooLarge: 6,
  invalid: 7,
  cancelled: 8,
  refusedByOwner: 9,
} as const;

const codeOf: Readonly<Record<ErrorKind, number>> = {
  'invalid-argument': wireCodes.invalid,
  'not-found': wireCodes.notFound,
  'already-exists': wireCodes.failed,
  'permission-denied': wireCodes.denied,
  unavailable: wireCodes.unavailable,
  cancelled: wireCodes.cancelled,
  'too-large': wireCodes.tooLarge,
  'is-folder': wireCodes.invalid,
  'not-folder': wireCodes.notFound,
  changed: wireCodes.changed,
  'verification-failed': wireCodes.failed,
  'disk-full': wireCodes.failed,
  io: wireCodes.failed,
  protocol: wireCodes.failed,
  incompatible: wireCodes.failed,
  unauthorized: wireCodes.denied,
  busy: wireCodes.busy,
  internal: wireCodes.failed,
};

const refusals = new Map<number, { kind: ErrorKind; message: string }>([
  [wireCodes.notFound, { kind: 'not-found', message: 'The peer does not offer this file any more. Look at its share again.' }],
  [wireCodes.denied, { kind: 'permission-denied', message: 'The peer does not give you this file. Ask its owner.' }],
  [wireCodes.changed, { kind: 'changed', message: 'The file changed at the peer while it was read. Try again.' }],
  [wireCodes.unavailable, { kind: 'unavailable', message: 'The peer cannot serve this file now. Try again later.' }],
  [wireCodes.busy, { kind: 'busy', message: 'The peer serves too many requests now. Try again in a moment.' }],
  [wireCodes.tooLarge, { kind: 'too-large', message: 'The peer refuses a request of this size. Ask for less at once.' }],
  [wireCodes.invalid, { kind: 'invalid-argument', message: 'The peer finds this request wrong: it may be no file.' }],
  [wireCodes.cancelled, { kind: 'cancelled', message: 'The request was cancelled.' }],
]);

const generic = { kind: 'io' as const, message: 'The peer could not read this file. Its owner can see why in its log.' };

/** The code that a peer is told for a failure of ours. */
export function wireCodeOf(kind: ErrorKind): number {
  return codeOf[kind];
}

/** What a peer is told of a failure of ours: of its words, none but those that a person wrote for this peer (`data.reason`). */
export function refusalFor({ kind, data }: AppError): { code: number; reason: string } {
  if (kind !== 'permission-denied' || data.reason === undefined) return { code: wireCodeOf(kind), reason: '' };
  return { code: wireCodes.refusedByOwner, reason: [...data.reason].slice(0, transferLimits.reasonCharacters).join('') };
}

/** The failure that a peer's code stands for; codes of a newer peer become `io`. `reason` is a stranger's words, shown as such. */
export function refusalOf(code: number, reason = ''): AppError {
  if (code === wireCodes.refusedByOwner) return refusedByOwner(reason);
  const { kind, message } = refusals.get(code) ?? generic;
  return new AppError(kind, message);
}

function refusedByOwner(untrustedReason: string): AppError {
  // Control and format characters would write over what stands beside them.
  const reason = untrustedReason.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  const message =
    reason === '' ? 'The peer gives you no files. Ask the person.' : `The peer gives you no files: “${reason}”. Ask the person.`;
  return new AppError('permission-denied', message, { data: { reason } });
}

/** The peer broke the protocol; ends its session. */
export function protocolViolation(what: string): AppError {
  return new AppError('protocol', `The peer broke the protocol: ${what}. Its connection is closed.`);
}

/** The connection to the peer ended, for a reason told in the log too. */
export function peerGone(reason: string): AppError {
  return new AppError('unavailable', `The connection to the peer ended: ${reason}. It goes on when the peer is back.`);
}

/** A direct link to the peer ended; the session goes on. */
export function linkGone(reason: string): AppError {
  return new AppError('unavailable', `The direct link to the peer ended: ${reason}. Asked again, it takes another way.`);
}

/** The peer's Potluck does not know what it is asked for. */
export function notUnderstood(peerId: PeerId, what: string): AppError {
  return new AppError('unavailable', `Peer ${peerId} cannot be asked for ${what}: its Potluck is too old.`);
}

export function packTooLarge(): AppError {
  return new AppError('invalid-argument', 'A pack has too many files, or too long paths. Ask for less at once.');
}

export function tooManyQuestions(): AppError {
  return new AppError('busy', 'The peer asks too often what is held.');
}

export function requestStalled(peerId: PeerId, seconds: number): AppError {
  return new AppError(
    'unavailable',
    `Peer ${peerId} sent nothing for ${seconds} s. Try again, or wait until its connection is better.`,
  );
}

export function readerStalled(): AppError {
  return new AppError('unavailable', 'The peer took no bytes for too long.');
}

export function requestCancelled(): AppError {
  return new AppError('cancelled', 'The request was cancelled.');
}

/** The reply ended before, or went beyond, the size that it began with. */
export function fileChanged(): AppError {
  return new AppError('changed', 'The file changed its size while it was read. Try again.');
}

export function tooManyRequests(): AppError {
  return new AppError('busy', 'Too many requests wait for this peer. Try again when some are done.');
}

/** A peer searches more often, or cancels more searches, than one that types. */
export function tooManySearches(): AppError {
  return new AppError('busy', 'The peer asks for too many searches.');
}

export function searchTimedOut(): AppError {
  return new AppError('unavailable', 'The search of a peer took too long.');
}

export function searchNotUnderstood(peerId: PeerId): AppError {
  return new AppError(
    'unavailable',
    `Peer ${peerId} cannot be searched: its Potluck is too old. It is found once its index is here.`,
  );
}

/** A failure while handling what a peer sent, as a reason for the log. */
export function reasonOf(thrown: unknown): string {
  return asAppError(thrown).message;
}
