// The catalog inside the host: names are found, a peer's changes reach listings and open documents, watched searches tell news, and reveal
// goes all the way down. The screen is looked at by test/e2e.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';
import type { WatchedSearch } from '../../src/protocol/model.ts';
import { api, eventually, table, tableUri, treePath } from './world.ts';

/** The event's next firing for which `accepts` holds; fails past the deadline. */
function next<T>(what: string, event: vscode.Event<T>, accepts: (value: T) => boolean, timeoutMs = 30_000): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      subscription.dispose();
      reject(new Error(`${what} did not happen within ${timeoutMs} ms`));
    }, timeoutMs);
    const subscription = event((value) => {
      if (!accepts(value)) return;
      clearTimeout(timer);
      subscription.dispose();
      resolve(value);
    });
  });
}

describe('searching', () => {
  it('finds names of the peer, with where they matched', async () => {
    const hit = await eventually('a hit', async () => {
      const { hits } = await api().request('search/query', { query: 'soup lentils' });
      return hits.find(({ entry }) => entry.path === 'recipes/soup/lentils.md');
    });
    assert.equal(hit.shareTitle, 'Table');
    assert.deepEqual(hit.matches, [
      [8, 12],
      [13, 20],
    ]);
  });

  it('opens and closes without a trace', async () => {
    await vscode.commands.executeCommand('potluck.search.find', 'soup');
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    // What keys run while Find Files is open does nothing when it is closed.
    for (const verb of ['download', 'reveal', 'copyLink']) await vscode.commands.executeCommand(`potluck.search.${verb}`);
    assert.deepEqual(await api().request('downloads/list', {}), []);
  });

  it('has results that stay until they are cleared', async () => {
    await vscode.commands.executeCommand('potluck.search.showAll', 'ext:md');
    for (const verb of ['group', 'flatten', 'refresh', 'more', 'clear', 'refresh']) {
      await vscode.commands.executeCommand(`potluck.results.${verb}`);
    }
  });
});

describe('a change on the peer’s disk', () => {
  it('reaches listings', async () => {
    const folder = await tableUri('fresh');
    mkdirSync(treePath('fresh', 'inner'), { recursive: true });
    writeFileSync(treePath('fresh', 'inner', 'one.txt'), 'one\n');
    await eventually('the new file', async () => {
      const listed = await vscode.workspace.fs.readDirectory(vscode.Uri.joinPath(folder, 'inner'));
      return listed.find(([name]) => name === 'one.txt');
    });
    rmSync(treePath('fresh'), { recursive: true });
    await eventually('the folder to be gone', async () => {
      const listed = await vscode.workspace.fs.readDirectory(await tableUri());
      return listed.some(([name]) => name === 'fresh') ? undefined : true;
    });
  });

  it('reaches an open document', async () => {
    writeFileSync(treePath('recipes', 'salad.md'), '# Salad\n');
    const uri = await tableUri('recipes', 'salad.md');
    await eventually('the new file', async () => vscode.workspace.fs.stat(uri));
    const document = await vscode.workspace.openTextDocument(uri);
    assert.equal(document.getText(), '# Salad\n');
    const changed = next(
      'the change of the document',
      vscode.workspace.onDidChangeTextDocument,
      ({ document: { uri: of } }) => of.toString() === uri.toString(),
    );
    writeFileSync(treePath('recipes', 'salad.md'), '# Salad\n\nOil and vinegar.\n');
    await changed;
    assert.match(document.getText(), /Oil and vinegar/);
  });
});

describe('a watched search', () => {
  it('tells of what is new, until it was looked at', async () => {
    const watch = await vscode.commands.executeCommand<WatchedSearch>('potluck.watch.add', 'trifle');
    assert.equal(watch.query, 'trifle');
    assert.equal(watch.newCount, 0);
    const again = await vscode.commands.executeCommand<WatchedSearch>('potluck.watch.add', ' trifle ');
    assert.equal(again.watchId, watch.watchId);
    const news = new Promise<void>((resolve) => {
      const subscription = api().on('watches/changed', ({ watchId, hasNews }) => {
        if (watchId !== watch.watchId || !hasNews) return;
        subscription.dispose();
        resolve();
      });
    });
    writeFileSync(treePath('recipes', 'trifle.md'), '# Trifle\n');
    await news;
    const find = async (): Promise<WatchedSearch | undefined> =>
      (await api().request('watches/list', {})).find(({ watchId }) => watchId === watch.watchId);
    const found = await find();
    assert.equal(found?.newCount, 1);
    assert.equal(found.newHits[0]?.entry.path, 'recipes/trifle.md');
    await vscode.commands.executeCommand('potluck.watch.show', watch);
    assert.equal((await find())?.newCount, 0);
    await vscode.commands.executeCommand('potluck.watch.remove', watch);
    assert.equal(await find(), undefined);
  });
});

describe('reveal', () => {
  it('goes down to the entry, and says so when there is none', async () => {
    const { peerId, shareId } = await table();
    const reveal = (path: string): Thenable<unknown> =>
      vscode.commands.executeCommand('potluck.entry.reveal', { peerId, shareId, path });
    assert.equal(await reveal('recipes/soup/lentils.md'), true);
    assert.equal(await reveal('recipes/soup'), true);
    assert.equal(await reveal(''), true);
    assert.equal(await reveal('recipes/nothing'), undefined);
  });
});
