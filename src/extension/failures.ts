// Failures as a person reads them: one sentence for each kind, where the sidecar's own message does not say it already.
// Total over ErrorKind. Must not know `vscode`; showing them is messages.ts, and FileSystemError is files/fileSystemErrors.ts.

import { AppError, type ErrorKind } from '../protocol/errors.ts';
import { messageName } from './displayText.ts';
import { t } from './text.ts';

/** A sentence to put before the sidecar's message, or undefined for kinds whose message stands alone. */
export function leadOf(kind: ErrorKind): string | undefined {
  switch (kind) {
    case 'invalid-argument':
    case 'not-found':
    case 'already-exists':
    case 'is-folder':
    case 'not-folder':
    case 'too-large':
    case 'busy':
      return undefined;
    case 'permission-denied':
      return t('Not allowed.');
    case 'unavailable':
      return t('Not reachable now.');
    case 'cancelled':
      return undefined;
    case 'changed':
      return t('The file changed at its owner meanwhile. Try again.');
    case 'verification-failed':
      return t('The data received is not what its owner announced, and was thrown away.');
    case 'disk-full':
      return t('This disk is full.');
    case 'io':
      return t('This disk or file cannot be used.');
    case 'protocol':
      return t('The other side broke the protocol.');
    case 'incompatible':
      return t('This window and the Potluck sidecar have different versions. Reload the window.');
    case 'unauthorized':
      return t('The Potluck sidecar refused this window.');
    case 'internal':
      return t('Potluck failed. The log has the details.');
  }
}

/** What can be done about a failure, beside reading the log. */
export function isWorthRetrying(kind: ErrorKind): boolean {
  return (
    kind === 'unavailable' ||
    kind === 'busy' ||
    kind === 'changed' ||
    kind === 'disk-full' ||
    kind === 'io' ||
    kind === 'internal'
  );
}

/** The failure in one line. Text of others in it is made safe for notifications. */
export function failureText(failure: { kind: ErrorKind; message: string }): string {
  const lead = leadOf(failure.kind);
  const message = messageName(failure.message.slice(0, 400));
  return lead === undefined ? message : `${lead} ${message}`;
}

export function notRunning(reason: string): AppError {
  return new AppError('unavailable', t('The Potluck sidecar is not running: {0}', reason));
}

export function stoppedByUser(): AppError {
  return new AppError('unavailable', t('The Potluck sidecar was stopped. Run "Potluck: Restart Sidecar" to go on.'));
}

export function crashedTooOften(): AppError {
  return new AppError('unavailable', t('The Potluck sidecar stopped five times within a minute and stays off.'));
}

export function invalidArgument(what: string): AppError {
  return new AppError('invalid-argument', t('This command needs {0}.', what));
}

export function tooLargeToOpen(name: string, size: string, limit: string): AppError {
  return new AppError('too-large', t('{0} is {1}; files up to {2} are opened. Download it instead.', name, size, limit));
}

export function notInPeers(name: string): AppError {
  return new AppError(
    'not-found',
    t('{0} has no row in the Peers view: its owner or share is not there any more.', messageName(name)),
  );
}

export function changedMeanwhile(title: string): AppError {
  const message = t(
    'Who may see "{0}" was changed elsewhere while you chose. Nothing was changed here: choose again.',
    messageName(title),
  );
  return new AppError('busy', message);
}

export function cancelled(): AppError {
  return new AppError('cancelled', t('Cancelled'));
}
