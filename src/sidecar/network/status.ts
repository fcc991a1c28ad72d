// What can be said of the network by looking at the DHT.

import type HyperDHT from 'hyperdht';
import type { SidecarStatus } from '../../protocol/model.ts';

/** `dht`: undefined while there is none. */
export function statusOf(dht: HyperDHT | undefined, bootstrap: readonly string[]): SidecarStatus['network'] {
  const isReachable = dht !== undefined && dht.nodes.length > 0;
  const isOnline = isReachable && dht.online;
  return {
    state: isOnline ? 'online' : dht?.bootstrapped ? 'offline' : 'starting',
    isBootstrapUnreachable: !isReachable,
    nat: dht ? natOf(dht) : 'unknown',
    bootstrap: [...bootstrap],
  };
}

function natOf(dht: HyperDHT): SidecarStatus['network']['nat'] {
  if (dht.host === null) return 'unknown';
  if (!dht.firewalled) return 'open';
  return dht.port === 0 ? 'random' : 'consistent';
}
