import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../src/protocol/errors.ts';
import { Sidecar, type Connection, type SidecarState } from '../../../src/extension/sidecar.ts';
import { peerId } from './worlds.ts';

type Answer = (method: string) => Promise<unknown>;

class FakeConnection {
  readonly peerId = peerId(1);
  readonly sidecarPid = 2 ** 30; // No process has it.
  readonly listeners = new Map<string, Set<(params: never) => void>>();
  readonly closers = new Set<() => void>();
  asked: string[] = [];
  answer: Answer;
  constructor(answer: Answer) {
    this.answer = answer;
  }
  request(method: string): Promise<never> {
    this.asked.push(method);
    if (method === 'sidecar/stop') this.die();
    return this.answer(method) as Promise<never>;
  }
  on(method: string, listener: (params: never) => void): { dispose(): void } {
    const known = this.listeners.get(method) ?? new Set();
    this.listeners.set(method, known.add(listener));
    return { dispose: () => void known.delete(listener) };
  }
  onClose(listener: () => void): { dispose(): void } {
    this.closers.add(listener);
    return { dispose: () => void this.closers.delete(listener) };
  }
  die(): void {
    for (const close of [...this.closers]) close();
    this.closers.clear();
  }
  dispose(): void {
    this.die();
  }
}

function world(answer: Answer = () => Promise.resolve({})): {
  sidecar: Sidecar;
  made: FakeConnection[];
  until: (state: SidecarState) => Promise<void>;
} {
  const made: FakeConnection[] = [];
  const sidecar = new Sidecar(() => {
    const connection = new FakeConnection(answer);
    made.push(connection);
    return Promise.resolve(connection as unknown as Connection);
  });
  const until = (state: SidecarState): Promise<void> =>
    sidecar.state === state
      ? Promise.resolve()
      : new Promise((resolve) => {
          const subscription = sidecar.onDidChangeState((now) => {
            if (now !== state) return;
            subscription.dispose();
            resolve();
          });
        });
  return { sidecar, made, until };
}

test('nothing is started before the first request, and only one for many', async () => {
  const { sidecar, made } = world();
  sidecar.on('peers/changed', () => undefined);
  assert.equal(sidecar.state, 'idle');
  assert.equal(made.length, 0);
  await Promise.all([sidecar.request('peers/list', {}), sidecar.request('parties/list', {}), sidecar.connected()]);
  assert.equal(made.length, 1);
  assert.equal(sidecar.state, 'running');
  sidecar.dispose();
});

test('a lost sidecar is found again by itself and listeners go on', { timeout: 5000 }, async () => {
  const { sidecar, made, until } = world();
  const heard: string[] = [];
  sidecar.on('peers/changed', ({ peerId: id }) => heard.push(id));
  await sidecar.connected();
  made[0]?.die();
  assert.equal(sidecar.state, 'lost');
  await until('running');
  assert.equal(made.length, 2);
  for (const listener of made[1]?.listeners.get('peers/changed') ?? []) listener({ peerId: peerId(2) } as never);
  assert.deepEqual(heard, [peerId(2)]);
  sidecar.dispose();
});

test('a question that died with its sidecar is asked again; an order is not', { timeout: 5000 }, async () => {
  const { sidecar, made } = world(() => Promise.reject(new AppError('unavailable', 'went away')));
  await sidecar.connected();
  const [first] = made;
  const answer: Answer = () => {
    first?.die();
    return Promise.reject(new AppError('unavailable', 'went away'));
  };
  if (first !== undefined) first.answer = answer;
  const asking = sidecar.request('catalog/list', { entry: { peerId: peerId(1), shareId: 'x' as never, path: '' } });
  await assert.rejects(asking, { kind: 'unavailable' }); // The second sidecar refuses too.
  assert.deepEqual(made[1]?.asked, ['catalog/list']);
  const second = made[1];
  if (second !== undefined) {
    second.answer = () => {
      second.die();
      return Promise.reject(new AppError('unavailable', 'went away'));
    };
  }
  await assert.rejects(sidecar.request('parties/join', { name: 'x' }), { kind: 'unavailable' });
  assert.equal(made.length, 2, 'joining is not repeated on a new connection');
  sidecar.dispose();
});

test('after five deaths in a minute a person decides', { timeout: 10_000 }, async () => {
  const { sidecar, made, until } = world();
  await sidecar.connected();
  for (let i = 0; i < 5; i++) {
    made.at(-1)?.die();
    await until('running');
  }
  made.at(-1)?.die();
  assert.equal(sidecar.state, 'failed');
  await assert.rejects(sidecar.request('peers/list', {}), { kind: 'unavailable' });
  await sidecar.restart();
  await sidecar.request('peers/list', {});
  sidecar.dispose();
});

test('a stopped sidecar stays off until it is restarted', { timeout: 5000 }, async () => {
  const { sidecar, made } = world();
  await sidecar.connected();
  await sidecar.stop();
  assert.equal(sidecar.state, 'stopped');
  assert.deepEqual(made[0]?.asked, ['sidecar/stop']);
  await assert.rejects(sidecar.request('peers/list', {}), { kind: 'unavailable' });
  assert.equal(made.length, 1);
  await sidecar.restart();
  assert.equal(made.length, 2);
  sidecar.dispose();
});

test('a sidecar that does not start says why, at once, every time', async () => {
  let tries = 0;
  const sidecar = new Sidecar(() => {
    tries += 1;
    return Promise.reject(new AppError('unavailable', 'no such file'));
  });
  await assert.rejects(sidecar.request('peers/list', {}), /no such file/);
  await assert.rejects(sidecar.request('peers/list', {}), /no such file/);
  assert.equal(sidecar.state, 'failed');
  assert.equal(tries, 1);
  sidecar.dispose();
});

test('a sidecar that another client stopped is not started again', { timeout: 5000 }, async () => {
  const { sidecar, made } = world();
  await sidecar.connected();
  for (const listener of made[0]?.listeners.get('sidecar/stopping') ?? []) listener({} as never);
  made[0]?.die();
  assert.equal(sidecar.state, 'stopped');
  assert.equal(made.length, 1);
  sidecar.dispose();
});

test('a token that is just being renewed is read again', { timeout: 5000 }, async () => {
  let tries = 0;
  const sidecar = new Sidecar(() => {
    tries += 1;
    if (tries < 3) return Promise.reject(new AppError('unauthorized', 'The token is wrong.'));
    return Promise.resolve(new FakeConnection(() => Promise.resolve([])) as unknown as Connection);
  });
  await sidecar.request('peers/list', {});
  assert.equal(tries, 3);
  sidecar.dispose();
});

test('a sidecar that does not come back at once is looked for again, without a question', { timeout: 5000 }, async () => {
  const first = new FakeConnection(() => Promise.resolve([]));
  let tries = 0;
  const sidecar = new Sidecar(() => {
    tries += 1;
    if (tries === 2) return Promise.reject(new AppError('unavailable', 'not yet'));
    return Promise.resolve((tries === 1 ? first : new FakeConnection(() => Promise.resolve([]))) as unknown as Connection);
  });
  await sidecar.connected();
  const states: SidecarState[] = [];
  const running = new Promise<void>((resolve) => {
    sidecar.onDidChangeState((state) => {
      states.push(state);
      if (state === 'running') resolve();
    });
  });
  first.die();
  await running;
  assert.deepEqual(states, ['lost', 'starting', 'lost', 'starting', 'running']);
  sidecar.dispose();
});
