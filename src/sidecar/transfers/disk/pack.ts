// A pack: many small files in one answer, in the order asked. Made by the serving side's disk worker, taken apart by the receiving side's.
//
//   for each file asked:
//     status     u8       0 = given; else 1 + the wire code of why not (wire/errors.ts), and nothing more of this file
//     sizeBytes  u32 LE   at most transferLimits.packedFileBytes
//     mtimeMs    f64 LE
//     root       32 bytes Merkle root of the bytes (32 zero bytes for an empty file)
//     bytes      sizeBytes

import type { ErrorKind } from '../../../protocol/errors.ts';
import { transferLimits } from '../../limits.ts';
import { protocolViolation, refusalOf, wireCodeOf } from '../../wire/errors.ts';
import { hashBytes } from '../content/merkle.ts';

/** Before the bytes of a file that is given. */
export const packHeaderBytes = 1 + 4 + 8 + hashBytes;

/** A file as it stands in a pack. `at`: where its bytes begin. */
export interface PackItem {
  sizeBytes: number;
  mtimeMs: number;
  root: Uint8Array;
  at: number;
}

/** Writes the header of a file that is given; answers where its bytes go. */
export function writeHeader(pack: Buffer, at: number, file: Omit<PackItem, 'at'>): number {
  pack[at] = 0;
  pack.writeUInt32LE(file.sizeBytes, at + 1);
  pack.writeDoubleLE(file.mtimeMs, at + 5);
  pack.set(file.root, at + 13);
  return at + packHeaderBytes;
}

/** The one byte of a file that is not given. */
export function statusOf(kind: ErrorKind): number {
  return 1 + wireCodeOf(kind);
}

/**
 * Takes a pack apart: calls `given` with views into it, or `refused`, for each of `count` files. Throws `protocol` when it is not a pack of so
 * many files; what was called before stands.
 */
export function readPackItems(
  pack: Buffer,
  count: number,
  take: { given(index: number, file: PackItem): void; refused(index: number, kind: ErrorKind): void },
): void {
  let at = 0;
  for (let index = 0; index < count; index++) {
    const status = pack[at];
    if (status === undefined) throw protocolViolation(`a pack ended before its file ${index} of ${count}`);
    if (status !== 0) {
      at++;
      take.refused(index, refusalOf(status - 1).kind);
      continue;
    }
    if (at + packHeaderBytes > pack.length) throw protocolViolation('a pack ended within a header');
    const sizeBytes = pack.readUInt32LE(at + 1);
    const mtimeMs = pack.readDoubleLE(at + 5);
    const bytesAt = at + packHeaderBytes;
    if (sizeBytes > transferLimits.packedFileBytes) throw protocolViolation('a pack holds a file that is too large for it');
    if (bytesAt + sizeBytes > pack.length) throw protocolViolation('a pack ended within a file');
    take.given(index, { sizeBytes, mtimeMs, root: pack.subarray(at + 13, at + 13 + hashBytes), at: bytesAt });
    at = bytesAt + sizeBytes;
  }
  if (at !== pack.length) throw protocolViolation(`a pack goes on after its last file (${pack.length - at} bytes)`);
}
