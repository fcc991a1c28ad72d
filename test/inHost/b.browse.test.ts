import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import * as vscode from 'vscode';
import { api, eventually, failureCode, table, tableUri, testEnv, treePath } from './world.ts';

const hiddenNames = new Set(['.vscode', '.git', '.devcontainer']);

/** Compares a folder of the peer with the disk, all the way down; answers how many entries were compared. */
async function compare(uri: vscode.Uri, onDisk: string): Promise<number> {
  const listed = (await vscode.workspace.fs.readDirectory(uri)).sort(([a], [b]) => (a < b ? -1 : 1));
  const expected = readdirSync(onDisk, { withFileTypes: true })
    .filter(({ name }) => !hiddenNames.has(name))
    .map((entry): [string, vscode.FileType] => [
      entry.name,
      entry.isDirectory() ? vscode.FileType.Directory : vscode.FileType.File,
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  assert.deepEqual(listed, expected, uri.path);
  let count = listed.length;
  for (const [name, type] of listed) {
    const child = vscode.Uri.joinPath(uri, name);
    const disk = `${onDisk}/${name}`;
    const stat = await vscode.workspace.fs.stat(child);
    assert.equal(stat.type, type, child.path);
    assert.equal(stat.permissions, vscode.FilePermission.Readonly);
    if (type === vscode.FileType.Directory) count += await compare(child, disk);
    else {
      assert.equal(stat.size, statSync(disk).size, child.path);
      assert.ok(Math.abs(stat.mtime - statSync(disk).mtimeMs) < 1000, child.path);
      const bytes = await vscode.workspace.fs.readFile(child);
      assert.ok(readFileSync(disk).equals(bytes), `${child.path} differs`);
    }
  }
  return count;
}

describe('a peer of the party', () => {
  it('is met after joining', async () => {
    await api().request('parties/join', { name: testEnv('POTLUCK_TEST_PARTY') });
    assert.equal(api().sidecarState, 'running');
    const peer = await eventually('meeting a peer', async () => {
      const peers = await api().request('peers/list', {});
      return peers.find(({ isOnline, isStranger }) => isOnline && !isStranger);
    });
    assert.equal((await table()).peerId, peer.peerId);
  });

  it('shows the tree that it has on its disk, every byte of it', async () => {
    const count = await compare(await tableUri(), treePath());
    assert.ok(count >= 10, `only ${count} entries`);
  });

  it('opens as a read-only document', async () => {
    const uri = await tableUri('README.md');
    const document = await vscode.workspace.openTextDocument(uri);
    assert.equal(document.getText(), readFileSync(treePath('README.md'), 'utf8'));
    const edit = new vscode.WorkspaceEdit();
    edit.insert(uri, new vscode.Position(0, 0), 'x');
    await vscode.workspace.applyEdit(edit);
    assert.equal(await document.save(), false);
  });

  it('opens by the command that the tree uses', async () => {
    const uri = await tableUri('recipes', 'bread.md');
    await vscode.commands.executeCommand('potluck.entry.open', uri);
    assert.equal(vscode.window.activeTextEditor?.document.uri.toString(), uri.toString());
  });

  it('takes no write', async () => {
    const folder = await tableUri();
    const { fs } = vscode.workspace;
    const made = vscode.Uri.joinPath(folder, 'new.txt');
    const readme = vscode.Uri.joinPath(folder, 'README.md');
    assert.equal(await failureCode(fs.writeFile(made, Buffer.from('x'))), 'NoPermissions');
    assert.equal(await failureCode(fs.writeFile(readme, Buffer.from('x'))), 'NoPermissions');
    assert.equal(await failureCode(fs.delete(readme)), 'NoPermissions');
    assert.equal(await failureCode(fs.rename(readme, made)), 'NoPermissions');
    assert.equal(await failureCode(fs.createDirectory(vscode.Uri.joinPath(folder, 'd'))), 'NoPermissions');
  });

  it('answers what is not there, or not of that kind, with the right error', async () => {
    const { fs } = vscode.workspace;
    assert.equal(await failureCode(fs.stat(await tableUri('nothing'))), 'FileNotFound');
    assert.equal(await failureCode(fs.readFile(await tableUri('nothing', 'deeper'))), 'FileNotFound');
    assert.equal(await failureCode(fs.readFile(await tableUri('recipes'))), 'FileIsADirectory');
    assert.equal(await failureCode(fs.readDirectory(await tableUri('README.md'))), 'FileNotADirectory');
    assert.equal(await failureCode(fs.stat(vscode.Uri.parse('potluck://nobody/none/x'))), 'FileNotFound');
  });

  it('answers a storm of probes from memory', async () => {
    const root = await tableUri();
    const names = ['.git', 'package.json', 'tsconfig.json', '.vscode/settings.json', 'node_modules'];
    const folders = ['', 'recipes', 'recipes/soup', 'code', 'data'];
    const probe = async (of: vscode.Uri): Promise<void> => {
      for (const folder of folders) {
        for (const name of names) {
          assert.equal(await failureCode(vscode.workspace.fs.stat(vscode.Uri.joinPath(of, folder, name))), 'FileNotFound');
        }
      }
    };
    const measure = async (of: vscode.Uri): Promise<number> => {
      await probe(of);
      const startedMs = performance.now();
      for (let round = 0; round < 10; round++) await probe(of);
      return (performance.now() - startedMs) / (10 * names.length * folders.length);
    };
    // VS Code's own way there and back is most of it: a folder of this disk goes the same way, on the same busy machine.
    const ownMs = await measure(vscode.Uri.file(treePath('data')));
    const eachMs = await measure(root);
    assert.ok(eachMs < Math.max(5, 3 * ownMs), `${eachMs.toFixed(2)} ms a probe, ${ownMs.toFixed(2)} ms on this disk`);
  });
});

describe('configuration of a peer', () => {
  it('is hidden from VS Code, by listing and by name', async () => {
    const { fs } = vscode.workspace;
    for (const folder of [await tableUri(), await tableUri('code')]) {
      const names = (await fs.readDirectory(folder)).map(([name]) => name);
      assert.ok(!names.includes('.vscode'));
      assert.equal(await failureCode(fs.stat(vscode.Uri.joinPath(folder, '.vscode'))), 'FileNotFound');
    }
    assert.equal(await failureCode(fs.readFile(await tableUri('.vscode', 'settings.json'))), 'FileNotFound');
    assert.equal(await failureCode(fs.readFile(await tableUri('code', '.vscode', 'tasks.json'))), 'FileNotFound');
  });

  it('opens from our own tree, where a person chose it', async () => {
    const { peerId, shareId } = await table();
    await vscode.commands.executeCommand('potluck.entry.open', { peerId, shareId, path: '.vscode/settings.json' });
    const document = vscode.window.activeTextEditor?.document;
    assert.equal(document?.getText(), readFileSync(treePath('.vscode', 'settings.json'), 'utf8'));
  });
});
