// The question before a folder is shared: what would go on the table, and what is left out and why, secrets first. Rows of plain data; shown by
// shareCommands.ts. Must not know `vscode`.

import path from 'node:path';
import type { SharePreview } from '../../protocol/model.ts';
import { iconSafeName } from '../displayText.ts';
import { limits } from '../limits.ts';
import { formatBytes, formatCount, formatFiles, formatFolders, t } from '../text.ts';
import { skippedTotal, skipReasons, skipReasonText, skipText } from '../views/sharesModel.ts';

export interface PreviewRow {
  /** `heading` separates; only `share`, `audience`, `rename` and `cancel` do something. */
  kind: 'heading' | 'share' | 'audience' | 'rename' | 'cancel' | 'info';
  label: string;
  description?: string;
  detail?: string;
}

export function previewSummary(preview: SharePreview): string {
  return `${formatFiles(preview.fileCount)}, ${formatFolders(preview.folderCount)}, ${formatBytes(preview.totalBytes)}`;
}

/** How it would be shared: both can be changed before. `audience` in words. */
export interface PreviewChoice {
  title: string;
  audience: string;
}

/** Rows of the question, in reading order. `homeFolder` and the disk's root get a warning: more lies there than one thinks. */
export function previewRows(preview: SharePreview, { title, audience }: PreviewChoice, homeFolder: string): PreviewRow[] {
  const rows: PreviewRow[] = [];
  const isWide = preview.path === homeFolder || homeFolder.startsWith(withSeparator(preview.path));
  if (isWide) {
    rows.push({
      kind: 'info',
      label: `$(warning) ${t('This folder holds your whole home folder')}`,
      description: t('Better share a folder inside it.'),
    });
  }
  rows.push(
    {
      kind: 'share',
      label: `$(check) ${t('Share "{0}"', iconSafeName(title))}`,
      description: previewSummary(preview),
      detail: iconSafeName(preview.path),
    },
    { kind: 'audience', label: `$(organization) ${t('Who May See It…')}`, description: iconSafeName(audience) },
    { kind: 'rename', label: `$(edit) ${t('Change the Title…')}` },
    { kind: 'cancel', label: `$(close) ${t('Cancel')}` },
  );
  const skipped = skippedTotal(preview.skippedCounts);
  if (skipped > 0) {
    rows.push({ kind: 'heading', label: t('Left out: {0}', formatCount(skipped)) });
    for (const reason of skipReasons) {
      const count = preview.skippedCounts[reason] ?? 0;
      if (count > 0)
        rows.push({ kind: 'info', label: `$(${reason === 'secret' ? 'shield' : 'circle-slash'}) ${skipText(reason, count)}` });
    }
    for (const { path: name, reason } of preview.skipped.slice(0, limits.previewRows)) {
      rows.push({ kind: 'info', label: `$(dash) ${iconSafeName(name)}`, description: skipReasonText(reason) });
    }
    const unnamed = skipped - Math.min(preview.skipped.length, limits.previewRows);
    if (unnamed > 0) rows.push({ kind: 'info', label: t('… {0} more', formatCount(unnamed)) });
  }
  rows.push({ kind: 'heading', label: t('Would be shared, first level') });
  if (preview.topLevel.length === 0)
    rows.push({ kind: 'info', label: t('Nothing: the folder is empty, or all of it is left out.') });
  for (const { name, kind, sizeBytes } of preview.topLevel.slice(0, limits.previewRows)) {
    const row: PreviewRow = { kind: 'info', label: `$(${kind === 'folder' ? 'folder' : 'file'}) ${iconSafeName(name)}` };
    if (kind === 'file') row.description = formatBytes(sizeBytes);
    rows.push(row);
  }
  return rows;
}

function withSeparator(folder: string): string {
  return folder.endsWith(path.sep) ? folder : folder + path.sep;
}
