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

/**
 * Paths of this machine in it, as URIs to be parsed. `isRemote`: this runs on the machine that the window is connected to; then alone its paths are ours, and
 * the same path here may be another file. What is no URI is passed over.
 */
export function localUrisIn<U extends { scheme: string; path: string }>(
  list: string,
  { parse, fileOf, isRemote }: { parse: (text: string) => U; fileOf: (path: string) => U; isRemote: boolean },
): U[] {
  return urisIn(list).flatMap((text) => {
    let uri: U;
    try {
      uri = parse(text);
    } catch {
      return [];
    }
    if (uri.scheme === 'file') return uri;
    return uri.scheme === 'vscode-remote' && isRemote ? fileOf(uri.path) : [];
  });
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
