// What can be told from an address: where a connection runs, and which interface the DHT has to use.

import { isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { AppError } from '../../protocol/errors.ts';
import type { PeerPath } from '../../protocol/model.ts';

/** Ranges that never leave a local network: RFC 1918, RFC 3927, RFC 6598, and loopback. */
const privateIPv4 = [
  /^10\./,
  /^127\./,
  /^169\.254\./,
  /^172\.(1[6-9]|2\d|3[01])\./,
  /^192\.168\./,
  /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./,
];
/** Loopback, link-local (RFC 4291) and unique local (RFC 4193) addresses. */
const privateIPv6 = [/^::1$/, /^fe[89ab]/i, /^f[cd]/i];

/** How a connection with this remote address travels. Relays do not show here: see swarmDht.ts. */
export function pathOf(remoteHost: string | null | undefined): PeerPath {
  if (!remoteHost) return 'direct';
  const host = remoteHost.replace(/^::ffff:/i, '');
  const ranges = isIPv4(host) ? privateIPv4 : isIPv6(host) ? privateIPv6 : [];
  return ranges.some((range) => range.test(host)) ? 'lan' : 'direct';
}

/** The IPv4 address of this machine that others likeliest reach: a public one first. */
export function ownIPv4(): string | undefined {
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
  return own.find((address) => pathOf(address) === 'direct') ?? own[0];
}

/** What to know of an address that does not lead here from everywhere. */
export function privateNotice(host: string): string | undefined {
  if (pathOf(host) !== 'lan') return undefined;
  return `${host} is an address of a local network: only peers in it reach these nodes. Give a public address with --host for others.`;
}

/** The host of `host:port`. */
export function hostOf(address: string): string {
  return address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}

/** Checks a bootstrap list of `host:port`. Throws `invalid-argument` naming the wrong one. */
export function checkBootstrap(bootstrap: string[]): void {
  for (const node of bootstrap) {
    const [, host, port] = /^([^\s:/]+):(\d{1,5})$/.exec(node) ?? [];
    if (!host || !(Number(port) >= 1 && Number(port) <= 65_535)) {
      throw new AppError(
        'invalid-argument',
        `The bootstrap node "${node}" is not of the form host:port. Correct it in the settings.`,
      );
    }
  }
}

/**
 * The address to bind to: loopback when every bootstrap node is there. A node bound to all interfaces tells others an address that
 * does not answer on loopback; measured: connecting timed out.
 */
export function bindHostFor(bootstrap: string[]): string | undefined {
  const isLoopback = (node: string) => /^(127\.\d+\.\d+\.\d+|localhost):/.test(node);
  return bootstrap.length > 0 && bootstrap.every(isLoopback) ? '127.0.0.1' : undefined;
}
