// The failures that the command line itself finds. All else comes from the sidecar.

import { AppError } from '../protocol/errors.ts';

/** Wrong command line: exit code 2, with a pointer to the help of the command. */
export function usageError(message: string, command?: string): AppError {
  const help = command === undefined ? 'potluck help' : `potluck help ${command}`;
  return new AppError('invalid-argument', `${message.replace(/[.\s]+$/, '')}. See "${help}".`);
}

export function noSuch(
  what: 'peer' | 'party' | 'share' | 'download' | 'watched search' | 'invite' | 'request' | 'ban',
  name: string,
  next: string,
): AppError {
  return new AppError('not-found', `There is no ${what} ${JSON.stringify(name)}. ${next}`);
}

export function ambiguous(what: string, name: string, candidates: string[]): AppError {
  const shown = candidates.slice(0, 10);
  if (candidates.length > shown.length) shown.push(`… and ${candidates.length - shown.length} more`);
  return new AppError(
    'invalid-argument',
    `${JSON.stringify(name)} may be any of these ${what}; use more of the id:\n  ${shown.join('\n  ')}`,
  );
}

export function nodeTooOld(version: string, oldest: string): AppError {
  return new AppError(
    'incompatible',
    `No sidecar runs, and Node ${version} cannot start one: it needs ${oldest} or newer. Use a newer Node, or a terminal inside VS Code.`,
  );
}

export function interrupted(message: string): Interrupted {
  return new Interrupted(message);
}

/** Ctrl-C ended the wait; the message says what goes on without us. */
export class Interrupted extends AppError {
  constructor(message: string) {
    super('cancelled', message);
  }
}
