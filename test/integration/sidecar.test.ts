// The sidecar as a process: one a data folder, private, versioned, survived and restarted by its clients, in order to the end.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node';
import { SidecarClient } from '../../src/client/sidecarClient.ts';
import { rpcCodeOf } from '../../src/protocol/errors.ts';
import { socketPath, tokenFile } from '../../src/protocol/locations.ts';
import { protocolVersion } from '../../src/protocol/rpc.ts';
import { productVersion } from '../../src/protocol/version.ts';
import { clearAway, createWorld, sidecarScript } from './world.ts';

const launch = { execPath: process.execPath, script: sidecarScript, args: ['--bootstrap', '127.0.0.1:9'] };

function temporary(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'pl-'));
  t.after(() => clearAway(folder));
  return folder;
}

async function running(t: TestContext, dataFolder = temporary(t)): Promise<{ dataFolder: string; client: SidecarClient }> {
  const client = await SidecarClient.connect({ dataFolder, client: 'test', clientVersion: productVersion, launch });
  t.after(() => {
    try {
      process.kill(client.sidecarPid, 'SIGKILL'); // Where clearAway cannot look for it.
    } catch {
      // It ended.
    }
  });
  return { dataFolder, client };
}

function rawConnection(dataFolder: string) {
  const socket = connect(socketPath(dataFolder));
  const connection = createMessageConnection(new StreamMessageReader(socket), new StreamMessageWriter(socket));
  connection.listen();
  return { socket, connection };
}

test('ten clients that start at once share one sidecar', async (t) => {
  const dataFolder = temporary(t);
  const clients = await Promise.all(Array.from({ length: 10 }, () => running(t, dataFolder)));
  assert.equal(new Set(clients.map(({ client }) => client.sidecarPid)).size, 1);
  assert.equal((await clients[0]?.client.request('sidecar/status', {}))?.clients, 10);
});

test('a second sidecar for the same data folder ends with code 75 and leaves the first alone', async (t) => {
  const { dataFolder, client } = await running(t);
  const second = spawnSync(process.execPath, [sidecarScript, '--data-folder', dataFolder], { encoding: 'utf8' });
  assert.equal(second.status, 75);
  assert.match(second.stderr, /another sidecar runs/);
  assert.equal((await client.request('sidecar/status', {})).pid, client.sidecarPid);
});

test('key, token and folders are private to the user', { skip: process.platform === 'win32' }, async (t) => {
  const { dataFolder } = await running(t);
  const modeOf = (...parts: string[]): number => statSync(path.join(dataFolder, ...parts)).mode & 0o777;
  assert.equal(modeOf(), 0o700);
  assert.equal(modeOf('run'), 0o700);
  assert.equal(modeOf('identity.key'), 0o600);
  assert.equal(modeOf('run', 'token'), 0o600);
  assert.equal(statSync(socketPath(dataFolder)).mode & 0o777, 0o600);
});

test('a wrong token is refused, nothing is answered before hello, and the connection is closed', async (t) => {
  const { dataFolder, client } = await running(t);
  const { socket, connection } = rawConnection(dataFolder);
  await assert.rejects(connection.sendRequest('sidecar/status', {}), { code: rpcCodeOf.unauthorized });
  const closed = once(socket, 'close');
  const hello = { token: '0'.repeat(64), client: 'test', clientVersion: '1.0.0', protocolVersion };
  await assert.rejects(connection.sendRequest('session/hello', hello), { code: rpcCodeOf.unauthorized });
  await closed;
  writeFileSync(tokenFile(dataFolder), `${'1'.repeat(64)}\n`);
  await assert.rejects(SidecarClient.connect({ dataFolder, client: 'test', clientVersion: productVersion }), {
    kind: 'unauthorized',
  });
  assert.equal((await client.request('sidecar/status', {})).clients, 1, 'who was in stays in');
});

test('garbage on the socket closes that connection only', async (t) => {
  const { dataFolder, client } = await running(t);
  for (const garbage of [
    'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'Content-Length: 5\r\n\r\n{{{{{',
    'Content-Length: -1\r\n\r\n',
    '\0'.repeat(1000),
  ]) {
    const socket = connect(socketPath(dataFolder));
    socket.on('error', () => undefined);
    const closed = once(socket, 'close');
    socket.end(garbage);
    socket.resume();
    await closed;
  }
  assert.equal((await client.request('sidecar/status', {})).pid, client.sidecarPid);
});

test('wrong parameters are named, unknown requests refused, and the sidecar goes on', async (t) => {
  const { client } = await running(t);
  const ask = client.request.bind(client) as (method: string, params: object) => Promise<unknown>;
  await assert.rejects(ask('parties/join', { name: 7 }), { kind: 'invalid-argument', message: /name/ });
  await assert.rejects(ask('parties/join', { name: '  ' }), { kind: 'invalid-argument' });
  await assert.rejects(ask('peers/connect', { peerId: 'nobody' }), { kind: 'invalid-argument', message: /peerId/ });
  await assert.rejects(ask('peers/connect', { peerId: client.peerId }), { kind: 'invalid-argument', message: /own key/ });
  const entry = { peerId: client.peerId, shareId: 'y'.repeat(26), path: '../../etc/passwd' };
  await assert.rejects(ask('catalog/stat', { entry }), { kind: 'invalid-argument' });
  await assert.rejects(ask('catalog/stat', { entry: { ...entry, path: 'a' } }), { kind: 'not-found' });
  await assert.rejects(ask('settings/set', { downloadFolder: 'relative' }), {
    kind: 'invalid-argument',
    message: /downloadFolder/,
  });
  await assert.rejects(ask('shares/add', { path: '/nowhere/at/all' }), { kind: 'not-found' });
  await assert.rejects(ask('no/such', {}), { kind: 'invalid-argument' });
  await assert.rejects(ask('constructor', {}), { kind: 'invalid-argument' });
  assert.equal((await client.request('sidecar/status', {})).pid, client.sidecarPid);
});

test('a newer client makes an older sidecar leave and starts its own', async (t) => {
  const { dataFolder, client } = await running(t);
  const gone = new Promise<void>((resolve) => void client.onClose(resolve));
  const { connection } = rawConnection(dataFolder);
  const token = readFileSync(tokenFile(dataFolder), 'utf8').trim();
  const hello = { token, client: 'test', clientVersion: '9.0.0', protocolVersion: protocolVersion + 1 };
  await assert.rejects(connection.sendRequest('session/hello', hello), { code: rpcCodeOf.incompatible });
  await gone;
  const next = await running(t, dataFolder);
  assert.notEqual(next.client.sidecarPid, client.sidecarPid);
  assert.equal(next.client.peerId, client.peerId, 'the identity lasts');
});

test('pending requests fail as unavailable when the sidecar is killed, and the next client starts a new one', async (t) => {
  const { dataFolder, client } = await running(t);
  const folder = path.join(dataFolder, '..');
  const pending = client.request('shares/preview', { path: path.join(folder, '..', '..', 'usr') });
  process.kill(client.sidecarPid, 'SIGKILL');
  await assert.rejects(pending, { kind: 'unavailable' });
  await assert.rejects(client.request('sidecar/status', {}), { kind: 'unavailable' });
  const next = await running(t, dataFolder);
  assert.equal(next.client.peerId, client.peerId);
});

test('stop answers, tells the other clients, closes in order and leaves nothing behind that blocks the next start', async (t) => {
  const { dataFolder, client } = await running(t);
  const other = await running(t, dataFolder);
  const told = new Promise<void>((resolve) => void other.client.on('sidecar/stopping', () => resolve()));
  const gone = new Promise<void>((resolve) => void client.onClose(resolve));
  await client.request('sidecar/stop', {});
  await told;
  await gone;
  assert.equal(existsSync(tokenFile(dataFolder)), false);
  const next = await running(t, dataFolder);
  assert.ok(next.client.sidecarPid);
});

test('the same API is served over stdio, alone and beside a running sidecar', async (t) => {
  for (const isBeside of [false, true]) {
    const dataFolder = temporary(t);
    const first = isBeside ? await running(t, dataFolder) : undefined;
    const child = spawn(process.execPath, [sidecarScript, '--stdio', '--data-folder', dataFolder, '--bootstrap', '127.0.0.1:9'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    const connection = createMessageConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
    connection.listen();
    const hello: { pid: number } = await connection.sendRequest('session/hello', {
      token: '',
      client: 'test',
      clientVersion: '1.0.0',
      protocolVersion,
    });
    assert.equal(hello.pid, first?.client.sidecarPid ?? child.pid);
    assert.deepEqual(await connection.sendRequest('shares/list', {}), []);
    const exited = once(child, 'exit');
    child.stdin.end();
    assert.deepEqual(await exited, [0, null]);
  }
});

test('a data folder that cannot be used is said, with the next step', async (t) => {
  const folder = temporary(t);
  writeFileSync(path.join(folder, 'file'), '');
  await assert.rejects(
    SidecarClient.connect({
      dataFolder: path.join(folder, 'file', 'data'),
      client: 'test',
      clientVersion: productVersion,
      launch,
    }),
    /ENOTDIR|cannot be made/,
  );
  const damaged = path.join(folder, 'damaged');
  mkdirSync(damaged);
  writeFileSync(path.join(damaged, 'identity.key'), 'short');
  chmodSync(path.join(damaged, 'identity.key'), 0o600);
  await assert.rejects(SidecarClient.connect({ dataFolder: damaged, client: 'test', clientVersion: productVersion, launch }), {
    kind: 'unavailable',
    message: /identity\.key is damaged/,
  });
  assert.equal(readFileSync(path.join(damaged, 'identity.key'), 'utf8'), 'short', 'a damaged identity is never replaced');
});

test('settings, parties, shares and nicknames are remembered over restarts, and log lines reach a client that asks', async (t) => {
  const world = await createWorld(t);
  const ann = await world.peer('ann');
  const tree = path.join(world.folder, 'tree');
  mkdirSync(tree);
  writeFileSync(path.join(tree, 'a.txt'), 'a');
  await ann.client.request('parties/join', { name: 'Tëchno ' });
  await ann.client.request('shares/add', { path: tree, title: 'Mine' });
  await ann.kill();
  await ann.start();
  assert.deepEqual(
    (await ann.client.request('parties/list', {})).map((party) => party.name),
    ['Tëchno'],
  );
  assert.deepEqual(
    (await ann.client.request('shares/list', {})).map((share) => share.title),
    ['Mine'],
  );
  assert.equal((await ann.client.request('settings/get', {})).nickname, 'ann');
  const logged = new Promise<string>((resolve) => void ann.client.on('log/entry', (entry) => resolve(entry.message)));
  await ann.client.request('log/subscribe', { level: 'info' });
  assert.match(await logged, /Potluck/);
});
