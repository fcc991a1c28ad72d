// The socket that clients connect to: token first, then requests to the handlers and notifications to everybody. Knows no
// service; what it serves is a table.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { Duplex, Readable, Writable } from 'node:stream';
import { createMessageConnection, type MessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
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
import { toRpc } from './errors.ts';
import type { AllHandlers, Caller } from './handlers.ts';
import { type Fields, fieldsOf } from './params.ts';

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

interface Client extends Caller {
  name: string;
  connection: MessageConnection;
  logLevel: LogLevel | undefined;
  close(): void;
}

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
  readonly #clients = new Set<Client>();
  readonly #connections = new Set<{ close(): void }>();
  #server: Server | undefined;

  constructor(options: ServerOptions) {
    this.#options = options;
  }

  /** Listens on the socket of the data folder. The caller holds the lock, so that what lies there is a leftover. */
  async open(): Promise<void> {
    const { dataFolder } = this.#options;
    const where = socketPath(dataFolder);
    if (process.platform !== 'win32') rmSync(where, { force: true });
    const server = createServer((socket) => this.#accept(socket, socket, { isTrusted: false, whenGone: () => socket.destroy() }));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(where, resolve);
    });
    server.on('error', (error) => this.#options.log.error(`The control socket failed: ${error.message}`));
    if (process.platform !== 'win32') chmodSync(where, 0o600);
    const draft = `${tokenFile(dataFolder)}.new`;
    writeFileSync(draft, `${this.#token}\n`, { mode: 0o600 });
    renameSync(draft, tokenFile(dataFolder));
  }

  /** Serves one client over a pair of streams that only it can write to: `--stdio`. No token is asked. */
  serve(input: Readable, output: Writable, whenGone: () => void): void {
    this.#accept(input, output, { isTrusted: true, whenGone });
  }

  get clientCount(): number {
    return this.#clients.size;
  }

  broadcast<N extends NotificationMethod>(method: N, params: Notifications[N]): void {
    for (const client of this.#clients) client.notify(method, params);
  }

  /** Sends an entry to the clients that subscribed to its level. */
  broadcastLog(entry: LogEntry): void {
    for (const client of this.#clients) {
      if (client.logLevel && levels.indexOf(entry.level) >= levels.indexOf(client.logLevel)) client.notify('log/entry', entry);
    }
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = server && new Promise<void>((resolve) => server.close(() => resolve()));
    for (const connection of [...this.#connections]) connection.close();
    await closed;
    rmSync(tokenFile(this.#options.dataFolder), { force: true });
  }

  #accept(input: Readable, output: Duplex | Writable, how: { isTrusted: boolean; whenGone(): void }): void {
    const connection = createMessageConnection(new StreamMessageReader(input), new StreamMessageWriter(output));
    let client: Client | undefined;
    const late = setTimeout(() => close(), localLimits.clientHelloMs);
    const close = (): void => {
      if (!this.#connections.delete(entry)) return;
      clearTimeout(late);
      connection.dispose();
      how.whenGone();
      if (client && this.#clients.delete(client)) {
        this.#options.log.debug(`Client ${client.name} left`);
        this.#options.onClients(this.#clients.size);
      }
    };
    const entry = { close };
    this.#connections.add(entry);
    input.once('close', close).once('end', close).once('error', close);
    output.once('error', close);
    connection.onError(close);
    connection.onClose(close);
    connection.onRequest(async (method, params, token) => {
      try {
        if (method === 'session/hello') {
          const result = this.#hello(fieldsOf(params), how.isTrusted);
          clearTimeout(late);
          client = {
            ...result.client,
            connection,
            logLevel: undefined,
            close,
            notify: notifier(connection),
            subscribeToLog: (level) => this.#subscribe(client, level),
          };
          this.#clients.add(client);
          this.#options.log.debug(`Client ${client.name} came`);
          this.#options.onClients(this.#clients.size);
          return result.answer;
        }
        if (!client) throw new AppError('unauthorized', 'Say session/hello with the token first.');
        const abort = new AbortController();
        token.onCancellationRequested(() => abort.abort());
        return await this.#handle(method, fieldsOf(params), { signal: abort.signal, caller: client });
      } catch (error) {
        if (method === 'session/hello') setImmediate(close); // A wrong token gets its answer, and no second try on this connection.
        return toRpc(error);
      }
    });
    connection.listen();
  }

  #hello(fields: Fields, isTrusted: boolean): { client: { name: string }; answer: ResultOf<'session/hello'> } {
    const { log, peerId } = this.#options;
    if (!isTrusted && !isSameToken(fields['token'], this.#token)) {
      log.warn('A client with a wrong token was refused');
      throw new AppError('unauthorized', 'The token is wrong. Read it again from the data folder; it is new at every start.');
    }
    const version = fields['protocolVersion'];
    if (version !== protocolVersion) {
      const isNewer = typeof version === 'number' && version > protocolVersion;
      if (isNewer) setImmediate(() => this.#options.onOutdated());
      throw new AppError(
        'incompatible',
        `This sidecar (${productVersion}) speaks protocol ${protocolVersion}, the client ${String(version)}. Update the older one.`,
        {
          data: isNewer ? { path: 'leaving' } : {},
        },
      );
    }
    const name = typeof fields['client'] === 'string' ? fields['client'].slice(0, 64) : 'unnamed';
    return { client: { name }, answer: { sidecarVersion: productVersion, protocolVersion, peerId, pid: process.pid } };
  }

  async #handle(method: string, fields: Fields, call: { signal: AbortSignal; caller: Caller }): Promise<unknown> {
    if (!Object.hasOwn(this.#options.handlers, method))
      throw new AppError('invalid-argument', `There is no request ${method.slice(0, 100)}.`);
    const handler = this.#options.handlers[method as Exclude<RequestMethod, 'session/hello'>];
    return handler(fields, call);
  }

  #subscribe(client: Client | undefined, level: LogLevel): void {
    if (!client) return;
    client.logLevel = level;
    for (const entry of this.#options.logTail()) {
      if (levels.indexOf(entry.level) >= levels.indexOf(level)) client.notify('log/entry', entry);
    }
  }
}

function notifier(connection: MessageConnection): Caller['notify'] {
  return (method, params) => {
    // A client that went away a moment ago needs no news.
    connection.sendNotification(method as string, params).catch(() => undefined);
  };
}

function isSameToken(given: unknown, token: string): boolean {
  if (typeof given !== 'string' || given.length !== token.length) return false;
  const a = Buffer.from(given);
  const b = Buffer.from(token);
  return a.length === b.length && timingSafeEqual(a, b);
}
