// What the Shares view says: own shared folders, and under each what is offered and what was left out. Must not know `vscode`.

import type { ShareInfo, ShareState, SkippedEntry, SkipReason } from '../../protocol/model.ts';
import { audienceText, type Known } from './audienceChoice.ts';
import { displayName, longDisplayName } from '../displayText.ts';
import { failureText } from '../failures.ts';
import { secretKindText } from '../secretText.ts';
import { formatAgo, formatBytes, formatCount, formatFiles, formatFolders, t } from '../text.ts';
import type { Row } from './row.ts';

export type OwnShareNode = { kind: 'ownShare'; id: string; share: ShareInfo };
export type DetailNode = { kind: 'detail'; id: string; label: string; icon: string; parent: OwnShareNode };
export type SharesNode = OwnShareNode | DetailNode;

/** In the order in which they are shown: what must not leak comes first. */
export const skipReasons: readonly SkipReason[] = [
  'secret',
  'ignored',
  'symlink',
  'special',
  'unreadable',
  'name-not-utf8',
  'name-not-portable',
  'too-deep',
];

/** "12 secrets": what was left out, counted. */
export function skipText(reason: SkipReason, count: number): string {
  const n = formatCount(count);
  switch (reason) {
    case 'secret':
      return t('Left out as secret (keys, passwords, .git): {0}', n);
    case 'ignored':
      return t('Left out by ignore rules: {0}', n);
    case 'symlink':
      return t('Left out as symbolic link: {0}', n);
    case 'special':
      return t('Left out as no regular file: {0}', n);
    case 'unreadable':
      return t('Left out as unreadable: {0}', n);
    case 'name-not-utf8':
      return t('Left out, name is not UTF-8: {0}', n);
    case 'name-not-portable':
      return t('Left out, name would not work on every system: {0}', n);
    case 'too-deep':
      return t('Left out, path is too long or too deep: {0}', n);
  }
}

/** The reason alone, for one entry. */
export function skipReasonText(reason: SkipReason): string {
  switch (reason) {
    case 'secret':
      return t('secret');
    case 'ignored':
      return t('ignored');
    case 'symlink':
      return t('symbolic link');
    case 'special':
      return t('no regular file');
    case 'unreadable':
      return t('unreadable');
    case 'name-not-utf8':
      return t('name is not UTF-8');
    case 'name-not-portable':
      return t('name is not portable');
    case 'too-deep':
      return t('too deep');
  }
}

/** Which rule left it out, in words where it is one of ours. */
export function leftOutReason({ reason, rule }: Pick<SkippedEntry, 'reason' | 'rule'>): string {
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

export function skippedTotal(counts: ShareInfo['skippedCounts']): number {
  return skipReasons.reduce((sum, reason) => sum + (counts[reason] ?? 0), 0);
}

export function ownShareNodes(shares: readonly ShareInfo[]): OwnShareNode[] {
  return shares.map((share) => ({ kind: 'ownShare', id: `own/${share.shareId}`, share }));
}

export function detailNodes(parent: OwnShareNode, known: Known, nowMs: number): DetailNode[] {
  const { share } = parent;
  const detail = (key: string, icon: string, label: string): DetailNode => ({
    kind: 'detail',
    id: `${parent.id}/${key}`,
    icon,
    label,
    parent,
  });
  const nodes = [
    detail('path', 'folder', longDisplayName(share.path)),
    detail(
      'counts',
      'files',
      `${formatFiles(share.fileCount)}, ${formatFolders(share.folderCount)}, ${formatBytes(share.totalBytes)}`,
    ),
  ];
  nodes.push(detail('audience', 'organization', t('Seen by: {0}', audienceText(share.audience, known))));
  if (share.failure !== undefined) nodes.push(detail('failure', 'error', failureText(share.failure)));
  for (const [at, line] of lateLines(share).entries()) nodes.push(detail(`late${at}`, 'warning', line));
  for (const [at, line] of watchLines(share).entries()) nodes.push(detail(`watch${at}`, 'eye', line));
  for (const reason of skipReasons) {
    const count = share.skippedCounts[reason] ?? 0;
    if (count > 0) nodes.push(detail(reason, reason === 'secret' ? 'shield' : 'circle-slash', skipText(reason, count)));
  }
  if (share.scannedAtMs !== undefined)
    nodes.push(detail('scanned', 'history', t('Read {0}', formatAgo(share.scannedAtMs, nowMs))));
  return nodes;
}

export function sharesRow(node: SharesNode, known: Known): Row {
  if (node.kind === 'detail') {
    return { id: node.id, label: node.label, icon: node.icon, children: 'none', context: 'detail', accessibility: node.label };
  }
  const { share } = node;
  const title = displayName(share.title);
  const audience = audienceText(share.audience, known);
  const description = share.audience.everyone ? shareState(share) : `${t('for {0}', audience)} · ${shareState(share)}`;
  const lines = [
    longDisplayName(share.title),
    longDisplayName(share.path),
    shareState(share),
    t('Seen by: {0}', audience),
    ...lateLines(share),
    ...watchLines(share),
  ];
  return {
    id: node.id,
    label: title,
    description,
    tooltip: lines.join('\n'),
    ...(share.state === 'watching' && lateCount(share) > 0 ? lateIcon : stateIcons[share.state]),
    children: 'collapsed',
    context: `ownShare.${share.state}`,
    accessibility: t('Your share {0}, {1}', title, description),
  };
}

const stateIcons: Record<ShareState, { icon: string; color?: string }> = {
  scanning: { icon: 'loading~spin' },
  watching: { icon: 'root-folder' },
  paused: { icon: 'debug-pause', color: 'disabledForeground' },
  failed: { icon: 'error', color: 'list.errorForeground' },
};

const lateIcon = { icon: 'warning', color: 'list.warningForeground' };

function lateCount({ lateSecrets }: ShareInfo): number {
  return lateSecrets?.found ?? 0;
}

/** What looks secret and no preview showed: how much, the first ones by name, and what can be done; and what was not looked into. */
function lateLines({ lateSecrets }: ShareInfo): string[] {
  if (lateSecrets === undefined) return [];
  const { suspects, found, unreadFiles } = lateSecrets;
  const unread = unreadFiles === 0 ? [] : [t('Not looked into for secrets: {0}', formatFiles(unreadFiles))];
  if (found === 0) return unread;
  return [
    t('Looks secret, and is shared: {0}', formatCount(found)),
    ...suspects
      .slice(0, lateShown)
      .map(({ path, line, kinds }) => `${longDisplayName(path)}:${line} (${kinds.map(secretKindText).join(', ')})`),
    t('Move it away, or name it in the .potluckignore of the folder.'),
    ...unread,
  ];
}

/** The share's own page has them all: the preview. */
const lateShown = 8;

/** What the share does now, and what it offers, in one line. */
function shareState(share: ShareInfo): string {
  const offered = `${formatFiles(share.fileCount)}, ${formatBytes(share.totalBytes)}`;
  const skipped = skippedTotal(share.skippedCounts);
  switch (share.state) {
    case 'scanning':
      return t('reading… {0}', formatCount(share.scannedEntries ?? 0));
    case 'watching':
      if (lateCount(share) > 0) return t('{0} · {1} look secret', offered, formatCount(lateCount(share)));
      return skipped > 0 ? t('{0} · {1} left out', offered, formatCount(skipped)) : offered;
    case 'paused':
      return t('paused · {0}', offered);
    case 'failed':
      return share.failure === undefined ? t('failed') : failureText(share.failure);
  }
}

/** How the folders of a watched share are followed, for tooltips. */
function watchLines({ state, watch }: ShareInfo): string[] {
  if (state !== 'watching' || watch === undefined) return [];
  const lines = [t('Changes are seen at once in {0}', formatFolders(watch.watchedFolders))];
  if (watch.polledFolders > 0) lines.push(t('Looked at in turn: {0}', formatFolders(watch.polledFolders)));
  if (watch.note !== undefined) lines.push(displayName(watch.note, 300));
  return lines;
}
