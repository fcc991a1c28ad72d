// Searching a connected peer: between two sessions, and with remotes that misbehave on either end.

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import test from 'node:test';
import { AppError } from '../../../../src/protocol/errors.ts';
import { wireLimits } from '../../../../src/sidecar/limits.ts';
import { signAnnouncement } from '../../../../src/sidecar/wire/announcement.ts';
import * as catalogCodec from '../../../../src/sidecar/wire/catalogCodec.ts';
import * as codec from '../../../../src/sidecar/wire/codec.ts';
import type { RemoteSearchHit, RemoteSearchRequest, SearchServer } from '../../../../src/sidecar/wire/services.ts';
import { announcement, endsFor, introduced, never, openSides, shareId, shareIdOf, types, untilTrue } from './worlds.ts';

const request: RemoteSearchRequest = { query: 'holiday', shareIds: [], limit: 10 };
const hit: RemoteSearchHit = { shareId, path: 'a/holiday.jpg', kind: 'file', sizeBytes: 7, mtimeMs: 1.5 };
const capabilities = ['search'];

/** Searches that end when they are told to, or aborted. */
function slowServer(): SearchServer & { calls: EventEmitter; running: number; aborted: number; most: number } {
  const server = {
    ...{ calls: new EventEmitter(), running: 0, aborted: 0, most: 0 },
    async search(_peer: unknown, _request: RemoteSearchRequest, { signal }: { signal: AbortSignal }) {
      server.most = Math.max(server.most, ++server.running);
      server.calls.emit('change');
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      server.running--;
      server.aborted++;
      server.calls.emit('change');
      throw new AppError('cancelled', 'cancelled');
    },
  };
  return server;
}

async function announcedSides(searchServer: SearchServer) {
  const sides = await openSides({ other: { searchServer } });
  sides.other.session.announce([signAnnouncement(announcement, sides.keys[1])]);
  await sides.one.until('announcing', () => sides.one.announced.length === 1);
  return sides;
}

async function searched(changes: Partial<RemoteSearchRequest> = {}) {
  const world = await introduced();
  world.remote.hello({ capabilities });
  await world.side.until('the hello', () => world.side.updates === 1);
  world.remote.say(types.announcements, codec.announcements, [signAnnouncement(announcement, world.keys[1])]);
  await world.side.until('announcing', () => world.side.announced.length === 1);
  const answer = world.side.session.search({ ...request, ...changes }, { signal: never });
  answer.catch(() => undefined);
  const { requestId } = await world.remote.next(types.search, catalogCodec.search);
  const found = (hits: RemoteSearchHit[]) => world.remote.say(types.found, catalogCodec.found, { requestId, hits });
  return { ...world, answer, requestId, found };
}

test('a peer is searched, and answers with what it announced', async () => {
  const asked: RemoteSearchRequest[] = [];
  const { one } = await announcedSides({
    search: (_peer, question) => (
      asked.push(question),
      Promise.resolve([hit, { ...hit, shareId: shareIdOf(3) }, { ...hit, kind: 'folder' }])
    ),
  });
  const hits = await one.session.search(request, { signal: never });
  assert.deepEqual(asked, [request]);
  assert.deepEqual(hits, [hit, { ...hit, kind: 'folder' }], 'a share that is not announced is left out');
  assert.equal((await one.session.search({ ...request, limit: 1 }, { signal: never })).length, 1);
});

test('a peer that does not know searching is not asked', async () => {
  const { side, remote } = await introduced();
  await assert.rejects(side.session.search(request, { signal: never }), { kind: 'unavailable' });
  assert(remote.received.every(({ type }) => type !== types.search));
});

test('why a search failed is not told', async () => {
  const { one } = await announcedSides({ search: () => Promise.reject(new AppError('internal', '/home/ann/secret')) });
  await assert.rejects(one.session.search(request, { signal: never }), (error: unknown) => {
    return error instanceof AppError && error.kind === 'io' && !error.message.includes('secret');
  });
});

test('a search is cancelled on both ends, and the next one takes its place', async () => {
  const server = slowServer();
  const { one, other } = await announcedSides(server);
  const aborts = Array.from({ length: wireLimits.searchesInFlight + 2 }, () => new AbortController());
  const answers = aborts.map(({ signal }) => one.session.search(request, { signal }).catch((error: unknown) => error));
  await untilTrue(server.calls, 'as many as allowed', () => server.running === wireLimits.searchesInFlight);
  for (const [i, abort] of aborts.entries()) {
    abort.abort();
    await untilTrue(server.calls, `cancelling ${i}`, () => server.aborted === i + 1);
  }
  for (const error of await Promise.all(answers)) assert(error instanceof AppError && error.kind === 'cancelled');
  assert(server.most <= wireLimits.searchesInFlight + 1);
  assert.equal(other.closedFor, undefined);
});

test('a search that takes too long is ended by who serves it', async () => {
  const server = slowServer();
  const { side, remote } = await introduced({ searchServer: server, times: { searchMs: 20 } });
  remote.say(types.search, catalogCodec.search, { ...request, requestId: 1 });
  assert.deepEqual(await remote.next(types.refused, codec.refused), { requestId: 1, code: 4, reason: '' });
  await untilTrue(server.calls, 'aborting', () => server.aborted === 1);
  assert(side.session.isOpen);
});

test('a search that is not answered is given up', async () => {
  const { side, remote } = await introduced({ times: { searchMs: 20 } });
  remote.hello({ capabilities });
  await side.until('the hello', () => side.updates === 1);
  await assert.rejects(side.session.search(request, { signal: never }), { kind: 'unavailable' });
  await remote.next(types.cancel, codec.cancel);
});

test('searches under way end with the session', async () => {
  const { side, answer } = await searched();
  side.session.close('done');
  await assert.rejects(answer, { kind: 'unavailable' });
});

const wrongAnswers: [string, RegExp, Partial<RemoteSearchRequest>, RemoteSearchHit[]][] = [
  ['more hits than asked for', /more than was asked/, { limit: 1 }, [hit, hit]],
  ['hits in a share that was not asked for', /not asked for/, { shareIds: [shareIdOf(4)] }, [hit]],
  ['a path that leaves its share', /a path/, {}, [{ ...hit, path: '../../etc/passwd' }]],
];

for (const [what, reason, changes, hits] of wrongAnswers) {
  test(`answering with ${what} ends the session`, async () => {
    const { side, answer, found } = await searched(changes);
    found(hits);
    await endsFor(side, reason);
    await assert.rejects(answer, { kind: 'unavailable' });
  });
}

test('hits, hashes and bytes for each other, or for nothing, end the session', async () => {
  const nothing = await introduced();
  nothing.remote.say(types.found, catalogCodec.found, { requestId: 1, hits: [] });
  await endsFor(nothing.side, /nobody made/);
  const hashes = await searched();
  hashes.remote.say(types.hashesReply, codec.hashesReply, { requestId: hashes.requestId, leaves: [], uncles: [] });
  await endsFor(hashes.side, /a request for hits with hashes/);
  const file = await searched();
  const head = { requestId: file.requestId, sizeBytes: 1, mtimeMs: 0, root: undefined, version: undefined };
  file.remote.say(types.head, codec.head, head);
  await endsFor(file.side, /with a file/);
  const read = await introduced();
  read.side.session.read({ shareId, path: 'x', offset: 0, needsRoot: false }, { signal: never }).catch(() => undefined);
  const { requestId } = await read.remote.next(types.read, codec.readRequest);
  read.remote.say(types.found, catalogCodec.found, { requestId, hits: [] });
  await endsFor(read.side, /with hits/);
});

test('asking for no hits, for too many, or too much at once ends the session', async () => {
  for (const limit of [0, wireLimits.searchHits + 1]) {
    const { side, remote } = await introduced();
    remote.say(types.search, catalogCodec.search, { ...request, limit, requestId: 1 });
    await endsFor(side, /hits at once/);
  }
  const { side, remote } = await introduced({ searchServer: slowServer() });
  for (let requestId = 1; requestId <= wireLimits.searchesInFlight + 1; requestId++) {
    remote.say(types.search, catalogCodec.search, { ...request, requestId });
  }
  await endsFor(side, /too many searches/);
});

test('searching in a loop is refused, not served, and ends nothing', async () => {
  let calls = 0;
  const { side, remote } = await introduced({ searchServer: { search: () => (calls++, Promise.resolve([])) } });
  const rounds = 3 * wireLimits.searchesBurst;
  for (let requestId = 1; requestId <= rounds; requestId++) {
    remote.say(types.search, catalogCodec.search, { ...request, requestId });
    remote.say(types.cancel, codec.cancel, { requestId });
  }
  remote.say(types.ping, codec.ping, 1);
  await remote.next(types.pong, codec.ping);
  assert(calls <= wireLimits.searchesBurst + 1, `${calls} of ${rounds} were served`);
  assert(side.session.isOpen);
});

test('searches that are cancelled and go on are not joined by more', async () => {
  let calls = 0;
  const { remote } = await introduced({ searchServer: { search: () => (calls++, new Promise(() => undefined)) } });
  for (let requestId = 1; requestId <= 20; requestId++) {
    remote.say(types.search, catalogCodec.search, { ...request, requestId });
    remote.say(types.cancel, codec.cancel, { requestId });
  }
  remote.say(types.ping, codec.ping, 1);
  await remote.next(types.pong, codec.ping);
  assert.equal(calls, 2 * wireLimits.searchesInFlight);
});
