// What `activate` returns: a small API for other extensions and for tests. Stable within a `version`.

import type { NotificationMethod, Notifications, ParamsOf, RequestMethod, ResultOf } from '../protocol/rpc.ts';
import type { RequestOptions, Sidecar, SidecarState } from './sidecar.ts';

export interface PotluckApi {
  readonly version: 1;
  /** Milliseconds that activation took. */
  readonly activationMs: number;
  /** `idle` until something needed the sidecar. */
  readonly sidecarState: SidecarState;
  /** Process id of the sidecar while connected. */
  readonly sidecarPid: number | undefined;
  /** Sends a request of src/protocol/rpc.ts, starting the sidecar where needed. Rejects with an error that has a `kind`. */
  request<M extends RequestMethod>(method: M, params: ParamsOf<M>, options?: RequestOptions): Promise<ResultOf<M>>;
  /** Listens to a notification of this and every later sidecar of the window. */
  on<N extends NotificationMethod>(method: N, listener: (params: Notifications[N]) => void): { dispose(): void };
  onDidChangeSidecarState(listener: (state: SidecarState) => void): { dispose(): void };
}

export function createApi(sidecar: Sidecar, activationMs: number): PotluckApi {
  return {
    version: 1,
    activationMs,
    get sidecarState() {
      return sidecar.state;
    },
    get sidecarPid() {
      return sidecar.connection?.sidecarPid;
    },
    request: (method, params, options) => sidecar.request(method, params, options),
    on: (method, listener) => sidecar.on(method, listener),
    onDidChangeSidecarState: (listener) => sidecar.onDidChangeState(listener),
  };
}
