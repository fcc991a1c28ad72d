// Receives one whole file from one source into a partial file: from what an earlier attempt left and verified anew, each leaf
// checked before it counts, the root at the end. Knows nothing of queues and final names.

import { rmSync } from 'node:fs';
import type { AppError } from '../../../protocol/errors.ts';
import type { ShareId } from '../../../protocol/ids.ts';
import { indexLimits, localLimits, wireLimits } from '../../limits.ts';
import type { SafePath } from '../../storage/safePath.ts';
import type { FileSource, ReadReply } from '../../wire/services.ts';
import { ExpectedLeaves } from '../content/expectedLeaves.ts';
import { badContent, readChanged } from '../failures.ts';
import { blockBytes, type Hasher, type HashStream } from '../content/hasher.ts';
import { hashBytes, leafBytes, leafCountOf } from '../content/merkle.ts';
import type { PartialFile } from '../disk/partialFile.ts';
import type { Trees } from '../content/trees.ts';
import { eachWithin, within } from '../waiting.ts';

export interface ReceiveOptions {
  source: FileSource;
  shareId: ShareId;
  path: SafePath;
  partial: PartialFile;
  hasher: Hasher;
  trees: Trees;
  signal: AbortSignal;
  /** Deadlines behind those of the session, which tell a slow peer from a silent one. */
  stallMs?: number;
  /** Called with what the source says of the file, before its bytes are taken; may throw. */
  onHead?: (head: { sizeBytes: number; mtimeMs: number }) => void;
  /** Verified bytes (or bytes waiting for the root), as they are written; negative when they turned out wrong. */
  onBytes: (delta: number) => void;
}

export interface Received {
  root: Uint8Array;
  sizeBytes: number;
  mtimeMs: number;
}

/**
 * Resolves when the partial file is whole, verified, on the disk, and closed. Rejects with AppError: `verification-failed`, `changed`,
 * `unavailable`, `cancelled`, `disk-full`, what the source answers; what was verified stays in the partial file.
 */
export async function receiveFile(options: ReceiveOptions): Promise<Received> {
  const abort = new AbortController();
  const stop = () => abort.abort('ended');
  options.signal.addEventListener('abort', stop, { once: true });
  if (options.signal.aborted) stop();
  const receiver = new Receiver({ ...options, signal: abort.signal });
  try {
    return await receiver.run();
  } finally {
    options.signal.removeEventListener('abort', stop);
    abort.abort('ended'); // ends whatever the source still does for us
    receiver.release();
    await options.partial.close();
  }
}

class Receiver {
  readonly #options: ReceiveOptions;
  readonly #stallMs: number;
  readonly #headMs: number;
  #treePath: string | undefined;
  #stream: HashStream | undefined;
  /** Bytes from the start that are in the partial file, told by `onBytes`. */
  #kept = 0;
  /** A small file's content, until it is verified. */
  #small: Buffer | undefined;
  /** Settles when the block before was handed to the hasher: blocks must reach it in order. */
  #handed: Promise<unknown> = Promise.resolve();

  constructor(options: ReceiveOptions) {
    this.#options = options;
    this.#stallMs = options.stallMs ?? wireLimits.creditStallMs;
    this.#headMs = options.stallMs ?? wireLimits.headMs;
  }

  async run(): Promise<Received> {
    const { partial } = this.#options;
    const known = partial.existingBytes() > localLimits.inlineHashBytes ? await this.#resume() : undefined;
    const reply = await this.#read(this.#kept, known !== undefined);
    const { sizeBytes, mtimeMs, root } = reply;
    if (known && (sizeBytes !== known.sizeBytes || root === undefined || !same(root, known.root))) {
      await this.#discard();
      throw readChanged();
    }
    this.#options.onHead?.({ sizeBytes, mtimeMs });
    const hashed = sizeBytes <= localLimits.inlineHashBytes ? await this.#takeSmall(reply) : await this.#takeLarge(reply);
    const sent = await this.#within(reply.end());
    const claims = [root, sent].filter((claim) => claim !== undefined);
    if (claims.length === 0) throw await this.#wrong('came without a checksum');
    if (!claims.every((claim) => same(claim, hashed))) throw await this.#wrong('does not match its checksum');
    if (this.#small) {
      await partial.open();
      await partial.truncate(0);
      await partial.write(this.#small, 0);
    }
    if (this.#treePath !== undefined) this.#options.trees.adopt(hashed, this.#treePath);
    this.#treePath = undefined;
    await partial.complete(sizeBytes, mtimeMs);
    if (this.#small) this.#options.onBytes(sizeBytes);
    return { root: hashed, sizeBytes, mtimeMs };
  }

  /** Gives up what is not finished. */
  release(): void {
    this.#stream?.drop();
    if (this.#treePath !== undefined) rmSync(this.#treePath, { force: true });
  }

  async #read(offset: number, needsRoot: boolean, length?: number): Promise<ReadReply> {
    const { source, shareId, path, signal } = this.#options;
    const request = { shareId, path, offset, needsRoot, ...(length === undefined ? {} : { length }) };
    const reply = await within(this.#headMs, source.read(request, { signal }), { source, path, signal });
    const isSound =
      Number.isSafeInteger(reply.sizeBytes) &&
      reply.sizeBytes >= 0 &&
      reply.sizeBytes <= indexLimits.sizeBytes &&
      Number.isFinite(reply.mtimeMs) &&
      (reply.root === undefined || reply.root.length === hashBytes);
    if (!isSound) throw badContent(source.peerId, path, 'came with an impossible size, time or checksum');
    return reply;
  }

  /** Verifies anew what an earlier attempt left. Answers the root it was verified against; undefined: start from nothing. */
  async #resume(): Promise<{ root: Uint8Array; sizeBytes: number } | undefined> {
    const { source, path, partial, signal } = this.#options;
    const head = await this.#read(0, true, 0);
    await this.#within(head.bytes[Symbol.asyncIterator]().next());
    await partial.open();
    const { root, sizeBytes } = head;
    if (root !== undefined && sizeBytes > localLimits.inlineHashBytes) {
      this.#start(sizeBytes);
      const expected = new ExpectedLeaves({ source, path, root, sizeBytes, signal, stallMs: this.#headMs });
      this.#kept = await this.#verifyExisting(expected, Math.min(partial.existingBytes(), sizeBytes), sizeBytes);
      this.#options.onBytes(this.#kept);
      await partial.truncate(this.#kept);
      if (this.#kept > 0) return { root, sizeBytes };
      this.#stream?.drop();
      this.#stream = undefined;
    }
    await partial.truncate(0);
    return undefined;
  }

  /** How many bytes from the start are right. */
  async #verifyExisting(expected: ExpectedLeaves, existing: number, sizeBytes: number): Promise<number> {
    const buffer = Buffer.allocUnsafe(blockBytes);
    let good = 0;
    while (good < existing) {
      const got = await this.#options.partial.read(buffer.subarray(0, Math.min(blockBytes, sizeBytes - good)), good);
      const isEnd = good + got === sizeBytes;
      const block = buffer.subarray(0, isEnd ? got : got - (got % leafBytes));
      if (block.length === 0) break;
      const leaves = leafCountOf(block.length);
      const wanted = await expected.range(good / leafBytes, leaves);
      const goodLeaves = wanted ? ((await this.#stream?.push(block, wanted)) ?? 0) : 0;
      good = Math.min(good + goodLeaves * leafBytes, good + block.length);
      if (goodLeaves < leaves || block.length < blockBytes) break;
    }
    return good;
  }

  #start(sizeBytes: number): HashStream {
    this.#treePath = this.#options.trees.temporaryPath(sizeBytes);
    return (this.#stream = this.#options.hasher.stream(sizeBytes, this.#treePath));
  }

  /** In memory; nothing is written before it is verified. */
  async #takeSmall(reply: ReadReply): Promise<Uint8Array> {
    const { source, path, signal } = this.#options;
    const content = Buffer.allocUnsafe(reply.sizeBytes);
    let at = 0;
    for await (const chunk of eachWithin(this.#stallMs, reply.bytes, { source, path, signal })) {
      if (at + chunk.length > content.length) throw badContent(source.peerId, path, 'is longer than its owner said');
      content.set(chunk, at);
      at += chunk.length;
    }
    if (at < content.length) throw badContent(source.peerId, path, 'is shorter than its owner said');
    const stream = this.#start(content.length);
    await stream.push(content);
    this.#small = content;
    return (await stream.finish()).root;
  }

  /** Block by block: hashed and compared off this thread, then written; the source goes on meanwhile, within bounds. */
  async #takeLarge(reply: ReadReply): Promise<Uint8Array> {
    const { source, path, partial, signal } = this.#options;
    const { sizeBytes, root } = reply;
    await partial.open();
    if (this.#kept === 0) await partial.truncate(0);
    const stream = this.#stream ?? this.#start(sizeBytes);
    const expected = root && new ExpectedLeaves({ source, path, root, sizeBytes, signal, stallMs: this.#headMs });
    const blocks = new BlockQueue((block, position) => this.#takeBlock(stream, { block, position, expected }));
    let position = this.#kept;
    let block = Buffer.allocUnsafe(Math.min(blockBytes, sizeBytes - position));
    let filled = 0;
    try {
      for await (const chunk of eachWithin(this.#stallMs, reply.bytes, { source, path, signal })) {
        if (position + filled + chunk.length > sizeBytes) throw badContent(source.peerId, path, 'is longer than its owner said');
        for (let at = 0; at < chunk.length;) {
          const part = chunk.subarray(at, at + block.length - filled);
          block.set(part, filled);
          filled += part.length;
          at += part.length;
          if (filled < block.length) continue;
          await blocks.add(block, position);
          position += filled;
          filled = 0;
          block = Buffer.allocUnsafe(Math.min(blockBytes, sizeBytes - position));
        }
      }
      if (position + filled < sizeBytes) throw badContent(source.peerId, path, 'is shorter than its owner said');
    } finally {
      await blocks.settled();
    }
    blocks.throwFailure();
    return (await stream.finish()).root;
  }

  async #takeBlock(
    stream: HashStream,
    { block, position, expected }: { block: Buffer; position: number; expected: ExpectedLeaves | undefined },
  ): Promise<() => Promise<void>> {
    const { source, path, partial } = this.#options;
    const leaves = leafCountOf(block.length);
    const before = this.#handed;
    const handed = (async () => {
      const wanted = await expected?.range(position / leafBytes, leaves);
      await before;
      return { hashing: stream.push(block, wanted) };
    })();
    this.#handed = handed;
    const good = await (await handed).hashing;
    return async () => {
      const goodBytes = good === leaves ? block.length : good * leafBytes;
      if (goodBytes > 0) await partial.write(block.subarray(0, goodBytes), position);
      this.#kept = position + goodBytes;
      this.#options.onBytes(goodBytes);
      if (good < leaves) throw badContent(source.peerId, path, `does not match its checksum at byte ${position + goodBytes}`);
    };
  }

  /** The whole is wrong and nobody knows which part: nothing of it stays. */
  async #wrong(cause: string): Promise<AppError> {
    await this.#discard();
    return badContent(this.#options.source.peerId, this.#options.path, cause);
  }

  async #discard(): Promise<void> {
    this.#options.onBytes(-this.#kept);
    this.#kept = 0;
    await this.#options.partial.close();
    this.#options.partial.remove();
  }

  #within<T>(promise: Promise<T>): Promise<T> {
    const { source, path, signal } = this.#options;
    return within(this.#stallMs, promise, { source, path, signal });
  }
}

/** Blocks under way: prepared (hashed) side by side, written one after the other in order, at most so many held. */
class BlockQueue {
  readonly #prepare: (block: Buffer, position: number) => Promise<() => Promise<void>>;
  #under: Promise<void>[] = [];
  #last: Promise<void> = Promise.resolve();
  #failure: { error: unknown } | undefined;

  constructor(prepare: (block: Buffer, position: number) => Promise<() => Promise<void>>) {
    this.#prepare = prepare;
  }

  /** Resolves when there is room. Rejects with the first failure. */
  async add(block: Buffer, position: number): Promise<void> {
    this.throwFailure();
    const prepared = this.#prepare(block, position);
    prepared.catch(() => undefined);
    const before = this.#last;
    this.#last = (async () => {
      await before;
      if (this.#failure) return;
      try {
        await (
          await prepared
        )();
      } catch (error) {
        this.#failure ??= { error };
      }
    })();
    this.#under.push(this.#last);
    if (this.#under.length >= localLimits.blocksInFlight) await this.#under.shift();
  }

  async settled(): Promise<void> {
    await this.#last;
    this.#under = [];
  }

  throwFailure(): void {
    if (this.#failure) throw this.#failure.error;
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.length).equals(b);
}
