// Runs first (mocha loads by name): nothing may have used the sidecar yet.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import { writeLinkFile } from '../../src/protocol/linkFile.ts';
import type { ContentId, PeerId, ShareId } from '../../src/protocol/ids.ts';
import { api, dataFolder, extension, socket } from './world.ts';

interface Manifest {
  contributes: { commands: { command: string }[] };
}

/** Of a link that names a place and a party to look in. */
function linkText(): string {
  const entry = { peerId: 'y'.repeat(52) as PeerId, shareId: 'y'.repeat(26) as ShareId, path: 'far.bin' };
  const files = [{ path: 'far.bin', sizeBytes: 7, contentId: 'ab'.repeat(32) as ContentId }];
  return writeLinkFile({ title: 'far', kind: 'file', files, folders: [], hints: { entries: [entry], parties: ['friday'] } });
}

describe('activation', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'plk-waking-'));
  const link = vscode.Uri.file(path.join(folder, 'far.p2p'));

  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    rmSync(folder, { recursive: true, force: true });
  });

  it('waits for the first use: a link file, be it opened as text', async () => {
    assert.equal(extension().isActive, false);
    writeFileSync(link.fsPath, linkText());
    await vscode.commands.executeCommand('vscode.openWith', link, 'default');
    await isTrueSoon('the extension is active', () => extension().isActive);
    await isTrueSoon('the lens of the link file', async () => {
      const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>('vscode.executeCodeLensProvider', link, 10);
      return lenses.some(({ command }) => command?.title.startsWith('far: ') === true);
    });
  });

  it('opens a link file in its editor', async () => {
    await vscode.commands.executeCommand('vscode.openWith', link, 'potluck.link');
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    assert.ok(input instanceof vscode.TabInputCustom && input.viewType === 'potluck.link');
  });

  it('ends, and says how long it took (its bar is held by bench/start, on a machine that does nothing else)', async () => {
    await extension().activate();
    assert.equal(extension().isActive, true);
    assert.ok(api().activationMs > 0);
  });

  it('starts no sidecar and opens no socket', () => {
    assert.equal(api().sidecarState, 'idle');
    assert.equal(api().sidecarPid, undefined);
    assert.equal(existsSync(socket), false);
    assert.equal(existsSync(dataFolder), false);
  });

  it('registers every command of the manifest', async () => {
    const { contributes } = extension().packageJSON as Manifest;
    const registered = new Set(await vscode.commands.getCommands(true));
    const missing = contributes.commands.filter(({ command }) => !registered.has(command));
    assert.deepEqual(missing, []);
  });

  it('makes the file system known as read-only', () => {
    assert.equal(vscode.workspace.fs.isWritableFileSystem('potluck'), false);
  });
});

/** VS Code tells nobody that an extension was activated. */
async function isTrueSoon(what: string, ask: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await ask())) {
    assert.ok(Date.now() < deadline, `${what}: not within 20 s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
