// The question before a folder is shared: what would go on the table, and what is left out and why, secrets first. Rows of plain data; shown by
// shareCommands.ts. Must not know `vscode`.

import path from 'node:path';
import type { SharePreview } from '../../protocol/model.ts';
import { iconSafeName } from '../displayText.ts';
import { limits } from '../limits.ts';
import { formatBytes, formatCount, formatFiles, t } from '../text.ts';
import { previewSummary, sumText } from './previewPage.ts';
import { sharedTotals } from './sharedTotals.ts';
import { leftOutReason, skippedTotal, skipReasons, skipText } from '../views/sharesModel.ts';

export interface PreviewRow {
  /** `heading` separates; `info` only tells; the others do something. */
  kind: 'heading' | 'share' | 'audience' | 'rename' | 'secrets' | 'page' | 'back' | 'cancel' | 'info';
  label: string;
  description?: string;
  detail?: string;
}

/** How it would be shared: both can be changed before. `audience` in words. */
export interface PreviewChoice {
  title: string;
  audience: string;
  /** Paths that look secret and are to be left out. */
  leftOut: ReadonlySet<string>;
  /** Why it is asked once more. */
  notice?: string;
}

/** Rows of the question, in reading order. `homeFolder` and the disk's root get a warning: more lies there than one thinks. */
export function previewRows(
  preview: SharePreview,
  { title, audience, leftOut, notice }: PreviewChoice,
  homeFolder: string,
): PreviewRow[] {
  const rows: PreviewRow[] = notice === undefined ? [] : [{ kind: 'info', label: `$(warning) ${notice}` }];
  const isWide = preview.path === homeFolder || homeFolder.startsWith(withSeparator(preview.path));
  if (isWide) {
    rows.push({
      kind: 'info',
      label: `$(warning) ${t('This folder holds your whole home folder')}`,
      description: t('Better share a folder inside it.'),
    });
  }
  rows.push(
    shareRow(preview, title, leftOut),
    ...secretRows(preview, leftOut),
    { kind: 'audience', label: `$(organization) ${t('Who May See It…')}`, description: iconSafeName(audience) },
    { kind: 'rename', label: `$(edit) ${t('Change the Title…')}` },
    {
      kind: 'page',
      label: `$(open-preview) ${t('Read All of It as a Page')}`,
      description: t('tree, and what is left out by which rule'),
    },
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
    for (const each of preview.skipped.slice(0, limits.previewRows)) {
      rows.push({ kind: 'info', label: `$(dash) ${iconSafeName(each.path)}`, description: iconSafeName(leftOutReason(each)) });
    }
    const unnamed = skipped - Math.min(preview.skipped.length, limits.previewRows);
    if (unnamed > 0) rows.push({ kind: 'info', label: t('… {0} more', formatCount(unnamed)) });
  }
  rows.push({ kind: 'heading', label: t('Would be shared, first level') });
  if (preview.topLevel.length === 0)
    rows.push({ kind: 'info', label: t('Nothing: the folder is empty, or all of it is left out.') });
  const totals = sharedTotals(preview, leftOut).folders;
  for (const { name, kind, sizeBytes } of preview.topLevel.slice(0, limits.previewRows)) {
    if (leftOut.has(name)) {
      rows.push({ kind: 'info', label: `$(circle-slash) ${iconSafeName(name)}`, description: t('looks secret, not shared') });
      continue;
    }
    rows.push({
      kind: 'info',
      label: `$(${kind === 'folder' ? 'folder' : 'file'}) ${iconSafeName(name)}`,
      description: kind === 'file' ? formatBytes(sizeBytes) : sumText(totals.get(name)),
    });
  }
  return rows;
}

/** The question while its page is read: no more of it than leaves the page in sight. */
export function readingRows(preview: SharePreview, { title, leftOut }: PreviewChoice): PreviewRow[] {
  const { kind, label, description } = shareRow(preview, title, leftOut);
  return [
    { kind, label, ...(description === undefined ? {} : { description }) },
    { kind: 'back', label: `$(arrow-left) ${t('Back to the Question')}` },
  ];
}

function shareRow(preview: SharePreview, title: string, leftOut: ReadonlySet<string>): PreviewRow {
  return {
    kind: 'share',
    label: `$(check) ${t('Share "{0}"', iconSafeName(title))}`,
    description: previewSummary(preview, leftOut),
    detail: iconSafeName(preview.path),
  };
}

/** How many of what looks secret would be shared: those that a person included, and those that are too many to be named. */
export function sharedSecrets({ secrets }: SharePreview, leftOut: ReadonlySet<string>): number {
  return secrets.found - secrets.suspects.filter(({ path: each }) => leftOut.has(each)).length;
}

function secretRows(preview: SharePreview, leftOut: ReadonlySet<string>): PreviewRow[] {
  const { found, unreadFiles } = preview.secrets;
  const rows: PreviewRow[] = [];
  if (found > 0) {
    const shared = sharedSecrets(preview, leftOut);
    rows.push({
      kind: 'secrets',
      label: `$(${shared > 0 ? 'warning' : 'shield'}) ${t('Looks Secret: {0}…', formatCount(found))}`,
      description:
        shared > 0 ? t('{0} of them would be shared', formatCount(shared)) : t('none of them is shared, unless you tick it'),
    });
  }
  if (unreadFiles > 0)
    rows.push({ kind: 'info', label: `$(info) ${t('Not looked into for secrets: {0}', formatFiles(unreadFiles))}` });
  return rows;
}

function withSeparator(folder: string): string {
  return folder.endsWith(path.sep) ? folder : folder + path.sep;
}
