import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as vscode from 'vscode';
import { api, eventually, tableUri, treePath } from './world.ts';

describe('a sidecar that dies', () => {
  it('is started again, and work goes on', async () => {
    const uri = await tableUri('README.md');
    const pid = api().sidecarPid;
    assert.ok(pid);
    const lost = new Promise<void>((resolve) => {
      const subscription = api().onDidChangeSidecarState((state) => {
        if (state !== 'lost') return;
        subscription.dispose();
        resolve();
      });
    });
    process.kill(pid, 'SIGKILL');
    await lost;
    await eventually('another sidecar', async () => {
      const { pid: now } = await api().request('sidecar/status', {});
      return now === pid ? undefined : now;
    });
    assert.notEqual(api().sidecarPid, pid);
    // What was listed before is known without the peer, what was read before may come from the cache: ask for both.
    const names = (await vscode.workspace.fs.readDirectory(await tableUri())).map(([name]) => name);
    assert.ok(names.includes('README.md'));
    const bytes = await eventually('reading again', async () => vscode.workspace.fs.readFile(uri));
    assert.ok(readFileSync(treePath('README.md')).equals(bytes));
  });
});
