// Serves files of own shares: only what the index lists and node.ts allows for the asker, only the file that was opened, hashed as
// it is sent when its root is not known. Knows no network; a peer is an id.

import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../../protocol/errors.ts';
import type { PeerId, ShareId } from '../../../protocol/ids.ts';
import type { Entry, UploadInfo } from '../../../protocol/model.ts';
import { localLimits, wireLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import { parseSafePath, type SafePath } from '../../storage/safePath.ts';
import type { FileServer, HashesReply, HashesRequest, ReadReply, ReadRequest } from '../../wire/services.ts';
import { notShared, readChanged, wasCancelled } from '../failures.ts';
import { blockBytes, type Hasher, type HashStream } from '../content/hasher.ts';
import { emptyRoot } from '../content/merkle.ts';
import { Pace } from '../pace.ts';
import { type LocatedFile, openShared, type SharedFile } from '../disk/sharedFile.ts';
import { stampOf, type Trees, youngForMs } from '../content/trees.ts';

/** Where an entry of a share lies, when this peer may have it. */
export type Locate = (peerId: PeerId, shareId: ShareId, path: SafePath) => (LocatedFile & { entry: Entry }) | undefined;

export class Uploads implements FileServer {
  readonly #locate: Locate;
  readonly #trees: Trees;
  readonly #hasher: Hasher;
  readonly #log: Log;
  readonly #changed: Pace;
  readonly #running = new Set<Upload>();
  /** Roots each peer was told, oldest first: only their leaf hashes are given to it, so that content cannot be probed for by hash. */
  readonly #told = new Map<PeerId, Set<string>>();
  readonly #hashing = new Map<string, Promise<void>>();

  constructor(options: { locate: Locate; trees: Trees; hasher: Hasher; log: Log; onChange: () => void }) {
    this.#locate = options.locate;
    this.#trees = options.trees;
    this.#hasher = options.hasher;
    this.#log = options.log;
    this.#changed = new Pace(localLimits.progressHz, options.onChange);
  }

  /** What is being sent now. */
  list(): UploadInfo[] {
    return [...this.#running].map((upload) => ({ ...upload.info }));
  }

  get activeCount(): number {
    return this.#running.size;
  }

  /** Ends every upload and waits until its file is closed. */
  async close(): Promise<void> {
    this.#changed.stop();
    await Promise.allSettled([...[...this.#running].map((upload) => upload.stop()), ...this.#hashing.values()]);
  }

  async read(peerId: PeerId, request: ReadRequest, options: { signal: AbortSignal }): Promise<ReadReply> {
    const sharePath = parseSafePath(request.path);
    checkRange(request);
    const located = this.#locate(peerId, request.shareId, sharePath);
    if (located === undefined) throw notShared(sharePath);
    if (located.entry.kind === 'folder') {
      throw new AppError('is-folder', `${JSON.stringify(sharePath)} is a folder. Ask for its files.`, {
        data: { path: sharePath },
      });
    }
    let file = await openShared(located, sharePath);
    try {
      if (request.needsRoot && !this.#isRooted(located, file)) {
        await file.handle.close();
        await this.#hashFirst(located, sharePath, options.signal);
        file = await openShared(located, sharePath);
        if (this.#rootOf(located, file) === undefined) throw readChanged();
      }
      if (options.signal.aborted) throw wasCancelled();
    } catch (error) {
      await file.handle.close();
      throw error;
    }
    const root = this.#rootOf(located, file);
    if (root) this.#tell(peerId, root);
    const upload = new Upload({
      peerId,
      request,
      file,
      root,
      hasher: this.#hasher,
      trees: this.#trees,
      isShared: () => this.#locate(peerId, request.shareId, sharePath) !== undefined,
      onProgress: () => this.#changed.touch(),
      onEnd: () => {
        this.#running.delete(upload);
        this.#changed.touch();
      },
      onRoot: (hashed) => {
        this.#trees.remember(located.absolutePath, file.stats, hashed, file.openedAtMs);
        this.#tell(peerId, hashed);
      },
    });
    this.#running.add(upload);
    this.#changed.touch();
    const stop = () => void upload.stop();
    options.signal.addEventListener('abort', stop, { once: true });
    upload.whenStopped = () => options.signal.removeEventListener('abort', stop);
    return { sizeBytes: file.sizeBytes, mtimeMs: file.mtimeMs, root, bytes: upload.bytes(), end: () => upload.end() };
  }

  async hashes(peerId: PeerId, request: HashesRequest): Promise<HashesReply> {
    if (request.count > wireLimits.leavesInReply) {
      throw new AppError('invalid-argument', `At most ${wireLimits.leavesInReply} leaf hashes are given at once. Ask for fewer.`);
    }
    const isTold = this.#told.get(peerId)?.has(Buffer.from(request.root).toString('hex'));
    const proof = isTold ? this.#trees.prove(request.root, request.first, request.count) : undefined;
    if (!proof) throw new AppError('not-found', 'There is no tree for this root here. Fetch the whole file instead.');
    return proof;
  }

  #rootOf(located: LocatedFile, file: SharedFile): Uint8Array | undefined {
    return file.sizeBytes === 0 ? emptyRoot : this.#trees.rootOf(located.absolutePath, file.stats);
  }

  /** Root known, and the tree there if it may be asked for. */
  #isRooted(located: LocatedFile, file: SharedFile): boolean {
    const root = this.#rootOf(located, file);
    return root !== undefined && (file.sizeBytes <= localLimits.inlineHashBytes || this.#trees.has(root));
  }

  /**
   * Hashes a file that is asked for by range. Goes on when the asker gives up: a large file takes longer than a peer waits, and the
   * next request finds the root. Asked twice at once, it is hashed once.
   */
  async #hashFirst(located: LocatedFile, sharePath: SafePath, signal: AbortSignal): Promise<void> {
    const key = located.absolutePath;
    let hashing = this.#hashing.get(key);
    if (!hashing) {
      if (this.#hashing.size >= localLimits.rootsInFlight) {
        throw new AppError('busy', 'Too many files are being hashed at their owner. Try again soon.');
      }
      hashing = this.#hash(located, sharePath).finally(() => this.#hashing.delete(key));
      hashing.catch((error: unknown) => this.#log.debug(`Hashing for a peer failed: ${String(error)}`));
      this.#hashing.set(key, hashing);
    }
    const running = hashing;
    await new Promise<void>((resolve, reject) => {
      const stop = () => reject(wasCancelled());
      signal.addEventListener('abort', stop, { once: true });
      running.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    });
  }

  async #hash(located: LocatedFile, sharePath: SafePath): Promise<void> {
    const file = await openShared(located, sharePath);
    const treePath = this.#trees.temporaryPath(file.sizeBytes);
    try {
      const youngMs = youngForMs(file.stats, Date.now());
      if (youngMs > 0) await delay(youngMs);
      const readFromMs = Date.now();
      const { root } = await this.#hasher.hashFile(file.handle.fd, file.sizeBytes, treePath === undefined ? {} : { treePath });
      if (treePath !== undefined) this.#trees.adopt(root, treePath);
      const after = await file.handle.stat({ bigint: true });
      if (stampOf(after) !== stampOf(file.stats) || after.size !== file.stats.size) throw readChanged();
      this.#trees.remember(located.absolutePath, file.stats, root, readFromMs);
    } finally {
      await file.handle.close();
    }
  }

  #tell(peerId: PeerId, root: Uint8Array): void {
    const name = Buffer.from(root).toString('hex');
    const told = this.#told.get(peerId) ?? new Set<string>();
    this.#told.delete(peerId);
    this.#told.set(peerId, told);
    told.delete(name);
    told.add(name);
    if (told.size > localLimits.toldRoots) dropFirst(told);
    if (this.#told.size > localLimits.toldPeers) dropFirst(this.#told);
  }
}

function dropFirst(keyed: { keys(): Iterator<unknown>; delete(key: never): boolean }): void {
  const first = keyed.keys().next();
  if (!first.done) keyed.delete(first.value as never);
}

function checkRange({ offset, length }: ReadRequest): void {
  const isSound =
    Number.isSafeInteger(offset) && offset >= 0 && (length === undefined || (Number.isSafeInteger(length) && length >= 0));
  if (!isSound) throw new AppError('invalid-argument', 'Offset and length of a read must be whole numbers from 0. Ask again.');
}

interface UploadOptions {
  peerId: PeerId;
  request: ReadRequest;
  file: SharedFile;
  root: Uint8Array | undefined;
  hasher: Hasher;
  trees: Trees;
  /** Asked before each block: a file that is ignored now, or whose share is gone, is not sent to its end. */
  isShared: () => boolean;
  onProgress: () => void;
  onEnd: () => void;
  onRoot: (root: Uint8Array) => void;
}

/** One read being served: from an open file to slices. Its descriptor is closed after the last byte, on stop, and on any error. */
class Upload {
  readonly info: UploadInfo;
  readonly #options: UploadOptions;
  readonly #end: number;
  readonly #stream: HashStream | undefined;
  readonly #treePath: string | undefined;
  #root: Uint8Array | undefined;
  #reading: Promise<Buffer> | undefined;
  #closing: Promise<void> | undefined;
  #isFinished = false;
  whenStopped: () => void = () => undefined;

  constructor(options: UploadOptions) {
    const { request, file } = options;
    this.#options = options;
    this.#root = options.root;
    this.#end = request.length === undefined ? file.sizeBytes : Math.min(file.sizeBytes, request.offset + request.length);
    const isWhole = request.offset === 0 && this.#end === file.sizeBytes;
    if (isWhole && this.#root === undefined) {
      this.#treePath = options.trees.temporaryPath(file.sizeBytes);
      this.#stream = options.hasher.stream(file.sizeBytes, this.#treePath);
    }
    this.info = {
      peerId: options.peerId,
      shareId: request.shareId,
      path: request.path,
      sentBytes: 0,
      totalBytes: Math.max(0, this.#end - request.offset),
      startedAtMs: Date.now(),
    };
  }

  /** Given up before its first byte, a plain generator would not run its `finally`: the file is closed here then. */
  bytes(): AsyncIterable<Uint8Array> {
    const slices = this.#slices();
    const giveUp = async () => {
      await slices.return();
      await this.stop();
      return { done: true as const, value: undefined };
    };
    return { [Symbol.asyncIterator]: () => ({ next: () => slices.next(), return: giveUp }) };
  }

  async *#slices(): AsyncGenerator<Uint8Array, void, undefined> {
    const hashing: Promise<unknown>[] = [];
    try {
      let position = this.#options.request.offset;
      let next = this.#readBlock(position);
      while (position < this.#end) {
        const block = await next;
        if (!this.#options.isShared()) throw notShared(this.info.path);
        position += block.length;
        next = this.#readBlock(position);
        if (this.#stream) {
          hashing.push(noted(this.#stream.push(block)));
          if (hashing.length > localLimits.blocksInFlight) await hashing.shift();
        }
        if (position >= this.#end) await this.#finish(hashing);
        for (let at = 0; at < block.length; at += wireLimits.sliceBytes) {
          const slice = block.subarray(at, at + wireLimits.sliceBytes);
          this.info.sentBytes += slice.length;
          this.#options.onProgress();
          yield slice;
        }
      }
      if (!this.#isFinished) await this.#finish(hashing);
    } finally {
      await this.stop();
    }
  }

  end(): Promise<Uint8Array | undefined> {
    if (!this.#isFinished && !this.#options.root) {
      return Promise.reject(new AppError('unavailable', 'The upload ended before its last byte. Ask again.'));
    }
    return Promise.resolve(this.#root);
  }

  /** Closes the file once nothing reads it. */
  stop(): Promise<void> {
    this.#closing ??= (async () => {
      this.whenStopped();
      this.#options.onEnd();
      if (!this.#isFinished) this.#stream?.drop();
      await this.#reading?.catch(() => undefined);
      await this.#options.file.handle.close();
    })();
    return this.#closing;
  }

  /** All bytes were read: the file must be as it was when it was opened. */
  async #finish(hashing: Promise<unknown>[]): Promise<void> {
    await Promise.all(hashing.splice(0));
    const { file, trees } = this.#options;
    if (this.#closing) throw wasCancelled();
    const after = await file.handle.stat({ bigint: true });
    if (stampOf(after) !== stampOf(file.stats) || after.size !== file.stats.size) throw readChanged();
    if (this.#stream) {
      const { root } = await this.#stream.finish();
      this.#isFinished = true;
      if (this.#treePath !== undefined) trees.adopt(root, this.#treePath);
      this.#root = root;
      this.#options.onRoot(root);
    }
    this.#isFinished = true;
  }

  /** Starts reading ahead; whoever awaits it sees the failure. */
  #readBlock(position: number): Promise<Buffer> {
    const length = Math.min(blockBytes, this.#end - position);
    if (length <= 0) return Promise.resolve(Buffer.alloc(0));
    this.#reading = this.#closing ? Promise.reject(wasCancelled()) : this.#read(position, length);
    return noted(this.#reading);
  }

  async #read(position: number, length: number): Promise<Buffer> {
    const block = Buffer.allocUnsafeSlow(length);
    for (let got = 0; got < length;) {
      const { bytesRead } = await this.#options.file.handle.read(block, got, length - got, position + got);
      if (bytesRead === 0) throw readChanged();
      got += bytesRead;
    }
    return block;
  }
}

/** The same promise, with its rejection marked as seen: it is awaited later. */
function noted<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
