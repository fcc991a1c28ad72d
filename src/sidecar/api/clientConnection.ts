// One client's connection: frames, requests under way, and the order of leaving: answers go out before the stream ends.

import type { Readable, Writable } from 'node:stream';
import {
  type CancellationToken,
  createMessageConnection,
  type Message,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-jsonrpc/node';
import type { LogLevel } from '../../protocol/model.ts';
import { localLimits } from '../limits.ts';
import { toRpc } from './errors.ts';
import type { Caller } from './handlers.ts';
import { type Fields, fieldsOf } from './params.ts';

export interface ClientConnectionOptions {
  input: Readable;
  output: Writable;
  /** Answers a request; what it throws goes to the client. */
  answer(from: ClientConnection, method: string, fields: Fields, signal: AbortSignal): unknown;
  onLogLevel(from: ClientConnection): void;
  onClosed(from: ClientConnection): void;
  /** Ends the streams. */
  end(): void;
}

export class ClientConnection implements Caller {
  /** Undefined until hello. */
  name: string | undefined;
  logLevel: LogLevel | undefined;
  readonly #options: ClientConnectionOptions;
  readonly #rpc: MessageConnection;
  readonly #underWay = new Set<AbortController>();
  /** Answers owed and notifications not yet on the stream. */
  #unwritten = 0;
  #drained: (() => void)[] = [];
  readonly #left = new AbortController();
  #isClosed = false;

  constructor(options: ClientConnectionOptions) {
    this.#options = options;
    const { input, output } = options;
    const reader = new StreamMessageReader(input);
    reader.partialMessageTimeout = 0; // Its timer would outlive the connection.
    this.#rpc = createMessageConnection(reader, this.#countingWriter(output));
    const close = (): void => this.close();
    input.once('close', close).once('end', close).on('error', close);
    output.on('error', close);
    this.#rpc.onError(close);
    this.#rpc.onClose(close);
    this.#rpc.onRequest((method: string, params: unknown, token: CancellationToken) => this.#request(method, params, token));
  }

  get gone(): AbortSignal {
    return this.#left.signal;
  }

  listen(): void {
    this.#rpc.listen();
  }

  notify: Caller['notify'] = (method, params) => {
    if (this.#isClosed) return;
    this.#unwritten++;
    const written = (): void => this.#written();
    this.#rpc.sendNotification(method as string, params).then(written, written); // A client that went away a moment ago needs no news.
  };

  subscribeToLog(level: LogLevel): void {
    this.logLevel = level;
    this.#options.onLogLevel(this);
  }

  /** Cuts short what is under way, lets every answer go out (for a bounded time), then closes. */
  async leave(): Promise<void> {
    for (const abort of this.#underWay) abort.abort();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, localLimits.lastAnswersMs)));
    const drained = new Promise<void>((resolve) => {
      if (this.#unwritten === 0) resolve();
      else this.#drained.push(resolve);
    });
    await Promise.race([drained, late]);
    clearTimeout(timer);
    this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const abort of this.#underWay) abort.abort();
    this.#left.abort();
    this.#rpc.dispose();
    this.#options.onClosed(this);
    this.#options.end();
  }

  async #request(method: string, params: unknown, token: CancellationToken): Promise<unknown> {
    this.#unwritten++;
    const abort = new AbortController();
    this.#underWay.add(abort);
    const cancelled = token.onCancellationRequested(() => abort.abort());
    try {
      return await this.#options.answer(this, method, fieldsOf(params), abort.signal);
    } catch (error) {
      return toRpc(error);
    } finally {
      cancelled.dispose();
      this.#underWay.delete(abort);
    }
  }

  #written(): void {
    this.#unwritten--;
    if (this.#unwritten === 0) for (const resolve of this.#drained.splice(0)) resolve();
  }

  #countingWriter(output: Writable): StreamMessageWriter {
    const writer = new StreamMessageWriter(output);
    const write = writer.write.bind(writer);
    writer.write = async (message: Message) => {
      await write(message);
      if ('id' in message && !('method' in message)) this.#written(); // An answer.
    };
    return writer;
  }
}
