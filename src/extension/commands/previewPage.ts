// Everything that sharing a folder would offer and leave out, as a page of plain text to read, search and scroll before it is confirmed. Must not
// know `vscode`.

import type { SharePreview } from '../../protocol/model.ts';
import { displayName, longDisplayName } from '../displayText.ts';
import { limits } from '../limits.ts';
import { secretKindText } from '../secretText.ts';
import { formatBytes, formatCount, formatFiles, formatFolders, t } from '../text.ts';
import { leftOutReason, skippedTotal, skipReasons, skipText } from '../views/sharesModel.ts';
import { sharedTotals, type Total } from './sharedTotals.ts';

/** `leftOut`: paths that look secret and are not shared as things stand. */
export function previewPage(preview: SharePreview, { leftOut }: { leftOut: ReadonlySet<string> }): string {
  return [
    t('What sharing this folder would offer'),
    longDisplayName(preview.path),
    previewSummary(preview, leftOut),
    ...secretLines(preview, leftOut),
    ...leftOutLines(preview),
    ...treeLines(preview, leftOut),
    '',
  ].join('\n');
}

/** Without what is left out. */
export function previewSummary(preview: SharePreview, leftOut: ReadonlySet<string>): string {
  const { fileCount, totalBytes } = sharedTotals(preview, leftOut);
  return `${formatFiles(fileCount)}, ${formatFolders(preview.folderCount)}, ${formatBytes(totalBytes)}`;
}

/** What is shared below a folder, as `sharedTotals` has it. */
export function sumText(sum: Total | undefined): string {
  return `${formatFiles(sum?.fileCount ?? 0)}, ${formatBytes(sum?.totalBytes ?? 0)}`;
}

function secretLines({ secrets }: SharePreview, leftOut: ReadonlySet<string>): string[] {
  const { suspects, found, readFiles, unreadFiles } = secrets;
  const lines = heading(t('Looks secret: {0}', formatCount(found)));
  for (const { path, kinds, line } of suspects) {
    const what = kinds.map(secretKindText).join(', ');
    const state = leftOut.has(path) ? t('not shared') : t('SHARED');
    lines.push(`  ${state}  ${longDisplayName(path)}:${line}  (${what})`);
  }
  if (found > suspects.length) lines.push(`  ${t('… {0} more', formatCount(found - suspects.length))}`);
  lines.push(`  ${t('{0} were looked into.', formatFiles(readFiles))}`);
  if (unreadFiles > 0) lines.push(`  ${t('{0} were not looked into: they are too many.', formatFiles(unreadFiles))}`);
  return lines;
}

function leftOutLines({ skipped, skippedCounts }: SharePreview): string[] {
  const total = skippedTotal(skippedCounts);
  if (total === 0) return [];
  const lines = heading(t('Left out: {0}', formatCount(total)));
  for (const reason of skipReasons) {
    const count = skippedCounts[reason] ?? 0;
    if (count > 0) lines.push(`  ${skipText(reason, count)}`);
  }
  lines.push('', ...skipped.map((each) => `  ${longDisplayName(each.path)}  (${leftOutReason(each)})`));
  if (total > skipped.length) lines.push(`  ${t('… {0} more', formatCount(total - skipped.length))}`);
  return lines;
}

function treeLines(preview: SharePreview, leftOut: ReadonlySet<string>): string[] {
  const { topLevel, folders } = preview;
  const lines = heading(t('Would be shared'));
  if (topLevel.length === 0) lines.push(`  ${t('Nothing: the folder is empty, or all of it is left out.')}`);
  const totals = sharedTotals(preview, leftOut).folders;
  const below = Map.groupBy(
    folders.filter(({ path }) => path.includes('/')),
    ({ path }) => path.slice(0, path.indexOf('/')),
  );
  for (const { name, kind, sizeBytes } of topLevel) {
    if (leftOut.has(name)) continue;
    if (kind === 'file') {
      lines.push(`  ${displayName(name)}  ${formatBytes(sizeBytes)}`);
      continue;
    }
    lines.push(`  ${displayName(name)}/  ${sumText(totals.get(name))}`);
    for (const folder of below.get(name) ?? [])
      lines.push(`      ${displayName(folder.path.slice(name.length + 1))}/  ${sumText(totals.get(folder.path))}`);
  }
  if (topLevel.length === limits.previewEntries || folders.length === limits.previewEntries) lines.push(`  ${t('… and more')}`);
  return lines;
}

function heading(text: string): string[] {
  return ['', text, '─'.repeat(Array.from(text).length)];
}
