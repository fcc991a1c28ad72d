// A connection that takes the place of another ends what runs on the older one, and so does a link that breaks: what was asked is asked again.

import { AppError } from '../../../protocol/errors.ts';
import type { PeerId } from '../../../protocol/ids.ts';
import { localLimits } from '../../limits.ts';
import type { SourceFinder } from '../downloads/swarm/contract.ts';

export interface AgainOptions {
  peerId: PeerId;
  sources: Pick<SourceFinder, 'owner' | 'onChange'>;
  signal: AbortSignal;
  /** Nothing of it was handed on. */
  mayRepeat(): boolean;
}

/** Tries a few times while its peer is here, or is soon again; rejects with the failure of the last try. */
export async function onNewerConnection<T>(attempt: () => Promise<T>, options: AgainOptions): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const isOver = !(error instanceof AppError) || error.kind !== 'unavailable' || !options.mayRepeat();
      if (isOver || tries >= localLimits.rangeTries || options.signal.aborted) throw error;
      if (!(await isBack(options))) throw error;
    }
  }
}

/** Whether there is a connection to the peer within localLimits.rangeAgainMs. */
function isBack({ peerId, sources, signal }: AgainOptions): Promise<boolean> {
  if (sources.owner(peerId) !== undefined) return Promise.resolve(true);
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      stopListening();
      signal.removeEventListener('abort', end);
      resolve(sources.owner(peerId) !== undefined && !signal.aborted);
    };
    const timer = setTimeout(end, localLimits.rangeAgainMs);
    signal.addEventListener('abort', end, { once: true });
    const stopListening = sources.onChange(() => sources.owner(peerId) !== undefined && end());
  });
}
