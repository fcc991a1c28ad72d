// The client against a sidecar played by hand, where the real one cannot be made to misbehave at the right moment.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { SidecarClient } from '../../../src/client/sidecarClient.ts';
import { runFolder, socketPath, tokenFile } from '../../../src/protocol/locations.ts';
import { protocolVersion } from '../../../src/protocol/rpc.ts';
import { productVersion } from '../../../src/protocol/version.ts';

const frame = (message: object): string => {
  const body = JSON.stringify({ jsonrpc: '2.0', ...message });
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
};

/** A client whose hello was answered, and the other end of its socket. */
async function connected(t: TestContext): Promise<{ client: SidecarClient; socket: Socket }> {
  const dataFolder = mkdtempSync(path.join(tmpdir(), 'pl-'));
  mkdirSync(runFolder(dataFolder), { mode: 0o700 });
  writeFileSync(tokenFile(dataFolder), 'token');
  let socket: Socket | undefined;
  const server = createServer((accepted) => {
    socket = accepted;
    accepted.on('error', () => undefined);
    const result = { sidecarVersion: productVersion, protocolVersion, peerId: 'y'.repeat(52), pid: process.pid };
    accepted.once('data', () => accepted.write(frame({ id: 0, result })));
  });
  await new Promise<void>((resolve) => server.listen(socketPath(dataFolder), resolve));
  t.after(() => {
    socket?.destroy();
    server.close();
    rmSync(dataFolder, { recursive: true, force: true });
  });
  const client = await SidecarClient.connect({ dataFolder, client: 'test', clientVersion: productVersion });
  assert.ok(socket);
  return { client, socket };
}

test('a client that lets go in the middle of a message leaves no timer that would keep its process alive', async (t) => {
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  const { client, socket } = await connected(t);
  const heard = new Promise<void>((resolve) => void client.on('settings/changed', () => resolve()));
  socket.write(`${frame({ method: 'settings/changed', params: {} })}Content-Length: 1000\r\n\r\n{"half`);
  await heard;
  client.dispose();
  assert.equal(timers(), before);
});

test('a request past its deadline, a cancelled one, and one whose sidecar goes away fail as such', async (t) => {
  const { client, socket } = await connected(t);
  await assert.rejects(client.request('sidecar/status', {}, { timeoutMs: 20 }), { kind: 'unavailable', message: /within/ });
  await assert.rejects(client.request('sidecar/status', {}, { signal: AbortSignal.abort() }), { kind: 'cancelled' });
  const pending = client.request('sidecar/status', {});
  const closed = new Promise<void>((resolve) => void client.onClose(resolve));
  socket.destroy();
  await assert.rejects(pending, { kind: 'unavailable' });
  await closed;
  await assert.rejects(client.request('sidecar/status', {}), { kind: 'unavailable' });
});
