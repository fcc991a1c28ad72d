// What clients may say about codes and invites: each wrong parameter is named.

import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Call } from '../../../../src/sidecar/api/handlers.ts';
import { inviteHandlers } from '../../../../src/sidecar/api/invites.ts';
import { displayName } from '../../../../src/sidecar/peers/names.ts';
import { meetingLimits } from '../../../../src/sidecar/limits.ts';
import { peopleOf } from '../invites/world.ts';

const call: Call = {
  signal: new AbortController().signal,
  caller: { notify: () => undefined, subscribeToLog: () => undefined, gone: new AbortController().signal },
};
const week = 7 * 24 * 3_600_000;

function handlersOf(t: TestContext) {
  const { clock, person } = peopleOf(t);
  const ada = person();
  const { partyId } = ada.parties.create();
  const { codes, invites, pending } = ada;
  return { clock, partyId, handlers: inviteHandlers({ codes, invites, pending, safeLine: displayName }) };
}

test('an invite lasts a week, as long as it is told, or without end', async (t) => {
  const { clock, partyId, handlers } = handlersOf(t);
  const lasting = async (fields: object) => (await handlers['invites/create']({ partyId, ...fields }, call)).expiresAtMs;
  assert.equal(await lasting({}), clock.now + week);
  assert.equal(await lasting({ expiresInMs: 1000 }), clock.now + 1000);
  assert.equal(await lasting({ expiresInMs: 0 }), undefined);
});

test('a label becomes one safe line', async (t) => {
  const { partyId, handlers } = handlersOf(t);
  assert.equal((await handlers['invites/create']({ partyId, label: ' a\n\u202eb ' }, call)).label, 'a b');
});

test('wrong parameters are named', (t) => {
  const { partyId, handlers } = handlersOf(t);
  const wrong: [keyof typeof handlers, object, RegExp][] = [
    ['invites/create', { partyId: 'y' }, /partyId/],
    ['invites/create', { partyId, uses: 0 }, /uses/],
    ['invites/create', { partyId, uses: 1.5 }, /uses/],
    ['invites/create', { partyId, uses: meetingLimits.inviteUses + 1 }, /uses/],
    ['invites/create', { partyId, expiresInMs: -1 }, /expiresInMs/],
    ['invites/create', { partyId, expiresInMs: meetingLimits.codeMaxMs + 1 }, /expiresInMs/],
    ['invites/create', { partyId, label: 'l'.repeat(129) }, /label/],
    ['invites/revoke', { inviteId: '../x' }, /inviteId/],
    ['invites/drop', {}, /inviteId/],
    ['codes/own', { partyId: 7 }, /partyId/],
    ['codes/own', { expiresInMs: 'x' }, /expiresInMs/],
    ['codes/inspect', { text: 7 }, /text/],
    ['codes/inspect', { text: 'y'.repeat(3000) }, /code has at most/],
    ['codes/accept', { text: 'y'.repeat(20_000) }, /text/],
  ];
  for (const [method, fields, message] of wrong)
    assert.throws(
      () => handlers[method]({ ...fields }, call),
      (error: Error) => message.test(error.message),
      `${method} ${JSON.stringify(fields).slice(0, 60)}`,
    );
});
