// Runs first (mocha loads by name): nothing may have used the sidecar yet.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import * as vscode from 'vscode';
import { api, dataFolder, extension, socket } from './world.ts';

interface Manifest {
  contributes: { commands: { command: string }[] };
}

describe('activation', () => {
  it('takes at most 100 ms', async () => {
    const startedMs = performance.now();
    await extension().activate();
    const wholeMs = performance.now() - startedMs;
    assert.ok(api().activationMs <= 100, `activate() took ${api().activationMs.toFixed(1)} ms`);
    assert.ok(wholeMs <= 1000, `loading and activating took ${wholeMs.toFixed(1)} ms`);
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
