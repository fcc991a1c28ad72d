// What the network hands up, and what it is told: for all ways in.

import type NoiseSecretStream from '@hyperswarm/secret-stream';
import type { PeerId } from '../../protocol/ids.ts';
import type { PathReason, PeerPath } from '../../protocol/model.ts';
import type { Log } from '../log.ts';
import type { LanOptions } from './lan/lan.ts';
import type { RelaysOptions } from './relays.ts';
import type { RoomOptions } from './room.ts';
import type { SwarmDht } from './swarmDht.ts';

/** An authenticated, encrypted connection. Whoever takes it reads from `stream` in the same turn. */
export interface NetworkConnection {
  stream: NoiseSecretStream;
  peerId: PeerId;
  remotePublicKey: Uint8Array;
  /** The same on both sides, and on no other connection. */
  handshakeHash: Uint8Array;
  isInitiator: boolean;
  /** As it is now: a relayed one becomes direct when a hole opens after all. */
  readonly path: PeerPath;
  readonly pathReason: PathReason;
}

export interface NetworkOptions {
  keyPair: { publicKey: Uint8Array; secretKey: Uint8Array };
  /** `host:port` of DHT nodes to start from; empty is the public DHT. */
  bootstrap: string[];
  log: Log;
  onConnection(connection: NetworkConnection): void;
  /** The status or a topic's state is another one. */
  onChange(): void;
  /** A connected peer is reached another way. */
  onPath?(peerId: PeerId): void;
  relays?: Pick<RelaysOptions, 'settings' | 'mayServe' | 'onOffer'>;
  /** The local network: whom to look for there, and on which interface; left out, everybody stays unfound, on all. */
  lan?: Pick<LanOptions, 'settings' | 'sought'>;
  /** True keeps a peer away, in both directions. */
  isRefused(peerId: PeerId): boolean;
  /** False keeps a peer that is connected from connecting once more. */
  mayComeAgain?(peerId: PeerId): boolean;
  /** In the book of peers: what strangers cost does not keep it out. */
  isKnown?(peerId: PeerId): boolean;
  /** Whether files come from this peer or go to it. */
  isOfUse?(peerId: PeerId): boolean;
  /** For tests. */
  room?: Omit<RoomOptions, 'count'>;
}

/** Without that option. */
export const noRelays: NonNullable<NetworkOptions['relays']> = {
  settings: () => ({ useRelay: false, relay: '' as const, offerRelay: false }),
  mayServe: () => false,
  onOffer: () => {},
};

/** Without that option. */
export const noLan: NonNullable<NetworkOptions['lan']> = {
  settings: () => ({ lanDiscovery: false, networkInterface: '' }),
  sought: () => ({ partyKeys: [], contacts: [] }),
};

/** One of Hyperswarm's, as it is handed up. */
export function connectionOf(
  dht: Pick<SwarmDht, 'pathOf' | 'reasonOf'>,
  parts: Pick<NetworkConnection, 'stream' | 'peerId' | 'remotePublicKey' | 'handshakeHash'>,
): NetworkConnection {
  const { stream, peerId } = parts;
  return {
    ...parts,
    isInitiator: stream.isInitiator,
    get path() {
      return dht.pathOf(stream);
    },
    get pathReason() {
      return dht.reasonOf(peerId, stream);
    },
  };
}
