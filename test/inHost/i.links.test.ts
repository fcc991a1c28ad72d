// Links and offers by commands: whatever other extensions hand over, and without a click, nothing is downloaded, sent or taken; a link file opened with
// its editor changes nothing; texts have their links.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { formatEntryLink } from '../../src/protocol/entryLinks.ts';
import { api, dismissed, eventually, table, tableUri, treePath } from './world.ts';

const run = (command: string, ...args: unknown[]): Thenable<unknown> =>
  vscode.commands.executeCommand(`potluck.${command}`, ...args);

describe('links and offers', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'plk-links-'));
  const at = (name: string): vscode.Uri => vscode.Uri.file(path.join(folder, name));

  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    rmSync(folder, { recursive: true, force: true });
  });

  const state = async (): Promise<unknown> => ({
    downloads: (await api().request('downloads/list', {})).map(({ downloadId }) => downloadId),
    outbox: await api().request('outbox/list', {}),
    inbox: await api().request('inbox/list', {}),
    dropBoxes: await api().request('dropBoxes/list', {}),
  });

  it('take nothing for an answer that no person gave, whatever their commands are called with', async () => {
    const before = await state();
    const nonsense = [42, 'x', [], { peerId: '../..' }, { offerId: 7 }, { scheme: 'file', authority: '', path: '/etc/passwd' }];
    const asking = [
      'inbox.accept',
      'inbox.decline',
      'inbox.always',
      'inbox.show',
      'inbox.clear',
      'outbox.withdraw',
      'outbox.clear',
      'dropbox.set',
      'dropbox.remove',
    ];
    const failing = ['link.open', 'link.copy', 'link.copyDeep', 'link.create', 'link.saveTorrent', 'link.copyMagnet'];
    for (const command of [...asking, ...failing])
      for (const given of nonsense) {
        const answer = await dismissed(command, run(command, given));
        assert.equal(answer, undefined, `${command} ${JSON.stringify(given)}`);
      }
    assert.deepEqual(await state(), before);
  });

  it('open a link file in its editor, and say what is wrong with a broken one, without a download', async () => {
    const before = await state();
    const { peerId, shareId } = await table();
    const entry = { peerId, shareId, path: 'recipes' };
    const { text } = await eventually('the link', () => api().request('links/create', { entry }));
    writeFileSync(at('good.p2p').fsPath, text);
    writeFileSync(at('broken.p2p').fsPath, text.replace('bread.md', '../bread.md'));
    for (const name of ['good.p2p', 'broken.p2p']) {
      await vscode.commands.executeCommand('vscode.open', at(name));
      const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
      assert.ok(input instanceof vscode.TabInputCustom, name);
      assert.equal(input.viewType, 'potluck.link');
    }
    const lenses = async (name: string): Promise<string[]> => {
      const found = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', at(name), 10);
      return found.flatMap(({ command }) => command?.title ?? []);
    };
    await vscode.workspace.openTextDocument(at('good.p2p'));
    await vscode.workspace.openTextDocument(at('broken.p2p'));
    // Tests before this one may have changed the peer's folder.
    assert.match((await lenses('good.p2p')).join('\n'), /^recipes: \d+ files/m);
    assert.match((await lenses('broken.p2p')).join('\n'), /line \d+/i);
    assert.deepEqual(await state(), before);
  });

  it('copy what is dragged into the Explorer whole, as the Explorer of the desktop does', async () => {
    await vscode.workspace.fs.copy(await tableUri('code', 'answer.ts'), at('answer.ts'));
    await vscode.workspace.fs.copy(await tableUri('recipes'), at('recipes'));
    assert.equal(readFileSync(at('answer.ts').fsPath, 'utf8'), readFileSync(treePath('code', 'answer.ts'), 'utf8'));
    const lentils = path.join('soup', 'lentils.md');
    assert.equal(
      readFileSync(path.join(at('recipes').fsPath, lentils), 'utf8'),
      readFileSync(treePath('recipes', lentils), 'utf8'),
    );
  });

  it('refuse what is too large to be dragged into the Explorer by its size, and leave nothing of it there', async () => {
    const settings = vscode.workspace.getConfiguration('potluck');
    await settings.update('open.maxSizeMiB', 1, vscode.ConfigurationTarget.Global);
    try {
      const copied = Promise.resolve(vscode.workspace.fs.copy(await tableUri('data', 'numbers.bin'), at('numbers.bin')));
      await assert.rejects(copied, /numbers\.bin.*3 MB.*Download it instead/);
      assert.ok(!existsSync(at('numbers.bin').fsPath));
    } finally {
      await settings.update('open.maxSizeMiB', undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it('find links in texts, tell of them, and open them at their lines', async () => {
    const { peerId, shareId } = await table();
    const link = formatEntryLink({ entry: { peerId, shareId, path: 'recipes/bread.md' }, lines: { start: { line: 3 } } });
    writeFileSync(at('see.md').fsPath, `(see ${link}).\n`);
    const document = await vscode.workspace.openTextDocument(at('see.md'));
    const links = await vscode.commands.executeCommand<vscode.DocumentLink[]>('vscode.executeLinkProvider', document.uri, 10);
    const found = links.find(({ target }) => target?.scheme === 'command');
    assert.equal(found && document.getText(found.range), link);
    const position = new vscode.Position(0, 20);
    const hovers = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', document.uri, position);
    const said = hovers
      .flatMap(({ contents }) => contents)
      .map((content) => (typeof content === 'string' ? content : content.value));
    assert.ok(
      said.some((text) => text.includes('bread.md') && text.includes('Ada')),
      said.join('\n'),
    );
    await run('link.open', link);
    const editor = await eventually('the editor', async () => vscode.window.activeTextEditor);
    assert.equal(editor.document.uri.scheme, 'potluck');
    assert.equal(editor.selection.start.line, 2);
  });
});
