// What lets somebody into a party, or be somebody, stays where it belongs: in no log, however much is logged, in no error, and in the arguments of no
// process, over a whole life of codes and invites that work and that do not.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { AppError } from '../../src/protocol/errors.ts';
import { createWorld, type TestPeer, until } from './world.ts';

/** Of a secret text: as it is, and its beginning and end, should it be cut. */
function tracesOf(secret: string): string[] {
  return [secret, secret.slice(0, 20), secret.slice(-20)];
}

/** What an answer says when it is an error. */
async function failureOf(request: Promise<unknown>): Promise<string> {
  try {
    await request;
  } catch (thrown) {
    assert(thrown instanceof AppError);
    return `${thrown.message} ${JSON.stringify(thrown.data ?? '')}`;
  }
  assert.fail('it did not fail');
}

function joined(peer: TestPeer, name: string): Promise<unknown> {
  const look = async () => (await peer.client.request('parties/list', {})).find((party) => party.name === name);
  return until(peer.client, ['parties/changed'], look, { what: `${peer.name} is in the party`, timeoutMs: 30_000 });
}

test('names of parties, codes, tokens and keys are in no log, no error and no process list', { timeout: 120_000 }, async (t) => {
  const world = await createWorld(t);
  const [ada, ben] = [await world.peer('ada'), await world.peer('ben')];
  const open = await ada.client.request('parties/create', {});
  const closed = await ada.client.request('parties/create', { isClosed: true });
  const invites = [];
  for (const { partyId } of [open, closed, open])
    invites.push(await ada.client.request('invites/create', { partyId, label: 'Friday', uses: 1 }));
  const [toOpen, toClosed, revoked] = invites;
  assert(toOpen && toClosed && revoked);
  const word = 'a word of ours that nobody knows';
  await ada.client.request('parties/join', { name: word });
  const own = await ada.client.request('codes/own', { partyId: open.partyId });
  for (const { code } of [toOpen, toClosed]) await ben.client.request('codes/accept', { text: code.text });
  await joined(ben, open.name);
  await joined(ben, closed.name);
  await ada.client.request('invites/revoke', { inviteId: revoked.inviteId });
  await ben.client.request('codes/accept', { text: revoked.code.uri });
  await until(
    ben.client,
    ['invites/changed'],
    async () => (await ben.client.request('invites/pending', {})).find(({ state }) => state === 'refused'),
    { what: 'the refusal', timeoutMs: 30_000 },
  );
  const damaged = `${own.text.slice(0, -1)}${own.text.endsWith('y') ? 'b' : 'y'}`;
  const errors = [
    await failureOf(ben.client.request('codes/inspect', { text: damaged })),
    await failureOf(ben.client.request('codes/accept', { text: `${own.text} ${own.text}` })),
    await failureOf(ada.client.request('codes/accept', { text: own.text })),
    await failureOf(ben.client.request('parties/join', { name: closed.name.slice(0, -1) })),
    await failureOf(ben.client.request('invites/create', { partyId: closed.partyId })),
  ];
  await ada.client.request('parties/leave', { partyId: open.partyId });
  await ada.client.request('network/diagnose', {});
  const logs = [ada, ben].map((peer) => peer.log());
  const commands = process.platform === 'linux' ? [ada, ben].map(({ client }) => `/proc/${client.sidecarPid}/cmdline`) : [];
  const said = [...errors, ...logs, ...commands.map((file) => readFileSync(file, 'utf8'))].join('\n');
  assert(
    logs.every((log) => log.includes('DEBUG')),
    'all is logged that ever is',
  );
  const keys = [ada, ben].map(({ dataFolder }) => readFileSync(path.join(dataFolder, 'identity.key')));
  const secrets = [
    ...[open.name, closed.name.slice(0, 33), word, own.text, ...invites.map(({ code }) => code.text)].flatMap(tracesOf),
    ...keys.flatMap((key) => (['hex', 'base64'] as const).flatMap((form) => tracesOf(key.toString(form)))),
  ];
  for (const secret of secrets) assert(!said.includes(secret.replace(/^potluck-/, '')), `${secret} is told`);
});
