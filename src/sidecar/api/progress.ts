// Progress of one request to the client that made it, at most limits.progressHz a second.

import { localLimits } from '../limits.ts';
import type { Caller } from './handlers.ts';
import { type Fields, optionalTextField } from './params.ts';

/** A function to call as often as one likes; does nothing when the request has no progressToken. */
export function progressOf(fields: Fields, caller: Caller): (done: number, total: number) => void {
  const progressToken = optionalTextField(fields, 'progressToken', 128);
  if (progressToken === undefined) return () => undefined;
  let nextMs = 0;
  return (done, total) => {
    const now = Date.now();
    if (now < nextMs && done !== total) return;
    nextMs = now + 1000 / localLimits.progressHz;
    caller.notify('progress', { progressToken, done, total });
  };
}
