// The first bytes of a connection in a local network, before Noise: both ends prove that they know the secret behind a token. So nobody learns
// a key by playing back a token that was overheard, by asking at a port, or by answering at one. Part of the protocol: docs/wire-protocol.md.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type NoiseSecretStream from '@hyperswarm/secret-stream';
import sodium from 'sodium-universal';
import { lanLimits } from '../../limits.ts';
import { publicKeyOf } from '../../storage/identity.ts';
import { handshake, type KeyPair } from '../links/noiseLink.ts';
import { labelLength } from './announcement.ts';
import { type Secret, tokenText } from './tokens.ts';

const firstByte = 0x4c;
const tokenBytes = 16;
const nonceBytes = 16;
const proofBytes = 32;
const listenerNamespace = Buffer.from('potluck/1 lan listener');
const dialerNamespace = Buffer.from('potluck/1 lan dialer');

/** What the dialer shows: the token that it means, and the label under which it announces itself. */
export interface Shown {
  secret: Secret;
  token: Uint8Array;
  label: Uint8Array;
}

/** A connection with a proven key, and the label that the dialer gave. */
export interface Proven {
  stream: NoiseSecretStream;
  tcp: Socket;
  label: Uint8Array;
}

/** Dials; `secret.peerId`: nobody else. Rejects when it cannot, or the other end does not know the secret, or has another key. */
export async function dialLan(
  address: { host: string; port: number; localAddress?: string },
  { secret, token, label, keyPair }: Shown & { keyPair: KeyPair },
  { signal }: { signal: AbortSignal },
): Promise<Proven> {
  signal.throwIfAborted();
  const tcp = connect(address);
  const timeout = setTimeout(() => tcp.destroy(new Error('it did not answer in time')), lanLimits.connectMs);
  tcp.once('connect', () => clearTimeout(timeout));
  tcp.once('close', () => clearTimeout(timeout));
  return within(tcp, { ms: lanLimits.connectMs + lanLimits.handshakeMs, signal }, async () => {
    const dialerNonce = randomBytes(nonceBytes);
    const hello = Buffer.concat([Buffer.of(firstByte), token, dialerNonce, label]);
    tcp.write(hello);
    const answer = await readExactly(tcp, nonceBytes + proofBytes);
    const said = [hello, answer.subarray(0, nonceBytes)];
    if (!timingSafeEqual(answer.subarray(nonceBytes), proof(listenerNamespace, said, secret))) {
      throw new Error('it does not know the secret behind what it announces');
    }
    tcp.write(proof(dialerNamespace, said, secret));
    const remoteKey = secret.peerId && publicKeyOf(secret.peerId);
    const stream = await handshake(tcp, { isDialer: true, keyPair, ...(remoteKey && { remoteKey }), signal });
    return { stream, tcp, label: Buffer.from(label) };
  });
}

/** The listener's side. Says nothing at all to who names no token of ours. */
export async function acceptLan(
  tcp: Socket,
  { find, keyPair }: { find: (token: string) => Secret | undefined; keyPair: KeyPair },
): Promise<Proven> {
  return within(tcp, { ms: lanLimits.handshakeMs }, async () => {
    const hello = await readExactly(tcp, 1 + tokenBytes + nonceBytes + labelLength);
    const token = hello.subarray(1, 1 + tokenBytes);
    const secret = hello[0] === firstByte ? find(tokenText(token)) : undefined;
    if (!secret) throw new Error('it names nobody who is known here');
    const nonce = randomBytes(nonceBytes);
    const said = [hello, nonce];
    tcp.write(Buffer.concat([nonce, proof(listenerNamespace, said, secret)]));
    const answer = await readExactly(tcp, proofBytes);
    if (!timingSafeEqual(answer, proof(dialerNamespace, said, secret))) throw new Error('it does not know the secret');
    const remoteKey = secret.peerId && publicKeyOf(secret.peerId);
    const stream = await handshake(tcp, { isDialer: false, keyPair, ...(remoteKey && { remoteKey }) });
    return { stream, tcp, label: hello.subarray(-labelLength) };
  });
}

function proof(namespace: Uint8Array, said: Uint8Array[], { key }: Secret): Buffer {
  const output = Buffer.alloc(proofBytes);
  sodium.crypto_generichash_batch(output, [namespace, ...said], key);
  return output;
}

/** Destroys the socket when the work fails, or is not done in time. */
async function within<T>(tcp: Socket, { ms, signal }: { ms: number; signal?: AbortSignal }, work: () => Promise<T>): Promise<T> {
  const end = (): void => void tcp.destroy(new Error('not in time'));
  const timer = setTimeout(end, ms);
  tcp.on('error', () => undefined); // Told by the close.
  signal?.addEventListener('abort', end, { once: true });
  try {
    return await work();
  } catch (error) {
    tcp.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}

/** Leaves what comes after them to the next reader. */
async function readExactly(socket: Socket, bytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const onReadable = (): void => {
      const chunk: unknown = socket.read(bytes);
      if (Buffer.isBuffer(chunk)) end(chunk.length === bytes ? chunk : undefined);
    };
    const onClose = (): void => end(undefined);
    const end = (chunk: Buffer | undefined): void => {
      socket.removeListener('readable', onReadable);
      socket.removeListener('close', onClose);
      if (chunk) resolve(chunk);
      else reject(socket.errored ?? new Error('it closed the connection'));
    };
    socket.on('readable', onReadable);
    socket.on('close', onClose);
  });
}
