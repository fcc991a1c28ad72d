import assert from 'node:assert/strict';
import test from 'node:test';
import { AppError } from '../../../../../src/protocol/errors.ts';
import type { PeerId, ShareId } from '../../../../../src/protocol/ids.ts';
import { LiveSearch } from '../../../../../src/sidecar/catalog/search/live.ts';
import { Search } from '../../../../../src/sidecar/catalog/search/search.ts';
import { silentLog } from '../../../../../src/sidecar/log.ts';
import type { RemoteSearchHit, RemoteSearchRequest } from '../../../../../src/sidecar/wire/services.ts';
import { NaiveWorld, shareIdOf } from './naiveSearch.ts';

type Answer = (request: RemoteSearchRequest, signal: AbortSignal) => Promise<RemoteSearchHit[]>;

interface Asking {
  live: LiveSearch;
  asked: [PeerId, RemoteSearchRequest][];
  /** Hits in the order in which they came, and `done`. */
  run: (text: string, signal?: AbortSignal) => Promise<string[]>;
}

function asking(world: NaiveWorld, answers: Map<PeerId, Answer>): Asking {
  const asked: [PeerId, RemoteSearchRequest][] = [];
  const live = new LiveSearch({
    search: new Search(world.options),
    source: (peerId) => {
      const answer = answers.get(peerId);
      if (answer === undefined) return undefined;
      return {
        search: (request, { signal }) => {
          asked.push([peerId, request]);
          return answer(request, signal);
        },
      };
    },
    log: silentLog,
  });
  const run = (text: string, signal = new AbortController().signal): Promise<string[]> =>
    new Promise((resolve) => {
      const lines: string[] = [];
      signal.addEventListener('abort', () => resolve([...lines, 'aborted']), { once: true });
      live.start(text, {
        signal,
        onHits: (hits, isDone) => {
          for (const hit of hits) lines.push(`${hit.peerName}/${hit.shareTitle}/${hit.entry.path}`);
          if (isDone) resolve([...lines, 'done']);
        },
      });
    });
  return { live, asked, run };
}

const hit = (shareId: ShareId, path: string): RemoteSearchHit => ({ shareId, path, kind: 'file', sizeBytes: 1, mtimeMs: 1 });

test('only connected peers with shares whose index is not here are asked, and only for those', async () => {
  const world = new NaiveWorld();
  const ann = world.peer('a', 'Ann');
  const ben = world.peer('b', 'Ben', { isOnline: false });
  world.share(ann, 'Here', ['x']);
  const coming = world.share(ann, 'Coming');
  world.share(ben, 'Away');
  const { run, asked } = asking(world, new Map([[ann, async () => [hit(coming.shareId, 'x1')]]]));
  assert.deepEqual(await run('x peer:ann'), ['Ann/Coming/x1', 'done']);
  assert.deepEqual(asked, [[ann, { query: 'x', shareIds: [coming.shareId], limit: 200 }]], 'peer: is not handed on');
  assert.deepEqual(await run('x peer:ben'), ['done']);
  assert.deepEqual(await run('x share:here'), ['done']);
  assert.deepEqual(await run(''), ['done']);
  assert.deepEqual(await run('size>lots'), ['done'], 'the search itself says what is wrong');
});

test('hits come as peers answer; one that fails or repeats itself does no harm', async () => {
  const world = new NaiveWorld();
  const [ann, ben, cem] = [world.peer('a', 'Ann'), world.peer('b', 'Ben'), world.peer('c', 'Cem')];
  const shares = [ann, ben, cem].map((peer) => world.share(peer, 'S').shareId);
  let annGo = (): void => undefined;
  const { run } = asking(
    world,
    new Map<PeerId, Answer>([
      [ann, () => new Promise((resolve) => (annGo = () => resolve([hit(shares[0] ?? shareIdOf('y'), 'slow one')])))],
      [
        ben,
        async () => {
          setImmediate(annGo);
          const own = shares[1] ?? shareIdOf('y');
          return [hit(own, 'one'), hit(own, 'one'), hit(shareIdOf('h'), 'of another share'), hit(own, 'xyz'), hit(own, 'two')];
        },
      ],
      [cem, () => Promise.reject(new AppError('unavailable', 'does not know how'))],
    ]),
  );
  assert.deepEqual(await run('o'), ['Ben/S/one', 'Ben/S/two', 'Ann/S/slow one', 'done']);
});

test('nothing is told after it was cancelled, and the peers are told to stop', async () => {
  const world = new NaiveWorld();
  const ann = world.peer('a', 'Ann');
  const share = world.share(ann, 'S');
  const abort = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    const { run } = asking(
      world,
      new Map([
        [
          ann,
          (_request, signal) =>
            new Promise((answer) => {
              signal.addEventListener('abort', () => {
                answer([hit(share.shareId, 'late')]);
                resolve();
              });
              abort.abort();
            }),
        ],
      ]),
    );
    void run('x', abort.signal).then((lines) => assert.deepEqual(lines, ['aborted']));
  });
  await stopped;
  await new Promise((resolve) => setImmediate(resolve));
});

test('at most 32 peers are asked', async () => {
  const world = new NaiveWorld();
  const answers = new Map<PeerId, Answer>();
  for (const letters of [...'bndrfg8ejkmcpqxot1uwisza345h769'].flatMap((letter) => [letter, `y${letter}`])) {
    const peer = world.peer(letters, letters);
    world.share(peer, 'S');
    answers.set(peer, async () => []);
  }
  const { run, asked } = asking(world, answers);
  assert.deepEqual(await run('x'), ['done']);
  assert.equal(asked.length, 32);
});
