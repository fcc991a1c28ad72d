// potluck.download.* and potluck.downloads.*: the queue.

import * as vscode from 'vscode';
import type { DownloadInfo } from '../../protocol/model.ts';
import { invalidArgument } from '../failures.ts';
import type { CommandTable, Services } from '../services.ts';
import { updateSetting } from '../settings.ts';
import { t } from '../text.ts';
import { pickDownload } from './picks.ts';
import { revealLocal } from './shareCommands.ts';
import { downloadIdOf, selectionOf } from './targets.ts';

const isOver = ({ state }: DownloadInfo): boolean => state !== 'queued' && state !== 'running';
const isActive = (download: DownloadInfo): boolean => !isOver(download);
const canRetry = ({ state, failedFiles }: DownloadInfo): boolean =>
  state === 'failed' || state === 'cancelled' || (state === 'done' && failedFiles.length > 0);

export function downloadCommands(services: Services): CommandTable {
  const { sidecar, world } = services;

  async function downloadsOf(
    clicked: unknown,
    all: unknown,
    title: string,
    accepts: (download: DownloadInfo) => boolean,
  ): Promise<DownloadInfo[]> {
    await world.load();
    const ids = selectionOf(clicked, all, downloadIdOf);
    const known = ids.flatMap((downloadId) => world.download(downloadId) ?? []);
    if (known.length > 0) return known.filter(accepts);
    if (clicked !== undefined && clicked !== null) throw invalidArgument(t('a download of the list'));
    const picked = await pickDownload(services, title, accepts);
    return picked === undefined ? [] : [picked];
  }

  return {
    'download.cancel': async (clicked: unknown, all: unknown) => {
      for (const { downloadId } of await downloadsOf(clicked, all, t('Cancel Which Download?'), isActive)) {
        await sidecar.request('downloads/cancel', { downloadId });
      }
    },

    'download.retry': async (clicked: unknown, all: unknown) => {
      for (const { downloadId } of await downloadsOf(clicked, all, t('Retry Which Download?'), canRetry)) {
        await sidecar.request('downloads/retry', { downloadId });
      }
    },

    'download.clear': async (clicked: unknown, all: unknown) => {
      for (const { downloadId } of await downloadsOf(clicked, all, t('Remove Which Download from the List?'), isOver)) {
        await sidecar.request('downloads/clear', { downloadId });
      }
      await world.reload();
    },

    'download.clearFinished': async () => {
      await sidecar.request('downloads/clear', {});
      await world.reload();
    },

    'download.reveal': async (given: unknown) => {
      const [download] = await downloadsOf(given, undefined, t('Show Which Download?'), () => true);
      if (download !== undefined) await revealLocal(download.destination);
    },

    /** Opens the downloaded copy in the editor: never runs it, never hands it to another program. */
    'download.open': async (given: unknown) => {
      const done = ({ state, kind }: DownloadInfo): boolean => state === 'done' && kind === 'file';
      const [download] = await downloadsOf(given, undefined, t('Open Which Download?'), done);
      if (download !== undefined) await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(download.destination));
    },

    'downloads.chooseFolder': async () => {
      const { downloadFolder } = await sidecar.request('settings/get', {});
      const picked = await vscode.window.showOpenDialog({
        title: t('Where Downloads Go'),
        openLabel: t('Use This Folder'),
        canSelectFolders: true,
        canSelectFiles: false,
        defaultUri: vscode.Uri.file(downloadFolder),
      });
      const folder = picked?.find((uri) => uri.scheme === 'file')?.fsPath;
      if (folder === undefined || !(await isFineInside(folder))) return;
      await updateSetting('downloads.folder', folder);
      await sidecar.request('settings/set', { downloadFolder: folder });
    },
  };
}

/** Files of peers inside a trusted workspace would be trusted with it: ask. */
async function isFineInside(folder: string): Promise<boolean> {
  const inside = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(folder));
  if (inside === undefined || !vscode.workspace.isTrusted) return true;
  const action = t('Use It Anyway');
  const detail = t(
    'VS Code trusts everything in {0}, so it would trust what peers send as well: tasks, settings, scripts.',
    inside.name,
  );
  const taken = await vscode.window.showWarningMessage(
    t('This folder is part of a trusted workspace.'),
    { modal: true, detail },
    action,
  );
  return taken === action;
}
