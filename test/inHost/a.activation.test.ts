// Runs first (mocha loads by name): nothing may have used the sidecar yet.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import { api, dataFolder, extension, socket } from './world.ts';

interface Manifest {
  contributes: { commands: { command: string }[] };
}

describe('activation', () => {
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
