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
/** Fewer files of one folder in a row are opened by their paths. */
const fewNames = 4;
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
  try {
    fill(columns, ask, { names, places, bytes });
  } finally {
    places.close();
  }
  return columns;
}

function fill(
  columns: PackColumns,
  ask: DiskCalls['readPack']['ask'],
  { names, places, bytes }: { names: readonly string[]; places: Places; bytes: Buffer },
): void {
  let at = 0;
  for (const [index, name] of names.entries()) {
    places.enter(name, names[index + fewNames]);
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
}

/** Puts a file into the pack; answers why not, if not. */
function readInto(
  columns: PackColumns,
  index: number,
  where: { pack: Buffer; name: string; at: number; end: number; places: Places },
): ErrorKind | undefined {
  const { pack, places, name } = where;
  let fd: number | undefined;
  try {
    fd = places.open(name);
    const before = fstatSync(fd, { bigint: true });
    if (!before.isFile() || !places.isAt(fd, name, before)) return 'permission-denied';
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
    if (fd !== undefined) closeSync(fd);
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

/**
 * Opens files so that it is sure where they lie: no link on the way from the share's real folder. Linux tells where an open folder is, and opens
 * what is in it, whatever lies at its path by then; or where an open file is. Elsewhere the path is looked at again. Looks hold for one pack.
 */
class Places {
  readonly #root: string;
  readonly #isRootReal: boolean;
  /** The folder whose files come now, open. */
  #folder: { name: string; fd: number } | undefined;
  /** Folder to whether it is real; asked where the system tells nothing of open files. */
  readonly #folders = new Map<string, boolean>();

  constructor(root: string) {
    this.#root = root.endsWith(path.sep) ? root.slice(0, -1) : root;
    // It was shared by its real path: a link in its place, or above it, leads to what nobody shared.
    this.#isRootReal = isReal(root);
  }

  /** The next file is `name`; opening its folder pays when `later`, some files on, is in the same one. */
  enter(name: string, later: string | undefined): void {
    const folder = folderOf(name);
    if (this.#folder?.name === folder) return;
    this.close();
    if (process.platform !== 'linux' || !this.#isRootReal || later === undefined || folderOf(later) !== folder) return;
    const absolutePath = this.#pathOf(folder);
    try {
      const fd = openSync(absolutePath, openFlags | constants.O_DIRECTORY);
      if (pathOfOpen(fd) === absolutePath) this.#folder = { name: folder, fd };
      else closeSync(fd);
    } catch {
      // Each file says by itself what is wrong.
    }
  }

  open(name: string): number {
    const { fd } = this.#folder ?? {};
    return openSync(
      fd === undefined ? this.#pathOf(name) : `/proc/self/fd/${fd}/${name.slice(name.lastIndexOf('/') + 1)}`,
      openFlags,
    );
  }

  isAt(fd: number, name: string, stats: BigIntStats): boolean {
    if (!this.#isRootReal) return false;
    if (this.#folder !== undefined) return true;
    const absolutePath = this.#pathOf(name);
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

  close(): void {
    if (this.#folder !== undefined) closeSync(this.#folder.fd);
    this.#folder = undefined;
  }

  #pathOf(name: string): string {
    if (name === '') return this.#root;
    return `${this.#root}${path.sep}${path.sep === '/' ? name : name.replaceAll('/', path.sep)}`;
  }
}

function folderOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('/')));
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
