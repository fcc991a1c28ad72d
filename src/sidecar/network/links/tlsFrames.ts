// Whole frames over a TLS socket: 3 bytes of length (little-endian, as secret-stream's), then the frame. Built for speed: a frame that comes
// is copied once, into a buffer of its own, which its reader may hand to a worker; one that goes is not copied. Knows nothing of what frames say.

import { EventEmitter } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { linkLimits } from '../../limits.ts';

const headerBytes = 3;

interface FrameEvents {
  data: [frame: Buffer];
  drain: [];
  end: [];
  close: [];
  error: [error: Error];
}

/** The transport below, for whoever counts and watches it: `data` for whatever arrived, were it a part of a frame. */
export class TlsRaw extends EventEmitter<{ data: [] }> {
  readonly #socket: TLSSocket;

  constructor(socket: TLSSocket) {
    super();
    this.#socket = socket;
  }

  get bytesReceived(): number {
    return this.#socket.bytesRead;
  }

  get bytesTransmitted(): number {
    return this.#socket.bytesWritten;
  }
}

/** A stream of frames (FrameStream of wire/services.ts) over a TLS socket whose handshake is done. Delivers nothing before `data` has a listener. */
export class TlsFrames extends EventEmitter<FrameEvents> {
  readonly rawStream: TlsRaw;
  /** Protomux keeps itself here. */
  userData: unknown = null;
  readonly #socket: TLSSocket;
  /** The frame that `alloc` gave last, and the same with room for the header before it. */
  #allocated: Buffer | undefined;
  #framed: Buffer | undefined;
  /** The frame that is coming: its length and how many bytes of that are there, then its buffer and how much of it is filled. */
  #length = 0;
  #lengthBytes = 0;
  #frame: Buffer | undefined;
  #filled = 0;
  #isPaused = true;
  /** Whole frames of the chunk in which the reader paused. */
  #waiting: Buffer[] = [];
  #isEnding = false;
  #isDestroying = false;

  constructor(socket: TLSSocket) {
    super();
    this.#socket = socket;
    this.rawStream = new TlsRaw(socket);
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('drain', () => {
      if (!this.#isDestroying) this.emit('drain');
    });
    socket.on('end', () => {
      if (!this.#isDestroying) this.emit('end');
    });
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
    socket.pause();
    this.on('newListener', (event) => {
      if (event === 'data') process.nextTick(() => this.resume());
    });
  }

  get destroying(): boolean {
    return this.#isDestroying;
  }

  get destroyed(): boolean {
    return this.#isDestroying;
  }

  /** Bytes that were written and that the system did not take yet. */
  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  /** A buffer for the next frame: written next, it is not copied. */
  alloc(bytes: number): Buffer {
    const framed = Buffer.allocUnsafe(headerBytes + bytes);
    this.#framed = framed;
    this.#allocated = framed.subarray(headerBytes);
    return this.#allocated;
  }

  /** False: enough is queued, write again after `drain`. The frame belongs to the stream from now on. */
  write(frame: Uint8Array): boolean {
    if (this.#isDestroying || this.#isEnding) return false;
    const { byteLength } = frame;
    if (byteLength > linkLimits.frameBytes) {
      this.destroy(frameTooLarge(byteLength));
      return false;
    }
    let framed = this.#framed;
    if (!framed || frame !== this.#allocated) {
      framed = Buffer.allocUnsafe(headerBytes + byteLength);
      framed.set(frame, headerBytes);
    }
    this.#framed = this.#allocated = undefined;
    framed.writeUIntLE(byteLength, 0, headerBytes);
    return this.#socket.write(framed);
  }

  /** Sends what is queued, then closes. */
  end(): this {
    if (!this.#isEnding && !this.#isDestroying) {
      this.#isEnding = true;
      this.#socket.end();
    }
    return this;
  }

  destroy(error?: Error): this {
    if (this.#isDestroying) return this;
    this.#isDestroying = true;
    this.#waiting = [];
    this.#frame = undefined;
    this.#socket.destroy();
    process.nextTick(() => {
      // Without a listener it would end the process; `close` tells as much.
      if (error && this.listenerCount('error') > 0) this.emit('error', error);
      this.emit('close');
    });
    return this;
  }

  pause(): this {
    this.#isPaused = true;
    this.#socket.pause();
    return this;
  }

  resume(): this {
    if (this.#isDestroying || !this.#isPaused) return this;
    this.#isPaused = false;
    for (;;) {
      const frame = this.#waiting.shift();
      if (!frame) break;
      this.emit('data', frame);
      if (this.#isStopped()) return this;
    }
    this.#socket.resume();
    return this;
  }

  /** After a listener ran: it may have paused or destroyed this. */
  #isStopped(): boolean {
    return this.#isPaused || this.#isDestroying;
  }

  #take(chunk: Buffer): void {
    if (this.rawStream.listenerCount('data') > 0) this.rawStream.emit('data');
    let at = 0;
    while (at < chunk.length && !this.#isDestroying) {
      if (!this.#frame) {
        at = this.#takeLength(chunk, at);
        continue;
      }
      const missing = this.#length - this.#filled;
      const end = Math.min(at + missing, chunk.length);
      // TypedArray's own, as Buffer's `copy` costs twice as much for 16 KiB.
      this.#frame.set(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end), this.#filled);
      this.#filled += end - at;
      at = end;
      if (this.#filled === this.#length) this.#deliver(this.#frame);
    }
  }

  #takeLength(chunk: Buffer, at: number): number {
    while (this.#lengthBytes < headerBytes && at < chunk.length) {
      this.#length |= (chunk[at++] ?? 0) << (8 * this.#lengthBytes++);
    }
    if (this.#lengthBytes < headerBytes) return at;
    if (this.#length > linkLimits.frameBytes) this.destroy(frameTooLarge(this.#length));
    else if (this.#length === 0) this.#lengthBytes = 0;
    else this.#frame = Buffer.allocUnsafeSlow(this.#length);
    return at;
  }

  #deliver(frame: Buffer): void {
    this.#frame = undefined;
    this.#length = this.#lengthBytes = this.#filled = 0;
    if (this.#isPaused) this.#waiting.push(frame);
    else this.emit('data', frame);
  }
}

function frameTooLarge(bytes: number): Error {
  return new Error(`a frame of ${bytes} bytes, at most ${linkLimits.frameBytes} are allowed on a direct link`);
}
