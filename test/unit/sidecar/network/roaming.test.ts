// Connections over a real loopback DHT when the machine changes networks: one whose other end answers, and one whose other end stands still.

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import type NoiseSecretStream from '@hyperswarm/secret-stream';
import HyperDHT from 'hyperdht';
import createTestnet, { type Testnet } from 'hyperdht/testnet.js';
import { createLog } from '../../../../src/sidecar/log.ts';
import { Roaming } from '../../../../src/sidecar/network/roaming.ts';

const deadlineMs = 15_000;
const listener = `
  const HyperDHT = require('hyperdht');
  const server = new HyperDHT({ bootstrap: process.argv[1].split(','), host: '127.0.0.1' }).createServer((stream) => stream.on('error', () => {}).resume());
  server.listen().then(() => process.stdout.write(server.address().publicKey.toString('hex')));
`;

describe('roaming', () => {
  let testnet: Testnet;
  let dht: HyperDHT;
  const children: ChildProcess[] = [];

  before(async () => {
    testnet = await createTestnet(6);
    dht = new HyperDHT({ bootstrap: bootstrap(), host: '127.0.0.1' });
  });

  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await dht.destroy({ force: true });
    await testnet.destroy();
  });

  const bootstrap = (): string[] => testnet.bootstrap.map(({ host, port }) => `${host}:${port}`);

  /** A connection to a process of its own. */
  async function connect(): Promise<{ stream: NoiseSecretStream; child: ChildProcess }> {
    const child = spawn(process.execPath, ['-e', listener, bootstrap().join(',')], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    assert(child.stdout);
    const [key] = (await once(child.stdout, 'data', { signal: AbortSignal.timeout(deadlineMs) })) as [Buffer];
    const stream = dht.connect(Buffer.from(key.toString(), 'hex'), { keyPair: HyperDHT.keyPair() });
    stream.on('error', () => undefined);
    await once(stream, 'open', { signal: AbortSignal.timeout(deadlineMs) });
    return { stream, child };
  }

  test(
    'a connection that still answers stays, one that does not ends at once',
    { skip: process.platform === 'win32' },
    async () => {
      const [good, still] = await Promise.all([connect(), connect()]);
      const looked = Promise.withResolvers<string>();
      const roaming = new Roaming({
        log: createLog(({ message }) => looked.resolve(message)),
        connections: () => [good.stream, still.stream],
        waitMs: 1000,
      });
      const closed = once(still.stream, 'close', { signal: AbortSignal.timeout(deadlineMs) });
      still.child.kill('SIGSTOP');
      roaming.changed();
      assert.match(await looked.promise, /1 of 2 connections are gone/);
      await closed;
      assert.equal(good.stream.destroying, false);
      good.stream.destroy();
    },
  );
});
