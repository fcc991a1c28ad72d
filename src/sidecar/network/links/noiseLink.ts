// Direct links over Noise on TCP, for runtimes that cannot do TLS by pre-shared key: the same NoiseSecretStream as everywhere, with the same
// identity keys. Before it goes one byte and the token, so that the listener can tell it from TLS and knows whom to expect.

import { connect, type Socket } from 'node:net';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import type { LinkStream } from './stream.ts';

/** TLS begins with 0x16. */
export const noiseByte = 0x4e;
const tokenBytes = 16;
export const preambleBytes = 1 + tokenBytes;

export interface KeyPair {
  publicKey: Uint8Array;
  secretKey: Uint8Array;
}

/** Connects to a listener; both prove their identity keys. Rejects when it cannot, or another key answers. */
export async function dialNoise(
  address: { host: string; port: number },
  { keyPair, remoteKey, token }: { keyPair: KeyPair; remoteKey: Uint8Array; token: Uint8Array },
  { signal }: { signal: AbortSignal },
): Promise<NoiseSecretStream> {
  signal.throwIfAborted();
  const tcp = connect(address);
  tcp.write(Buffer.concat([Buffer.of(noiseByte), token]));
  return handshake(tcp, { isDialer: true, keyPair, remoteKey, signal });
}

/** The listener's side, after the preamble was read from the socket. */
export async function acceptNoise(tcp: Socket, keyPair: KeyPair, remoteKey: Uint8Array): Promise<NoiseSecretStream> {
  return handshake(tcp, { isDialer: false, keyPair, remoteKey });
}

/** The token of a preamble. */
export function tokenOf(preamble: Buffer): Buffer {
  return preamble.subarray(1, preambleBytes);
}

/** `remoteKey`: whom we mean; left out, whoever it is. */
export async function handshake(
  tcp: Socket,
  options: { isDialer: boolean; keyPair: KeyPair; remoteKey?: Uint8Array; signal?: AbortSignal },
): Promise<NoiseSecretStream> {
  const { isDialer, keyPair, remoteKey, signal } = options;
  tcp.setNoDelay(true);
  // As UDX streams are asked what they carried.
  Object.defineProperties(tcp, {
    bytesReceived: { get: () => tcp.bytesRead },
    bytesTransmitted: { get: () => tcp.bytesWritten },
  });
  const stream = new NoiseSecretStream(isDialer, tcp, { keyPair });
  let failure = new Error('it closed the connection');
  stream.on('error', (error: Error) => (failure = error));
  const onAbort = (): void => void stream.destroy(new Error('not in time'));
  signal?.addEventListener('abort', onAbort, { once: true });
  const isOpen = await stream.opened;
  signal?.removeEventListener('abort', onAbort);
  if (!isOpen) throw failure;
  if (stream.remotePublicKey && (!remoteKey || Buffer.compare(stream.remotePublicKey, remoteKey) === 0)) return stream;
  stream.destroy();
  throw new Error('another key answered');
}

/** To the type that users of links know; nothing changes. */
export function linkStreamOf(stream: NoiseSecretStream): LinkStream {
  return stream;
}
