// Protomux with the limits that it lacks: frames and channels are bounded, and whatever a peer makes any channel throw
// ends that peer's connection instead of the process (protomux rethrows TypeErrors as uncaught). Knows nothing of our messages.

import Protomux, { type State } from 'protomux';
import { wireLimits } from '../limits.ts';
import { protocolViolation } from './errors.ts';
import type { FrameStream } from './services.ts';

export interface GuardedMuxerEvents {
  /** Something arrived, were it a part of a frame: the peer lives. */
  onActivity(): void;
  /** The peer, or a channel's handler, failed; the connection must end. */
  onFailure(error: unknown): void;
  /** More can be sent. */
  onWritable(): void;
}

export interface GuardedMuxerLimits {
  frameBytes: number;
  channels: number;
}

/** A NoiseSecretStream shows more of itself than other streams of frames. */
interface GuardedStream extends FrameStream {
  /** Length of the frame being received. */
  readonly _len?: number;
  readonly _writableState?: { readonly buffered: number };
}

/** Overrides undocumented methods of protomux 3.12.1: it has no other place to hold on to. */
export class GuardedMuxer extends Protomux {
  readonly #events: GuardedMuxerEvents;
  readonly #limits: GuardedMuxerLimits;
  #openedChannels = 0;

  /**
   * Attaches to the stream at once; call it in the turn in which the stream is handed over, or its first frames are lost. A NoiseSecretStream
   * runs on a raw stream (UDX, TCP), not on secret-stream's own bridge, whose `rawStream` shows what goes out.
   */
  constructor(stream: GuardedStream, { events, limits }: { events: GuardedMuxerEvents; limits: GuardedMuxerLimits }) {
    super(stream, {
      alloc(bytes) {
        // Every message passes here. Feeds answer whatever they are asked, at no regard for what was read of it.
        if ((stream.queuedBytes ?? stream._writableState?.buffered ?? 0) > wireLimits.sendQueueBytes) {
          events.onFailure(protocolViolation('it asks for more and more and reads none of it'));
        }
        return stream.alloc(bytes);
      },
    });
    this.#events = events;
    this.#limits = limits;
    stream.rawStream.on('data', () => {
      events.onActivity();
      // The length of the frame that just began stands here before its bytes are taken in.
      if ((stream._len ?? 0) > limits.frameBytes) events.onFailure(frameTooLarge(stream._len ?? 0, limits));
    });
    stream.on('drain', () => events.onWritable());
  }

  /** True when a message sent now would reach the stream at once rather than wait in a queue. */
  get isWritable(): boolean {
    return this.drained && this.corked === 0;
  }

  override uncork(): void {
    super.uncork();
    if (this.isWritable) this.#events.onWritable();
  }

  protected override _ondata(frame: Uint8Array): void {
    if (this.stream.destroying) return;
    if (frame.byteLength > this.#limits.frameBytes) this.#events.onFailure(frameTooLarge(frame.byteLength, this.#limits));
    else super._ondata(frame);
  }

  protected override _onopensession(state: State): unknown {
    // Feeds are opened again when they are announced; a flood of channels that nobody serves is an attack.
    if (++this.#openedChannels > this.#limits.channels) throw protocolViolation('it opens too many channels');
    return super._onopensession(state);
  }

  protected override _safeDestroy(error: unknown): void {
    this.#events.onFailure(error);
  }

  /** A handler failed after its channel was closed. */
  protected override _warn(error: unknown): void {
    this.#events.onFailure(error);
  }
}

function frameTooLarge(bytes: number, limits: GuardedMuxerLimits): Error {
  return protocolViolation(`a frame of ${bytes} bytes, at most ${limits.frameBytes} are allowed`);
}
