// Takes a feed back from one connection: Hypercore itself only does so for all at once, when a core closes. Uses undocumented parts of hypercore
// 11.37.1 (lib/replicator.js, `destroy`), as feedGuard.ts does.

import Hypercore from 'hypercore';
import type { ReplicableCore } from '../../wire/services.ts';

/** From now on nothing of the feed goes over this multiplexer, and it is not attached to it any more: it may be asked for, and given, anew. */
export function withdrawFeed(feed: ReplicableCore, muxer: object): void {
  const replicator = feed instanceof Hypercore ? feed.core?.replicator : undefined;
  if (replicator === undefined) return;
  replicator.detachFrom(muxer);
  for (const peer of [...replicator.peers]) if (peer.protomux === muxer) peer.channel.close();
}
