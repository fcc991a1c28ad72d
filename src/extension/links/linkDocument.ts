// A link file as its page shows it: read from text (nothing else: no sidecar, no network), in sentences and rows. Must not know `vscode`.

import { asAppError } from '../../protocol/errors.ts';
import { parseLinkFile } from '../../protocol/linkFile.ts';
import type { LinkPageRow } from '../../protocol/linkPage.ts';
import type { LinkContents, LinkEntry, LinkFileStatus, LinkStatus, LinkVerification } from '../../protocol/links.ts';
import { displayName, longDisplayName } from '../displayText.ts';
import { baseName, parentPath } from '../files/uris.ts';
import { limits } from '../limits.ts';
import { formatBytes, formatCount, formatFiles, formatFolders, formatPeers, t } from '../text.ts';

export interface ReadLink {
  text: string;
  link?: LinkContents;
  warnings: string[];
  /** What is wrong with it, in one sentence that names the line. */
  problem?: string;
}

/** Never throws: what is wrong is part of what is shown. */
export function readLink(text: string): ReadLink {
  try {
    return { text, ...parseLinkFile(text) };
  } catch (error) {
    return { text, warnings: [], problem: displayName(asAppError(error).message, 500) };
  }
}

export function totalBytesOf({ files }: LinkContents): number {
  return files.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
}

/** One line: "3 files, 2 MB". */
export function contentsLine(link: LinkContents): string {
  const folders = link.folders.length === 0 ? [] : [t('{0} that are empty', formatFolders(link.folders.length))];
  return [formatFiles(link.files.length), ...folders, formatBytes(totalBytesOf(link))].join(', ');
}

/** `nameOf`: of peers that are known here. */
export function linkFacts(link: LinkContents, nameOf: (peerId: string) => string | undefined): string[] {
  const facts = [contentsLine(link)];
  if (link.creator !== undefined) facts.push(t('Made by somebody who calls itself {0}', displayName(link.creator)));
  if (link.hints.parties.length > 0)
    facts.push(t('To be found in: {0}', link.hints.parties.map((party) => displayName(party)).join(', ')));
  const owners = new Set(link.hints.entries.map(({ peerId }) => displayName(nameOf(peerId) ?? `${peerId.slice(0, 8)}…`)));
  if (owners.size > 0) facts.push(t('Seen at: {0}', [...owners].join(', ')));
  return facts;
}

/** Who has it, in sentences. */
export function statusLines(status: LinkStatus): string[] {
  const { hereFiles, hereBytes, onlineFiles, onlineBytes, missingFiles, lookedAt, summary, peers } = status;
  const lines = [];
  if (hereFiles > 0) lines.push(t('On this machine: {0}, {1}', formatFiles(hereFiles), formatBytes(hereBytes)));
  if (onlineFiles > 0) lines.push(t('At peers that are online: {0}, {1}', formatFiles(onlineFiles), formatBytes(onlineBytes)));
  if (missingFiles > 0) lines.push(t('Nobody who is online lists: {0}. A download waits for them.', formatFiles(missingFiles)));
  if (lookedAt < summary.fileCount) lines.push(t('Looked for the first {0}.', formatFiles(lookedAt)));
  const named = peers
    .slice(0, 6)
    .map(({ name, isOnline }) => t('{0} ({1})', displayName(name, 40), isOnline ? t('online') : t('offline')));
  const rest = peers.length - named.length;
  if (named.length > 0)
    lines.push(t('Who lists it: {0}', [...named, ...(rest > 0 ? [t('and {0} more', formatCount(rest))] : [])].join(', ')));
  return lines;
}

/** A file of it on this machine: in the page of its status that is known, else in those after it. Empty files lie nowhere. */
export async function firstHere(
  known: LinkStatus | undefined,
  statusOf: (offset: number, limit: number) => Promise<LinkFileStatus[]>,
): Promise<string | undefined> {
  if (known === undefined || known.hereFiles === 0) return undefined;
  let files = known.files;
  for (let offset = 0; ; files = await statusOf(offset, limits.linkStatusFiles)) {
    const here = files.find(({ localPath }) => localPath !== undefined)?.localPath;
    offset += files.length;
    if (here !== undefined || files.length === 0 || offset >= known.lookedAt) return here;
  }
}

/** What reading a folder found. */
export function verificationLines(found: LinkVerification, folder: string): string[] {
  const { sameFiles, changedFiles, missingFiles, unreadableFiles } = found;
  const where = longDisplayName(folder);
  if (changedFiles + missingFiles + unreadableFiles === 0) return [t('Verified: all of it lies unchanged in {0}', where)];
  const counts = [
    [sameFiles, (n: string) => t('{0} the same', n)],
    [changedFiles, (n: string) => t('{0} changed', n)],
    [missingFiles, (n: string) => t('{0} missing', n)],
    [unreadableFiles, (n: string) => t('{0} unreadable', n)],
  ] as const;
  const said = counts.flatMap(([count, words]) => (count > 0 ? words(formatCount(count)) : [])).join(', ');
  return [t('Compared with {0}: {1}', where, said)];
}

export type Difference = LinkVerification['differences'][number]['state'];

/** What is known of a file beside what the link says. */
export interface RowFacts {
  status?: LinkFileStatus;
  /** What reading found; `same` for those that were read and are no difference. */
  verified?: Difference | 'same';
}

export function linkRow(file: LinkEntry, { status, verified }: RowFacts): LinkPageRow {
  const { said, mood } = saidOf(status, verified);
  const row: LinkPageRow = {
    name: displayName(baseName(file.path)),
    folder: file.path.includes('/') ? displayName(parentPath(file.path), 200) : '',
    size: formatBytes(file.sizeBytes),
    said,
    mood,
  };
  if (status?.localPath !== undefined) row.action = { id: 'open', label: t('Open') };
  else row.action = { id: 'download', label: t('Download') };
  return row;
}

function saidOf(status: LinkFileStatus | undefined, verified: RowFacts['verified']): Pick<LinkPageRow, 'said' | 'mood'> {
  switch (verified) {
    case 'same':
      return { said: t('verified'), mood: 'good' };
    case 'changed':
      return { said: t('changed'), mood: 'bad' };
    case 'missing':
      return { said: t('missing'), mood: 'bad' };
    case 'unreadable':
      return { said: t('unreadable'), mood: 'bad' };
    case undefined:
      break;
  }
  if (status === undefined) return { said: '', mood: 'plain' };
  if (status.localPath !== undefined) return { said: t('on this machine'), mood: 'good' };
  if (status.sizeBytes === 0) return { said: t('empty'), mood: 'plain' };
  if (status.onlineCount > 0) return { said: t('{0} online', formatPeers(status.onlineCount)), mood: 'plain' };
  if (status.holderCount > 0) return { said: t('at peers that are offline'), mood: 'plain' };
  return { said: t('at nobody known'), mood: 'plain' };
}
