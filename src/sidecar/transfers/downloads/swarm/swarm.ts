// Receives one file into a partial file, from all who have it: each leaf checked before it counts, what an earlier attempt left kept.
// Knows nothing of queues and final names.

import { AppError } from '../../../../protocol/errors.ts';
import type { Received, ReceiveOptions } from './contract.ts';

/**
 * Resolves when the partial file is whole, verified, on the disk, and closed. Rejects with AppError: `verification-failed`, `changed`,
 * `unavailable`, `cancelled`, `disk-full`, what the sources answer; what was verified stays in the partial file.
 */
export function receiveFile(options: ReceiveOptions): Promise<Received> {
  return Promise.reject(new AppError('internal', `${options.wanted.entry.path} cannot be received yet.`));
}
