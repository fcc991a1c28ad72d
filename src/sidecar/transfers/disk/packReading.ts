// Reads many small files of a share into a pack, in the disk worker: each opened without following a link, a regular file, at its place inside
// the share, unchanged while it was read. Decides nothing about who may have it.

import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { BigIntStats } from 'node:fs';
import type { ErrorKind } from '../../../protocol/errors.ts';
import { transferLimits } from '../../limits.ts';
import { codeOf } from '../failures.ts';
import { emptyRoot, hashLeaf, hashLeaves, leafBytes, rootOfLeaves } from '../content/merkle.ts';
import type { DiskCalls, PackColumns } from './diskCalls.ts';
import { readFully } from './leavesFile.ts';
import { packHeaderBytes, statusOf, writeHeader } from './pack.ts';

const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
/** Files may have grown a little since they were listed. */
const slackBytes = 64 * 1024;

export function readPack(ask: DiskCalls['readPack']['ask']): PackColumns {
  const names = ask.names.split('\0');
  const places = new Places(ask.root);
  let room = slackBytes;
  for (const size of ask.sizes) room += packHeaderBytes + size;
  const bytes = Buffer.allocUnsafeSlow(Math.min(room, transferLimits.packWireBytes));
  const columns: PackColumns = {
    bytes,
    at: new Int32Array(ask.sizes.length).fill(-1),
    sizes: new Int32Array(ask.sizes.length),
    stamps: new BigInt64Array(2 * ask.sizes.length),
    refused: {},
    readFromMs: Date.now(),
  };
  let at = 0;
  for (const [index, name] of names.entries()) {
    // What follows needs its status bytes at least.
    const end = bytes.length - (names.length - index - 1);
    const refused = ask.refused[index] ?? readInto(columns, index, { pack: bytes, name, at, end, places });
    if (refused === undefined) at = (columns.at[index] ?? 0) + (columns.sizes[index] ?? 0);
    else {
      columns.refused[index] = refused;
      bytes[at++] = statusOf(refused);
    }
  }
  columns.bytes = bytes.subarray(0, at);
  return columns;
}

/** Puts a file into the pack; answers why not, if not. */
function readInto(
  columns: PackColumns,
  index: number,
  where: { pack: Buffer; name: string; at: number; end: number; places: Places },
): ErrorKind | undefined {
  const { pack, places, name } = where;
  const absolutePath = places.pathOf(name);
  let fd: number;
  try {
    fd = openSync(absolutePath, openFlags);
  } catch (error) {
    return kindOf(error);
  }
  try {
    const before = fstatSync(fd, { bigint: true });
    if (!before.isFile() || !places.isAt(fd, absolutePath, before)) return 'permission-denied';
    const sizeBytes = Number(before.size);
    const bytesAt = where.at + packHeaderBytes;
    if (sizeBytes > transferLimits.packedFileBytes || bytesAt + sizeBytes > where.end) return 'too-large';
    const bytes = pack.subarray(bytesAt, bytesAt + sizeBytes);
    if (readFully(fd, bytes, 0) < sizeBytes) return 'changed';
    const after = fstatSync(fd, { bigint: true });
    if (after.size !== before.size || after.mtimeNs !== before.mtimeNs || after.ctimeNs !== before.ctimeNs) return 'changed';
    const mtimeMs = Number(before.mtimeNs / 1_000_000n);
    columns.at[index] = writeHeader(pack, where.at, { sizeBytes, mtimeMs, root: rootOfBytes(bytes) });
    columns.sizes[index] = sizeBytes;
    columns.stamps[2 * index] = before.mtimeNs;
    columns.stamps[2 * index + 1] = before.ctimeNs;
    return undefined;
  } catch (error) {
    return kindOf(error);
  } finally {
    closeSync(fd);
  }
}

/** Merkle root of content that lies in memory. */
export function rootOfBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 0) return emptyRoot;
  return bytes.length <= leafBytes ? hashLeaf(bytes) : rootOfLeaves(hashLeaves(bytes));
}

function kindOf(error: unknown): ErrorKind {
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'not-found';
    case 'ELOOP':
    case 'EMLINK':
    case 'ENXIO':
    case 'EACCES':
    case 'EPERM':
      return 'permission-denied';
    default:
      return 'io';
  }
}

/** Whether open files lie where their paths say: no link on the way from the share's real folder. Looks of folders hold for one pack. */
class Places {
  readonly #root: string;
  readonly #isRootReal: boolean;
  /** Folder to whether it is real; asked where an open file does not tell its own path. */
  readonly #folders = new Map<string, boolean>();

  constructor(root: string) {
    this.#root = root.endsWith(path.sep) ? root.slice(0, -1) : root;
    this.#isRootReal = isReal(root);
  }

  pathOf(name: string): string {
    return `${this.#root}${path.sep}${path.sep === '/' ? name : name.replaceAll('/', path.sep)}`;
  }

  isAt(fd: number, absolutePath: string, stats: BigIntStats): boolean {
    // It was shared by its real path: a link in its place, or above it, leads to what nobody shared.
    if (!this.#isRootReal) return false;
    if (process.platform === 'linux') {
      const opened = pathOfOpen(fd);
      if (opened !== undefined) return opened === absolutePath;
    }
    const folder = path.dirname(absolutePath);
    let isFolderReal = this.#folders.get(folder);
    if (isFolderReal === undefined) this.#folders.set(folder, (isFolderReal = isReal(folder)));
    if (!isFolderReal) return false;
    const there = lstatSync(absolutePath, { bigint: true });
    return there.dev === stats.dev && there.ino === stats.ino;
  }
}

/** What the system itself says; undefined without /proc. */
function pathOfOpen(fd: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}

function isReal(folder: string): boolean {
  try {
    return spelling(realpathSync.native(folder)) === spelling(path.resolve(folder));
  } catch {
    return false;
  }
}

/** macOS and Windows answer a path in the disk's own spelling. */
function spelling(absolutePath: string): string {
  return process.platform === 'darwin' || process.platform === 'win32'
    ? absolutePath.normalize('NFC').toLowerCase()
    : absolutePath;
}
