// Access and network by commands and settings: whatever other extensions hand over, and without a click, nobody is let in, blocked or shown more.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ShareInfo } from '../../src/protocol/model.ts';
import { api, dismissed, eventually, table } from './world.ts';

const run = (command: string, ...args: unknown[]): Thenable<unknown> =>
  vscode.commands.executeCommand(`potluck.${command}`, ...args);

describe('commands of access', () => {
  let share: ShareInfo;
  const folder = mkdtempSync(path.join(tmpdir(), 'plk-access-'));

  before(async () => {
    writeFileSync(path.join(folder, 'note.txt'), 'x');
    share = await api().request('shares/add', { path: folder, title: 'Access' });
  });

  after(async () => {
    await api().request('shares/remove', { shareId: share.shareId });
    rmSync(folder, { recursive: true, force: true });
  });

  const state = async (): Promise<unknown> => ({
    shares: (await api().request('shares/list', {})).map(({ shareId, audience }) => ({ shareId, audience })),
    peers: (await api().request('peers/list', {})).map(({ peerId, isBlocked, isAddedByKey }) => ({
      peerId,
      isBlocked,
      isAddedByKey,
    })),
    requests: await api().request('access/list', {}),
  });

  it('take nothing for an answer that no person gave, whatever they are called with', async () => {
    const before = await state();
    const nonsense = [
      42,
      'x',
      [],
      { peerId: '../..' },
      { peerId: 'y'.repeat(52) },
      { shareId: '../..' },
      { share: { shareId: 7 } },
    ];
    const commands = ['access.grant', 'access.deny', 'access.ask', 'peer.block', 'peer.unblock', 'share.audience'];
    for (const command of [...commands, 'network.unban'])
      for (const given of nonsense)
        assert.equal(await dismissed(command, run(command, given)), undefined, `${command} ${JSON.stringify(given)}`);
    assert.deepEqual(await state(), before);
  });

  it('ask before a peer is blocked', async () => {
    const { peerId } = await table();
    // A window under test refuses modal questions: what is not confirmed does not happen.
    await run('peer.block', { peerId });
    const peer = (await api().request('peers/list', {})).find((each) => each.peerId === peerId);
    assert.equal(peer?.isBlocked, false);
  });

  it('leave the audience of a share as it is when nothing is changed in the list', async () => {
    const shown = run('share.audience', { shareId: share.shareId });
    let isOver = false;
    void Promise.resolve(shown).finally(() => {
      isOver = true;
    });
    await eventually('the list to be taken', async () => {
      await vscode.commands.executeCommand('workbench.action.acceptSelectedQuickOpenItem');
      return isOver || undefined;
    });
    const after = (await api().request('shares/list', {})).find(({ shareId }) => shareId === share.shareId);
    assert.deepEqual(after?.audience, { everyone: true, partyIds: [], peerIds: [] });
  });
});

describe('the network', () => {
  it('has a read-only report of what works, which can be asked for again', async () => {
    for (let round = 0; round < 2; round++) {
      await run('network.diagnose');
      const document = vscode.window.activeTextEditor?.document;
      assert.equal(document?.uri.scheme, 'potluck-report');
      assert.match(document.getText(), /^What works of the network/);
      assert.match(document.getText(), /✓ .*bootstrap nodes/);
      assert.match(document.getText(), /Ada: /);
      // Round trips are measured anew meanwhile.
      const text = (): string => document.getText().replace(/\d+ ms/g, 'ms');
      const before = text();
      await vscode.commands.executeCommand('type', { text: 'x' });
      assert.equal(text(), before);
      assert.equal(document.isDirty, false);
    }
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
  });

  it('names settings that can be opened, by a link to nothing else', async () => {
    await run('network.diagnose');
    const uri = vscode.window.activeTextEditor?.document.uri;
    assert.ok(uri);
    const links = await vscode.commands.executeCommand<vscode.DocumentLink[]>('vscode.executeLinkProvider', uri);
    assert.ok(links.length > 0);
    for (const { target } of links)
      assert.match(
        decodeURIComponent(String(target)),
        /^command:workbench\.action\.openSettings\?\["potluck\.network\.[a-zA-Z]+"\]$/,
      );
    await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
  });

  it('follows its settings; one that the sidecar does not take keeps no other back', async () => {
    const settings = vscode.workspace.getConfiguration('potluck');
    const global = vscode.ConfigurationTarget.Global;
    try {
      await settings.update('network.relay', 'no key', global);
      await settings.update('network.gossip', false, global);
      await settings.update('network.useRelay', true, global);
      await eventually('the settings', async () => {
        const { gossip, useRelay, relay } = await api().request('settings/get', {});
        return (!gossip && useRelay && relay === '') || undefined;
      });
    } finally {
      for (const key of ['network.relay', 'network.gossip', 'network.useRelay']) await settings.update(key, undefined, global);
      await api().request('settings/set', { gossip: true, useRelay: false });
    }
  });
});
