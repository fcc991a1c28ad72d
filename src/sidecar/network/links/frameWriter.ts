// Writes frames to a socket one at a time. Node joins what is written meanwhile by copying it all; here only small frames are joined. Says when
// enough waits. Knows nothing of what frames say.

import type { Writable } from 'node:stream';
import { linkLimits } from '../../limits.ts';
import { headerBytes } from './frameReader.ts';

/** Frames are joined up to this: a write of the system costs about as much as copying these. */
const joinedBytes = 64 * 1024;

/** Buffers of large frames that are kept for the next ones: fresh memory for each cost more than the encryption. As many as fit in the queue. */
const spareFrames = 8;

export class FrameWriter {
  readonly #socket: Writable;
  readonly #onDrain: () => void;
  /** The frame that `alloc` gave last, and the same with room for the length before it. */
  #allocated: Buffer | undefined;
  #framed: Buffer | undefined;
  #queue: Buffer[] = [];
  /** Large frames that were sent, all of the size of the last one. */
  #spare: Buffer[] = [];
  #spareSize = 0;
  /** Bytes in the queue and in the write that is under way. */
  #queuedBytes = 0;
  #isWriting = false;
  #needsDrain = false;
  #isEnding = false;

  constructor(socket: Writable, onDrain: () => void) {
    this.#socket = socket;
    this.#onDrain = onDrain;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** A buffer for the next frame: written next, it is not copied. */
  alloc(bytes: number): Buffer {
    const size = headerBytes + bytes;
    const framed = (size === this.#spareSize ? this.#spare.pop() : undefined) ?? Buffer.allocUnsafe(size);
    this.#framed = framed;
    this.#allocated = framed.subarray(headerBytes);
    return this.#allocated;
  }

  /** False: enough waits. The frame is not to be touched any more. */
  write(frame: Uint8Array): boolean {
    if (this.#isEnding) return false;
    let framed = this.#framed;
    if (!framed || frame !== this.#allocated) {
      framed = Buffer.allocUnsafe(headerBytes + frame.byteLength);
      framed.set(frame, headerBytes);
    }
    this.#framed = this.#allocated = undefined;
    framed.writeUIntLE(frame.byteLength, 0, headerBytes);
    this.#queue.push(framed);
    this.#queuedBytes += framed.length;
    if (!this.#isWriting) this.#next();
    if (this.#queuedBytes <= linkLimits.queueBytes) return true;
    this.#needsDrain = true;
    return false;
  }

  /** Ends the socket after what is queued. */
  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    if (!this.#isWriting) this.#socket.end();
  }

  #next(): void {
    const bytes = this.#takeNext();
    if (!bytes) {
      if (this.#isEnding) this.#socket.end();
      return;
    }
    this.#isWriting = true;
    this.#socket.write(bytes, (error) => {
      this.#isWriting = false;
      this.#queuedBytes -= bytes.length;
      if (error) return; // The socket closes, and tells so.
      this.#keep(bytes);
      this.#next();
      if (this.#needsDrain && this.#queuedBytes <= linkLimits.queueBytes / 2) {
        this.#needsDrain = false;
        this.#onDrain();
      }
    });
  }

  /** The system has taken all of it: its memory may be written anew. */
  #keep(sent: Buffer): void {
    if (sent.length <= joinedBytes) return;
    if (sent.length !== this.#spareSize) this.#spare = [];
    this.#spareSize = sent.length;
    if (this.#spare.length < spareFrames) this.#spare.push(sent);
  }

  #takeNext(): Buffer | undefined {
    const [first] = this.#queue;
    if (!first) return undefined;
    let count = 1;
    let length = first.length;
    for (; count < this.#queue.length; count++) {
      length += this.#queue[count]?.length ?? 0;
      if (length > joinedBytes) break;
    }
    const taken = this.#queue.splice(0, count);
    return taken.length === 1 ? first : Buffer.concat(taken);
  }
}
