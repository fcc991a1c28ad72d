// Where links to entries stand in texts that may be long: what editors and terminals underline. Must not know `vscode`.

import { findEntryLinks, formatEntryLink, type FoundLink } from '../../protocol/entryLinks.ts';
import { limits } from '../limits.ts';

/**
 * Kinds of texts whose links are underlined, as schemes of URIs: files of any kind, cells of notebooks, what is typed to be committed, output. Reports of
 * ours have links of their own.
 */
export const linkedSchemes = [
  ...(['file', 'untitled', 'potluck', 'vscode-remote', 'vscode-userdata', 'vscode-vfs', 'git'] as const),
  ...(['vscode-notebook-cell', 'vscode-scm', 'output'] as const),
] as const;

/** Links in the first characters of a text. One that the end of those cuts is none: it would lead elsewhere. Time is linear in `maxCharacters`. */
export function linksWithin(text: string, maxCharacters: number): FoundLink[] {
  if (text.length <= maxCharacters) return findEntryLinks(text);
  let end = maxCharacters;
  while (end > 0 && !/[\s<>"`{}|\\^]/.test(text.charAt(end))) end--;
  return findEntryLinks(text.slice(0, end));
}

/** Of a line of a terminal, as VS Code hands it over: unwrapped, without what sets colours. `text` is written anew: a link to an entry and nothing else. */
export function terminalLinksIn(line: string): { start: number; length: number; text: string }[] {
  return linksWithin(line, limits.linkedLineCharacters).map(({ start, end, link }) => {
    return { start, length: end - start, text: formatEntryLink(link) };
  });
}
