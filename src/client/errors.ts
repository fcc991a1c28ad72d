// The failures that a client itself can meet, before the sidecar says anything.

import { AppError } from '../protocol/errors.ts';

export function sidecarNotRunning(dataFolder: string): AppError {
  return new AppError(
    'unavailable',
    `No sidecar runs for ${dataFolder}. Start one with "potluck sidecar" or by opening Potluck in VS Code.`,
  );
}

export function sidecarDidNotStart(reason: string): AppError {
  return new AppError('unavailable', `The sidecar did not start: ${reason}`);
}

export function sidecarGone(what: string): AppError {
  return new AppError(
    'unavailable',
    `The sidecar went away before it answered ${what}. It is started again with the next request.`,
  );
}

export function requestTimedOut(method: string, timeoutMs: number): AppError {
  return new AppError(
    'unavailable',
    `The sidecar did not answer ${method} within ${Math.round(timeoutMs / 1000)} s. Try again, or restart it.`,
  );
}

export function notOurs(where: string): AppError {
  return new AppError('unauthorized', `${where} belongs to another user, so it is not used. Choose another data folder.`);
}

export function incompatible(sidecarIs: 'older' | 'newer'): AppError {
  return sidecarIs === 'older'
    ? new AppError(
        'incompatible',
        'The running sidecar is older than this Potluck and did not leave. Stop it with "potluck stop" and try again.',
      )
    : new AppError(
        'incompatible',
        'The running sidecar is newer than this Potluck. Update Potluck (in every VS Code and on the command line).',
      );
}
