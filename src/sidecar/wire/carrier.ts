// One stream of frames to a peer with all that requests need on it: channel, turns, what we ask and what we serve, and whether it lives. A
// session has one on its own connection and one on each direct link. Knows not which of them a request should take.

import type { PeerId } from '../../protocol/ids.ts';
import type { LinkKind, Traffic } from '../../protocol/model.ts';
import type { AppError } from '../../protocol/errors.ts';
import type { Log } from '../log.ts';
import { Asking, type RequestTimes } from './asking.ts';
import type { RequestChannel, RequestHandlers } from './channel.ts';
import { protocolViolation } from './errors.ts';
import { GuardedMuxer, type GuardedMuxerLimits } from './guardedMuxer.ts';
import { Liveness } from './liveness.ts';
import { SendTurns } from './sendTurns.ts';
import type { FileServer, FrameStream, SearchServer } from './services.ts';
import { Serving } from './serving.ts';

export type CarrierTimes = RequestTimes & Record<'silenceMs', number>;

/** What every carrier of a session has in common. */
export interface CarrierContext {
  peerId: PeerId;
  fileServer: FileServer;
  searchServer: SearchServer;
  times: CarrierTimes;
  log: Log;
}

export interface CarrierOptions<C extends RequestChannel> extends CarrierContext {
  stream: FrameStream;
  kind: LinkKind;
  limits: GuardedMuxerLimits & { sliceBytes: number };
  open(muxer: GuardedMuxer, handlers: RequestHandlers): C;
  mayTake: RequestHandlers['mayTake'];
  /** The peer broke the protocol, or a channel's code failed on what it sent: the session must end. */
  onFailure(thrown: unknown): void;
  /** The stream ended or is dead; may be told more than once. */
  onGone(reason: string): void;
}

export class Carrier<C extends RequestChannel = RequestChannel> {
  readonly kind: LinkKind;
  readonly muxer: GuardedMuxer;
  readonly channel: C;
  readonly asking: Asking;
  readonly serving: Serving;
  readonly #stream: FrameStream;
  readonly #turns: SendTurns;
  readonly #liveness: Liveness;

  /** To be called in the turn in which the stream was handed over. Throws when it is closed already. */
  constructor(options: CarrierOptions<C>) {
    const { stream, kind, peerId, times, limits, log } = options;
    const { sliceBytes } = limits;
    this.kind = kind;
    this.#stream = stream;
    this.#liveness = new Liveness({
      silenceMs: times.silenceMs,
      onPing: (id) => this.channel.ping(id),
      onDead: () => options.onGone(`it was silent for ${times.silenceMs / 1000} s`),
    });
    this.#turns = new SendTurns(() => this.muxer.isWritable);
    this.muxer = new GuardedMuxer(stream, {
      limits,
      events: {
        onActivity: () => this.#liveness.heard(),
        onFailure: (thrown) => options.onFailure(thrown),
        onWritable: () => this.#turns.wake(),
      },
    });
    this.channel = options.open(this.muxer, {
      onPing: (id) => this.channel.pong(id),
      onPong: (id) => {
        if (!this.#liveness.onPong(id)) throw protocolViolation('it answers a ping that was not sent');
      },
      asking: () => this.asking,
      serving: () => this.serving,
      mayTake: (type) => options.mayTake(type),
      onClose: () =>
        options.onGone(stream.destroying ? 'the connection was closed' : 'it does not speak this version of Potluck, or left'),
    });
    this.asking = new Asking({
      ...{ peerId, times, sliceBytes, link: kind, send: this.channel.ask },
      onUnresponsive: (reason) => options.onGone(reason),
    });
    this.serving = new Serving({
      ...{ peerId, times, sliceBytes, log, link: kind, send: this.channel.serve, turns: this.#turns },
      ...{ server: options.fileServer, searchServer: options.searchServer },
    });
    stream.on('error', (error: Error) => options.onGone(`the connection failed: ${error.message}`));
    stream.on('close', () => options.onGone('the connection was closed'));
  }

  /** Begins to watch whether it lives. */
  open(): void {
    this.#liveness.open();
  }

  get roundTripMs(): number | undefined {
    return this.#liveness.roundTripMs;
  }

  /** See Liveness. */
  ping(): Promise<number> {
    return this.#liveness.ping();
  }

  get traffic(): Traffic {
    const { bytesReceived, bytesTransmitted, bytesRead, bytesWritten } = this.#stream.rawStream;
    return { receivedBytes: bytesReceived ?? bytesRead ?? 0, sentBytes: bytesTransmitted ?? bytesWritten ?? 0 };
  }

  /** Ends the stream; what was asked over it fails with `error`. */
  close(error: AppError): void {
    this.#liveness.close();
    this.asking.close(error);
    this.serving.close();
    this.#turns.close();
    this.#stream.destroy();
  }
}
