// Viewers by range and comparisons by commands: what opens with which editor, and that nothing comes of arguments that no person gave.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { EntryRef } from '../../src/protocol/model.ts';
import { answered, api, dismissed, eventually, table, tableUri, treePath } from './world.ts';

const run = (command: string, ...args: unknown[]): Thenable<unknown> =>
  vscode.commands.executeCommand(`potluck.${command}`, ...args);

const activeInput = (): unknown => vscode.window.tabGroups.activeTabGroup.activeTab?.input;

async function entryOf(name: string): Promise<EntryRef> {
  const { peerId, shareId } = await table();
  return { peerId, shareId, path: name };
}

describe('viewers and comparisons', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'plk-viewers-'));
  const at = (name: string): vscode.Uri => vscode.Uri.file(path.join(folder, name));
  const closeAll = (): Thenable<unknown> => vscode.commands.executeCommand('workbench.action.closeAllEditors');

  after(async () => {
    await closeAll();
    rmSync(folder, { recursive: true, force: true });
  });

  it('open a file by range with the viewer that suits it, and no other file with them', async () => {
    await closeAll();
    for (const [name, viewType] of [
      ['recipes/bread.md', 'potluck.viewer.text'],
      ['data/numbers.bin', 'potluck.viewer.hex'],
    ] as const) {
      await run('entry.openByRange', await entryOf(name));
      const input = activeInput();
      assert.ok(input instanceof vscode.TabInputCustom, name);
      assert.equal(input.viewType, viewType);
      assert.equal(input.uri.scheme, 'potluck');
    }
    // A click still opens a document.
    await vscode.commands.executeCommand('vscode.open', await tableUri('README.md'));
    assert.ok(activeInput() instanceof vscode.TabInputText);
  });

  it('compare what was selected, a file of mine with one of a peer', async () => {
    await closeAll();
    writeFileSync(at('bread.md').fsPath, '# Bread\n\nFlour.\n');
    await run('compare.select', at('bread.md'));
    await run('compare.withSelected', await entryOf('recipes/bread.md'));
    const input = await eventually('the comparison', async () => {
      const shown = activeInput();
      return shown instanceof vscode.TabInputTextDiff ? shown : undefined;
    });
    assert.equal(input.original.fsPath, at('bread.md').fsPath);
    assert.equal(input.modified.scheme, 'potluck');
    assert.equal(readFileSync(at('bread.md').fsPath, 'utf8'), '# Bread\n\nFlour.\n');
  });

  it("show a peer's configuration beside mine: hidden from VS Code, not from who asks for it", async () => {
    await closeAll();
    writeFileSync(at('settings.json').fsPath, '{}\n');
    await run('compare.select', at('settings.json'));
    await run('compare.withSelected', await entryOf('.vscode/settings.json'));
    const { modified } = await eventually('the comparison', async () => {
      const shown = activeInput();
      return shown instanceof vscode.TabInputTextDiff ? shown : undefined;
    });
    const bytes = await vscode.workspace.fs.readFile(modified);
    assert.equal(Buffer.from(bytes).toString(), readFileSync(treePath('.vscode', 'settings.json'), 'utf8'));
  });

  it("show changes against peers' copies in the gutter, of as many files as were asked for", async () => {
    await closeAll();
    for (const [name, text] of [
      ['one/twin.md', 'Rye.\n'],
      ['other/twin.md', 'Wheat.\n'],
      ['lone.md', 'Onions.\n'],
    ] as const) {
      mkdirSync(path.dirname(treePath('copies', name)), { recursive: true });
      writeFileSync(treePath('copies', name), text);
    }
    for (const [name, count] of [
      ['twin.md', 2],
      ['lone.md', 1],
    ] as const)
      await eventually(`${name} to be found`, async () => {
        const { hits } = await api().request('search/query', { query: `"${name}"`, limit: 10 });
        return hits.filter(({ isOwn }) => !isOwn).length === count ? hits : undefined;
      });
    /** Of the copies that VS Code reads: no tab shows them. */
    const until = (what: string, isSo: (texts: string[]) => boolean): Promise<unknown> =>
      eventually(what, () => {
        const shown = vscode.workspace.textDocuments.filter(
          ({ uri }) => uri.scheme === 'potluck' && uri.path.includes('/copies/'),
        );
        return Promise.resolve(isSo(shown.map((document) => document.getText())) ? true : undefined);
      });

    for (const [column, name] of ['twin.md', 'lone.md'].entries()) {
      writeFileSync(at(name).fsPath, 'Mine.\n');
      await vscode.window.showTextDocument(at(name), { viewColumn: column + 1, preview: false });
      // Of two copies one is chosen.
      await answered('compare.gutter', run('compare.gutter', at(name)));
    }
    const isTwin = (text: string): boolean => ['Rye.\n', 'Wheat.\n'].includes(text);
    await until('both copies to be read', (texts) => texts.length === 2 && texts.some(isTwin) && texts.includes('Onions.\n'));
    for (const name of ['twin.md', 'lone.md']) await run('compare.gutterOff', at(name));
    rmSync(treePath('copies'), { recursive: true });
  });

  it('open, fetch and change nothing, whatever their commands are called with', async () => {
    await closeAll();
    const state = async (): Promise<unknown> => ({
      downloads: (await api().request('downloads/list', {})).map(({ downloadId }) => downloadId),
      tabs: vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs.map(({ label }) => label)),
      peers: readFileSync(treePath('recipes', 'bread.md'), 'utf8'),
    });
    const before = await state();
    const { peerId, shareId } = await table();
    const nonsense = [
      ...[42, 'x', [], {}, { peerId: '../..', shareId, path: '' }],
      ...[
        { peerId, shareId, path: '../../etc/passwd' },
        { scheme: 'https', authority: 'example.org', path: '/' },
      ],
      ...[{ state: '__proto__' }, { item: { path: '../../../etc/passwd', state: 'only-left' } }, { item: 7 }],
    ];
    const commands = [
      ...['entry.openByRange', 'entry.showPage', 'compare.withMine', 'compare.select', 'compare.withSelected', 'compare.open'],
      ...['compare.more', 'compare.gutter', 'compare.gutterOff'],
    ];
    for (const command of commands)
      for (const given of nonsense) {
        const answer = await dismissed(command, run(command, given));
        assert.equal(answer, undefined, `${command} ${JSON.stringify(given)}`);
      }
    for (const command of ['compare.download', 'compare.again', 'compare.exact', 'compare.close'])
      await dismissed(command, run(command));
    assert.deepEqual(await state(), before);
  });
});
