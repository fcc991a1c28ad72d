// The `potluck` command as a process, against real sidecars that meet on a loopback DHT.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { createMessageConnection } from 'vscode-jsonrpc/node';
import { protocolVersion } from '../../src/protocol/rpc.ts';
import { productVersion } from '../../src/protocol/version.ts';
import { until } from '../../scripts/localPeers.ts';
import { cliScript, json, ok, potluck, type Run } from './potluck.ts';
import { createWorld, ended, indexed, seen } from './world.ts';

test('two people meet, share, list, read and download with nothing but the command line', async (t) => {
  const world = await createWorld(t);
  const tree = path.join(world.folder, 'tree of ann');
  mkdirSync(path.join(tree, 'sub folder', 'empty'), { recursive: true });
  const big = randomBytes(3 * 1024 * 1024 + 17);
  const names = ['plain.txt', 'with space.txt', 'new\nline.txt', 'right\u202etxt.exe', 'ünïcode 你好.txt', '-dash.txt'];
  for (const name of names) writeFileSync(path.join(tree, 'sub folder', name), `this is ${name}`);
  writeFileSync(path.join(tree, 'big.bin'), big);
  writeFileSync(path.join(tree, '.env'), 'secret');
  symlinkSync('/etc', path.join(tree, 'link'));
  const [ann, ben] = [await world.peer('ann'), await world.peer('ben')];

  const party = (await ok(ann, 'create')).text.trim();
  assert.match(party, /^[a-z0-9]{26}$/);
  assert.equal((await potluck(ben.dataFolder, ['join', '-'], { input: `${party}\n` })).code, 0);
  assert.deepEqual(
    (await json<{ name: string }[]>(ben, 'parties')).map(({ name }) => name),
    [party],
  );

  const preview = await ok(ann, 'share', tree, '--preview');
  assert.match(preview.text, /Would share .*tree of ann: 7 files|7 files/);
  assert.match(preview.text, /secret +\.env/);
  assert.equal((await json<unknown[]>(ann, 'shares')).length, 0, 'a preview shares nothing');
  const shared = await potluck(ann.dataFolder, ['share', '.', '--title', 'Ann: my/stuff'], { cwd: tree });
  assert.equal(shared.code, 0, shared.errors);
  assert.match(shared.errors, /7 files.*left out: .*1 secret/);
  await seen(ben, ann);
  await indexed(ben, ann, 'Ann: my/stuff');

  const root = 'ann/Ann: my/stuff';
  assert.match((await ok(ben, 'ls')).text, /ann +Ann: my\/stuff +7/);
  assert.match((await ok(ben, 'peers')).text, /ann +online +1 +7/);
  assert.equal((await ok(ben, 'ls', root)).text, 'sub folder/\nbig.bin\n');
  const shown = (await ok(ben, 'ls', `${root}/sub folder`)).text.split('\n');
  assert.ok(shown.includes('new\\nline.txt') && shown.includes('right\\u202etxt.exe'), 'names are made safe for a terminal');
  const listed = await json<{ name: string }[]>(ben, 'ls', `${root}/sub folder`);
  assert.deepEqual(listed.map(({ name }) => name).sort(), ['empty', ...names].sort());
  const below = (await ok(ben, 'ls', '-R', root, '--json')).text.trim().split('\n');
  assert.deepEqual(
    below.map((line) => (JSON.parse(line) as { path: string }).path).sort(),
    ['big.bin', 'sub folder', 'sub folder/empty', ...names.map((name) => `sub folder/${name}`)].sort(),
  );
  assert.match((await ok(ben, 'ls', '-lR', root)).text, /3\.0 MB {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}big\.bin/);
  assert.equal((await json<{ sizeBytes: number }>(ben, 'stat', `${root}/big.bin`)).sizeBytes, big.length);

  for (const name of names) {
    const run = await potluck(ben.dataFolder, ['cat', '--', `${root}/sub folder/${name}`]);
    assert.equal(run.text, `this is ${name}`, run.errors);
  }
  assert.ok((await ok(ben, 'cat', `${root}/big.bin`)).out.equals(big), 'cat is binary-safe');
  assert.ok((await ok(ben, 'cat', `${root}/big.bin`, '--range', '100-70000')).out.equals(big.subarray(100, 70_001)));
  assert.ok((await ok(ben, 'cat', `${root}/big.bin`, '--range=-33')).out.equals(big.subarray(-33)));
  assert.ok((await ok(ben, 'cat', `${root}/big.bin`, '--offset', '3145728')).out.equals(big.subarray(3145728)));
  assert.equal((await ok(ben, 'cat', `${root}/big.bin`, '--offset', '99999999')).out.length, 0);

  const to = path.join(world.folder, 'to');
  mkdirSync(to);
  const got = await ok(ben, 'get', `${root}/big.bin`, `${root}/sub folder`, '--to', to);
  assert.match(got.errors, /"big.bin": 1 file, 3\.0 MB, in /);
  assert.ok(readFileSync(path.join(to, 'big.bin')).equals(big));
  for (const name of names) assert.equal(readFileSync(path.join(to, 'sub folder', name), 'utf8'), `this is ${name}`);
  const again = await json<{ state: string; destination: string }[]>(ben, 'get', `${root}/big.bin`, '--to', to);
  assert.deepEqual(
    again.map(({ state }) => state),
    ['done'],
  );
  assert.notEqual(again[0]?.destination, path.join(to, 'big.bin'), 'nothing is overwritten');
  assert.equal((await json<unknown[]>(ben, 'queue')).length, 3);
  assert.match((await ok(ben, 'queue')).text, /done +normal +100 % +3\.0 MB/);
  await ok(ben, 'clear');
  assert.equal((await json<unknown[]>(ben, 'queue')).length, 0);

  await ok(ben, 'petname', 'ann', 'Anna');
  assert.equal((await ok(ben, 'ls', 'anna/ann: MY/stuff/big.bin')).text, 'big.bin\n');
  await ok(ann, 'rename', 'Ann: my/stuff', 'Things');
  await indexed(ben, ann, 'Things');
  await ok(ann, 'rescan', tree);
  await ann.stop();
  await seen(ben, ann, false);
  assert.equal((await ok(ben, 'ls', 'Anna/Things')).text, 'sub folder/\nbig.bin\n', 'listed with the owner away');
  const away = await potluck(ben.dataFolder, ['cat', 'Anna/Things/sub folder/empty/../x', '--json']);
  assert.ok(away.code === 2 || away.code === 3, away.errors);
  const unavailable = await potluck(ben.dataFolder, [
    'cat',
    'Anna/Things/big.bin',
    '--range',
    '5-9',
    '--timeout',
    '10',
    '--json',
  ]);
  // A verified whole file is in the cache: it may be read from there.
  assert.ok(unavailable.code === 0 || unavailable.code === 4, unavailable.errors);
});

test('exit codes and errors say what went wrong, in words and in JSON', async (t) => {
  const world = await createWorld(t);
  const ann = await world.peer('ann');
  const table: [args: string[], code: number, says: RegExp][] = [
    [['frobnicate'], 2, /no command "frobnicate"/],
    [['get'], 2, /missing/],
    [['key', 'too', 'many'], 2, /"too" is too much/],
    [['ls', '--bogus'], 2, /bogus/],
    [['cat', 'me/x', '--range', 'a-b'], 2, /--range/],
    [['ls', '--timeout', 'soon'], 2, /--timeout/],
    [['ls', 'nobody'], 3, /no peer "nobody"/],
    [['ls', 'me/nothing'], 3, /no share "nothing"/],
    [['leave', 'nowhere'], 3, /no party "nowhere"/],
    [['cancel', 'abcd'], 3, /no download "abcd"/],
    [['share', path.join(world.folder, 'missing')], 3, /missing/],
    [['set', 'colour', 'red'], 2, /nickname, download-folder/],
    [['log', '--level', 'loud'], 2, /loud/],
  ];
  for (const [args, code, says] of table) {
    const run = await potluck(ann.dataFolder, args);
    assert.equal(run.code, code, `potluck ${args.join(' ')}: ${run.errors}`);
    assert.match(run.errors, says);
    assert.equal(run.text, '', 'nothing on standard output');
  }
  const run = await potluck(ann.dataFolder, ['ls', 'nobody', '--json']);
  assert.deepEqual(Object.keys(JSON.parse(run.errors) as object), ['error']);
  assert.equal((JSON.parse(run.errors) as { error: { kind: string } }).error.kind, 'not-found');
});

test('status does not start a sidecar, other commands do, stop ends it', async (t) => {
  const world = await createWorld(t);
  const dataFolder = path.join(world.folder, 'own');
  const run = (...args: string[]): Promise<Run> => potluck(dataFolder, [...args, '--json']);
  assert.deepEqual(JSON.parse((await run('status')).text), { running: false, dataFolder });
  assert.deepEqual(JSON.parse((await run('stop')).text), { stopped: false });
  process.env['POTLUCK_BOOTSTRAP'] = world.bootstrap;
  t.after(() => delete process.env['POTLUCK_BOOTSTRAP']);
  const { peerId } = JSON.parse((await run('key')).text) as { peerId: string };
  const status = JSON.parse((await run('status')).text) as { running: boolean; peerId: string; pid: number };
  assert.ok(status.running);
  assert.equal(status.peerId, peerId);
  await run('set', 'nickname', 'Cleo');
  assert.equal((JSON.parse((await run('settings')).text) as { nickname: string }).nickname, 'Cleo');
  const log = (await run('log', '--level', 'debug')).text.trim().split('\n');
  assert.ok(log.length > 0 && log.every((line) => typeof (JSON.parse(line) as { message: string }).message === 'string'));
  const following = await potluck(dataFolder, ['log', '--follow'], { until: /Potluck .* on Node/ });
  assert.equal(following.code, 130, following.errors);
  assert.deepEqual(JSON.parse((await run('stop')).text), { stopped: true });
  assert.throws(() => process.kill(status.pid, 0), 'the process is gone');
});

test('the sidecar runs in the foreground until Ctrl-C, and serves other editors on standard input and output', async (t) => {
  const world = await createWorld(t);
  const dataFolder = path.join(world.folder, 'own');
  const args = ['sidecar', '--bootstrap', world.bootstrap];
  const child = spawn(process.execPath, [cliScript, '--data-folder', dataFolder, ...args, '--stdio']);
  const connection = createMessageConnection(child.stdout, child.stdin);
  connection.listen();
  const hello = { token: '', client: 'test', clientVersion: productVersion, protocolVersion };
  const { pid } = await connection.sendRequest<{ pid: number }>('session/hello', hello);
  const status = await connection.sendRequest<{ pid: number }>('sidecar/status', {});
  assert.equal(status.pid, pid);
  assert.equal((JSON.parse((await potluck(dataFolder, ['status', '--json'])).text) as { pid: number }).pid, pid);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.stdin.end();
  assert.equal(await ended, 0);
  connection.dispose();

  const started = potluck(dataFolder, [...args, '--idle-minutes', '5'], {
    interruptAfter: until(
      'the sidecar in the foreground',
      async () => (JSON.parse((await potluck(dataFolder, ['status', '--json'])).text) as { running: boolean }).running,
    ),
  });
  const run = await started;
  assert.equal(run.code, 0, run.errors);
  assert.match(run.errors, /Ctrl-C ends it/);
  assert.deepEqual(JSON.parse((await potluck(dataFolder, ['status', '--json'])).text), { running: false, dataFolder });
});

test('Ctrl-C ends the wait for a download and not the download', async (t) => {
  const world = await createWorld(t);
  const tree = path.join(world.folder, 'tree');
  mkdirSync(tree);
  const bytes = randomBytes(300 * 1024 * 1024);
  writeFileSync(path.join(tree, 'big.bin'), bytes);
  const [ann, ben] = [await world.peer('ann'), await world.peer('ben')];
  for (const peer of [ann, ben]) await ok(peer, 'join', 'cli party');
  await ok(ann, 'share', tree);
  await indexed(ben, ann, 'tree');
  const running = new Promise<number>((resolve) => {
    ben.client.on('downloads/changed', ({ download }) => {
      if (download.doneBytes > 0) resolve(download.doneBytes);
    });
  });
  const interrupted = await potluck(ben.dataFolder, ['get', 'ann/tree/big.bin'], { interruptAfter: running });
  assert.equal(interrupted.code, 130, interrupted.errors);
  assert.match(interrupted.errors, /goes on without this command.*potluck cancel [a-z0-9]{8}"/);
  const [queued] = await ben.client.request('downloads/list', {});
  assert.ok(queued);
  const done = await ended(ben, queued);
  assert.equal(done.state, 'done');
  const hash = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
  assert.equal(hash(readFileSync(done.destination)), hash(bytes));
});

test('transfers are steered from the command line', async (t) => {
  const world = await createWorld(t);
  const tree = path.join(world.folder, 'tree');
  mkdirSync(tree);
  const bytes = randomBytes(16 * 1024 * 1024);
  for (const name of ['a.bin', 'b.bin']) writeFileSync(path.join(tree, name), bytes);
  const [ann, ben] = [await world.peer('ann'), await world.peer('ben')];
  for (const peer of [ann, ben]) await ok(peer, 'join', 'cli party');
  await ok(ann, 'share', tree);
  await indexed(ben, ann, 'tree');
  assert.match((await ok(ann, 'limits', '--up', '4M')).text, /usual +4\.0 MB\/s +none/);

  await ok(ben, 'get', 'ann/tree/a.bin', 'ann/tree/b.bin', '--paused');
  await ok(ben, 'priority', 'b.bin', 'high');
  const queue = async (): Promise<string[]> =>
    (await json<{ name: string; state: string }[]>(ben, 'queue')).map(({ name, state }) => `${name} ${state}`);
  assert.deepEqual(await queue(), ['b.bin paused', 'a.bin paused']);
  await ok(ben, 'priority', 'b.bin', 'normal');
  await ok(ben, 'move', 'a.bin', 'top');
  assert.deepEqual(await queue(), ['a.bin paused', 'b.bin paused']);
  const running = new Promise<void>((resolve) => {
    ben.client.on('downloads/changed', ({ download }) => {
      if (download.name === 'a.bin' && download.doneBytes > 0) resolve();
    });
  });
  await ok(ben, 'resume', 'a.bin');
  await running;
  assert.match((await ok(ben, 'queue')).text, /running .*ann +a\.bin/);
  assert.match((await ok(ann, 'uploads')).text, /ben +running .*tree\/a\.bin/);
  assert.match((await ok(ben, 'peers', '--long')).text, /ann +online .*(tls|noise|session)/);
  await ok(ben, 'pause', 'all');
  assert.deepEqual(await queue(), ['a.bin paused', 'b.bin paused']);
  await ok(ann, 'uploads', 'refuse', 'ben', '--reason', 'later');
  assert.match((await ok(ann, 'uploads', 'refused')).text, /ben +\S+ +later/);
  await ok(ann, 'uploads', 'allow', 'ben');
  await ok(ann, 'limits', '--up', 'none');
  const watching = potluck(ben.dataFolder, ['queue', '--watch', '--json'], { until: /"state":"done"/ });
  await ok(ben, 'resume');
  await ok(ben, 'retry', 'a.bin', 'b.bin', '--wait').catch(() => undefined); // It may be done already.
  assert.equal((await watching).code, 130);
  for (const download of await ben.client.request('downloads/list', {})) {
    const { state, destination } = await ended(ben, download);
    assert.equal(state, 'done');
    assert.ok(readFileSync(destination).equals(bytes));
  }
  const { entries, totals } = await json<{ entries: { path: string }[]; totals: { downloadedFiles: number } }>(ben, 'history');
  assert.deepEqual(entries.map((entry) => entry.path).sort(), ['a.bin', 'b.bin']);
  assert.equal(totals.downloadedFiles, 2);
});
