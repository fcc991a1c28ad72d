// Waiting until the sidecar has got somewhere: looks now and whenever it is told of a change, until a deadline or Ctrl-C.

import type { SidecarClient } from '../client/sidecarClient.ts';
import { AppError } from '../protocol/errors.ts';
import type { NotificationMethod } from '../protocol/rpc.ts';
import type { Context } from './command.ts';
import { interrupted } from './errors.ts';

export interface WaitOptions {
  /** The notifications after which `look` may answer something else. */
  on: NotificationMethod[];
  /** Ends the wait with anything but undefined. */
  look(): Promise<boolean>;
  /** Said on Ctrl-C and past --timeout: what goes on without us, and how to see it. */
  goesOn: string;
}

/** Resolves when `look` answers true. Rejects with Interrupted, `unavailable` past --timeout, or when the sidecar went away. */
export async function waitFor(client: SidecarClient, context: Context, options: WaitOptions): Promise<void> {
  let wake: () => void = () => undefined;
  let hasNews = true;
  let failure: AppError | undefined;
  const news = (): void => {
    hasNews = true;
    wake();
  };
  const fail = (error: AppError): void => {
    failure ??= error;
    wake();
  };
  const onAbort = (): void => fail(interrupted(options.goesOn));
  const listening = options.on.map((method) => client.on(method, news));
  listening.push(client.onClose(() => fail(sidecarWentAway(options.goesOn))));
  context.signal.addEventListener('abort', onAbort, { once: true });
  const { timeoutMs } = context;
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => fail(tookTooLong(timeoutMs, options.goesOn)), timeoutMs);
  if (context.signal.aborted) onAbort();
  try {
    for (;;) {
      if (failure) throw failure;
      if (hasNews) {
        hasNews = false;
        if (await options.look()) return;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } catch (error) {
    throw failure ?? error; // The request under way fails too when the wait is ended.
  } finally {
    clearTimeout(timer);
    context.signal.removeEventListener('abort', onAbort);
    for (const each of listening) each.dispose();
  }
}

function tookTooLong(timeoutMs: number, goesOn: string): AppError {
  return new AppError('unavailable', `Not done within ${timeoutMs / 1000} s. ${goesOn}`);
}

function sidecarWentAway(goesOn: string): AppError {
  return new AppError('unavailable', `The sidecar went away. ${goesOn}`);
}
