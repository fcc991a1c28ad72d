// The border to clients: every failure as a JSON-RPC error with the code of its kind. Total: what is unexpected is `internal`.

import { ResponseError } from 'vscode-jsonrpc/node';
import { AppError, asAppError, type ErrorData, type ErrorKind, rpcCodeOf } from '../../protocol/errors.ts';

/** vscode-jsonrpc keeps code and data of a ResponseError; a plain Error would arrive as -32603. */
export function toRpc(thrown: unknown): ResponseError<ErrorData> {
  const error = fromSystem(thrown) ?? asAppError(thrown);
  return new ResponseError(rpcCodeOf[error.kind], error.message, error.data);
}

const kindOfErrno: Readonly<Record<string, ErrorKind>> = {
  ENOENT: 'not-found',
  ENOTDIR: 'not-folder',
  EISDIR: 'is-folder',
  EACCES: 'permission-denied',
  EPERM: 'permission-denied',
  EROFS: 'permission-denied',
  ENOSPC: 'disk-full',
  EDQUOT: 'disk-full',
  EMFILE: 'busy',
  ENFILE: 'busy',
};

/** What the operating system says, as an AppError; undefined when it is not from there. */
export function fromSystem(thrown: unknown): AppError | undefined {
  if (thrown instanceof AppError || !(thrown instanceof Error) || !('code' in thrown) || typeof thrown.code !== 'string')
    return undefined;
  const isSystem = 'syscall' in thrown;
  if (!isSystem) return undefined;
  const where = 'path' in thrown && typeof thrown.path === 'string' ? thrown.path : undefined;
  return new AppError(kindOfErrno[thrown.code] ?? 'io', thrown.message, {
    cause: thrown,
    ...(where && { data: { path: where } }),
  });
}
