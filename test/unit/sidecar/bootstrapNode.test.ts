// The process behind `potluck bootstrap`, run for real on loopback.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import HyperDHT from 'hyperdht';

const script = fileURLToPath(new URL('../../../src/sidecar/bootstrapNode.ts', import.meta.url));
const deadlineMs = 20_000;

interface Line {
  event: string;
  bootstrap?: string[];
  relay?: string;
  notice?: string;
  reason?: string;
}

function start(t: TestContext, ...args: string[]) {
  const child: ChildProcess = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  const { stdout, stderr } = child;
  assert.ok(stdout && stderr);
  let failure = '';
  stderr.on('data', (text: Buffer) => (failure += text.toString()));
  const lines = createInterface(stdout)[Symbol.asyncIterator]();
  return {
    child,
    failure: () => failure,
    line: async () => JSON.parse(String((await lines.next()).value)) as Line,
    ended: () => once(child, 'close', { signal: AbortSignal.timeout(deadlineMs) }).then(([code]) => code as number | null),
  };
}

/** The first of four UDP ports in a row that are free, outside hyperdht's default range. */
async function freePorts(): Promise<number> {
  for (let tries = 0; tries < 20; tries++) {
    const first = 20_000 + Math.floor(Math.random() * 20_000);
    const sockets = [0, 1, 2, 3].map(() => createSocket('udp4'));
    const bound = await Promise.all(
      sockets.map((socket, index) => {
        socket.bind(first + index, '127.0.0.1');
        return once(socket, 'listening').then(
          () => true,
          () => false,
        );
      }),
    );
    for (const socket of sockets) socket.close();
    if (bound.every(Boolean)) return first;
  }
  throw new Error('no four free ports');
}

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'pl-boot-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('two peers find each other by nothing but a bootstrap process of ours', async (t) => {
  const port = await freePorts();
  const node = start(t, '--host', '127.0.0.1', '--port', String(port));
  const { event, bootstrap, relay, notice } = await node.line();
  assert.equal(event, 'listening');
  assert.deepEqual(
    bootstrap,
    [0, 1, 2, 3].map((index) => `127.0.0.1:${port + index}`),
  );
  assert.equal(relay, undefined);
  assert.match(notice ?? '', /local network/);
  const [one, two] = [0, 1].map(() => new HyperDHT({ bootstrap, host: '127.0.0.1' }));
  assert.ok(one && two);
  t.after(async () => {
    await one.destroy({ force: true });
    await two.destroy({ force: true });
  });
  const keyPair = HyperDHT.keyPair();
  const server = one.createServer((stream) => void stream.on('error', () => undefined).end());
  await server.listen(keyPair);
  const stream = two.connect(keyPair.publicKey);
  await once(stream, 'open', { signal: AbortSignal.timeout(deadlineMs) });
  stream.destroy();
  node.child.kill('SIGTERM');
  assert.equal((await node.line()).event, 'stopping');
  assert.equal(await node.ended(), 0);
});

test('the key of its relay stays the same, in a folder that is nobody else’s', async (t) => {
  const folder = folderFor(t);
  const keys: (string | undefined)[] = [];
  for (let i = 0; i < 2; i++) {
    const args = ['--host', '127.0.0.1', '--port', String(await freePorts()), '--relay', '--data-folder', folder];
    const node = start(t, ...args);
    keys.push((await node.line()).relay);
    node.child.kill('SIGINT');
    assert.equal(await node.ended(), 0);
  }
  assert.match(keys[0] ?? '', /^[a-z0-9]{52}$/);
  assert.equal(keys[0], keys[1]);
  assert.ok(!existsSync(path.join(folder, 'identity.key')));
  if (process.platform !== 'win32') {
    assert.equal(statSync(path.join(folder, 'bootstrap')).mode & 0o777, 0o700);
    assert.equal(statSync(path.join(folder, 'bootstrap', 'identity.key')).mode & 0o777, 0o600);
  }
});

test('a port that is taken is named, and no other is used in its place', async (t) => {
  const port = await freePorts();
  const taken = createSocket('udp4').bind(port + 1, '127.0.0.1');
  t.after(() => taken.close());
  await once(taken, 'listening');
  const node = start(t, '--host', '127.0.0.1', '--port', String(port));
  assert.equal(await node.ended(), 70);
  assert.match(node.failure(), new RegExp(`UDP ports ${port} to ${port + 3}: .*Choose another --port`));
});

test('wrong arguments are named', async (t) => {
  for (const [args, message] of [
    [['--host', 'example.org'], /--host takes the IPv4 address/],
    [['--host', '0.0.0.0'], /--host takes the IPv4 address/],
    [['--host', '127.0.0.1', '--port', '80'], /--port is not a whole number from 1024 to/],
    [['--host', '127.0.0.1', '--nodes', '0'], /--nodes is not/],
    [['--host', '127.0.0.1', '--relay'], /--data-folder/],
  ] as const) {
    const node = start(t, ...args);
    assert.equal(await node.ended(), 64, args.join(' '));
    assert.match(node.failure(), message);
  }
});
