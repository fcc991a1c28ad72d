import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { DownloadInfo } from '../../src/protocol/model.ts';
import { api, eventually, table, tableUri, treePath } from './world.ts';

function finished(downloadId: string): Promise<DownloadInfo> {
  return eventually('the end of the download', async () => {
    const downloads = await api().request('downloads/list', {});
    return downloads.find((download) => download.downloadId === downloadId && !['queued', 'running'].includes(download.state));
  });
}

describe('downloads', () => {
  let folder = '';
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'potluck-'));
    await api().request('settings/set', { downloadFolder: folder });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('of a file are the bytes of its owner', async () => {
    const uri = await tableUri('data', 'numbers.bin');
    const [added] = (await vscode.commands.executeCommand<DownloadInfo[]>('potluck.entry.download', uri)) ?? [];
    assert.ok(added);
    const done = await finished(added.downloadId);
    assert.equal(done.state, 'done', done.failure?.message);
    assert.ok(done.destination.startsWith(folder));
    assert.ok(readFileSync(done.destination).equals(readFileSync(treePath('data', 'numbers.bin'))));
  });

  it('of a folder keep its tree', async () => {
    const { peerId, shareId } = await table();
    const entry = { peerId, shareId, path: 'recipes' };
    const [added] = (await vscode.commands.executeCommand<DownloadInfo[]>('potluck.entry.downloadFolder', entry)) ?? [];
    assert.ok(added);
    const done = await finished(added.downloadId);
    assert.equal(done.state, 'done', done.failure?.message);
    const list = (at: string): string[] => readdirSync(at, { recursive: true }).map(String).sort();
    assert.deepEqual(list(done.destination), list(treePath('recipes')));
  });

  it('leave the list when they are cleared', async () => {
    await vscode.commands.executeCommand('potluck.download.clearFinished');
    assert.deepEqual(await api().request('downloads/list', {}), []);
  });
});

describe('commands', () => {
  it('called with nonsense change nothing and end', async () => {
    const before = await api().request('sidecar/status', {});
    for (const nonsense of [42, 'x', {}, { peerId: '../..' }, { scheme: 'potluck', authority: 'x', path: '/etc/passwd' }]) {
      for (const command of ['entry.open', 'entry.download', 'entry.downloadFolder', 'share.add']) {
        assert.equal(await vscode.commands.executeCommand(`potluck.${command}`, nonsense), undefined, command);
      }
    }
    const after = await api().request('sidecar/status', {});
    assert.equal(after.shareCount, before.shareCount);
    assert.equal(after.activeDownloads, before.activeDownloads);
  });
});

describe('a file above the size setting', () => {
  it('is refused with its size, and nothing of it is shown', async () => {
    const settings = vscode.workspace.getConfiguration('potluck');
    await settings.update('open.maxSizeMiB', 1, vscode.ConfigurationTarget.Global);
    try {
      const uri = await tableUri('data', 'numbers.bin');
      await assert.rejects(Promise.resolve(vscode.workspace.fs.readFile(uri)), /numbers\.bin.*3 MB/);
    } finally {
      await settings.update('open.maxSizeMiB', undefined, vscode.ConfigurationTarget.Global);
    }
  });
});
