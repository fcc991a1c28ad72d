// The floor under Potluck's figures, as a process of its own: a bare Hyperswarm (`swarm BOOTSTRAP TOPIC [HOST]`), or a bare multicast DNS with a TCP
// connection (`mdns INTERFACE`). The one with `wait` at the end is there first and says `ready`; the other says how many milliseconds it took to be connected.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import HyperDHT from 'hyperdht';
import Hyperswarm from 'hyperswarm';
import multicastDns, { type Srv } from 'multicast-dns';

const [kind, first = '', second = '', ...rest] = process.argv.slice(2).filter((arg) => arg !== 'wait');
const isWaiting = process.argv.at(-1) === 'wait';
const service = 'bare.local';

if (kind === 'swarm') await swarm(first.split(','), Buffer.from(second, 'hex'), rest[0]);
else await multicast(first);

async function swarm(bootstrap: string[], topic: Buffer, host: string | undefined): Promise<void> {
  const dht = new HyperDHT({ bootstrap, ...(host !== undefined && { host }) });
  const own = new Hyperswarm({ dht, keyPair: HyperDHT.keyPair() });
  own.on('connection', (stream) => stream.on('error', () => undefined));
  await dht.fullyBootstrapped();
  await own.listen();
  const startedAt = performance.now();
  const connected = once(own, 'connection');
  const discovery = own.join(topic, { server: true, client: true });
  if (isWaiting) {
    await discovery.refresh();
    say('ready');
  } else {
    await connected;
    say(performance.now() - startedAt);
  }
}

async function multicast(name: string): Promise<void> {
  const host = networkInterfaces()[name]?.find(({ family }) => family === 'IPv4')?.address ?? '127.0.0.1';
  const mdns = multicastDns({ interface: host, bind: '0.0.0.0' });
  await once(mdns, 'ready');
  if (isWaiting) {
    const server = createServer((socket) => socket.on('error', () => undefined)).listen(0, host);
    await once(server, 'listening');
    const place = server.address();
    const port = place !== null && typeof place === 'object' ? place.port : 0;
    const answers: Srv[] = [{ name: service, type: 'SRV', ttl: 10, data: { port, target: service } }];
    mdns.on('query', (query) => {
      if (JSON.stringify(query).includes(service)) mdns.respond({ answers, additionals: [] }, () => undefined);
    });
    say('ready');
    return;
  }
  const startedAt = performance.now();
  mdns.on('response', (response, { address }) => {
    const [, port] = /"port":(\d+)/.exec(JSON.stringify(response)) ?? [];
    if (port !== undefined) connect(Number(port), address, () => say(performance.now() - startedAt));
  });
  mdns.query({ questions: [{ name: service, type: 'PTR' }] }, () => undefined);
}

function say(what: 'ready' | number): void {
  process.stdout.write(`${what}\n`);
}
