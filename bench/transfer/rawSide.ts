// One side of a raw encrypted stream, as a process of its own: what a link can carry when nothing is read, hashed, verified or written. Started by
// rawStream.ts with its role in the arguments, tells by IPC.

import net from 'node:net';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import HyperDHT from 'hyperdht';

const [role = '', way = '', bytesText = '0', target = '', bootstrap = ''] = process.argv.slice(2);
const total = Number(bytesText);
const messageBytes = 64 * 1024;

if (role === 'send') await send();
else await receive();

/** Listens, tells where, and sends everything to whoever connects first. */
async function send(): Promise<void> {
  const keyPair = NoiseSecretStream.keyPair();
  if (way === 'tcp') {
    const server = net.createServer({ noDelay: true }, (socket) => pour(new NoiseSecretStream(false, socket, { keyPair })));
    server.listen(0, '127.0.0.1', () => process.send?.({ target: String((server.address() as net.AddressInfo).port) }));
    return;
  }
  const dht = new HyperDHT({ bootstrap: bootstrap.split(','), host: '127.0.0.1' });
  const server = dht.createServer((stream: NoiseSecretStream) => pour(stream));
  await server.listen(keyPair);
  process.send?.({ target: Buffer.from(keyPair.publicKey).toString('hex') });
}

function pour(stream: NoiseSecretStream): void {
  const message = Buffer.alloc(messageBytes, 7);
  let sent = 0;
  const go = (): void => {
    while (sent < total) {
      sent += messageBytes;
      if (!stream.write(message)) {
        stream.once('drain', go);
        return;
      }
    }
    stream.end();
  };
  stream.on('error', () => undefined);
  void stream.opened.then(go);
}

async function receive(): Promise<void> {
  const stream = way === 'tcp' ? overTcp() : overUdx();
  await stream.opened;
  const startedMs = performance.now();
  let received = 0;
  stream.on('error', () => undefined);
  stream.on('data', (message: Buffer) => {
    received += message.length;
    if (received < total) return;
    process.send?.({ ms: performance.now() - startedMs }, () => process.exit());
  });
}

function overTcp(): NoiseSecretStream {
  const socket = net.connect({ port: Number(target), host: '127.0.0.1', noDelay: true });
  return new NoiseSecretStream(true, socket, { keyPair: NoiseSecretStream.keyPair() });
}

function overUdx(): NoiseSecretStream {
  const dht = new HyperDHT({ bootstrap: bootstrap.split(','), host: '127.0.0.1' });
  return dht.connect(Buffer.from(target, 'hex'));
}
