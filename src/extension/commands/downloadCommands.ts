// potluck.download.* and potluck.downloads.*: what is done with a download of the list. When it runs is queueCommands.ts.

import * as vscode from 'vscode';
import type { DownloadInfo } from '../../protocol/model.ts';
import type { CommandTable, Services } from '../services.ts';
import { updateSetting } from '../settings.ts';
import { t } from '../text.ts';
import { isOver } from '../downloadList.ts';
import { isFineInside } from './downloadFolder.ts';
import { downloadsOf } from './downloadPicks.ts';
import { revealLocal } from './revealLocal.ts';

const isActive = (download: DownloadInfo): boolean => !isOver(download);
const canRetry = ({ state, failedFiles }: DownloadInfo): boolean =>
  state === 'failed' || state === 'cancelled' || state === 'waiting' || (state === 'done' && failedFiles.length > 0);
const isFile = ({ state, kind }: DownloadInfo): boolean => state === 'done' && kind === 'file';

export function downloadCommands(services: Services): CommandTable {
  const { sidecar } = services;
  return {
    'download.cancel': async (...args: unknown[]) => {
      for (const { downloadId } of await downloadsOf(services, args, { title: t('Cancel Which Download?'), accepts: isActive })) {
        await sidecar.request('downloads/cancel', { downloadId });
      }
    },

    /** One that waits is tried at once. */
    'download.retry': async (...args: unknown[]) => {
      for (const { downloadId } of await downloadsOf(services, args, { title: t('Retry Which Download?'), accepts: canRetry })) {
        await sidecar.request('downloads/retry', { downloadId });
      }
    },

    'download.clear': async (...args: unknown[]) => {
      const wanted = { title: t('Remove Which Download from the List?'), accepts: isOver };
      for (const { downloadId } of await downloadsOf(services, args, wanted)) {
        await sidecar.request('downloads/clear', { downloadId });
      }
    },

    'download.clearFinished': async () => {
      await sidecar.request('downloads/clear', {});
    },

    'download.reveal': async (given: unknown) => {
      const [download] = await downloadsOf(services, [given], { title: t('Show Which Download?'), accepts: () => true });
      if (download !== undefined) await revealLocal(download.destination);
    },

    'download.copyPath': async (...args: unknown[]) => {
      const wanted = { title: t('Copy the Path of Which Download?'), accepts: () => true };
      const paths = (await downloadsOf(services, args, wanted)).map(({ destination }) => destination);
      if (paths.length === 0) return;
      await vscode.env.clipboard.writeText(paths.join('\n'));
      vscode.window.setStatusBarMessage(t('Path copied.'), 3000);
    },

    /** Opens the downloaded copy in the editor: never runs it, never hands it to another program. */
    'download.open': async (given: unknown) => {
      const [download] = await downloadsOf(services, [given], { title: t('Open Which Download?'), accepts: isFile });
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
