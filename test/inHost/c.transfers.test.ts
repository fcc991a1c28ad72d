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

/** A download of the peer's folder that has not started. */
async function pausedDownload(path: string): Promise<DownloadInfo> {
  const { peerId, shareId } = await table();
  const added = await api().request('downloads/add', { entry: { peerId, shareId, path }, isPaused: true });
  assert.equal(added.state, 'paused');
  return added;
}

const run = (command: string, ...args: unknown[]): Thenable<unknown> =>
  vscode.commands.executeCommand(`potluck.${command}`, ...args);
const listed = async (downloadId: string): Promise<DownloadInfo | undefined> =>
  (await api().request('downloads/list', {})).find((download) => download.downloadId === downloadId);

describe('the queue', () => {
  let folder = '';
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'potluck-'));
    await api().request('settings/set', { downloadFolder: folder });
  });
  after(async () => {
    for (const { downloadId } of await api().request('downloads/list', {})) {
      await api().request('downloads/cancel', { downloadId });
    }
    await run('download.clearFinished');
    rmSync(folder, { recursive: true, force: true });
  });

  it('is ordered by commands, one or many at once', async () => {
    const [a, b, c] = [await pausedDownload('recipes'), await pausedDownload('code'), await pausedDownload('names')];
    const order = async (): Promise<string> => {
      const list = await api().request('downloads/list', {});
      return list.map(({ name }) => name).join();
    };
    assert.equal(await order(), 'recipes,code,names');
    await run('download.moveTop', c);
    assert.equal(await order(), 'names,recipes,code');
    await run('download.moveDown', c);
    assert.equal(await order(), 'recipes,names,code');
    await run('download.moveBottom', a, [a, c]);
    assert.equal(await order(), 'code,recipes,names');
    await run('download.moveUp', { downloadId: a.downloadId });
    assert.equal(await order(), 'recipes,code,names');
    await run('download.cancel', a, [a, b, c]);
    assert.equal((await listed(b.downloadId))?.state, 'cancelled');
  });

  it('goes on where it was told to, and ends', async () => {
    const { downloadId } = await pausedDownload('data');
    await run('download.resume', { downloadId });
    const done = await finished(downloadId);
    assert.equal(done.state, 'done', done.failure?.message);
    await run('download.copyPath', { downloadId });
    assert.equal(await vscode.env.clipboard.readText(), done.destination);
  });

  it('stands still as a whole', async () => {
    const { downloadId } = await pausedDownload('recipes');
    await run('download.pauseAll');
    assert.equal((await listed(downloadId))?.state, 'paused');
    await run('download.resumeAll');
    assert.equal((await finished(downloadId)).state, 'done');
  });

  it('takes an entry by command, and leaves where it goes to a person', async () => {
    const { peerId, shareId } = await table();
    const given = { peerId, shareId, path: 'README.md', folder: path.join(folder, 'elsewhere'), conflict: 'overwrite' };
    const added = await vscode.commands.executeCommand<DownloadInfo | undefined>('potluck.download.add', given);
    assert.ok(added);
    assert.equal(path.dirname(added.destination), folder);
    assert.equal(added.conflict, 'keep-both');
    assert.equal((await finished(added.downloadId)).state, 'done');
  });
});

describe('commands of transfers', () => {
  it('called with nonsense change nothing and end', async () => {
    const before = await api().request('downloads/list', {});
    const verbs = [
      'pause',
      'resume',
      'cancel',
      'retry',
      'priority',
      'moveTop',
      'moveUp',
      'moveDown',
      'moveBottom',
      'open',
      'reveal',
    ];
    const commands = [...verbs, 'copyPath', 'clear', 'add'].map((verb) => `download.${verb}`);
    for (const nonsense of [42, 'x', {}, [], { downloadId: '../..' }, { downloadId: 'y'.repeat(26) }, { peerId: 'x' }]) {
      for (const command of [...commands, 'upload.refuse', 'upload.allow', 'entry.downloadTo']) {
        assert.equal(await run(command, nonsense), undefined, `${command} ${JSON.stringify(nonsense)}`);
      }
    }
    assert.deepEqual(await api().request('downloads/list', {}), before);
    assert.deepEqual(await api().request('uploads/refused', {}), []);
  });

  it('put slow mode on and off', async () => {
    const isSlow = async (): Promise<boolean> => (await api().request('transfers/rates', {})).isSlow;
    assert.equal(await run('transfers.slow'), true);
    assert.equal(await isSlow(), true);
    assert.equal(await run('transfers.slow'), false);
    assert.equal(await isSlow(), false);
  });

  it('allow a peer again that was refused', async () => {
    const { peerId } = await table();
    await api().request('uploads/refuse', { peerId, reason: 'later' });
    await run('upload.allow', { peerId });
    assert.deepEqual(await api().request('uploads/refused', {}), []);
  });

  it('open the history, and close it', async () => {
    const shown = run('transfers.history');
    const { entries } = await api().request('transfers/history', { direction: 'download' });
    assert.ok(entries.some(({ path: of, outcome }) => of === 'data/numbers.bin' && outcome === 'done'));
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    // Had it not been open yet, it is closed by what is opened next.
    await vscode.commands.executeCommand('potluck.search.find');
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    await shown;
  });
});

describe('settings of transfers', () => {
  it('reach the sidecar, and one that it does not take keeps no other back', async () => {
    const settings = vscode.workspace.getConfiguration('potluck');
    const global = vscode.ConfigurationTarget.Global;
    try {
      await settings.update('uploads.slots', 3, global);
      await settings.update('transfers.uploadLimitKiB', 1, global); // less than the sidecar takes
      await settings.update('downloads.conflict', 'skip', global);
      await eventually('the settings', async () => {
        const { uploadSlots, conflict, uploadLimit } = await api().request('settings/get', {});
        return (uploadSlots === 3 && conflict === 'skip' && uploadLimit === 0) || undefined;
      });
    } finally {
      for (const key of ['uploads.slots', 'transfers.uploadLimitKiB', 'downloads.conflict'])
        await settings.update(key, undefined, global);
      await api().request('settings/set', { uploadSlots: 8, conflict: 'keep-both' });
    }
  });
});
