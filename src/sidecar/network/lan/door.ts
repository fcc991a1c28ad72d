// The TCP port where peers of the local network arrive, and those who have our address from a code. Whoever connects is a stranger until the
// handshake is done: few at a time, in little time, with not a byte said before it showed that it knows something of ours.

import { createServer, type Server, type Socket } from 'node:net';
import { lanLimits, linkLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import type { Admission } from '../admission.ts';
import type { KeyPair } from '../links/noiseLink.ts';
import { addressText } from '../links/stream.ts';
import { acceptLan, type Proven } from './handshake.ts';
import type { Secret } from './tokens.ts';

export interface DoorOptions {
  keyPair: KeyPair;
  log: Log;
  admission: Pick<Admission, 'arrive'>;
  find(token: string): Secret | undefined;
  onProven(proven: Proven): void;
  /** It listens, or failed to. */
  onChange(): void;
}

/** Of one address, or of all. */
class Leaf {
  readonly host: string;
  readonly #onSocket: (socket: Socket) => void;
  readonly #onChange: (leaf: Leaf) => void;
  #server: Server | undefined;
  #retry: NodeJS.Timeout | undefined;
  #attempts = 0;
  port = 0;
  failure: string | undefined;

  constructor(host: string, on: { socket(socket: Socket): void; change(leaf: Leaf): void }) {
    this.host = host;
    this.#onSocket = (socket) => on.socket(socket);
    this.#onChange = (leaf) => on.change(leaf);
  }

  open(): void {
    const server = createServer((socket) => this.#onSocket(socket));
    this.#server = server;
    server.on('error', (error) => {
      if (this.#server !== server) return;
      this.close();
      this.failure = error.message;
      this.#onChange(this);
      const waitMs = linkLimits.retryMs[Math.min(this.#attempts++, linkLimits.retryMs.length - 1)];
      this.#retry = setTimeout(() => this.open(), waitMs).unref();
    });
    server.listen({ port: 0, ...(this.host !== '' && { host: this.host }) }, () => {
      const address = server.address();
      if (this.#server !== server || address === null || typeof address === 'string') return;
      this.port = address.port;
      this.failure = undefined;
      this.#attempts = 0;
      this.#onChange(this);
    });
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#server?.close();
    this.#server = undefined;
    this.port = 0;
  }
}

export class Door {
  readonly #options: DoorOptions;
  readonly #leaves = new Map<string, Leaf>();
  readonly #pending = new Set<Socket>();
  readonly #perAddress = new Map<string, number>();

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  /** Listens at these addresses from now on, and nowhere else; '' = all. Each has a port of its own. */
  listen(hosts: readonly string[]): void {
    for (const [host, leaf] of [...this.#leaves]) {
      if (hosts.includes(host)) continue;
      leaf.close();
      this.#leaves.delete(host);
    }
    for (const host of hosts) {
      if (this.#leaves.has(host)) continue;
      const leaf = new Leaf(host, { socket: (socket) => this.#connected(socket), change: (changed) => this.#changed(changed) });
      this.#leaves.set(host, leaf);
      leaf.open();
    }
    if (hosts.length === 0) for (const socket of this.#pending) socket.destroy();
  }

  /** 0 while nothing listens there. */
  portAt(host: string): number {
    return this.#leaves.get(host)?.port ?? this.#leaves.get('')?.port ?? 0;
  }

  get listening(): { host: string; port: number }[] {
    return [...this.#leaves.values()].filter(({ port }) => port !== 0).map(({ host, port }) => ({ host, port }));
  }

  get failures(): string[] {
    return [...this.#leaves.values()].flatMap(({ failure }) => failure ?? []);
  }

  #changed({ host, port, failure }: Leaf): void {
    const { log } = this.#options;
    if (failure !== undefined) log.warn(`no port for the local network, trying again: ${failure}`);
    else log.info(`listening for the local network at ${addressText(host || 'all addresses', port)}`);
    this.#options.onChange();
  }

  #connected(socket: Socket): void {
    socket.on('error', () => undefined); // Told by the close.
    const from = plainHost(socket.remoteAddress ?? '');
    const count = this.#perAddress.get(from) ?? 0;
    const isFull = this.#pending.size >= lanLimits.pending || count >= lanLimits.pendingPerAddress;
    const leave = from === '' || isFull ? undefined : this.#options.admission.arrive(from);
    if (!leave) {
      socket.destroy();
      return;
    }
    this.#pending.add(socket);
    this.#perAddress.set(from, count + 1);
    const done = (): void => {
      if (!this.#pending.delete(socket)) return;
      leave();
      const left = (this.#perAddress.get(from) ?? 1) - 1;
      if (left === 0) this.#perAddress.delete(from);
      else this.#perAddress.set(from, left);
    };
    socket.on('close', done);
    acceptLan(socket, { find: (token) => this.#options.find(token), keyPair: this.#options.keyPair })
      .then((proven) => this.#options.onProven(proven))
      .catch((error: unknown) => {
        this.#options.log.debug(`a connection from the local network came to nothing: ${String(error)}`);
        socket.destroy();
      })
      .finally(done);
  }
}

/** An IPv4 address in IPv6's clothes is an IPv4 address. */
export function plainHost(host: string): string {
  return host.replace(/^::ffff:/i, '');
}
