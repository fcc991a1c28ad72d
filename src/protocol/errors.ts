// The closed set of failures that a client can be told, and their JSON-RPC codes. The sidecar maps to codes, clients map back.

/** Every kind of failure. `cancelled` is never shown to a person. */
export type ErrorKind =
  | 'invalid-argument'
  | 'not-found'
  | 'already-exists'
  | 'permission-denied'
  | 'unavailable'
  | 'cancelled'
  | 'too-large'
  | 'is-folder'
  | 'not-folder'
  | 'changed'
  | 'verification-failed'
  | 'disk-full'
  | 'io'
  | 'protocol'
  | 'incompatible'
  | 'unauthorized'
  | 'busy'
  | 'internal';

/** JSON-RPC error code of each kind. Above -32768..-32000, which JSON-RPC 2.0 reserves; -32800 is vscode-jsonrpc's RequestCancelled. */
export const rpcCodeOf: Readonly<Record<ErrorKind, number>> = {
  'invalid-argument': 1001,
  'not-found': 1002,
  'already-exists': 1003,
  'permission-denied': 1004,
  unavailable: 1005,
  cancelled: -32800,
  'too-large': 1006,
  'is-folder': 1007,
  'not-folder': 1008,
  changed: 1009,
  'verification-failed': 1010,
  'disk-full': 1011,
  io: 1012,
  protocol: 1013,
  incompatible: 1014,
  unauthorized: 1015,
  busy: 1016,
  internal: 1099,
};

const kindOfCode = new Map<number, ErrorKind>(
  (Object.entries(rpcCodeOf) as [ErrorKind, number][]).map(([kind, code]) => [code, kind]),
);

/** The kind behind a JSON-RPC error code; codes of a newer sidecar and JSON-RPC's own become `internal`. */
export function kindOfRpcCode(code: number): ErrorKind {
  return kindOfCode.get(code) ?? 'internal';
}

/** What an error's `data` carries beside its message. */
export interface ErrorData {
  /** A path inside a share, or one on this machine, that the error is about. */
  path?: string;
  /** Bytes: the limit and the size, for `too-large` and `disk-full`. */
  limitBytes?: number;
  sizeBytes?: number;
  /** `incompatible`: this sidecar makes room for a newer one. */
  isLeaving?: boolean;
  /** What a peer said why it refuses; its own words. */
  reason?: string;
}

/** A failure with a kind. Messages name the thing, the cause and the next step. Make one with a small named function, not inline. */
export class AppError extends Error {
  readonly kind: ErrorKind;
  readonly data: ErrorData;

  constructor(kind: ErrorKind, message: string, options?: { data?: ErrorData; cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.kind = kind;
    this.data = options?.data ?? {};
  }
}

/** The error as an AppError: itself, or `internal` around what was thrown. */
export function asAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AppError('internal', message, { cause: thrown });
}
