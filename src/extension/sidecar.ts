// The extension's one connection to the sidecar: made on first use, made again when it is lost (at most five times a minute, then a
// person decides), with listeners that outlive it. Must not know `vscode`, nor how a sidecar is started: `connect` is handed in.

import { type AppError, asAppError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { NotificationMethod, Notifications, ParamsOf, RequestMethod, ResultOf } from '../protocol/rpc.ts';
import { crashedTooOften, notRunning, stoppedByUser } from './failures.ts';
import { limits } from './limits.ts';
import { createRestartBudget } from './restartBudget.ts';

interface Disposable {
  dispose(): void;
}

export interface RequestOptions {
  timeoutMs?: number;
  signal?: AbortSignal;
}

/** What is needed of src/client's SidecarClient. */
export interface Connection {
  readonly peerId: PeerId;
  readonly sidecarPid: number;
  request<M extends RequestMethod>(method: M, params: ParamsOf<M>, options?: RequestOptions): Promise<ResultOf<M>>;
  on<N extends NotificationMethod>(method: N, listener: (params: Notifications[N]) => void): Disposable;
  onClose(listener: () => void): Disposable;
  dispose(): void;
}

/** `idle`: not needed yet. `lost`: it went away and is being looked for. `stopped`: a person stopped it. `failed`: it does not start. */
export type SidecarState = 'idle' | 'starting' | 'running' | 'lost' | 'stopped' | 'failed';

type AnyListener = {
  method: NotificationMethod;
  attach: (connection: Connection) => Disposable;
  attached: Disposable | undefined;
};

/** Requests that may be sent again to the next sidecar when theirs died under them: they change nothing. */
function isRepeatable(method: RequestMethod): boolean {
  return /^(catalog|files|search)\/|\/(list|get|status|preview|marks)$/.test(method);
}

export class Sidecar {
  readonly #connect: () => Promise<Connection>;
  readonly #budget = createRestartBudget();
  readonly #listeners = new Set<AnyListener>();
  readonly #stateListeners = new Set<(state: SidecarState) => void>();
  readonly #connectListeners = new Set<(connection: Connection) => void>();
  #connection: Connection | undefined;
  #connecting: Promise<Connection> | undefined;
  #state: SidecarState = 'idle';
  #failure: AppError | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  /** The next failed start is followed by another one instead of a question. */
  #isRecovering = false;
  #recoverDelayMs: number = limits.reconnectMs;
  #isDisposed = false;

  constructor(connect: () => Promise<Connection>) {
    this.#connect = connect;
  }

  get state(): SidecarState {
    return this.#state;
  }

  /** Why the state is `failed` or `stopped`. */
  get failure(): AppError | undefined {
    return this.#failure;
  }

  /** Own key and process id, while connected. */
  get connection(): { peerId: PeerId; sidecarPid: number } | undefined {
    return this.#connection;
  }

  /** Sends a request, starting the sidecar if that was not done yet. Rejects with AppError; `unavailable` where no sidecar can be had. */
  async request<M extends RequestMethod>(method: M, params: ParamsOf<M>, options: RequestOptions = {}): Promise<ResultOf<M>> {
    const connection = await this.connected();
    try {
      return await connection.request(method, params, options);
    } catch (error) {
      const isGone = this.#connection !== connection;
      if (!isGone || !isRepeatable(method) || options.signal?.aborted === true) throw asAppError(error);
      return (await this.connected()).request(method, params, options);
    }
  }

  /** The connection, made if there is none. */
  connected(): Promise<Connection> {
    if (this.#connection !== undefined) return Promise.resolve(this.#connection);
    if (this.#isDisposed) return Promise.reject(notRunning('the window closes'));
    if (this.#state === 'stopped' || this.#state === 'failed') {
      return Promise.reject(this.#failure ?? notRunning(this.#state));
    }
    return this.#open();
  }

  /** Listens to a notification of this sidecar and of every later one. */
  on<N extends NotificationMethod>(method: N, listener: (params: Notifications[N]) => void): Disposable {
    const entry: AnyListener = { method, attach: (connection) => connection.on(method, listener), attached: undefined };
    if (this.#connection !== undefined) entry.attached = entry.attach(this.#connection);
    this.#listeners.add(entry);
    return {
      dispose: () => {
        entry.attached?.dispose();
        this.#listeners.delete(entry);
      },
    };
  }

  onDidChangeState(listener: (state: SidecarState) => void): Disposable {
    this.#stateListeners.add(listener);
    return { dispose: () => void this.#stateListeners.delete(listener) };
  }

  /** After every connection made, before anything else is sent over it by `request`. */
  onDidConnect(listener: (connection: Connection) => void): Disposable {
    this.#connectListeners.add(listener);
    return { dispose: () => void this.#connectListeners.delete(listener) };
  }

  /** Stops the running sidecar, if any, and starts a new one. */
  async restart(): Promise<void> {
    await this.#leave('idle');
    this.#budget.reset();
    await this.#open();
  }

  /** Stops the sidecar for every window; it stays off until `restart`. */
  async stop(): Promise<void> {
    this.#failure = stoppedByUser();
    await this.#leave('stopped');
  }

  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#retryTimer);
    this.#stateListeners.clear();
    this.#connectListeners.clear();
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.dispose();
    this.#listeners.clear();
  }

  async #leave(state: SidecarState): Promise<void> {
    clearTimeout(this.#retryTimer);
    this.#isRecovering = false;
    const connection = this.#connection ?? (await this.#connecting?.catch(() => undefined));
    this.#connection = undefined;
    this.#setState(state);
    if (connection === undefined) return;
    const closed = new Promise<void>((resolve) => connection.onClose(resolve));
    try {
      await connection.request('sidecar/stop', {}, { timeoutMs: limits.connectMs });
      // The answer comes before the sidecar has closed all; a new one must not find the old one's lock.
      await within(closed, limits.sidecarExitMs);
      await processGone(connection.sidecarPid);
    } catch {
      // It is gone already, or does not answer; the next start finds out by the lock.
    } finally {
      connection.dispose();
    }
  }

  #open(): Promise<Connection> {
    if (this.#connecting !== undefined) return this.#connecting;
    clearTimeout(this.#retryTimer);
    this.#setState('starting');
    const attempt = this.#attempt().finally(() => {
      this.#connecting = undefined;
    });
    this.#connecting = attempt;
    return attempt;
  }

  async #attempt(): Promise<Connection> {
    let connection: Connection;
    try {
      connection = await this.#connectWithToken();
    } catch (error) {
      this.#failure = asAppError(error);
      if (this.#isRecovering && !this.#isDisposed) this.#recover(this.#failure);
      else this.#setState('failed');
      throw this.#failure;
    }
    this.#isRecovering = false;
    if (this.#isDisposed) {
      connection.dispose();
      throw notRunning('the window closes');
    }
    this.#connection = connection;
    this.#failure = undefined;
    let isStopping = false;
    connection.on('sidecar/stopping', () => {
      isStopping = true;
    });
    connection.onClose(() => {
      if (this.#connection === connection) this.#lost(isStopping);
    });
    for (const listener of this.#listeners) listener.attached = listener.attach(connection);
    for (const listener of this.#connectListeners) listener(connection);
    this.#setState('running');
    return connection;
  }

  /** A sidecar that has just begun to listen may not have written its token yet: the old one is refused, so it is read again. */
  async #connectWithToken(): Promise<Connection> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#connect();
      } catch (error) {
        if (asAppError(error).kind !== 'unauthorized' || attempt === limits.tokenAttempts) throw error;
        await delay(limits.tokenPauseMs);
      }
    }
  }

  #lost(isStopped: boolean): void {
    this.#connection = undefined;
    for (const listener of this.#listeners) listener.attached = undefined;
    if (this.#isDisposed) return;
    if (isStopped) {
      // Another window or the command line stopped it: starting it again would be against somebody's will.
      this.#failure = stoppedByUser();
      this.#setState('stopped');
      return;
    }
    this.#recoverDelayMs = limits.reconnectMs;
    this.#recover(crashedTooOften());
  }

  /** Looks for a sidecar again, as long as the budget lasts; `failure` says why when it is spent. */
  #recover(failure: AppError): void {
    this.#isRecovering = this.#budget.take(Date.now());
    if (!this.#isRecovering) {
      this.#failure = failure;
      this.#setState('failed');
      return;
    }
    this.#setState('lost');
    this.#retryTimer = setTimeout(() => {
      // How it went is the state's to say; a failure plans the next try by itself.
      this.#open().catch(() => undefined);
    }, this.#recoverDelayMs);
    this.#recoverDelayMs *= 2;
  }

  #setState(state: SidecarState): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const listener of this.#stateListeners) listener(state);
  }
}

/** Waits for the promise, but not longer. */
async function within(promise: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}

async function processGone(pid: number): Promise<void> {
  const deadline = Date.now() + limits.sidecarExitMs;
  while (Date.now() < deadline) {
    try {
      process.kill(pid, 0);
    } catch {
      return; // ESRCH: gone. EPERM: the number belongs to someone else now.
    }
    await delay(20);
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
