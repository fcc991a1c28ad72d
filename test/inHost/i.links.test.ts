// Links and offers by commands: whatever other extensions hand over, and without a click, nothing is downloaded, sent or taken; a link file opened with
// its editor changes nothing; texts have their links.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { formatEntryLink } from '../../src/protocol/entryLinks.ts';
import { createHash } from 'node:crypto';
import type { ContentId } from '../../src/protocol/ids.ts';
import { api, dismissed, eventually, table, tableUri, treePath, unanswered } from './world.ts';

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

  it('refuse what is too large to be dragged into the Explorer by its size, and give no byte of it', async () => {
    const settings = vscode.workspace.getConfiguration('potluck');
    await settings.update('open.maxSizeMiB', 1, vscode.ConfigurationTarget.Global);
    try {
      const copied = Promise.resolve(vscode.workspace.fs.copy(await tableUri('data', 'numbers.bin'), at('numbers.bin')));
      await assert.rejects(copied, /numbers\.bin.*3 MB.*Download it instead/);
      // VS Code makes the file before it reads, and leaves it there.
      const bytes = existsSync(at('numbers.bin').fsPath) ? readFileSync(at('numbers.bin').fsPath).byteLength : 0;
      assert.equal(bytes, 0);
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

  it('are found in cells of notebooks, too', async () => {
    const { peerId, shareId } = await table();
    const link = formatEntryLink({ entry: { peerId, shareId, path: 'recipes/bread.md' } });
    const cell = { cell_type: 'code', execution_count: null, metadata: {}, outputs: [], source: [`# See ${link}`] };
    writeFileSync(at('see.ipynb').fsPath, JSON.stringify({ cells: [cell], metadata: {}, nbformat: 4, nbformat_minor: 5 }));
    const notebook = await vscode.workspace.openNotebookDocument(at('see.ipynb'));
    await vscode.window.showNotebookDocument(notebook);
    const { uri } = notebook.cellAt(0).document;
    assert.equal(uri.scheme, 'vscode-notebook-cell');
    // The text of a cell is there once it is drawn.
    await eventually('the link in the cell', async () => {
      const links = await vscode.commands.executeCommand<vscode.DocumentLink[]>('vscode.executeLinkProvider', uri, 10);
      return links.find(({ target }) => target?.scheme === 'command');
    });
  });

  it('are compared with what is there, though nobody told what that is, before their lines are shown', async () => {
    const { peerId, shareId } = await table();
    const content = 'one\ntwo\nthree\n';
    writeFileSync(treePath('recipes', 'pinned.md'), content);
    const entry = { peerId, shareId, path: 'recipes/pinned.md' };
    await eventually('the new file in the list', () => api().request('catalog/stat', { entry }));
    assert.equal((await api().request('catalog/details', { entry })).contentId, undefined);
    const lines = { start: { line: 2 } };
    const isOpen = (): boolean => vscode.window.activeTextEditor?.document.uri.path.endsWith('/pinned.md') === true;
    const other = formatEntryLink({ entry, lines, contentId: 'ab'.repeat(32) as ContentId });
    await unanswered('link.open', run('link.open', other));
    assert.ok(!isOpen(), 'lines of another content were shown without a word');
    // A file of one block has the hash of its bytes for an id (BEP 52).
    const contentId = createHash('sha256').update(content).digest('hex') as ContentId;
    await run('link.open', formatEntryLink({ entry, lines, contentId }));
    await eventually('its lines in front', () => Promise.resolve(isOpen() || undefined));
    assert.equal(vscode.window.activeTextEditor?.selection.start.line, 1);
  });

  it('have the selected lines when the editor in front is meant, and not when its file is', async () => {
    const copied = (): Thenable<string> => vscode.env.clipboard.readText();
    const uri = await tableUri('recipes', 'bread.md');
    const editor = await vscode.window.showTextDocument(uri, { selection: new vscode.Range(0, 0, 2, 3) });
    await run('link.copySelection', uri);
    assert.match(await copied(), /^potluck:.*bread\.md#L1-L3(&id=[0-9a-f]{64})?$/);
    await run('link.copySelectionDeep', uri);
    assert.match(decodeURIComponent(await copied()), /:\/\/potluck\.potluck\/entry#potluck:.*bread\.md#L1-L3/);
    await run('link.copy', uri);
    assert.match(await copied(), /^potluck:.*bread\.md$/);
    await run('link.copy');
    assert.match(await copied(), /bread\.md#L1-L3/);
    await run('link.copySelection', await tableUri('README.md'));
    assert.match(await copied(), /^potluck:.*README\.md$/);
    assert.equal(editor.document.uri.toString(), vscode.window.activeTextEditor?.document.uri.toString());
    // Of a file outside every share: said so, nothing is copied and nothing else is asked for.
    writeFileSync(at('alone.txt').fsPath, 'mine\n');
    await vscode.window.showTextDocument(at('alone.txt'), { selection: new vscode.Range(0, 0, 0, 2) });
    await run('link.copySelection', at('alone.txt'));
    assert.match(await copied(), /README\.md$/);
  });

  it('and pages lead to own shares and files as well', async () => {
    const mine = mkdtempSync(path.join(folder, 'mine-'));
    writeFileSync(path.join(mine, 'own.txt'), 'one\ntwo\n');
    const { shareId } = await api().request('shares/add', { path: mine, title: 'Own things' });
    const isShown = (title: string) =>
      eventually(`the page of ${title}`, async () => {
        const { label, input } = vscode.window.tabGroups.activeTabGroup.activeTab ?? {};
        return (label === title && input instanceof vscode.TabInputWebview) || undefined;
      });
    const entry = { peerId: (await api().request('sidecar/status', {})).peerId, shareId, path: 'own.txt' };
    try {
      await eventually('the own file in the list', () => api().request('catalog/stat', { entry }));
      await run('entry.showPage', { kind: 'ownShare', share: { shareId } });
      await isShown('Own things');
      const own = vscode.Uri.file(path.join(mine, 'own.txt'));
      await run('entry.showPage', own);
      await isShown('own.txt');
      await vscode.window.showTextDocument(own, { selection: new vscode.Range(1, 0, 1, 2) });
      await run('link.copySelection', own);
      assert.match(await vscode.env.clipboard.readText(), /^potluck:.*own\.txt#L2/);
    } finally {
      await api().request('shares/remove', { shareId });
    }
  });

  it('in a file that is broken are checked by its schema as text', async () => {
    writeFileSync(at('odd.p2p').fsPath, '{ "format": "potluck-link", "version": "one" }\n');
    await vscode.commands.executeCommand('vscode.openWith', at('odd.p2p'), 'default');
    const said = await eventually('what the schema says', async () => {
      const found = vscode.languages.getDiagnostics(at('odd.p2p'));
      return found.length > 0 ? found : undefined;
    });
    assert.ok(said.length > 0);
  });
});
