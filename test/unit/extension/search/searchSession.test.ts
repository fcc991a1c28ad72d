import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../../src/protocol/errors.ts';
import type { SearchPage } from '../../../../src/protocol/model.ts';
import type { Notifications, ParamsOf } from '../../../../src/protocol/rpc.ts';
import { SearchSession, type SearchState } from '../../../../src/extension/search/searchSession.ts';
import type { Sidecar } from '../../../../src/extension/sidecar.ts';
import { hit, searchPage } from '../worlds.ts';

interface Question {
  params: ParamsOf<'search/query'>;
  signal: AbortSignal | undefined;
  answer: (page: SearchPage) => Promise<void>;
  fail: (error: AppError) => Promise<void>;
}

/** A sidecar whose answers come when the test says so. */
class FakeSidecar {
  readonly asked: Question[] = [];
  readonly #listeners = new Set<(live: Notifications['search/live']) => void>();
  #waiting: ((question: Question) => void) | undefined;

  readonly sidecar = {
    request: (method: string, params: never, options?: { signal?: AbortSignal }) => {
      assert.equal(method, 'search/query');
      return new Promise((resolve, reject) => {
        const settle = async (act: () => void): Promise<void> => {
          act();
          await new Promise(setImmediate);
        };
        const question = {
          params,
          signal: options?.signal,
          answer: (page: SearchPage) => settle(() => resolve(page)),
          fail: (error: AppError) => settle(() => reject(error)),
        };
        this.asked.push(question);
        this.#waiting?.(question);
      });
    },
    on: (_method: string, listener: (live: never) => void) => {
      this.#listeners.add(listener as never);
      return { dispose: () => void this.#listeners.delete(listener as never) };
    },
  } as unknown as Sidecar;

  get listeners(): number {
    return this.#listeners.size;
  }

  live(params: Notifications['search/live']): void {
    for (const listener of this.#listeners) listener(params);
  }

  next(): Promise<Question> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }
}

function begin(): { fake: FakeSidecar; session: SearchSession; states: SearchState[] } {
  const fake = new FakeSidecar();
  const states: SearchState[] = [];
  return { fake, states, session: new SearchSession(fake.sidecar, (state) => states.push(state)) };
}

test('every key asks at once and cancels the question before', async () => {
  const { fake, session } = begin();
  for (const text of ['s', 'so', 'sou']) void session.search(text);
  assert.deepEqual(
    fake.asked.map(({ params, signal }) => [params.query, signal?.aborted]),
    [
      ['s', true],
      ['so', true],
      ['sou', false],
    ],
  );
  session.dispose();
});

test('an answer that comes late is dropped', async () => {
  const { fake, session } = begin();
  void session.search('a');
  void session.search('ab');
  await fake.asked[1]?.answer(searchPage([hit('ab.txt')]));
  await fake.asked[0]?.answer(searchPage([hit('a.txt')]));
  assert.equal(session.state.page?.hits[0]?.entry.path, 'ab.txt');
  assert.equal(session.state.pageQuery, 'ab');
  session.dispose();
});

test('what was found before stays until there is something newer', async () => {
  const { fake, session } = begin();
  void session.search('a');
  await fake.asked[0]?.answer(searchPage([hit('a.txt')]));
  void session.search('ab');
  assert.equal(session.state.isAsking, true);
  assert.equal(session.state.page?.hits.length, 1);
  assert.equal(session.state.pageQuery, 'a');
  session.dispose();
});

test('a failure replaces the hits, and a failure of an older question changes nothing', async () => {
  const { fake, session } = begin();
  void session.search('size>');
  await fake.asked[0]?.fail(new AppError('invalid-argument', 'size> needs a size.'));
  assert.equal(session.state.failure?.message, 'size> needs a size.');
  void session.search('size>1');
  void session.search('size>1k');
  await fake.asked[1]?.fail(new AppError('cancelled', 'cancelled'));
  assert.equal(session.state.failure, undefined);
  session.dispose();
});

test('an empty query asks nothing and forgets what was found', async () => {
  const { fake, session } = begin();
  void session.search('a');
  await fake.asked[0]?.answer(searchPage([hit('a.txt')]));
  await session.search('  ');
  assert.equal(fake.asked.length, 1);
  assert.equal(session.state.page, undefined);
  session.dispose();
});

test('peers whose list is missing are asked once the query stands still, and tell only what is new', async () => {
  const { fake, session } = begin();
  void session.search('a');
  const asksLive = fake.next();
  await fake.asked[0]?.answer(searchPage([hit('a.txt')], { missingShares: 2 }));
  const { params } = await asksLive;
  const liveToken = params.liveToken ?? '';
  assert.notEqual(liveToken, '');
  assert.equal(session.state.isAskingLive, true);
  fake.live({ liveToken, hits: [hit('a.txt'), hit('b.txt')], isDone: false });
  fake.live({ liveToken: 'another', hits: [hit('c.txt')], isDone: true });
  fake.live({ liveToken, hits: [hit('b.txt'), hit('b.txt', {}, 2)], isDone: true });
  assert.deepEqual(
    session.state.live.map(({ entry }) => entry.path),
    ['b.txt', 'b.txt'],
  );
  assert.equal(session.state.isAskingLive, false);
  await session.search('');
  fake.live({ liveToken, hits: [hit('late.txt')], isDone: true });
  assert.equal(session.state.live.length, 0);
  session.dispose();
});

test('nobody is asked live when every list is here', async () => {
  const { fake, session } = begin();
  void session.search('a');
  await fake.asked[0]?.answer(searchPage([hit('a.txt')]));
  void session.search('ab');
  assert.ok(fake.asked.every(({ params }) => params.liveToken === undefined));
  session.dispose();
});

test('closing cancels what is asked and listens no more', () => {
  const { fake, session } = begin();
  void session.search('a');
  session.dispose();
  assert.equal(fake.asked[0]?.signal?.aborted, true);
  assert.equal(fake.listeners, 0);
});
