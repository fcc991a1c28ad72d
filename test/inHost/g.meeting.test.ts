// Parties, invites and codes, as other extensions could call them: hostile arguments do nothing, and nothing is accepted without a click.

import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { PartyInfo } from '../../src/protocol/model.ts';
import { api, eventually } from './world.ts';

const hostile: readonly unknown[] = [
  {},
  [],
  42,
  true,
  { inviteId: 'x' },
  { inviteId: '../../etc/passwd' },
  { partyId: {} },
  { toString: null },
];

async function parties(): Promise<string[]> {
  return (await api().request('parties/list', {})).map(({ partyId }) => partyId);
}

describe('meeting', () => {
  it('leaves everything as it is when it is called with nonsense', async () => {
    const before = await parties();
    for (const argument of hostile) await vscode.commands.executeCommand('potluck.invite.drop', argument);
    for (const argument of [...hostile, 'link', 'code']) await vscode.commands.executeCommand('potluck.code.copyShown', argument);
    assert.deepEqual(await parties(), before);
  });

  it('accepts no text that is not a code', async () => {
    const before = await parties();
    for (const text of [
      'nonsense',
      'potluck-',
      `potluck-${'y'.repeat(300)}`,
      'potluck:'.repeat(400),
      'vscode://potluck.potluck/code#',
    ])
      assert.equal(await vscode.commands.executeCommand('potluck.code.accept', text), undefined);
    assert.deepEqual(await parties(), before);
  });

  it('makes a closed party that its maker founded, and its invite works with the code alone', async () => {
    const party = await vscode.commands.executeCommand<PartyInfo>('potluck.party.createClosed');
    try {
      assert.equal(party.closed?.isFounder, true);
      const invite = await api().request('invites/create', { partyId: party.partyId, uses: 1 });
      const contents = await api().request('codes/inspect', { text: invite.code.uri });
      assert.equal(contents.kind, 'invite');
      assert.equal(contents.isOwn, true);
      // Our own code is refused, without a question.
      assert.equal(await vscode.commands.executeCommand('potluck.code.accept', invite.code.text), undefined);
      const revoked = await api().request('invites/revoke', { inviteId: invite.inviteId });
      assert.deepEqual(revoked.code, { text: '', uri: '' });
    } finally {
      await api().request('parties/leave', { partyId: party.partyId });
    }
    await eventually('the party to be gone', async () => ((await parties()).includes(party.partyId) ? undefined : true));
  });

  it('calls a party by its label, and gives a secret name away in none', async () => {
    const { partyId, name } = await vscode.commands.executeCommand<PartyInfo>('potluck.party.create');
    const label = async (): Promise<string | undefined> =>
      (await api().request('parties/list', {})).find((party) => party.partyId === partyId)?.label;
    try {
      await api().request('parties/setLabel', { partyId, label: ' Photos\u202e of the trip\n' });
      assert.equal(await label(), 'Photos of the trip');
      await assert.rejects(async () => api().request('parties/setLabel', { partyId, label: `Party ${name}` }));
      const { code } = await api().request('invites/create', { partyId });
      assert.equal((await api().request('codes/inspect', { text: code.text })).partyLabel, 'Photos of the trip');
      assert.equal(await label(), 'Photos of the trip');
    } finally {
      await api().request('parties/leave', { partyId });
    }
  });

  it('shows our own code on a page, from which it can be copied', async () => {
    await vscode.commands.executeCommand('potluck.code.mine');
    const tab = (): vscode.Tab | undefined =>
      vscode.window.tabGroups.all
        .flatMap(({ tabs }) => tabs)
        .find(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith('potluck.code'));
    const shown = await eventually('the page', () => Promise.resolve(tab()));
    await vscode.commands.executeCommand('potluck.code.copyShown', 'code');
    const { kind } = await api().request('codes/inspect', { text: await vscode.env.clipboard.readText() });
    assert.equal(kind, 'contact');
    await vscode.commands.executeCommand('potluck.code.copyShown', 'link');
    assert.match(
      await vscode.env.clipboard.readText(),
      new RegExp(`^${vscode.env.uriScheme}://potluck\\.potluck/code#[a-z0-9]+$`),
    );
    await vscode.window.tabGroups.close(shown);
    await vscode.env.clipboard.writeText('before');
    await vscode.commands.executeCommand('potluck.code.copyShown', 'code');
    assert.equal(await vscode.env.clipboard.readText(), 'before');
  });
});
