// What a handler of a request is, and what it may use: one table over all methods, put together from one file an area.

import type { NotificationMethod, Notifications, RequestMethod, ResultOf } from '../../protocol/rpc.ts';
import type { LogLevel } from '../../protocol/model.ts';
import type { Fields } from './params.ts';

/** The client that asks. */
export interface Caller {
  notify<N extends NotificationMethod>(method: N, params: Notifications[N]): void;
  subscribeToLog(level: LogLevel): void;
  /** Aborted when the client leaves. */
  readonly gone: AbortSignal;
}

export interface Call {
  signal: AbortSignal;
  caller: Caller;
}

export type Handler<M extends RequestMethod> = (fields: Fields, call: Call) => ResultOf<M> | Promise<ResultOf<M>>;

/** Handlers of the methods that start with one of the areas. */
export type Handlers<Area extends string> = { [M in Extract<RequestMethod, `${Area}/${string}`>]: Handler<M> };

/** Every method but hello, which the server answers itself. */
export type AllHandlers = { [M in Exclude<RequestMethod, 'session/hello'>]: Handler<M> };
