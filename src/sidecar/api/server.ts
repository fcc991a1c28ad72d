// The socket that clients connect to: token first, then requests to the handlers and notifications to everybody. Knows no
// service; what it serves is a table.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { AppError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/ids.ts';
import { socketPath, tokenFile } from '../../protocol/locations.ts';
import type { LogEntry, LogLevel } from '../../protocol/model.ts';
import {
  type NotificationMethod,
  type Notifications,
  protocolVersion,
  type RequestMethod,
  type ResultOf,
} from '../../protocol/rpc.ts';
import { productVersion } from '../../protocol/version.ts';
import { localLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import { ClientConnection } from './clientConnection.ts';
import type { AllHandlers, Caller } from './handlers.ts';
import type { Fields } from './params.ts';

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

export interface ServerOptions {
  dataFolder: string;
  peerId: PeerId;
  handlers: AllHandlers;
  log: Log;
  /** The newest log entries, oldest first. */
  logTail(): LogEntry[];
  /** A client came or went. */
  onClients(count: number): void;
  /** A newer client asked this sidecar to make room. */
  onOutdated(): void;
}

export class ApiServer {
  readonly #options: ServerOptions;
  readonly #token = randomBytes(32).toString('hex');
  readonly #connections = new Set<ClientConnection>();
  #server: Server | undefined;

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  /** Listens on the socket of the data folder. The caller holds the lock, so that what lies there is a leftover. */
  async open(): Promise<void> {
    const { dataFolder } = this.#options;
    const where = socketPath(dataFolder);
    if (process.platform !== 'win32') rmSync(where, { force: true });
    // The token first: whoever gets through to the socket finds the right one.
    const draft = `${tokenFile(dataFolder)}.new`;
    writeFileSync(draft, `${this.#token}\n`, { mode: 0o600 });
    renameSync(draft, tokenFile(dataFolder));
    const server = createServer((socket) => this.#accept(socket, socket, { isTrusted: false, end: () => socket.destroySoon() }));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(where, resolve);
    });
    server.on('error', (error) => this.#options.log.error(`The control socket failed: ${error.message}`));
    if (process.platform !== 'win32') chmodSync(where, 0o600);
  }

  /** Serves one client over a pair of streams that only it can write to: `--stdio`. No token is asked. */
  serve(input: Readable, output: Writable, whenGone: () => void): void {
    this.#accept(input, output, { isTrusted: true, end: whenGone });
  }

  get clientCount(): number {
    return this.#clients().length;
  }

  broadcast<N extends NotificationMethod>(method: N, params: Notifications[N]): void {
    for (const client of this.#clients()) client.notify(method, params);
  }

  /** Sends an entry to the clients that subscribed to its level. */
  broadcastLog(entry: LogEntry): void {
    for (const client of this.#clients()) if (wants(client, entry)) client.notify('log/entry', entry);
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    rmSync(tokenFile(this.#options.dataFolder), { force: true });
    const closed = server && new Promise<void>((resolve) => server.close(() => resolve()));
    await Promise.all([...this.#connections].map((connection) => connection.leave()));
    await closed;
  }

  /** Those that said hello. */
  #clients(): ClientConnection[] {
    return [...this.#connections].filter((connection) => connection.name !== undefined);
  }

  #accept(input: Readable, output: Writable, how: { isTrusted: boolean; end(): void }): void {
    const connection: ClientConnection = new ClientConnection({
      input,
      output,
      answer: (from, method, fields, signal) => {
        if (method === 'session/hello') return this.#hello(from, fields, how.isTrusted);
        if (from.name === undefined) throw new AppError('unauthorized', 'Say session/hello with the token first.');
        return this.#handle(method, fields, { signal, caller: from });
      },
      onLogLevel: (from) => this.#sendTail(from),
      onClosed: (from) => {
        clearTimeout(late);
        this.#connections.delete(from);
        if (from.name === undefined) return;
        this.#options.log.debug(`Client ${from.name} left`);
        this.#options.onClients(this.clientCount);
      },
      end: () => how.end(),
    });
    const late = setTimeout(() => {
      if (connection.name === undefined) connection.close();
    }, localLimits.clientHelloMs);
    this.#connections.add(connection);
    connection.listen();
  }

  #hello(from: ClientConnection, fields: Fields, isTrusted: boolean): ResultOf<'session/hello'> {
    const { log, peerId } = this.#options;
    if (!isTrusted && !isSameToken(fields['token'], this.#token)) {
      log.warn('A client with a wrong token was refused');
      void from.leave(); // It gets its answer, and no second try on this connection.
      throw new AppError('unauthorized', 'The token is wrong. Read it again from the data folder; it is new at every start.');
    }
    const version = fields['protocolVersion'];
    if (version !== protocolVersion) {
      const isLeaving = typeof version === 'number' && version > protocolVersion;
      if (isLeaving) setImmediate(() => this.#options.onOutdated());
      else void from.leave();
      const message = `This sidecar (${productVersion}) speaks protocol ${protocolVersion}, the client ${String(version)}. Update the older one.`;
      throw new AppError('incompatible', message, { data: { isLeaving } });
    }
    from.name = typeof fields['client'] === 'string' ? fields['client'].slice(0, 64) : 'unnamed';
    log.debug(`Client ${from.name} came`);
    this.#options.onClients(this.clientCount);
    return { sidecarVersion: productVersion, protocolVersion, peerId, pid: process.pid };
  }

  async #handle(method: string, fields: Fields, call: { signal: AbortSignal; caller: Caller }): Promise<unknown> {
    if (!Object.hasOwn(this.#options.handlers, method))
      throw new AppError('invalid-argument', `There is no request ${method.slice(0, 100)}.`);
    const handler = this.#options.handlers[method as Exclude<RequestMethod, 'session/hello'>];
    return handler(fields, call);
  }

  #sendTail(client: ClientConnection): void {
    for (const entry of this.#options.logTail()) if (wants(client, entry)) client.notify('log/entry', entry);
  }
}

function wants(client: ClientConnection, entry: LogEntry): boolean {
  return client.logLevel !== undefined && levels.indexOf(entry.level) >= levels.indexOf(client.logLevel);
}

function isSameToken(given: unknown, token: string): boolean {
  if (typeof given !== 'string' || given.length !== token.length) return false;
  const a = Buffer.from(given);
  const b = Buffer.from(token);
  return a.length === b.length && timingSafeEqual(a, b);
}
