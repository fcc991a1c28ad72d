// Which network interfaces there are for us: all of them, or the one that the user chose by its name or an address. Nothing tells when they
// change; who wants to know looks again.

import { BlockList, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { AppError } from '../../../protocol/errors.ts';
import { lanLimits } from '../../limits.ts';

export type Interfaces = ReturnType<typeof networkInterfaces>;

/** An interface as one family of addresses sees it. */
export interface LanInterface {
  name: string;
  family: 'IPv4' | 'IPv6';
  /** Ours there; of IPv6 the link-local one where there is one. */
  address: string;
  /** What comes after `%` in a link-local address. '' for IPv4. */
  zone: string;
  /** `address/bits` of all its networks of that family. */
  subnets: string[];
}

export interface Choice {
  /** `Settings.networkInterface`: '' = all. */
  chosen: string;
  /** The whole network is on loopback. */
  isLoopback: boolean;
  interfaces?: Interfaces;
}

/** The interfaces to meet others on. On loopback only when it was chosen: tests and trials keep to themselves otherwise. */
export function lanInterfaces({ chosen, isLoopback, interfaces = networkInterfaces() }: Choice): LanInterface[] {
  const found: LanInterface[] = [];
  for (const [name, addresses = []] of Object.entries(interfaces)) {
    const isChosen = chosen !== '' && isNamed(name, addresses, chosen);
    const isInternal = addresses.some(({ internal }) => internal);
    if (isInternal ? !isChosen : isLoopback || (chosen !== '' && !isChosen)) continue;
    for (const family of ['IPv4', 'IPv6'] as const) {
      const own = addresses.filter((each) => each.family === family && each.cidr !== null);
      const best = own.find(({ address }) => address === chosen) ?? own.find(({ address }) => isLinkLocal(address)) ?? own[0];
      // Of IPv6 loopback has no group: IPv4 does there.
      if (!best || (isInternal && family === 'IPv6')) continue;
      const index = best.family === 'IPv6' ? best.scopeid : 0;
      const zone = family === 'IPv4' ? '' : process.platform === 'win32' ? String(index) : name;
      found.push({ name, family, address: best.address, zone, subnets: own.flatMap(({ cidr }) => cidr ?? []) });
    }
  }
  return found.slice(0, lanLimits.interfaces);
}

/**
 * The one address to bind to. Undefined: all, nothing was chosen. `missing`: the chosen interface is not there, or has no address of the family that is
 * needed.
 */
export function chosenHost(
  chosen: string,
  { family, interfaces = networkInterfaces() }: { family?: 'IPv4'; interfaces?: Interfaces } = {},
): string | undefined {
  if (chosen === '') return undefined;
  for (const [name, addresses = []] of Object.entries(interfaces)) {
    if (!isNamed(name, addresses, chosen)) continue;
    const usable = addresses.filter(({ address }) => !isLinkLocal(address));
    const own = usable.find(({ address }) => address === chosen);
    const best = own && (family === undefined || own.family === family) ? own : usable.find((each) => each.family === 'IPv4');
    if (best) return best.address;
    const [first] = family === undefined ? usable : [];
    if (first) return first.address;
  }
  return 'missing';
}

/** Throws `invalid-argument` when no interface has that name or address now. */
export function checkInterface(chosen: string, interfaces: Interfaces = networkInterfaces()): void {
  if (chosen === '') return;
  const all = Object.entries(interfaces);
  if (all.some(([name, addresses = []]) => isNamed(name, addresses, chosen))) return;
  const list = all.map(([name, addresses = []]) => `${name} (${addresses.map(({ address }) => address).join(', ')})`);
  throw new AppError(
    'invalid-argument',
    `There is no network interface "${chosen}" on this machine now. There are: ${list.join('; ')}. Nothing was changed.`,
  );
}

/** Whether an address, with or without its zone, is one of a machine on the same wire. */
export function isOn(lan: LanInterface, host: string): boolean {
  const [address = '', zone] = host.split('%');
  if (isIPv6(address) !== (lan.family === 'IPv6')) return false;
  if (isLinkLocal(address) && lan.family === 'IPv6') return zone === undefined || zone === lan.zone;
  const type = lan.family === 'IPv6' ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  for (const subnet of lan.subnets) {
    const [network = '', bits] = subnet.split('/');
    if (!isLinkLocal(network) || lan.family === 'IPv4') list.addSubnet(network, Number(bits), type);
  }
  return list.check(address, type);
}

function isNamed(name: string, addresses: { address: string }[], chosen: string): boolean {
  return name === chosen || addresses.some(({ address }) => address === chosen);
}

function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/i.test(address);
}
