import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../src/protocol/errors.ts';
import { Sidecar, type Connection } from '../../../src/extension/sidecar.ts';
import { World, type Part } from '../../../src/extension/world.ts';
import { download, party, peer, peerId, rates } from './worlds.ts';

interface Fake {
  connection: Connection;
  asked: string[];
  answers: Record<string, unknown>;
  tell: (method: string, params?: unknown) => void;
}

function fake(): Fake {
  const listeners = new Map<string, ((params: never) => void)[]>();
  const asked: string[] = [];
  const answers: Record<string, unknown> = {};
  const connection = {
    peerId: peerId(1),
    sidecarPid: 1,
    request: (method: string) => {
      asked.push(method);
      const answer = answers[method] ?? [];
      return answer instanceof AppError ? Promise.reject(answer) : Promise.resolve(answer);
    },
    on: (method: string, listener: (params: never) => void) => {
      listeners.set(method, [...(listeners.get(method) ?? []), listener]);
      return { dispose: () => undefined };
    },
    onClose: () => ({ dispose: () => undefined }),
    dispose: () => undefined,
  } as unknown as Connection;
  const tell = (method: string, params: unknown = {}): void => {
    for (const listener of listeners.get(method) ?? []) listener(params as never);
  };
  return { connection, asked, answers, tell };
}

function changed(world: World, part: Part): Promise<void> {
  return new Promise((resolve) => {
    const subscription = world.onDidChange((parts) => {
      if (!parts.has(part)) return;
      subscription.dispose();
      resolve();
    });
  });
}

test('everything is asked for once, when something needs it', { timeout: 5000 }, async () => {
  const { connection, asked, answers } = fake();
  const sidecar = new Sidecar(() => Promise.resolve(connection));
  const world = new World(sidecar);
  answers['parties/list'] = [party(1)];
  assert.deepEqual(asked, []);
  await Promise.all([world.load(), world.load(), world.load()]);
  assert.equal(world.parties.length, 1);
  assert.equal(new Set(asked).size, asked.length, 'no list twice');
  world.dispose();
  sidecar.dispose();
});

test('a burst of changes is one question', { timeout: 5000 }, async () => {
  const { connection, asked, answers, tell } = fake();
  const sidecar = new Sidecar(() => Promise.resolve(connection));
  const world = new World(sidecar);
  await world.load();
  answers['peers/list'] = [peer(2)];
  asked.length = 0;
  const redrawn = changed(world, 'peers');
  for (let i = 0; i < 500; i++) tell('peers/changed', { peerId: peerId(2) });
  await redrawn;
  assert.equal(asked.filter((method) => method === 'peers/list').length, 1);
  assert.equal(world.peer(peerId(2))?.name, 'peer 2');
  world.dispose();
  sidecar.dispose();
});

test('progress of a download needs no question', { timeout: 5000 }, async () => {
  const { connection, asked, tell } = fake();
  const sidecar = new Sidecar(() => Promise.resolve(connection));
  const world = new World(sidecar);
  await world.load();
  asked.length = 0;
  const first = changed(world, 'downloads');
  tell('downloads/changed', { download: download(1, { doneBytes: 1 }) });
  await first;
  tell('downloads/changed', { download: download(1, { doneBytes: 2 }) });
  assert.deepEqual(
    [...world.downloads].map(({ doneBytes }) => doneBytes),
    [2],
  );
  assert.deepEqual(asked, []);
  world.dispose();
  sidecar.dispose();
});

test(
  'whoever listens is told which downloads changed, together, and that any may be another after all were read',
  {
    timeout: 5000,
  },
  async () => {
    const { connection, answers, tell } = fake();
    answers['downloads/list'] = [download(1), download(2), download(3)];
    const sidecar = new Sidecar(() => Promise.resolve(connection));
    const world = new World(sidecar);
    await world.load();
    const told: (string[] | undefined)[] = [];
    world.onDidChange((parts, downloads) => {
      if (parts.has('downloads')) told.push(downloads === undefined ? undefined : [...downloads]);
    });
    tell('downloads/changed', { download: download(1, { doneBytes: 1 }) });
    for (const doneBytes of [2, 3]) for (const n of [1, 2]) tell('downloads/changed', { download: download(n, { doneBytes }) });
    await changed(world, 'downloads');
    assert.deepEqual(told, [[download(1).downloadId], [download(1).downloadId, download(2).downloadId]]);
    await world.reload();
    assert.equal(told.at(-1), undefined);
    assert.equal(told.length, 3);
    answers['downloads/list'] = [download(1), download(2)];
    tell('downloads/removed', { downloadId: download(3).downloadId });
    assert.equal(world.download(download(3).downloadId), undefined);
    world.dispose();
    sidecar.dispose();
  },
);

test(
  'neither rates nor downloads that end, move among the others or are cleared make anything be asked for',
  { timeout: 5000 },
  async () => {
    const { connection, asked, answers, tell } = fake();
    answers['downloads/list'] = [1, 2, 3].map((n) => download(n));
    const sidecar = new Sidecar(() => Promise.resolve(connection));
    const world = new World(sidecar);
    await world.load();
    asked.length = 0;
    const told: string[] = [];
    world.onDidChange((parts, downloads) => {
      if (parts.has('downloads')) told.push(...(downloads ?? ['any']));
    });
    tell('transfers/rates', rates({ downloads: 1 }));
    assert.equal(world.rates?.downloads, 1);
    const ids = [1, 2, 3].map((n) => download(n).downloadId);
    tell('downloads/changed', { download: download(1, { state: 'done', place: 0 }) });
    tell('downloads/changed', { download: download(3, { order: 0, place: 1 }) });
    tell('downloads/removed', { downloadId: ids[0] });
    await changed(world, 'downloads');
    assert.deepEqual(world.downloads.ordered(), [ids[2], ids[1]]);
    assert.deepEqual(new Set(told), new Set([ids[0], ids[2]]), 'nobody is told of the one that only moved up');
    // What would be asked for is asked for with the next question at the latest.
    answers['uploads/list'] = [];
    tell('uploads/changed');
    await changed(world, 'uploads');
    assert.deepEqual(asked, ['uploads/list', 'uploads/refused']);
    world.dispose();
    sidecar.dispose();
  },
);

test('a list that could not be had is asked for again with the next change', { timeout: 5000 }, async () => {
  const { connection, answers, tell } = fake();
  const sidecar = new Sidecar(() => Promise.resolve(connection));
  const world = new World(sidecar);
  await world.load();
  answers['peers/list'] = new AppError('unavailable', 'not now');
  await assert.rejects(world.reload(), { kind: 'unavailable' });
  answers['peers/list'] = [peer(3)];
  const redrawn = changed(world, 'peers');
  tell('uploads/changed');
  await redrawn;
  assert.equal(world.peers.length, 1);
  world.dispose();
  sidecar.dispose();
});
