// potluck.download.*: when a download runs. Pause, resume, priority, and its place in the queue.

import * as vscode from 'vscode';
import type { DownloadInfo, Priority } from '../../protocol/model.ts';
import type { ParamsOf } from '../../protocol/rpc.ts';
import { displayName } from '../displayText.ts';
import type { CommandTable, Services } from '../services.ts';
import { t } from '../text.ts';
import { priorityText } from '../views/downloadRow.ts';
import { isOver, orderedDownloads } from '../downloadList.ts';
import { downloadsOf } from './downloadPicks.ts';

const priorities: readonly Priority[] = ['high', 'normal', 'low'];
const isPaused = ({ state }: DownloadInfo): boolean => state === 'paused';
const isGoing = (download: DownloadInfo): boolean => !isOver(download) && !isPaused(download);
const isQueued = (download: DownloadInfo): boolean => !isOver(download);

export function queueCommands(services: Services): CommandTable {
  const { sidecar } = services;

  async function move(to: ParamsOf<'downloads/move'>['to'], args: readonly unknown[]): Promise<void> {
    const downloads = orderedDownloads(
      await downloadsOf(services, args, { title: t('Move Which Download?'), accepts: isQueued }),
    );
    // Several keep their order among each other: the one that goes first must not be overtaken by the next.
    if (to === 'top' || to === 'down') downloads.reverse();
    for (const { downloadId } of downloads) await sidecar.request('downloads/move', { downloadId, to });
  }

  return {
    'download.pause': async (...args: unknown[]) => {
      for (const { downloadId } of await downloadsOf(services, args, { title: t('Pause Which Download?'), accepts: isGoing })) {
        await sidecar.request('downloads/pause', { downloadId });
      }
    },

    'download.resume': async (...args: unknown[]) => {
      for (const { downloadId } of await downloadsOf(services, args, { title: t('Resume Which Download?'), accepts: isPaused })) {
        await sidecar.request('downloads/resume', { downloadId });
      }
    },

    'download.pauseAll': async () => {
      await sidecar.request('downloads/pause', {});
    },

    'download.resumeAll': async () => {
      await sidecar.request('downloads/resume', {});
    },

    'download.priority': async (...args: unknown[]) => {
      const downloads = await downloadsOf(services, args, { title: t('Set the Priority of Which Download?'), accepts: isQueued });
      const [first] = downloads;
      if (first === undefined) return;
      const items = priorities.map((priority) => ({
        label: priorityText(priority),
        description: downloads.every((download) => download.priority === priority) ? t('now') : '',
        priority,
      }));
      const title =
        downloads.length === 1 ? t('Priority of {0}', displayName(first.name)) : t('Priority of {0} Downloads', downloads.length);
      const chosen = await vscode.window.showQuickPick(items, {
        title,
        placeHolder: t('Those of a higher one run first; a running one of a lower one waits for them.'),
      });
      if (chosen === undefined) return;
      for (const { downloadId } of downloads) {
        await sidecar.request('downloads/prioritize', { downloadId, priority: chosen.priority });
      }
    },

    'download.moveTop': (...args: unknown[]) => move('top', args),

    'download.moveUp': (...args: unknown[]) => move('up', args),

    'download.moveDown': (...args: unknown[]) => move('down', args),

    'download.moveBottom': (...args: unknown[]) => move('bottom', args),
  };
}
