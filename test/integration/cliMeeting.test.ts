// How people meet, with the command line alone, as processes against real sidecars: parties, invites, members, audiences, requests, blocks, the diagnosis.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import type { InviteInfo, NetReport, PartyInfo, PartyMember, ShareInfo } from '../../src/protocol/model.ts';
import { cliScript, json, ok, potluck } from './potluck.ts';
import { createWorld, indexed, seen, startPeer, type TestPeer, until } from './world.ts';

const inviting = ['--once', '--for', '1h', '--label', 'our table'];

function folderIn(parent: string, name: string): string {
  const folder = path.join(parent, name);
  mkdirSync(folder);
  writeFileSync(path.join(folder, `${name}.txt`), 'hello');
  return folder;
}

/** Titles of what a peer shows to a viewer. */
async function titles(viewer: TestPeer, owner: TestPeer): Promise<string[]> {
  const shares = await viewer.client.request('catalog/shares', { peerId: owner.client.peerId });
  return shares.map(({ title }) => title).sort();
}

function sees(viewer: TestPeer, owner: TestPeer, expected: string[]): Promise<true> {
  return until(
    viewer.client,
    ['catalog/changed', 'peers/changed'],
    async () => (await titles(viewer, owner)).join() === expected.join() || undefined,
    { what: `${viewer.name} sees ${expected.join(', ') || 'nothing'} of ${owner.name}` },
  );
}

/** Waits until a party of the viewer has the other in it, listed and by its name. That both are online says nothing: they are before anybody is let in. */
function showsMember(viewer: TestPeer, other: TestPeer): Promise<true> {
  return until(
    viewer.client,
    ['parties/changed', 'peers/changed'],
    async () => {
      const parties = await viewer.client.request('parties/list', {});
      const members = await Promise.all(parties.map(({ partyId }) => viewer.client.request('parties/members', { partyId })));
      return members.flat().some(({ name, isListed, isOnline }) => name === other.name && isListed && isOnline) || undefined;
    },
    { what: `${viewer.name} has ${other.name} in its party` },
  );
}

test('two people meet by an invite, choose who may see what, and part', async (t) => {
  const world = await createWorld(t);
  const [ann, ben, eve] = [await world.peer('ann'), await world.peer('ben'), await world.peer('eve')];
  await ok(ann, 'party', 'create');
  const [party] = await json<PartyInfo[]>(ann, 'party', 'list');
  assert.ok(party && !party.isPublic);

  const code = (await ok(ann, 'invite', ...inviting)).text.trim();
  assert.match(code, /^potluck-[a-z0-9]+$/);
  const unasked = await potluck(ben.dataFolder, ['accept', '-'], { input: code });
  assert.equal(unasked.code, 2);
  assert.match(unasked.errors, /says to be "ann"[^]*"our table"[^]*Give --yes/);
  assert.deepEqual(await json(ben, 'party', 'list'), [], 'nothing is done unasked');
  const accepted = await potluck(ben.dataFolder, ['accept', '-', '--yes', '--wait'], { input: code });
  assert.equal(accepted.code, 0, accepted.errors);
  assert.deepEqual(
    (await json<PartyInfo[]>(ben, 'party', 'list')).map(({ name }) => name),
    [party.name],
  );
  const late = await potluck(eve.dataFolder, ['accept', code, '--yes', '--wait']);
  assert.deepEqual([late.code, /it was used by others already/.test(late.errors)], [5, true], late.errors);
  assert.equal((await json<{ invites: InviteInfo[] }>(ann, 'invites')).invites[0]?.state, 'used-up');

  await seen(ann, ben);
  const members = await json<PartyMember[]>(ann, 'party', 'members', party.partyId);
  assert.deepEqual(
    members.map(({ name, isOnline, path: way }) => [name, isOnline, way]),
    [
      ['ann', true, undefined],
      ['ben', true, 'lan'],
    ],
  );

  await ok(ann, 'share', folderIn(world.folder, 'open'));
  await ok(ann, 'share', folderIn(world.folder, 'mine'), '--party', party.partyId);
  await indexed(ben, ann, 'open');
  await indexed(ben, ann, 'mine');
  assert.deepEqual(await titles(eve, ann), [], 'a stranger is not told so much as a title');
  await ok(ann, 'audience', 'mine', 'nobody');
  await sees(ben, ann, ['open']);
  await ok(ann, 'audience', 'mine', '--peer', 'ben');
  await sees(ben, ann, ['mine', 'open']);
  const [mine] = (await json<ShareInfo[]>(ann, 'shares')).filter(({ title }) => title === 'mine');
  assert.deepEqual(mine?.audience, { everyone: false, partyIds: [], peerIds: [ben.client.peerId] });

  // Eve came by an invite that was used up: she is in no party with ann, and asks.
  await ok(eve, 'ask', ann.client.peerId, 'it is me, eve');
  await until(ann.client, ['access/changed'], async () => /eve .*"it is me, eve"/.test((await ok(ann, 'requests')).text), {
    what: 'ann is asked by eve',
  });
  await ok(ann, 'grant', 'eve');
  await sees(eve, ann, ['open']);
  assert.match((await ok(ann, 'requests')).errors, /Nobody asks/);

  await ok(ann, 'block', 'ben');
  await seen(ben, ann, false);
  assert.match((await ok(ann, 'peers')).text, /ben +blocked/);
  assert.match((await ok(ann, 'party', 'members', party.partyId)).text, /ben +blocked/);
  await ok(ann, 'unblock', 'ben');
  await seen(ben, ann);
  await sees(ben, ann, ['mine', 'open']);

  const net = await json<NetReport>(ann, 'net');
  assert.equal(net.findings.find(({ area }) => area === 'bootstrap')?.state, 'good');
  assert.deepEqual(net.peers.map(({ name, path: way, pathReason }) => `${name} ${way} ${pathReason}`).sort(), [
    'ben lan same-network',
    'eve lan same-network',
  ]);
  assert.match((await ok(ann, 'bans')).errors, /Nobody is banned/);
  await ok(ben, 'party', 'leave', party.name);
  await sees(ann, ben, []);
});

test('a closed party lets in whom its founder admits, from the command line', async (t) => {
  const world = await createWorld(t);
  const [ann, ben] = [await world.peer('ann'), await world.peer('ben')];
  const name = (await ok(ann, 'party', 'create', '--closed')).text.trim();
  const joined = await potluck(ben.dataFolder, ['join', '-'], { input: `${name}\n` });
  assert.match(joined.errors, new RegExp(`potluck party admit \\S+ ${ben.client.peerId}`));
  assert.match((await ok(ben, 'party', 'list')).text, /closed, not let in/);
  assert.equal((await potluck(ben.dataFolder, ['invite', name])).code, 5, 'only the founder invites');
  await ok(ann, 'party', 'admit', name, ben.client.peerId);
  await showsMember(ben, ann);
  await showsMember(ann, ben);
  assert.match((await ok(ben, 'party', 'members', name)).text, /ann +online/);
  await ok(ann, 'party', 'expel', name, 'ben');
  await seen(ben, ann, false);
  assert.match((await ok(ann, 'party', 'members', name)).text, /ben +not on the list/);
});

test('peers meet by nodes that "potluck bootstrap" runs', async (t) => {
  const world = await createWorld(t);
  const child = spawn(process.execPath, [
    ...[cliScript, '--data-folder', path.join(world.folder, 'nodes'), 'bootstrap', '--host', '127.0.0.1', '--relay'],
    ...['--nodes', '6', '--port', String(20_000 + Math.floor(Math.random() * 10_000))],
  ]);
  t.after(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout });
  const said: string[] = [];
  for await (const line of lines) if (said.push(line) === 3) break;
  const [, bootstrap = ''] = /^potluck set bootstrap (\S+)$/.exec(said[0] ?? '') ?? [];
  assert.match(said.join('\n'), /\npotluck set relay [a-z0-9]{52}\npotluck set use-relay on$/);
  const start = async (name: string): Promise<TestPeer> => {
    const peer = await startPeer(path.join(world.folder, name), name, { bootstrap, execPath: process.execPath });
    t.after(() => peer.kill());
    return peer;
  };
  const [ann, ben] = [await start('ann'), await start('ben')];
  for (const peer of [ann, ben]) await ok(peer, 'party', 'join', 'by own nodes');
  await seen(ben, ann);
  const gone = once(child, 'close');
  child.kill('SIGINT');
  assert.deepEqual(await gone, [0, null]);
});
