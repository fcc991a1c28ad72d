// Asks each bootstrap node whether it is there: for the diagnosis.

import { lookup } from 'node:dns/promises';
import { isIPv4 } from 'node:net';
import HyperDHT from 'hyperdht';
import { networkLimits } from '../limits.ts';

export interface AskedNode {
  /** As in the settings. */
  node: string;
  state: 'answers' | 'silent' | 'unresolved';
}

/** Asks all at once; none given are the public ones. Answers within a bounded time. */
export async function askBootstrap(dht: Pick<HyperDHT, 'ping'>, bootstrap: readonly string[]): Promise<AskedNode[]> {
  const nodes = bootstrap.length > 0 ? bootstrap : HyperDHT.BOOTSTRAP;
  return Promise.all(nodes.map(async (node) => ({ node, state: await ask(dht, node) })));
}

/** `host:port`, or `address@host:port` as hyperdht has its own. */
async function ask(dht: Pick<HyperDHT, 'ping'>, node: string): Promise<AskedNode['state']> {
  const colon = node.lastIndexOf(':');
  const port = Number(node.slice(colon + 1));
  const [first = '', name = first] = node.slice(0, colon).split('@');
  const host = isIPv4(first) ? first : await inTime(lookup(name, { family: 4 }).then(({ address }) => address));
  if (host === undefined) return 'unresolved';
  const isThere = await inTime(dht.ping({ host, port }).then(() => true));
  return isThere === true ? 'answers' : 'silent';
}

/** Undefined when it fails or takes too long. */
async function inTime<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), networkLimits.bootstrapPingMs)));
  try {
    return await Promise.race([work, late]);
  } catch {
    return undefined; // That nobody answered is the answer.
  } finally {
    clearTimeout(timer);
  }
}
