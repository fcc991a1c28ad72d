// What transfers need of the rest of the sidecar: filled in by node.ts.

import type { Settings } from '../protocol/model.ts';
import type { NotificationMethod, Notifications } from '../protocol/rpc.ts';
import type { Catalog } from './catalog/catalog.ts';
import type { DetailAnswers } from './catalog/details/detailAnswers.ts';
import type { Log } from './log.ts';
import type { Network } from './network/network.ts';
import type { NodeSending } from './nodeSending.ts';
import type { Parties } from './parties/parties.ts';
import type { Peers } from './peers/peers.ts';
import type { Sessions } from './sessions.ts';
import type { Shares } from './shares/shares.ts';
import type { Database } from './storage/database.ts';
import type { Identity } from './storage/identity.ts';

export interface TransfersOptions {
  dataFolder: string;
  identity: Identity;
  database: Database;
  log: Log;
  settings: () => Settings;
  /** These exist by the time that anything is asked. */
  catalog: () => Catalog;
  shares: () => Shares;
  sessions: () => Sessions;
  peers: () => Peers;
  parties: () => Pick<Parties, 'contentTopics'>;
  /** Offers to single peers: read and downloaded as shares are. */
  sending: () => Pick<NodeSending, 'locate' | 'locateMany' | 'over' | 'isOffer' | 'downloadChanged'>;
  network: () => Pick<Network, 'setContentTopics'>;
  details: () => Pick<DetailAnswers, 'of' | 'holders'>;
  broadcast: <N extends NotificationMethod>(method: N, params: Notifications[N]) => void;
  /** Something began or ended: the sidecar may be busy, or idle. */
  onActivity: () => void;
}
