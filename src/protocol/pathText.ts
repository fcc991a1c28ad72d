// How a peer is reached, in words: for every path and reason a sentence. English; clients that speak other languages have their own.

import type { PathReason, PeerPath } from './meeting.ts';

const texts: Record<PeerPath, Record<PathReason, string>> = {
  lan: {
    'same-network': 'In your local network.',
    open: 'By a private address.',
    punched: 'By a private address.',
    'both-random': 'By a private address.',
    'punch-failed': 'By a private address.',
    unknown: 'By a private address.',
  },
  direct: {
    'same-network': 'Directly.',
    open: 'Directly: one of you can be reached from everywhere.',
    punched: 'Directly, through a hole in both routers.',
    'both-random': 'Directly, though both networks choose ports at random.',
    'punch-failed': 'Directly, at a later try.',
    unknown: 'Directly.',
  },
  relayed: {
    'same-network': 'Through a relay, which sees encrypted packets only.',
    open: 'Through a relay, which sees encrypted packets only.',
    punched: 'Through a relay until the hole in both routers is used.',
    'both-random':
      'Through a relay: both networks choose ports at random, so no hole can be punched. The relay sees encrypted packets only.',
    'punch-failed': 'Through a relay: no hole could be punched through the routers. The relay sees encrypted packets only.',
    unknown: 'Through a relay: the other side found no direct way. The relay sees encrypted packets only.',
  },
};

/** One sentence on how a peer is reached, and why so. */
export function pathText(path: PeerPath, reason: PathReason): string {
  return texts[path][reason];
}
