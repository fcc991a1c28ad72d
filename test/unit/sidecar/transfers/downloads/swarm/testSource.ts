// Sources played by hand: a content in memory, given as fast, as wrong or as late as a test wants.

import { createCipheriv } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, type TestContext } from 'node:test';
import { AppError } from '../../../../../../src/protocol/errors.ts';
import type { PeerId, ShareId } from '../../../../../../src/protocol/ids.ts';
import { Database } from '../../../../../../src/sidecar/storage/database.ts';
import { parseSafePath } from '../../../../../../src/sidecar/storage/safePath.ts';
import { silentLog } from '../../../../../../src/sidecar/log.ts';
import {
  hashBytes,
  hashLeaves,
  leafBytes,
  leafCountOf,
  proofOf,
  rootOfLeaves,
} from '../../../../../../src/sidecar/transfers/content/merkle.ts';
import { Trees } from '../../../../../../src/sidecar/transfers/content/trees.ts';
import { Disk } from '../../../../../../src/sidecar/transfers/disk/disk.ts';
import type {
  Holder,
  ReceiveOptions,
  SourceFinder,
  SwarmSource,
} from '../../../../../../src/sidecar/transfers/downloads/swarm/contract.ts';
import { receiveFile } from '../../../../../../src/sidecar/transfers/downloads/swarm/swarm.ts';
import { unlimited } from '../../../../../../src/sidecar/transfers/rates.ts';
import type {
  FileSource,
  HashesReply,
  HashesRequest,
  HoldingReply,
  HoldingRequest,
  ReadReply,
  ReadRequest,
  RequestOptions,
} from '../../../../../../src/sidecar/wire/services.ts';
import type { Capability } from '../../../../../../src/sidecar/wire/capabilities.ts';

const ownerId = 'ybndrfg8ejkmcpqxot1uwisza345h769ybndrfg8ejkmcpqxot1y' as PeerId;
const shareId = 'ybndrfg8ejkmcpqxot1uwisza3' as ShareId;

/** The same bytes for the same seed. */
export function content(sizeBytes: number, seed = 1): Buffer {
  return createCipheriv('aes-128-ctr', Buffer.alloc(16, seed), Buffer.alloc(16)).update(Buffer.alloc(sizeBytes));
}

export const otherIds = ['b', 'n', 'd', 'r'].map((letter) => `${letter}${ownerId.slice(1)}` as PeerId);

const sliceBytes = 64 * 1024;

/** Everything can be replaced or counted. Reads give slices of 64 KiB. */
export class TestSource implements FileSource {
  readonly peerId: PeerId;
  readonly linkKind = 'noise';
  bytes: Buffer;
  /** Told in heads. */
  isRooted = true;
  hasTree = true;
  version: Uint8Array | undefined = Buffer.from('version1');
  mtimeMs = Date.UTC(2024, 1, 3);
  capabilities = new Set<Capability>(['versions', 'holdings', 'packs']);
  /** Leaves that it holds; undefined: all. */
  held: ((leaf: number) => boolean) | undefined;
  reads: ReadRequest[] = [];
  holdings = 0;
  sentBytes = 0;
  /** Before each read's head. */
  onRead: (request: ReadRequest, options: RequestOptions) => Promise<Partial<ReadReply> | void> | void = () => undefined;
  /** Each slice on its way; undefined ends the read. */
  onSlice: (
    slice: Buffer,
    at: { offset: number; request: ReadRequest },
  ) => Promise<Uint8Array | undefined> | Uint8Array | undefined = (slice) => slice;
  onHashes: (reply: HashesReply) => Promise<HashesReply> | HashesReply = (reply) => reply;

  constructor(bytes: Buffer, peerId: PeerId = ownerId) {
    this.bytes = bytes;
    this.peerId = peerId;
  }

  get root(): Buffer {
    return rootOf(this.bytes);
  }

  understands(capability: Capability): boolean {
    return this.capabilities.has(capability);
  }

  async read(request: ReadRequest, options: RequestOptions): Promise<ReadReply> {
    this.reads.push(request);
    const change = await this.onRead(request, options);
    if (request.needsRoot) this.isRooted = this.hasTree = true;
    const { bytes } = this;
    const root = this.root;
    if (request.root && !root.equals(request.root)) throw new AppError('changed', 'It is another file now.');
    const end = Math.min(bytes.length, request.offset + (request.length ?? Infinity));
    const slices = async function* (this: TestSource) {
      for (let at = request.offset; at < end; at += sliceBytes) {
        if (options.signal.aborted) throw new AppError('cancelled', 'cancelled');
        const slice = await this.onSlice(Buffer.from(bytes.subarray(at, Math.min(end, at + sliceBytes))), {
          offset: at,
          request,
        });
        if (slice === undefined) return;
        this.sentBytes += slice.length;
        yield slice;
      }
    };
    return {
      sizeBytes: bytes.length,
      mtimeMs: this.mtimeMs,
      root: this.isRooted ? root : undefined,
      version: this.version,
      link: 'noise',
      bytes: slices.call(this),
      end: () => Promise.resolve(this.isRooted || !this.version ? root : undefined),
      ...change,
    };
  }

  readPack(): Promise<ReadReply> {
    return Promise.reject(new AppError('internal', 'not asked for in these tests'));
  }

  async hashes(request: HashesRequest): Promise<HashesReply> {
    if (!this.hasTree || !this.root.equals(request.root)) throw new AppError('not-found', 'There is no tree.');
    const leaves = leavesOf(this.bytes);
    return this.onHashes(
      proofOf(
        {
          leafCount: leaves.length / hashBytes,
          leaves: (first, count) => leaves.subarray(first * hashBytes, (first + count) * hashBytes),
          pieces: () => {
            const pieces = [];
            for (let at = 0; at < leaves.length; at += 256 * hashBytes)
              pieces.push(pieceRoot(leaves.subarray(at, at + 256 * hashBytes)));
            return Buffer.concat(pieces);
          },
        },
        request.first,
        request.count,
      ),
    );
  }

  async holding(request: HoldingRequest): Promise<HoldingReply> {
    this.holdings++;
    if (!this.root.equals(request.root)) throw new AppError('not-found', 'It holds nothing of it.');
    const count = leafCountOf(this.bytes.length);
    const units = new Uint8Array(Math.ceil(count / 8));
    for (let leaf = 0; leaf < count; leaf++)
      if (this.held?.(leaf) ?? true) units[leaf >> 3] = (units[leaf >> 3] ?? 0) | (0x80 >> (leaf & 7));
    return { sizeBytes: this.bytes.length, unitBytes: leafBytes, units };
  }
}

const leafCache = new WeakMap<Buffer, Buffer>();

function leavesOf(bytes: Buffer): Buffer {
  const leaves = leafCache.get(bytes) ?? hashLeaves(bytes);
  leafCache.set(bytes, leaves);
  return leaves;
}

export function rootOf(bytes: Buffer): Buffer {
  return bytes.length === 0 ? Buffer.alloc(hashBytes) : rootOfLeaves(leavesOf(bytes));
}

/** Root of up to 256 leaves as a node of a larger tree. */
function pieceRoot(leaves: Buffer): Buffer {
  return rootOfLeaves(Buffer.concat([leaves, Buffer.alloc(256 * hashBytes - leaves.length)]));
}

/** Gives so many bytes a second over all its reads, in small steps. */
export function limited(source: TestSource, bytesPerSecond: number): TestSource {
  let freeAtMs = performance.now();
  source.onSlice = async (slice, { offset: _offset }) => {
    freeAtMs = Math.max(freeAtMs, performance.now() - 5) + (slice.length * 1000) / bytesPerSecond;
    const waitMs = freeAtMs - performance.now();
    if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
    return slice;
  };
  return source;
}

/** Who is there; tests change it and say so. */
export class TestFinder implements SourceFinder {
  ownerSource: FileSource | undefined;
  holders: Holder[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(owner: FileSource | undefined, others: FileSource[] = []) {
    this.ownerSource = owner;
    this.holders = others.map((source) => ({ source, at: { owner: ownerId, shareId, path: 'f' } }));
  }

  owner(): FileSource | undefined {
    return this.ownerSource;
  }

  others(): Promise<Holder[]> {
    return Promise.resolve([...this.holders]);
  }

  hasOthers(): boolean {
    return this.holders.length > 0;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** One worker for all tests of a file: starting one takes 50 ms. */
const disk = new Disk({ log: silentLog });
after(() => disk.close());

/** A place to receive into. */
export function world(t: TestContext, sizeBytes: number, seed = 1) {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'potluck-swarm-')));
  const dataFolder = path.join(folder, 'data');
  mkdirSync(dataFolder);
  const database = new Database(dataFolder);
  const trees = new Trees({ dataFolder, database, log: silentLog });
  trees.open();
  t.after(() => {
    trees.close();
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const bytes = content(sizeBytes, seed);
  const partialPath = path.join(folder, 'f.part');
  const told = { bytes: 0, extra: 0, heads: 0, sources: [] as SwarmSource[] };
  const abort = new AbortController();
  const receive = (sources: TestFinder, more: Partial<ReceiveOptions> & { root?: Uint8Array; sizeBytes?: number } = {}) => {
    const { root, sizeBytes: saidBytes, ...rest } = more;
    return receiveFile({
      wanted: {
        entry: { peerId: ownerId, shareId, path: parseSafePath('f') },
        sizeBytes: saidBytes ?? sizeBytes,
        mtimeMs: 1,
        ...(root ? { root } : {}),
      },
      partialPath,
      disk,
      trees,
      log: silentLog,
      signal: abort.signal,
      sources,
      rate: unlimited,
      order: 'sequential',
      onHead: () => told.heads++,
      onBytes: (delta) => (told.bytes += delta),
      onSources: (shown) => (told.sources = shown),
      onExtra: (extra) => (told.extra += extra),
      ...rest,
    });
  };
  const received = () => (existsSync(partialPath) ? readFileSync(partialPath) : Buffer.alloc(0));
  return { trees, disk, bytes, partialPath, told, abort, receive, received };
}
