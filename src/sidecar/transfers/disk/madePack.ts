// Packs on the main thread of the serving side: what the disk worker is asked, what it answered, and taking out again what may not be given.

import path from 'node:path';
import type { ErrorKind } from '../../../protocol/errors.ts';
import { hashBytes } from '../content/merkle.ts';
import type { DiskCalls, MadePack, PackColumns, PackedFile, PackEntry } from './diskCalls.ts';
import { packHeaderBytes, statusOf } from './pack.ts';

/** Files that are not below `root` are refused. */
export function packAsk(root: string, files: readonly PackEntry[]): DiskCalls['readPack']['ask'] {
  const prefix = root.endsWith(path.sep) ? root : root + path.sep;
  const names: string[] = [];
  const sizes = new Int32Array(files.length);
  const refused: Record<number, ErrorKind> = {};
  for (const [index, file] of files.entries()) {
    if ('refused' in file) refused[index] = file.refused;
    else if (!file.absolutePath.startsWith(prefix) || file.absolutePath.includes('\0')) refused[index] = 'permission-denied';
    const isAsked = refused[index] === undefined && 'absolutePath' in file;
    names.push(isAsked ? file.absolutePath.slice(prefix.length) : '');
    sizes[index] = isAsked ? file.sizeBytes : 0;
  }
  return { root, names: names.join('\0'), sizes, refused };
}

export function packOf({ bytes, at, sizes, stamps, refused, readFromMs }: PackColumns): MadePack {
  const files = Array.from(at, (bytesAt, index): PackedFile => {
    if (bytesAt < 0) return { refused: refused[index] ?? 'io' };
    return {
      at: bytesAt,
      sizeBytes: sizes[index] ?? 0,
      mtimeNs: stamps[2 * index] ?? 0n,
      ctimeNs: stamps[2 * index + 1] ?? 0n,
      root: bytes.subarray(bytesAt - hashBytes, bytesAt),
      readFromMs,
    };
  });
  return { bytes, files };
}

/** The same pack without these files: by index, why each is not given. */
export function withhold(pack: MadePack, refused: ReadonlyMap<number, ErrorKind>): MadePack {
  if (refused.size === 0) return pack;
  const parts: Uint8Array[] = [];
  const files: PackedFile[] = [];
  let at = 0;
  for (const [index, file] of pack.files.entries()) {
    const reason = refused.get(index) ?? ('refused' in file ? file.refused : undefined);
    if (reason !== undefined || 'refused' in file) {
      files.push({ refused: reason ?? 'io' });
      parts.push(Uint8Array.of(statusOf(reason ?? 'io')));
      at++;
      continue;
    }
    parts.push(pack.bytes.subarray(file.at - packHeaderBytes, file.at + file.sizeBytes));
    files.push({ ...file, at: at + packHeaderBytes });
    at += packHeaderBytes + file.sizeBytes;
  }
  return { bytes: Buffer.concat(parts), files };
}
