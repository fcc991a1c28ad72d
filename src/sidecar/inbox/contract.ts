// What outbox and inbox need of the rest of the sidecar: filled in by nodeSending.ts.

import type { PeerId } from '../../protocol/ids.ts';
import type { Log } from '../log.ts';
import type { Viewer } from '../shares/audienceText.ts';
import type { Database } from '../storage/database.ts';
import type { PeerSession } from '../wire/services.ts';
import type { Talk } from './talk.ts';

export interface SendingParts {
  database: Database;
  dataFolder: string;
  talk: Talk;
  log: Log;
  /** What to show of a peer, made safe for one line. */
  nameOf(peerId: PeerId): string;
  /** The session with a peer that is here. */
  session(peerId: PeerId): PeerSession | undefined;
  /** Who a peer that is here is to us. */
  viewer(session: PeerSession): Viewer;
  now?(): number;
}

/** In a common party, or added by key here: from others nothing is taken. */
export function isKnownPeer({ partyIds, isAddedByKey }: Viewer): boolean {
  return partyIds.length > 0 || isAddedByKey;
}
