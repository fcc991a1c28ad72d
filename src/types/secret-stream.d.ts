// What we use of @hyperswarm/secret-stream 6.9.2, which has no types of its own: a Noise handshake, then ChaCha20-Poly1305 frames
// with a 3-byte length. `rawStream` is what carries it: a UDX stream, a TCP socket, or in tests the bridge to another stream.

declare module '@hyperswarm/secret-stream' {
  import type { Duplex } from 'node:stream';

  interface KeyPair {
    publicKey: Uint8Array;
    secretKey: Uint8Array;
  }

  /** A streamx Duplex, close enough to Node's for what we call. */
  class NoiseSecretStream extends Duplex {
    constructor(isInitiator: boolean, rawStream: Duplex | null, options?: { keyPair?: KeyPair; autoStart?: boolean });
    static keyPair(seed?: Uint8Array): KeyPair;
    readonly isInitiator: boolean;
    readonly publicKey: Uint8Array | null;
    /** Both null before the handshake. */
    readonly remotePublicKey: Uint8Array | null;
    readonly handshakeHash: Uint8Array | null;
    /** True when the handshake is done, false when it failed. */
    readonly opened: Promise<boolean>;
    readonly destroying: boolean;
    readonly rawStream: Duplex & {
      remoteHost?: string | null;
      remotePort?: number | null;
      /** UDX counts both; a TCP socket `bytesRead` and `bytesWritten`. */
      readonly bytesReceived?: number;
      readonly bytesTransmitted?: number;
      /** Of UDX: whatever came, acknowledgements too. */
      readonly packetsReceived?: number;
      socket?: { setRecvBufferSize?: (bytes: number) => number } | null;
    };
    /** Protomux keeps itself here. */
    userData: unknown;
    /** Undocumented: length of the frame being received. wire/guardedMuxer.ts watches it. */
    readonly _len?: number;
    /** Undocumented, from streamx: bytes written and not yet passed on. wire/guardedMuxer.ts watches it. */
    readonly _writableState?: { readonly buffered: number };
    alloc(bytes: number): Buffer;
    /** An empty frame, which the other end does not see. */
    sendKeepAlive(): void;
  }

  export = NoiseSecretStream;
}
