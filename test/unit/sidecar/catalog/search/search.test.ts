import assert from 'node:assert/strict';
import test from 'node:test';
import { isPartyId, type PartyId } from '../../../../../src/protocol/ids.ts';
import { Search } from '../../../../../src/sidecar/catalog/search/search.ts';
import { NaiveWorld, peerIdOf, shareIdOf } from './naiveSearch.ts';

const signal = new AbortController().signal;
const page = { offset: 0, limit: 100, signal };

function partyIdOf(letter: string): PartyId {
  const id = letter.repeat(51) + 'y';
  if (!isPartyId(id)) throw new Error(`${id} is no party id`);
  return id;
}

function scene(): { world: NaiveWorld; search: Search; found: (text: string) => Promise<string[]> } {
  const world = new NaiveWorld();
  const techno = partyIdOf('t');
  world.parties.push({ partyId: techno, name: 'Techno Party', state: 'joined', joinedAtMs: 0, peersOnline: 1, isPublic: true });
  world.share(world.own, 'Mine', ['a/own.txt']);
  const ann = world.peer('a', 'Ann', { partyIds: [techno] });
  const ben = world.peer('b', 'Ben', { isOnline: false, lastSeenMs: 4242, petname: 'Benny' });
  world.share(ann, 'Photos', ['a/one.jpg', 'a/two.txt']);
  world.share(ben, 'Ben photos', ['a/three.txt']);
  const search = new Search(world.options);
  const found = async (text: string): Promise<string[]> => (await search.query(text, page)).hits.map(({ entry }) => entry.path);
  return { world, search, found };
}

test('a hit says whose it is, whether its owner is here, and when it was seen last', async () => {
  const { search } = scene();
  const { hits, total, searchedShares, missingShares } = await search.query('a/', page);
  assert.deepEqual(
    hits.map(({ peerName, shareTitle, isOwn, isOnline, lastSeenMs }) => [peerName, shareTitle, isOwn, isOnline, lastSeenMs]),
    [
      ['my machine', 'Mine', true, true, undefined],
      ['Ann', 'Photos', false, true, undefined],
      ['Ann', 'Photos', false, true, undefined],
      ['Ben', 'Ben photos', false, false, 4242],
    ],
  );
  assert.deepEqual([total, searchedShares, missingShares], [4, 3, 0]);
});

test('peer, party and share narrow a search, also as beginnings, ids, and turned round', async () => {
  const { found } = scene();
  const table: [string, string[]][] = [
    ['a/ peer:ann', ['a/one.jpg', 'a/two.txt']],
    ['a/ peer:AN', ['a/one.jpg', 'a/two.txt']],
    ['a/ peer:benny', ['a/three.txt']],
    [`a/ peer:${peerIdOf('b').slice(0, 6)}`, ['a/three.txt']],
    ['a/ peer:me', ['a/own.txt']],
    ['a/ peer:ann,benny', ['a/one.jpg', 'a/two.txt', 'a/three.txt']],
    ['a/ peer:nobody', []],
    ['a/ share:photos', ['a/one.jpg', 'a/two.txt', 'a/three.txt']],
    ['a/ share:photos peer:ben', ['a/three.txt']],
    ['a/ party:techno', ['a/own.txt', 'a/one.jpg', 'a/two.txt']],
    ['a/ party:"techno party" peer:ann', ['a/one.jpg', 'a/two.txt']],
    ['a/ party:folk', []],
    ['a/ -peer:ann', ['a/own.txt', 'a/three.txt']],
    ['a/ -share:ben -peer:me', ['a/one.jpg', 'a/two.txt']],
    ['', []],
  ];
  for (const [text, expected] of table) assert.deepEqual(await found(text), expected, text);
});

test('shares without an index, and those whose search data is being made, count as missing', async () => {
  const { world, search } = scene();
  const ann = peerIdOf('a');
  world.share(ann, 'Coming');
  const building = world.share(ann, 'Building', ['a/four.txt']);
  world.unready.add(`${ann}/${building.shareId}`);
  const { searchedShares, missingShares, total } = await search.query('a/', page);
  assert.deepEqual([searchedShares, missingShares, total], [3, 2, 4]);
  const of = await search.query('a/ peer:ann', page);
  assert.deepEqual([of.searchedShares, of.missingShares], [1, 2]);
});

test('hits of a share that went meanwhile are left out', async () => {
  const { world, search } = scene();
  world.before = async () => void world.shares.splice(1, 1);
  assert.deepEqual(
    (await search.query('a/', page)).hits.map(({ entry }) => entry.path),
    ['a/own.txt', 'a/three.txt'],
  );
});

test('a search that is cancelled says so, and one that is not understood names the part', async () => {
  const { world, search } = scene();
  const abort = new AbortController();
  world.before = (given) =>
    new Promise((_resolve, reject) => {
      given.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
      abort.abort();
    });
  await assert.rejects(search.query('a', { ...page, signal: abort.signal }), { kind: 'cancelled' });
  await assert.rejects(search.query('size>lots', page), { kind: 'invalid-argument', message: /size>lots/ });
});

test('recent files are those of others, or of the one who is asked for', async () => {
  const { world, search } = scene();
  const paths = async (peerId?: typeof world.own): Promise<string[]> =>
    (await search.recent({ ...page, ...(peerId && { peerId }) })).hits.map(({ entry }) => entry.path);
  assert.deepEqual(await paths(), ['a/one.jpg', 'a/two.txt', 'a/three.txt']);
  assert.deepEqual(await paths(world.own), ['a/own.txt']);
  assert.deepEqual(await paths(peerIdOf('b')), ['a/three.txt']);
});

test('a peer is answered from own shares only, and only from those that it asks for', async () => {
  const { world, search } = scene();
  const other = world.share(world.own, 'Other', ['a/other.txt']);
  const ask = (query: string, shareIds: (typeof other.shareId)[] = [], limit = 10) =>
    search.search(peerIdOf('a'), { query, shareIds, limit }, { signal });
  assert.deepEqual(
    (await ask('a/')).map(({ path }) => path),
    ['a/own.txt', 'a/other.txt'],
  );
  assert.deepEqual(await ask('a/', [other.shareId]), [
    { shareId: other.shareId, path: 'a/other.txt', kind: 'file', sizeBytes: 1, mtimeMs: 1000 },
  ]);
  assert.equal((await ask('a/', [], 1)).length, 1);
  assert.deepEqual(await ask('a/', [shareIdOf('h')]), []);
  await assert.rejects(ask('a peer:ann'), { kind: 'invalid-argument' });
});
