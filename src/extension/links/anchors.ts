// Places in texts: `#L10-L20` and editor positions (which count from 0), both ways; whom a pinned content is asked of; and the link that opens an
// editor with an entry. Must not know `vscode`.

import { formatEntryLink, parseEntryLink, type EntryLink, type LineRange } from '../../protocol/entryLinks.ts';
import { AppError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/ids.ts';
import type { EntryRef } from '../../protocol/model.ts';
import { isSameEntry } from '../files/uris.ts';
import { limits } from '../limits.ts';
import { t } from '../text.ts';

/** As VS Code counts: from 0; the end is not included. */
export interface TextSpan {
  startLine: number;
  startCharacter: number;
  endLine: number;
  endCharacter: number;
}

/** Whole lines: a selection that ends before the first character of a line does not have that line. */
export function linesOf({ startLine, endLine, endCharacter }: TextSpan): LineRange {
  const last = endLine > startLine && endCharacter === 0 ? endLine - 1 : endLine;
  const start = { line: startLine + 1 };
  return last > startLine ? { start, end: { line: last + 1 } } : { start };
}

/** What to select for it. A line without columns is selected whole: its end is cut to the text by VS Code. */
export function spanOf({ start, end }: LineRange): TextSpan {
  const startCharacter = (start.column ?? 1) - 1;
  if (end === undefined && start.column !== undefined)
    return { startLine: start.line - 1, startCharacter, endLine: start.line - 1, endCharacter: startCharacter };
  const last = end ?? start;
  return {
    startLine: start.line - 1,
    startCharacter,
    endLine: last.line - 1,
    endCharacter: last.column ?? limits.lineCharacters,
  };
}

/** Who is asked for a content: somebody who is here (or we), else anybody who lists it; never `but`. */
export function likeliestHolder(
  holders: readonly EntryRef[],
  { but, isHere }: { but: EntryRef; isHere: (peerId: PeerId) => boolean },
): EntryRef | undefined {
  const others = holders.filter((holder) => !isSameEntry(holder, but));
  return others.find(({ peerId }) => isHere(peerId)) ?? others[0];
}

/** `vscode://potluck.potluck/entry#…`: opens this kind of editor, which asks first. */
export function deepEntryLink(link: EntryLink, { uriScheme, extensionId }: { uriScheme: string; extensionId: string }): string {
  return `${uriScheme}://${extensionId}/entry#${encodeURIComponent(formatEntryLink(link))}`;
}

/** The link in a deep link's fragment, as VS Code decoded it. Throws `invalid-argument`, which never repeats what stands in it. */
export function linkedEntry({ query, fragment }: { query: string; fragment: string }): EntryLink {
  const link = query === '' ? parseEntryLink(fragment) : undefined;
  if (link === undefined)
    throw new AppError('invalid-argument', t('There is no link to a shared file in that. Copy it again, whole.'));
  return link;
}
