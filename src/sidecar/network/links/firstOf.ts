// Tries the addresses of a peer one a little after the other, and takes the first that leads there (RFC 8305). Knows nothing of how.

import { linkLimits } from '../../limits.ts';
import type { Link } from './stream.ts';

/**
 * The next host is tried after linkLimits.staggerMs, or at once when one failed. The first link is taken; those that come later are closed, and
 * attempts under way are given up. Rejects with the first failure when all failed, or when the signal says so.
 */
export async function firstOf(
  hosts: readonly string[],
  signal: AbortSignal,
  dial: (host: string, signal: AbortSignal) => Promise<Link>,
): Promise<Link> {
  const others = new AbortController();
  const both = AbortSignal.any([signal, others.signal]);
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Link>((resolve, reject) => {
      let [started, failed] = [0, 0];
      let isTaken = false;
      let firstFailure: unknown;
      const giveUp = (): void => reject(firstFailure instanceof Error ? firstFailure : new Error('not needed any more'));
      const next = (): void => {
        clearTimeout(timer);
        const host = hosts[started];
        if (host === undefined || isTaken || both.aborted) return;
        started++;
        timer = setTimeout(next, linkLimits.staggerMs);
        void dial(host, both).then(
          (link) => {
            if (isTaken || both.aborted) link.stream.destroy();
            else {
              isTaken = true;
              resolve(link);
            }
          },
          (error: unknown) => {
            firstFailure ??= error;
            if (++failed === hosts.length) giveUp();
            else next();
          },
        );
      };
      signal.addEventListener('abort', giveUp, { once: true });
      next();
      if (hosts.length === 0 || signal.aborted) giveUp();
    });
  } finally {
    clearTimeout(timer);
    others.abort();
  }
}
