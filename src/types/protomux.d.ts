// What we use of protomux 3.12.1, which has no types of its own. The members with an underscore are undocumented; only
// wire/guardedMuxer.ts overrides them, and its tests fail when they change.

declare module 'protomux' {
  interface State {
    start: number;
    end: number;
    buffer: Uint8Array | null;
  }

  interface Encoding<T> {
    preencode(state: State, value: T): void;
    encode(state: State, value: T): void;
    decode(state: State): T;
  }

  interface Message<T> {
    /** True when the stream can take more; what is sent is queued in either case. */
    send(value: T): boolean;
  }

  interface Channel {
    readonly opened: boolean;
    readonly closed: boolean;
    open(handshake?: undefined): void;
    close(): void;
    addMessage<T>(options: { encoding: Encoding<T>; onmessage?: (value: T) => void }): Message<T>;
  }

  /** What it needs of a stream of whole frames; a NoiseSecretStream has it. */
  interface Framed {
    readonly destroying: boolean;
    write(frame: Uint8Array): boolean;
    end(): unknown;
    destroy(error?: Error): unknown;
    pause(): unknown;
    resume(): unknown;
    on(event: 'data', listener: (frame: Buffer) => void): unknown;
    on(event: 'drain' | 'end' | 'close', listener: () => void): unknown;
    on(event: 'error', listener: (error: Error) => void): unknown;
  }

  class Protomux {
    constructor(stream: Framed, options?: { alloc?: (bytes: number) => Uint8Array });
    readonly stream: Framed;
    readonly drained: boolean;
    readonly corked: number;
    /** Null when the stream is destroyed or the channel is open already. */
    createChannel(options: {
      protocol: string;
      id?: Uint8Array | null;
      onopen?: () => void;
      onclose?: (isRemote: boolean) => void;
      ondrain?: () => void;
    }): Channel | null;
    /** Calls `notify` when the peer opens such a channel that is not open here; without an id, for every id that nothing else pairs. */
    pair(options: { protocol: string; id?: Uint8Array | null }, notify: (id: Uint8Array | null) => void): void;
    cork(): void;
    uncork(): void;
    destroy(error?: Error): void;
    protected _ondata(frame: Uint8Array): void;
    protected _onopensession(state: State): unknown;
    protected _safeDestroy(error: unknown): void;
    protected _warn(error: unknown): void;
  }

  namespace Protomux {
    export { Channel, Encoding, Framed, Message, State };
  }

  export = Protomux;
}
