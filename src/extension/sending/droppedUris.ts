// What is dragged and dropped as text: lists of URIs (RFC 2483), read and written, bounded. Must not know `vscode`.

import { formatEntryLink, parseEntryLink, type EntryLink } from '../../protocol/entryLinks.ts';
import type { EntryRef } from '../../protocol/model.ts';
import { displayName } from '../displayText.ts';
import { baseName } from '../files/uris.ts';
import { limits } from '../limits.ts';

export function uriList(entries: readonly EntryRef[]): string {
  return entries
    .slice(0, limits.selection)
    .map((entry) => formatEntryLink({ entry }))
    .join('\r\n');
}

/** The lines that are no comments, at most as many as a selection has. */
export function urisIn(list: string): string[] {
  return list
    .slice(0, limits.droppedCharacters)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .slice(0, limits.selection);
}

/** Entries of peers in it. VS Code may have put a query (revealed) behind the path. */
export function entryLinksIn(list: string): EntryLink[] {
  return urisIn(list).flatMap((uri) => parseEntryLink(uri.replace(/\?[^#]*/, '')) ?? []);
}

/** What is put into a text for dropped entries: a link a line; in Markdown with its name. */
export function linkText(links: readonly EntryLink[], languageId: string): string {
  const isMarkdown = languageId === 'markdown';
  return links
    .map((link) => (isMarkdown ? `[${markdownName(link)}](${formatEntryLink(link)})` : formatEntryLink(link)))
    .join('\n');
}

function markdownName({ entry }: EntryLink): string {
  return displayName(baseName(entry.path) || entry.shareId).replace(/[\\`*_{}[\]()<>#!|&~$]/g, '\\$&');
}
