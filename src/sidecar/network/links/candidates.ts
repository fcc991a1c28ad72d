// Addresses of direct links: which ones we offer, and which of those that are offered to us we dial. A peer must not make us knock on doors
// that are none of its own: only literals, few, no services' ports, nothing that no peer can be.

import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { linkLimits } from '../../limits.ts';
import { pathOf } from '../addresses.ts';

/** Below are the machine's services; our listeners get higher ones, and so do those of others. */
export const leastPort = 1024;

const loopbackHost = '127.0.0.1';

type Interfaces = ReturnType<typeof networkInterfaces>;

const loopback = listOf('127.0.0.0/8', '::1/128');
/** Unspecified, broadcast, multicast, reserved; IPv4 in IPv6's clothes; link-local IPv6, which says nothing without its interface. */
const nobody = { ipv4: listOf('0.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4'), ipv6: listOf('::/8', 'ff00::/8', 'fe80::/10') };
/** RFC 1918, RFC 3927, RFC 6598 (which overlay networks use, too), RFC 4193. */
const localNetworks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10', 'fc00::/7'].map(
  (subnet) => listOf(subnet),
);

/** Interfaces of containers and virtual machines: the same addresses on many machines, and rarely a way to any. */
const virtualInterface = /^(docker|br-|veth|virbr|vmnet|vboxnet|cni|flannel|lxc|podman)/i;

export interface OwnAddresses {
  /** The whole network is on loopback. */
  isLoopback: boolean;
  /** The one address that we listen on, '' = all. */
  boundTo: string;
  /** As seen from outside, when we can be reached there. */
  publicHost: string | undefined;
  /** For tests. */
  interfaces?: Interfaces;
}

/** Where others may reach us, likeliest first: local networks, then public addresses, then those of virtual machines. */
export function ownHosts({ isLoopback, boundTo, publicHost, interfaces = networkInterfaces() }: OwnAddresses): string[] {
  if (isLoopback) return [loopbackHost];
  const found: { host: string; rank: number }[] = [];
  for (const [name, addresses] of Object.entries(interfaces)) {
    for (const { address, internal } of addresses ?? []) {
      if (internal || isNobody(address) || (boundTo !== '' && address !== boundTo)) continue;
      const isLocal = pathOf(address) === 'lan';
      found.push({ host: address, rank: virtualInterface.test(name) ? 4 : (isLocal ? 0 : 2) + (isIPv6(address) ? 1 : 0) });
    }
  }
  found.sort((a, b) => a.rank - b.rank);
  const hosts = found.map(({ host }) => host);
  if (publicHost && !hosts.includes(publicHost)) hosts.splice(Math.min(hosts.length, linkLimits.hosts - 1), 0, publicHost);
  return [...new Set(hosts)].slice(0, linkLimits.hosts);
}

/**
 * The hosts of an offer that may be dialed. `remoteHost`: where the session's other end is; it comes first, for it is the peer for certain.
 * Loopback only when the session itself runs there; addresses of local networks only when we are in one of their kind.
 */
export function dialableHosts(
  offer: { hosts: readonly string[]; port: number },
  remoteHost: string | undefined,
  interfaces: Interfaces = networkInterfaces(),
): string[] {
  if (!Number.isInteger(offer.port) || offer.port < leastPort || offer.port > 65_535) return [];
  const seen = remoteHost?.replace(/^::ffff:/i, '');
  const isOnLoopback = seen !== undefined && isLoopbackHost(seen);
  const hosts = offer.hosts.slice(0, linkLimits.hosts);
  // A router's address, as the DHT shows it, leads to the peer only when its port is open; its own addresses lead there in a local network.
  if (seen !== undefined) hosts.splice(pathOf(seen) === 'lan' ? 0 : hosts.length, 0, seen);
  const dialable = hosts.filter((host) => {
    if (!isLiteral(host)) return false;
    if (isOnLoopback || isLoopbackHost(host)) return isOnLoopback && isLoopbackHost(host);
    return !isNobody(host) && !isElsewhere(host, interfaces);
  });
  return [...new Set(dialable)].slice(0, linkLimits.hosts);
}

function isLiteral(host: string): boolean {
  return host.length <= linkLimits.hostCharacters && (isIPv4(host) || (isIPv6(host) && !host.includes('%')));
}

function isLoopbackHost(host: string): boolean {
  return isIn(loopback, host);
}

/** A list of IPv6 networks takes IPv4 addresses for those that IPv6 has for them. */
function isNobody(host: string): boolean {
  return isIn(isIPv6(host) ? nobody.ipv6 : nobody.ipv4, host);
}

/** Another local network than ours has the same addresses, but not the same machines. */
function isElsewhere(host: string, interfaces: Interfaces): boolean {
  const own = Object.values(interfaces).flatMap((addresses) => (addresses ?? []).map(({ address }) => address));
  return localNetworks.some((network) => isIn(network, host) && !own.some((address) => isIn(network, address)));
}

function isIn(list: BlockList, host: string): boolean {
  return isIPv6(host) ? list.check(host, 'ipv6') : isIPv4(host) && list.check(host, 'ipv4');
}

function listOf(...subnets: string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [network = '', bits] = subnet.split('/');
    list.addSubnet(network, Number(bits), isIPv6(network) ? 'ipv6' : 'ipv4');
  }
  return list;
}
