// Whole frames over a TLS socket: 3 bytes of length (little-endian, as secret-stream's), then the frame. Built for speed: a frame that comes
// lies in a buffer of its own, which its reader may hand to a worker; one that goes is not copied. Knows nothing of what frames say.

import { EventEmitter } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { linkLimits } from '../../limits.ts';
import { FrameReader } from './frameReader.ts';
import { FrameWriter } from './frameWriter.ts';

interface FrameEvents {
  data: [frame: Buffer];
  drain: [];
  end: [];
  close: [];
  error: [error: Error];
}

/** The transport below, for whoever counts and watches it: `data` for whatever arrived, were it a part of a frame. */
class Raw extends EventEmitter<{ data: [] }> {
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

/** A stream of frames (FrameStream of wire/services.ts). Hands out nothing before `data` has a listener. */
export class TlsFrames extends EventEmitter<FrameEvents> {
  readonly rawStream: Raw;
  /** Protomux keeps itself here. */
  userData: unknown = null;
  readonly #socket: TLSSocket;
  readonly #reader: FrameReader;
  readonly #writer: FrameWriter;
  #isDestroying = false;

  /** `reader`: the one that the socket reads into (readInto.ts); left out, its `data` events are taken. */
  constructor(socket: TLSSocket, reader?: FrameReader) {
    super();
    this.#socket = socket;
    this.#reader = reader ?? new FrameReader();
    this.rawStream = new Raw(socket);
    this.#writer = new FrameWriter(socket, () => this.emit('drain'));
    this.#reader.listen({
      onFrame: (frame) => this.emit('data', frame),
      onBytes: () => this.rawStream.emit('data'),
      onTooLarge: (bytes) => this.destroy(frameTooLarge(bytes)),
    });
    socket.setNoDelay(true);
    if (!reader) socket.on('data', (chunk: Buffer) => this.#reader.take(chunk));
    socket.on('end', () => {
      if (!this.#isDestroying) this.emit('end');
    });
    socket.on('error', (error: Error) => this.destroy(error));
    socket.on('close', () => this.destroy());
    socket.pause();
  }

  /** Listening to `data` makes it flow, in the next turn. */
  override on<E extends keyof FrameEvents>(event: E, listener: (...values: FrameEvents[E]) => void): this {
    super.on<keyof FrameEvents>(event, listener);
    if (event === 'data') process.nextTick(() => this.resume());
    return this;
  }

  get destroying(): boolean {
    return this.#isDestroying;
  }

  get destroyed(): boolean {
    return this.#isDestroying;
  }

  /** Bytes that were written and that the system did not take yet. */
  get queuedBytes(): number {
    return this.#writer.queuedBytes;
  }

  /** A buffer for the next frame: written next, it is not copied. */
  alloc(bytes: number): Buffer {
    return this.#writer.alloc(bytes);
  }

  /** False: enough is queued, write again after `drain`. The frame is not to be touched any more. */
  write(frame: Uint8Array): boolean {
    if (this.#isDestroying) return false;
    if (frame.byteLength <= linkLimits.frameBytes) return this.#writer.write(frame);
    this.destroy(frameTooLarge(frame.byteLength));
    return false;
  }

  /** Sends what is queued, then closes. */
  end(): this {
    if (!this.#isDestroying) this.#writer.end();
    return this;
  }

  destroy(error?: Error): this {
    if (this.#isDestroying) return this;
    this.#isDestroying = true;
    this.#reader.close();
    this.#socket.destroy();
    process.nextTick(() => {
      // Without a listener it would end the process; `close` tells as much.
      if (error && this.listenerCount('error') > 0) this.emit('error', error);
      this.emit('close');
    });
    return this;
  }

  pause(): this {
    this.#reader.pause();
    this.#socket.pause();
    return this;
  }

  resume(): this {
    if (this.#isDestroying || !this.#reader.isPaused) return this;
    this.#reader.resume();
    if (!this.#reader.isPaused) this.#socket.resume();
    return this;
  }
}

function frameTooLarge(bytes: number): Error {
  return new Error(`a frame of ${bytes} bytes, at most ${linkLimits.frameBytes} are allowed on a direct link`);
}
