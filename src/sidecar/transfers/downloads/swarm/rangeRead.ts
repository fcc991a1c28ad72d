// Reads one range of a file from one source into its partial file: collected to about 1 MiB, compared and written by the disk worker while
// the next bytes come. Stops early when the rest was given to another source.

import { AppError, asAppError } from '../../../../protocol/errors.ts';
import { MiB } from '../../../limits/units.ts';
import type { FileSource, ReadReply, ReadRequest } from '../../../wire/services.ts';
import { leafBytes, leafCountOf } from '../../content/merkle.ts';
import type { PartialContent } from '../../disk/disk.ts';
import { badContent, wasCancelled } from '../../failures.ts';
import type { Rate } from '../../rates.ts';
import { Patience } from '../../waiting.ts';
import type { ByteBudget } from './budget.ts';
import type { LeafLayer } from './leafLayer.ts';
import type { Written } from './pieceMaps.ts';
import type { Assignment } from './scheduler.ts';

/** Bytes handed to the disk worker at a time. */
const batchBytes = 1 * MiB;
/** What a slow source sent is written after this long, however little: it counts then, and is not lost. */
const batchMs = 250;

export interface RangeRead {
  source: FileSource;
  request: ReadRequest;
  /** When it was asked for already. */
  reply?: ReadReply;
  assignment: Assignment;
  /** The layer may come in the middle. */
  content: { readonly partial: PartialContent; readonly sizeBytes: number; readonly layer: LeafLayer | undefined };
  /** The owner: its bytes may be written as they come while there is no layer. */
  mayTrust: boolean;
  /** Ends the reading; what came before is written all the same, unless all ends. */
  signal: AbortSignal;
  isEnding: () => boolean;
  rate: Rate;
  budgets: readonly ByteBudget[];
  headMs: number;
  stallMs: number;
  /** Throws when the reply is not of the content. */
  onHead: (reply: ReadReply) => void;
  onPosition: (position: number) => void;
  /** Bytes came, whatever they are. */
  onHeard: () => void;
  /** Of this range, from leaf `first` on. Bad ones end it. */
  onWritten: (written: Written) => void;
  /** Came after the range was given to another. */
  onLate: (bytes: number) => void;
  /** The disk, not the source. */
  onLocalFailure: (error: AppError) => void;
}

/**
 * Resolves when all of the range is written: with what `end` of the reply says if it was read to its end, undefined if another took over
 * the rest. Rejects with the source's failure; what came before it is written.
 */
export async function readRange(range: RangeRead): Promise<{ root: Uint8Array | undefined } | undefined> {
  const { source, request, signal } = range;
  const abort = new AbortController();
  const stop = () => abort.abort();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const waitOptions = { source, path: request.path, signal: abort.signal };
  const head = new Patience(range.headMs, waitOptions);
  const stall = new Patience(range.stallMs, waitOptions);
  const writing = new Writing(range, abort);
  try {
    const onPosition = (position: number) => {
      head.refresh();
      range.onPosition(position);
    };
    const reply = range.reply ?? (await head.wait(source.read(request, { signal: abort.signal, onPosition })));
    head.end();
    range.onHead(reply);
    const isWhole = await writing.take(reply, stall);
    await writing.settled();
    if (!isWhole) return undefined;
    return { root: await stall.wait(reply.end()) };
  } catch (error) {
    // A failed write ends the reading as `cancelled`: it is the cause.
    throw writing.failure ?? asAppError(error);
  } finally {
    signal.removeEventListener('abort', stop);
    abort.abort(); // ends whatever the source still does for us
    head.end();
    stall.end();
    await writing.settled();
  }
}

class Writing {
  failure: AppError | undefined;
  readonly #range: RangeRead;
  readonly #abort: AbortController;
  readonly #requestedEnd: number;
  readonly #writes = new Set<Promise<void>>();
  #collected: Uint8Array[] = [];
  /** Where the collected bytes begin and end in the file. */
  #from: number;
  #position: number;
  #flushedAtMs = performance.now();

  constructor(range: RangeRead, abort: AbortController) {
    this.#range = range;
    this.#abort = abort;
    this.#from = this.#position = range.assignment.first * leafBytes;
    this.#requestedEnd = this.#endOfRange();
  }

  /** Answers whether the source gave all that was asked for. */
  async take(reply: ReadReply, stall: Patience): Promise<boolean> {
    const { source, request, rate, assignment, onHeard } = this.#range;
    const iterator = reply.bytes[Symbol.asyncIterator]();
    const pause = setTimeout(() => void this.#keep(), batchMs);
    let isEnded = false;
    try {
      for (;;) {
        const next = await stall.wait(iterator.next());
        if (next.done === true) {
          isEnded = true;
          break;
        }
        const chunk = next.value;
        if (this.#position + chunk.length > this.#requestedEnd) {
          throw badContent(source.peerId, request.path, 'is longer than was asked for');
        }
        onHeard();
        pause.refresh();
        if (rate.isLimited) await rate.take(chunk.length, { signal: this.#abort.signal, key: source.peerId });
        const room = Math.max(0, this.#endOfRange() - this.#position);
        if (chunk.length > room) this.#range.onLate(chunk.length - room);
        this.#collected.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
        this.#position += Math.min(chunk.length, room);
        assignment.taken = Math.min(leafCountOf(this.#position), assignment.end);
        const isLast = this.#position >= this.#endOfRange();
        if (isLast || this.#position - this.#from >= batchBytes || performance.now() - this.#flushedAtMs > batchMs)
          await this.#flush();
        if (isLast && this.#position < this.#requestedEnd) return false;
      }
      if (this.#position < this.#requestedEnd && this.#position < this.#endOfRange()) {
        throw badContent(source.peerId, request.path, 'is shorter than its owner said');
      }
      return this.#position === this.#requestedEnd;
    } catch (error) {
      await this.#keep();
      throw error;
    } finally {
      clearTimeout(pause);
      // Not awaited: a generator that hangs in `next` answers its `return` only after it.
      if (!isEnded) void iterator.return?.()?.catch(() => undefined);
    }
  }

  async settled(): Promise<void> {
    await Promise.all(this.#writes);
    if (this.failure) throw this.failure;
  }

  #endOfRange(): number {
    return Math.min(this.#range.assignment.end * leafBytes, this.#range.content.sizeBytes);
  }

  /** The source pauses, the link broke, or another took over: what came is as good as ever. */
  async #keep(): Promise<void> {
    if (this.#range.isEnding() || this.failure) return;
    await this.#flush().catch(() => undefined); // told already by what failed before it
  }

  async #flush(): Promise<void> {
    this.#flushedAtMs = performance.now();
    const { content, mayTrust, budgets, source, request } = this.#range;
    const first = this.#from / leafBytes;
    const chunks = this.#wholeLeaves();
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    if (bytes === 0) return;
    const { layer } = content;
    const count = leafCountOf(bytes);
    const expected = layer && (layer.ready(first, count) ?? (await layer.range(first, count)));
    if (!expected && !mayTrust)
      throw new AppError(
        'not-found',
        `Nobody has the hashes of ${JSON.stringify(request.path)} by which ${source.peerId} could be checked.`,
      );
    for (const budget of budgets) if (!budget.tryTake(bytes)) await budget.take(bytes);
    if (this.failure) {
      for (const budget of budgets) budget.give(bytes);
      throw wasCancelled();
    }
    const write = this.#write(first, { chunks, bytes, count, expected }).finally(() => {
      for (const budget of budgets) budget.give(bytes);
      this.#writes.delete(write);
    });
    this.#writes.add(write);
  }

  /** What of the collected bytes is whole leaves; the rest stays. */
  #wholeLeaves(): Uint8Array[] {
    const collected = this.#collected;
    const end = this.#position === this.#range.content.sizeBytes ? this.#position : this.#position - (this.#position % leafBytes);
    let rest = this.#position - end;
    this.#collected = [];
    this.#from = Math.max(this.#from, end);
    for (let last = collected.at(-1); rest > 0 && last; last = collected.at(-1)) {
      collected.pop();
      this.#collected.unshift(last.subarray(Math.max(0, last.length - rest)));
      if (last.length > rest) collected.push(last.subarray(0, last.length - rest));
      rest -= Math.min(rest, last.length);
    }
    return collected;
  }

  /** Never rejects: what goes wrong ends the reading. */
  async #write(
    first: number,
    { chunks, bytes, count, expected }: { chunks: Uint8Array[]; bytes: number; count: number; expected: Uint8Array | undefined },
  ): Promise<void> {
    const { content, source, request, onWritten, onLocalFailure } = this.#range;
    try {
      const good = await content.partial.write(first, chunks, expected);
      const goodBytes = good >= count ? bytes : good * leafBytes;
      onWritten({ first, goodBytes, badBytes: bytes - goodBytes });
      if (good >= count) return;
      this.failure ??= badContent(
        source.peerId,
        request.path,
        `does not match its checksum at byte ${(first + good) * leafBytes}`,
      );
    } catch (error) {
      this.failure ??= asAppError(error);
      onLocalFailure(this.failure);
    }
    this.#abort.abort();
  }
}
