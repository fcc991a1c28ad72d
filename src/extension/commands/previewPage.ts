// Everything that sharing a folder would offer and leave out, as a page of plain text to read, search and scroll before it is confirmed. Must not
// know `vscode`.

import type { SharePreview, SkippedEntry } from '../../protocol/model.ts';
import { displayName, longDisplayName } from '../displayText.ts';
import { limits } from '../limits.ts';
import { secretKindText } from '../secretText.ts';
import { formatBytes, formatCount, formatFiles, formatFolders, t } from '../text.ts';
import { skippedTotal, skipReasons, skipReasonText, skipText } from '../views/sharesModel.ts';

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
export function previewSummary(
  { fileCount, folderCount, totalBytes, secrets }: SharePreview,
  leftOut: ReadonlySet<string>,
): string {
  const stays = secrets.suspects.filter(({ path }) => leftOut.has(path));
  const bytes = stays.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const files = formatFiles(Math.max(0, fileCount - stays.length));
  return `${files}, ${formatFolders(folderCount)}, ${formatBytes(Math.max(0, totalBytes - bytes))}`;
}

/** Which rule left it out, in words where it is one of ours. */
export function leftOutReason({ reason, rule }: SkippedEntry): string {
  if (rule === undefined) return skipReasonText(reason);
  return t('{0}: {1}', skipReasonText(reason), reason === 'secret' ? secretRuleText(rule) : displayName(rule));
}

function secretRuleText(rule: string): string {
  switch (rule) {
    case 'version control history':
      return t('history of changes');
    case 'folder of keys or credentials':
      return t('folder of keys or credentials');
    case 'environment file':
      return t('environment file');
    case 'private key':
      return t('private key');
    case 'key or wallet file':
      return t('key or wallet');
    case 'credentials':
      return t('credentials');
    default:
      return displayName(rule);
  }
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

function treeLines({ topLevel, folders }: SharePreview, leftOut: ReadonlySet<string>): string[] {
  const lines = heading(t('Would be shared'));
  if (topLevel.length === 0) lines.push(`  ${t('Nothing: the folder is empty, or all of it is left out.')}`);
  const totals = new Map(folders.map((folder) => [folder.path, folder]));
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
      lines.push(`      ${displayName(folder.path.slice(name.length + 1))}/  ${sumText(folder)}`);
  }
  if (topLevel.length === limits.previewEntries || folders.length === limits.previewEntries) lines.push(`  ${t('… and more')}`);
  return lines;
}

function sumText(sum: { fileCount: number; totalBytes: number } | undefined): string {
  return `${formatFiles(sum?.fileCount ?? 0)}, ${formatBytes(sum?.totalBytes ?? 0)}`;
}

function heading(text: string): string[] {
  return ['', text, '─'.repeat(Array.from(text).length)];
}
