// What marks files and folders where VS Code lists them: what a mark looks like. Must not know `vscode`.

import type { DownloadInfo, DownloadMark, ShareMark } from '../../protocol/model.ts';
import { t } from '../text.ts';
import { dateText } from '../views/mergedModel.ts';
import { leftOutReason } from '../views/sharesModel.ts';

export interface Mark {
  /** At most two characters. */
  badge: string;
  tooltip: string;
  /** Theme colour of the name. */
  color?: string;
}

/** Of a path in or at an own share. What is offered bears no mark: that is most of it, and would be noise. */
export function shareMark(mark: ShareMark): Mark | undefined {
  switch (mark.state) {
    case 'none':
    case 'shared':
      return undefined;
    case 'root':
      return { badge: 'P', tooltip: t('Shared in Potluck') };
    case 'excluded':
      return {
        badge: '⊘',
        tooltip: t('Not shared in Potluck ({0})', leftOutReason(mark)),
        color: 'gitDecoration.ignoredResourceForeground',
      };
  }
}

/** Of what is still to come, here or at its owner. */
export function queuedMark(): Mark {
  return { badge: '↓', tooltip: t('In the download queue of Potluck') };
}

/** Of a folder that was downloaded, itself: what it says holds for that moment, for files in it come and change. Each of those says how it is now. */
export function folderMark({ state, failedFiles, skippedFiles, finishedAtMs }: DownloadInfo): Mark | undefined {
  // Files that could not be had, or were left as they were, are not verified copies.
  if (state !== 'done' || failedFiles.length > 0 || skippedFiles > 0 || finishedAtMs === undefined) return undefined;
  return { badge: '✓', tooltip: t('Downloaded and verified by Potluck: {0}', dateText(finishedAtMs)) };
}

/** Of a file that was downloaded, here or at its owner. */
export function heldMark({ state }: DownloadMark): Mark | undefined {
  switch (state) {
    case 'none':
      return undefined;
    case 'verified':
      return { badge: '✓', tooltip: t('Downloaded and verified by Potluck') };
    case 'stale':
      return { badge: '↻', tooltip: t('Downloaded; its owner has changed it since'), color: 'list.warningForeground' };
  }
}
