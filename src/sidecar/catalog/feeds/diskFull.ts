// Tells a full disk from other failures to write: neither RocksDB nor SQLite has a code for it.

import { AppError } from '../../../protocol/errors.ts';

/** Undefined when `thrown` is of another kind. */
export function asDiskFull(thrown: unknown): AppError | undefined {
  if (!/disk is full|no space left|ENOSPC|quota exceeded/i.test(reasonsOf(thrown))) return undefined;
  const message = 'The disk is full: an index could not be kept. Free some space; it is tried again.';
  return new AppError('disk-full', message, { cause: thrown });
}

/** The message, and those of what caused it. */
export function reasonsOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const causes = [...(thrown instanceof AggregateError ? (thrown.errors as unknown[]) : []), thrown.cause];
  return [thrown.message, ...causes.filter((cause) => cause !== undefined).map(reasonsOf)].join(': ');
}
