// The one TCP port where others' direct links arrive. Whoever connects is a stranger until the handshake is done: few at a time, in little
// time, with nothing to be had before. A port that cannot be had is told and tried again; it never fails the sidecar.

import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { linkLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import { acceptNoise, noiseByte, preambleBytes, tokenOf, type KeyPair } from './noiseLink.ts';
import { tokenText } from './offer.ts';
import { addressText, isTaken, type Link } from './stream.ts';
import { acceptTls } from './tlsLink.ts';

const tlsByte = 0x16;

/** What a session that waits for its link gave away for it. */
export interface Expected {
  /** The pre-shared key of TLS. */
  key: Buffer;
  remoteKey: Uint8Array;
}

export interface ListenerOptions {
  keyPair: KeyPair;
  log: Log;
  /** By the text of a token that we gave. */
  expected(token: string): Expected | undefined;
  onLink(token: string, link: Link): void;
  /** It listens, or failed to. */
  onChange(): void;
}

/** `host` '' = all addresses; `port` 0 = any. */
export interface ListenAt {
  host: string;
  port: number;
}

export class Listener {
  readonly #options: ListenerOptions;
  #at: ListenAt | undefined;
  #server: Server | undefined;
  #address: AddressInfo | undefined;
  #failure: string | undefined;
  #attempts = 0;
  #retry: NodeJS.Timeout | undefined;
  /** Connections that have not proven their key, and how many of each address. */
  readonly #pending = new Set<Socket>();
  readonly #perAddress = new Map<string, number>();

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** 0 while it does not listen. */
  get port(): number {
    return this.#address?.port ?? 0;
  }

  get status(): { address?: string; failure?: string } {
    const { address, port } = this.#address ?? {};
    return {
      ...(address !== undefined && port !== undefined && { address: addressText(address, port) }),
      ...(this.#failure !== undefined && { failure: this.#failure }),
    };
  }

  /** Listens there from now on; undefined = not at all. Links that live stay. */
  listen(at: ListenAt | undefined): void {
    if (at?.host === this.#at?.host && at?.port === this.#at?.port) return;
    this.#at = at;
    this.#attempts = 0;
    this.#failure = undefined;
    this.#stop();
    this.#start();
  }

  close(): void {
    this.#at = undefined;
    this.#stop();
  }

  #stop(): void {
    clearTimeout(this.#retry);
    const wasListening = this.#address !== undefined;
    this.#address = undefined;
    this.#server?.close();
    this.#server = undefined;
    for (const socket of this.#pending) socket.destroy();
    if (wasListening) this.#options.onChange();
  }

  #start(): void {
    const at = this.#at;
    if (!at) return;
    const server = createServer((socket) => this.#connected(socket));
    this.#server = server;
    server.on('error', (error) => {
      if (this.#server === server) this.#failed(error);
    });
    server.listen({ port: at.port, ...(at.host !== '' && { host: at.host }) }, () => {
      const address = server.address();
      if (this.#server !== server || address === null || typeof address === 'string') return;
      this.#address = address;
      this.#failure = undefined;
      this.#attempts = 0;
      this.#options.log.info(`listening for direct links at ${addressText(address.address, address.port)}`);
      this.#options.onChange();
    });
  }

  #failed(error: Error): void {
    this.#server?.close();
    this.#server = undefined;
    this.#address = undefined;
    this.#failure = error.message;
    this.#options.log.warn(`no port for direct links, trying again: ${error.message}`);
    this.#options.onChange();
    const waitMs = linkLimits.retryMs[Math.min(this.#attempts++, linkLimits.retryMs.length - 1)];
    this.#retry = setTimeout(() => this.#start(), waitMs);
  }

  #connected(socket: Socket): void {
    socket.on('error', () => undefined); // Told by the close.
    const from = socket.remoteAddress;
    const count = this.#perAddress.get(from ?? '') ?? 0;
    if (from === undefined || this.#pending.size >= linkLimits.pending || count >= linkLimits.pendingPerAddress) {
      socket.destroy();
      return;
    }
    this.#pending.add(socket);
    this.#perAddress.set(from, count + 1);
    const deadline = setTimeout(() => socket.destroy(), linkLimits.handshakeMs);
    const done = (): void => {
      clearTimeout(deadline);
      if (!this.#pending.delete(socket)) return;
      const left = (this.#perAddress.get(from) ?? 1) - 1;
      if (left === 0) this.#perAddress.delete(from);
      else this.#perAddress.set(from, left);
    };
    socket.on('close', done);
    this.#prove(socket)
      .catch((error: unknown) => {
        this.#options.log.debug(`a connection from ${from} came to nothing: ${String(error)}`);
        socket.destroy();
      })
      .finally(done);
  }

  async #prove(socket: Socket): Promise<void> {
    const address = addressText(socket.remoteAddress ?? '', socket.remotePort ?? 0);
    const { token, kind, stream } = await this.#handshake(socket);
    if (!(await isTaken(stream))) throw new Error('the other side did not take it');
    // Its session may be gone by now.
    if (!this.#options.expected(token)) stream.destroy();
    else this.#options.onLink(token, { stream, kind, address, isDialer: false });
  }

  async #handshake(socket: Socket) {
    const first = await firstBytes(socket);
    if (first[0] === tlsByte) {
      socket.unshift(first);
      return { kind: 'tls' as const, ...(await acceptTls(socket, (token) => this.#options.expected(token)?.key)) };
    }
    const token = tokenText(tokenOf(first));
    const expected = this.#options.expected(token);
    if (!expected) throw new Error('it names no session');
    socket.unshift(first.subarray(preambleBytes));
    return { kind: 'noise' as const, token, stream: await acceptNoise(socket, this.#options.keyPair, expected.remoteKey) };
  }
}

/** At least one byte of TLS, or a whole preamble of Noise. Rejects when it is neither, or the socket closes. */
async function firstBytes(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const onClose = (): void => end(new Error('it closed the connection'));
    const onReadable = (): void => {
      const chunk: unknown = socket.read();
      if (!Buffer.isBuffer(chunk)) return;
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes[0] === tlsByte || (bytes[0] === noiseByte && bytes.length >= preambleBytes)) end();
      else if (bytes[0] !== noiseByte) end(new Error('it speaks neither TLS nor Noise'));
    };
    const end = (error?: Error): void => {
      socket.removeListener('readable', onReadable);
      socket.removeListener('close', onClose);
      if (error) reject(error);
      else resolve(bytes);
    };
    socket.on('readable', onReadable);
    socket.on('close', onClose);
  });
}
