// Takes frames (3 bytes of length, little-endian, then so many bytes) out of a stream of bytes. Each frame gets a buffer of its own, whose
// memory nothing else refers to. Bytes are either handed in by the chunk, or received right where they belong: `target`, then `filled`.

import { linkLimits } from '../../limits.ts';

export const headerBytes = 3;

export interface FrameReaderEvents {
  onFrame(frame: Buffer): void;
  /** Something arrived, were it a part of a frame. */
  onBytes(): void;
  /** The other side announces a frame that is too large. Nothing is read after it. */
  onTooLarge(bytes: number): void;
}

/** Paused at first. Frames that come while it is paused are kept: no more than lie in the chunk that was under way. */
export class FrameReader {
  #events: FrameReaderEvents | undefined;
  readonly #header = Buffer.alloc(headerBytes);
  #headerFilled = 0;
  /** The frame that is coming, once its length is known. */
  #frame: Buffer | undefined;
  #filled = 0;
  #kept: Buffer[] = [];
  #isPaused = true;
  #isOver = false;

  /** Who gets what is read. Before that it is paused. */
  listen(events: FrameReaderEvents): void {
    this.#events = events;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  pause(): void {
    this.#isPaused = true;
  }

  /** Hands out what was kept. It may be paused again by then. */
  resume(): void {
    if (this.#isOver || !this.#events) return;
    this.#isPaused = false;
    while (!this.#isPaused) {
      const frame = this.#kept.shift();
      if (!frame) return;
      this.#events.onFrame(frame);
    }
  }

  /** Nothing is handed out any more. */
  close(): void {
    this.#isOver = true;
    this.#isPaused = true;
    this.#kept = [];
    this.#frame = undefined;
  }

  /** Where the next bytes belong: what is missing of a length, or of a frame. Never empty. */
  target(): Buffer {
    return this.#frame ? this.#frame.subarray(this.#filled) : this.#header.subarray(this.#headerFilled);
  }

  /** So many bytes were put into `target`. False: read no more until it is resumed. */
  filled(bytes: number): boolean {
    this.#events?.onBytes();
    this.#grew(bytes);
    return !this.#isPaused;
  }

  /** The same for bytes that lie elsewhere, be it paused or not. */
  take(chunk: Uint8Array): void {
    this.#events?.onBytes();
    let at = 0;
    while (at < chunk.length && !this.#isOver) {
      const target = this.target();
      const bytes = Math.min(target.length, chunk.length - at);
      target.set(at === 0 && bytes === chunk.length ? chunk : chunk.subarray(at, at + bytes));
      at += bytes;
      this.#grew(bytes);
    }
  }

  #grew(bytes: number): void {
    if (this.#isOver) return;
    if (this.#frame) this.#frameGrew(this.#frame, bytes);
    else this.#headerGrew(bytes);
  }

  #headerGrew(bytes: number): void {
    this.#headerFilled += bytes;
    if (this.#headerFilled < headerBytes) return;
    this.#headerFilled = 0;
    const length = this.#header.readUIntLE(0, headerBytes);
    if (length > linkLimits.frameBytes) {
      this.close();
      this.#events?.onTooLarge(length);
    } else if (length > 0) {
      this.#frame = Buffer.allocUnsafeSlow(length);
      this.#filled = 0;
    }
  }

  #frameGrew(frame: Buffer, bytes: number): void {
    this.#filled += bytes;
    if (this.#filled < frame.length) return;
    this.#frame = undefined;
    if (this.#isPaused || !this.#events) this.#kept.push(frame);
    else this.#events.onFrame(frame);
  }
}
