// What requests about parties, peers, settings and the sidecar itself mean for all its parts: a party left ends sessions, a peer forgotten
// takes its catalog along. Put together by node.ts.

import { AppError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Settings, SidecarStatus } from '../protocol/model.ts';
import { protocolVersion } from '../protocol/rpc.ts';
import { productVersion } from '../protocol/version.ts';
import type { Meeting } from './api/meeting.ts';
import type { ApiServer } from './api/server.ts';
import type { Catalog } from './catalog/catalog.ts';
import { checkInterface } from './network/lan/interfaces.ts';
import type { Network } from './network/network.ts';
import type { NodeAccess } from './nodeAccess.ts';
import type { Transfers } from './nodeTransfers.ts';
import type { NodeLinks } from './nodeLinks.ts';
import type { NodeParties } from './nodeParties.ts';
import { derivedName } from './peers/names.ts';
import type { Peers } from './peers/peers.ts';
import type { Sessions } from './sessions.ts';
import type { Shares } from './shares/shares.ts';
import type { Identity } from './storage/identity.ts';
import type { SettingsStore } from './storage/settings.ts';

export interface MeetingParts {
  identity: Identity;
  dataFolder: string;
  startedAtMs: number;
  settings: SettingsStore;
  parties: NodeParties;
  peers: Peers;
  access: NodeAccess;
  sending: { forgetPeer(peerId: PeerId): Promise<void> };
  network: Network;
  sessions: Sessions;
  links: NodeLinks;
  catalog: Catalog;
  shares: Shares;
  transfers: Pick<Transfers, 'downloads' | 'uploads' | 'settingsChanged'>;
  /** Exists by the time that anything is asked. */
  api(): ApiServer;
  onSettings(): void;
  stop(): void;
}

export function meetingOf(parts: MeetingParts): Meeting {
  const { parties, peers, network, sessions, settings, catalog } = parts;
  const { peerId } = parts.identity;
  const refuseSelf = (peer: string): void => {
    if (peer === peerId)
      throw new AppError('invalid-argument', 'That is your own key. Give it to another person, and connect to theirs.');
  };
  return {
    joinParty: (name, how) => parties.join(name, how),
    peers: () => peers.list(),
    connectPeer: (peer) => {
      refuseSelf(peer);
      if (peers.isBlocked(peer))
        throw new AppError('invalid-argument', 'You blocked this peer. Unblock it first, then connect to it.');
      peers.addByKey(peer);
      parts.access.requests.forget(peer);
      sessions.accepted(peer);
      network.connect(peer);
      const info = peers.get(peer);
      if (!info) throw new AppError('internal', 'The peer was not stored. See the log.');
      return info;
    },
    disconnectPeer: (peer) => {
      peers.stayAway(peer);
      sessions.end(peer, 'disconnected by the user');
      network.disconnect(peer);
    },
    forgetPeer: async (peer) => {
      refuseSelf(peer);
      network.disconnect(peer);
      sessions.end(peer, 'forgotten by the user');
      await catalog.forgetPeer(peer);
      await parts.sending.forgetPeer(peer);
      parts.access.forget(peer);
      parties.forget(peer);
    },
    blockPeer: (peer) => parts.access.block(peer),
    unblockPeer: (peer) => parts.access.unblock(peer),
    ping: async (peer) => {
      const session = sessions.source(peer);
      if (!session) throw new AppError('unavailable', 'The peer is not connected. Try again when it is here.');
      return session.ping();
    },
    setPetname: (peer, petname) => peers.setPetname(peer, petname),
    settings: () => settings.get(),
    setSettings: (changes) => setSettings(parts, changes),
    status: () => statusOf(parts),
    stop: () => parts.stop(),
  };
}

async function setSettings(parts: MeetingParts, changes: Partial<Settings>): Promise<Settings> {
  const before = parts.settings.get();
  if (changes.networkInterface !== undefined && changes.networkInterface !== before.networkInterface)
    checkInterface(changes.networkInterface);
  const after = parts.settings.set(changes);
  if (after.nickname !== before.nickname) parts.sessions.introduceAgain();
  if (after.bootstrap.join() !== before.bootstrap.join()) await parts.network.setBootstrap(after.bootstrap);
  parts.network.configure();
  parts.links.configure();
  if (after.describeFiles !== before.describeFiles) parts.shares.describeAll();
  parts.transfers.settingsChanged();
  parts.parties.settingsChanged();
  parts.onSettings();
  parts.api().broadcast('settings/changed', {});
  return after;
}

function statusOf(parts: MeetingParts): SidecarStatus {
  const { identity, dataFolder } = parts;
  const settings = parts.settings.get();
  const derived = derivedName(identity.peerId);
  return {
    pid: process.pid,
    version: productVersion,
    protocolVersion,
    nodeVersion: process.version,
    peerId: identity.peerId,
    name: settings.nickname || derived,
    derivedName: derived,
    dataFolder,
    startedAtMs: parts.startedAtMs,
    clients: parts.api().clientCount,
    partyCount: parts.parties.parties.count,
    peersOnline: parts.peers.onlineCount,
    shareCount: parts.shares.list().length,
    activeDownloads: parts.transfers.downloads.activeCount,
    activeUploads: parts.transfers.uploads.activeCount,
    rssBytes: process.memoryUsage.rss(),
    network: { ...parts.network.status, ...linkStatus(parts) },
  };
}

function linkStatus({ links }: MeetingParts): Pick<SidecarStatus['network'], 'link'> {
  const { status } = links;
  return Object.keys(status).length === 0 ? {} : { link: status };
}
