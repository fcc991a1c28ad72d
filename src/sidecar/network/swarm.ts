// Hyperswarm with our limits.

import Hyperswarm from 'hyperswarm';
import { networkLimits, wireLimits } from '../limits.ts';
import { peerIdOf } from '../storage/identity.ts';
import type { Admission } from './admission.ts';
import type { SwarmDht } from './swarmDht.ts';

export interface SwarmParts {
  keyPair: { publicKey: Uint8Array; secretKey: Uint8Array };
  dht: SwarmDht;
  admission: Pick<Admission, 'isKeptAway'>;
}

export function newSwarm({ keyPair, dht, admission }: SwarmParts): Hyperswarm {
  return new Hyperswarm({
    keyPair,
    dht,
    // Hyperswarm divides this by up to four while peers are joined by key.
    maxPeers: 4 * wireLimits.connections,
    maxClientConnections: networkLimits.outgoingConnections,
    maxParallel: networkLimits.connectsAtOnce,
    firewall: (key, payload) => {
      const isRefused = admission.isKeptAway(peerIdOf(key));
      if (payload && !isRefused) dht.heard(key, payload);
      return isRefused;
    },
  });
}
