// A typed JSON-RPC client of the sidecar, for the extension, the CLI and scripts: attaches to the one that runs for a data
// folder, or starts it. Knows nothing of VS Code and nothing of what the sidecar does.

import type { Socket } from 'node:net';
import {
  CancellationTokenSource,
  createMessageConnection,
  ErrorCodes,
  type MessageConnection,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import { AppError, type ErrorData, kindOfRpcCode } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import {
  type NotificationMethod,
  type Notifications,
  type ParamsOf,
  protocolVersion,
  type RequestMethod,
  type ResultOf,
} from '../protocol/rpc.ts';
import { incompatible, requestTimedOut, sidecarGone } from './errors.ts';
import { isOlder } from './versions.ts';
import { reach, type Launch, waitUntilGone } from './reach.ts';

export interface ConnectOptions {
  /** Absolute path; see defaultDataFolder(). */
  dataFolder: string;
  /** Who asks, for the sidecar's log: `vscode`, `cli`, … */
  client: string;
  /** Product version; an older sidecar is asked to leave and replaced when `launch` is given. */
  clientVersion: string;
  /** How to start a sidecar when none runs; without it a missing one is `unavailable`. */
  launch?: Launch;
  /** For all of it: starting, connecting, hello. Default 20 s. */
  timeoutMs?: number;
}

export interface Disposable {
  dispose(): void;
}

const defaultConnectMs = 20_000;
const defaultRequestMs = 30_000;

export class SidecarClient {
  readonly peerId: PeerId;
  readonly sidecarPid: number;
  readonly sidecarVersion: string;
  readonly #connection: MessageConnection;
  readonly #socket: Socket;
  readonly #listeners = new Map<NotificationMethod, Set<(params: never) => void>>();
  readonly #closeListeners = new Set<() => void>();
  readonly #pending = new Set<(error: AppError) => void>();
  #isClosed = false;

  private constructor(socket: Socket, connection: MessageConnection, hello: ResultOf<'session/hello'>) {
    this.#socket = socket;
    this.#connection = connection;
    this.peerId = hello.peerId;
    this.sidecarPid = hello.pid;
    this.sidecarVersion = hello.sidecarVersion;
    // The socket may have closed between hello and here.
    socket.once('close', () => this.#closed());
    if (socket.destroyed) this.#closed();
  }

  /**
   * Attaches to the sidecar of the data folder, starting it first when `launch` is given and none runs. Rejects with AppError:
   * `unavailable` (none runs, or it did not come up in time), `incompatible` (it is newer than this client), `unauthorized`.
   */
  static async connect(options: ConnectOptions): Promise<SidecarClient> {
    const deadline = Date.now() + (options.timeoutMs ?? defaultConnectMs);
    for (;;) {
      const { socket, token } = await reach(options.dataFolder, { launch: options.launch, deadline });
      const client = await SidecarClient.#greet(socket, token, options, deadline).catch((error: unknown) => {
        // It ended between connecting and hello: what was reached was the last breath of a dying one.
        if (error instanceof AppError && error.kind === 'unavailable' && options.launch && Date.now() < deadline)
          return 'gone' as const;
        throw error;
      });
      if (client === 'gone') continue;
      if (client === 'outdated') {
        if (!options.launch || Date.now() > deadline) throw incompatible('older');
        await waitUntilGone(options.dataFolder, deadline);
        continue;
      }
      if (options.launch && isOlder(client.sidecarVersion, options.clientVersion)) {
        await client.request('sidecar/stop', {}).catch(() => undefined); // It may be gone before it answers: that is what was asked.
        client.dispose();
        await waitUntilGone(options.dataFolder, deadline);
        continue;
      }
      return client;
    }
  }

  /** Sends a request. Rejects with AppError; `unavailable` past the deadline (default 30 s) and when the sidecar goes away. */
  async request<M extends RequestMethod>(
    method: M,
    params: ParamsOf<M>,
    options: { timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<ResultOf<M>> {
    if (this.#isClosed) throw sidecarGone(method);
    return sendWithDeadline<ResultOf<M>>(this.#connection, method, params, {
      timeoutMs: options.timeoutMs ?? defaultRequestMs,
      signal: options.signal,
      pending: this.#pending,
    });
  }

  /** Listens to a notification. */
  on<N extends NotificationMethod>(method: N, listener: (params: Notifications[N]) => void): Disposable {
    const listeners = this.#listeners.get(method) ?? new Set();
    if (!this.#listeners.has(method)) {
      this.#listeners.set(method, listeners);
      this.#connection.onNotification(method as string, (params: unknown) => {
        for (const each of [...listeners]) each(params as never);
      });
    }
    listeners.add(listener);
    return { dispose: () => void listeners.delete(listener) };
  }

  /** Called once, when the sidecar goes away or `dispose` was called. */
  onClose(listener: () => void): Disposable {
    if (this.#isClosed) queueMicrotask(listener);
    else this.#closeListeners.add(listener);
    return { dispose: () => void this.#closeListeners.delete(listener) };
  }

  /** Detaches; the sidecar goes on. */
  dispose(): void {
    this.#socket.destroy();
    this.#closed();
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // vscode-jsonrpc leaves calls pending when the other side dies.
    for (const reject of [...this.#pending]) reject(sidecarGone('the call'));
    this.#connection.dispose();
    for (const listener of [...this.#closeListeners]) listener();
    this.#closeListeners.clear();
  }

  static async #greet(
    socket: Socket,
    token: string,
    options: ConnectOptions,
    deadline: number,
  ): Promise<SidecarClient | 'outdated'> {
    const reader = new StreamMessageReader(socket);
    // Its timer for messages that are late in arriving goes on after dispose, and would keep the process of a command from ending.
    reader.partialMessageTimeout = 0;
    const connection = createMessageConnection(reader, new StreamMessageWriter(socket));
    const pending = new Set<(error: AppError) => void>();
    const onClose = (): void => {
      for (const reject of [...pending]) reject(sidecarGone('hello'));
    };
    socket.once('close', onClose);
    connection.onError(() => socket.destroy());
    connection.listen();
    try {
      const params = { token, client: options.client, clientVersion: options.clientVersion, protocolVersion };
      const hello = await sendWithDeadline<ResultOf<'session/hello'>>(connection, 'session/hello', params, {
        timeoutMs: Math.max(1000, deadline - Date.now()),
        signal: undefined,
        pending,
      });
      if (hello.protocolVersion > protocolVersion) throw incompatible('newer');
      return new SidecarClient(socket, connection, hello);
    } catch (error) {
      connection.dispose();
      socket.destroy();
      if (error instanceof AppError && error.kind === 'incompatible' && error.data.isLeaving === true) return 'outdated';
      throw error;
    } finally {
      socket.removeListener('close', onClose);
    }
  }
}

async function sendWithDeadline<R>(
  connection: MessageConnection,
  method: string,
  params: object,
  options: { timeoutMs: number; signal: AbortSignal | undefined; pending: Set<(error: AppError) => void> },
): Promise<R> {
  const cancellation = new CancellationTokenSource();
  let timer: NodeJS.Timeout | undefined;
  let stop: ((error: AppError) => void) | undefined;
  const onAbort = (): void => cancellation.cancel();
  try {
    const stopped = new Promise<never>((_resolve, reject) => {
      stop = reject;
      options.pending.add(reject);
      timer = setTimeout(() => {
        cancellation.cancel();
        reject(requestTimedOut(method, options.timeoutMs));
      }, options.timeoutMs);
    });
    if (options.signal?.aborted) throw new AppError('cancelled', `${method} was cancelled.`);
    options.signal?.addEventListener('abort', onAbort, { once: true });
    const answer: Promise<R> = connection.sendRequest<R>(method, params, cancellation.token);
    return await Promise.race([answer, stopped]);
  } catch (error) {
    throw fromRpc(error);
  } finally {
    clearTimeout(timer);
    if (stop) options.pending.delete(stop);
    options.signal?.removeEventListener('abort', onAbort);
    cancellation.dispose();
  }
}

/** vscode-jsonrpc's own codes for a connection that broke: the message could not be written or read, or nobody will answer. */
const connectionErrors: ReadonlySet<number> = new Set([
  ErrorCodes.MessageWriteError,
  ErrorCodes.MessageReadError,
  ErrorCodes.PendingResponseRejected,
  ErrorCodes.ConnectionInactive,
]);

/** The border from JSON-RPC: code and data back to an AppError. Total: what is unknown becomes `internal`. */
export function fromRpc(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof ResponseError) {
    if (connectionErrors.has(error.code)) return sidecarGone('the call');
    const data = isErrorData(error.data) ? error.data : {};
    return new AppError(kindOfRpcCode(error.code), error.message, { data });
  }
  return new AppError('unavailable', error instanceof Error ? error.message : String(error), { cause: error });
}

function isErrorData(data: unknown): data is ErrorData {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}
