// `potluck://<peer>/<share>/<path>#L10-L20`: entries, and places in them, as text that can stand in any text. Parses and writes only; what a click
// does is the editor's. Peer and share are z-base-32; the path is percent-encoded UTF-8; `&id=` pins the content that the lines were counted in.

import { type ContentId, isContentId, isPeerId, isShareId } from './ids.ts';
import type { EntryRef } from './model.ts';
import { pathProblem } from './pathRules.ts';

/** Lines and columns from 1, both ends included. Without `end`: one line (or place). */
export interface LineRange {
  start: LinePlace;
  end?: LinePlace;
}

export interface LinePlace {
  line: number;
  column?: number;
}

export interface EntryLink {
  entry: EntryRef;
  lines?: LineRange;
  /** What the file's content was when the link was made. */
  contentId?: ContentId;
}

export interface FoundLink {
  /** UTF-16 offsets [start, end) into the text. */
  start: number;
  end: number;
  link: EntryLink;
}

/** The longest link: every byte of the longest path percent-encoded, ids and anchor. */
export const maxEntryLinkCharacters = 3 * 4096 + 300;
/** What is found in one text; more are not worth underlining. */
const maxFound = 1000;
/** Columns and lines above this are nobody's. */
const maxNumber = 2 ** 31 - 1;

const form = /^potluck:\/\/([a-z0-9]{52})\/([a-z0-9]{26})(\/[^?#]*)?(?:#([^#]*))?$/i;
const anchorForm = /^L(\d{1,10})(?:C(\d{1,10}))?(?:-L?(\d{1,10})(?:C(\d{1,10}))?)?$/;
/** In running text: up to what no URI holds; ends of sentences and closing brackets are cut off after. */
const inText =
  /potluck:\/\/[a-z0-9]{52}\/[a-z0-9]{26}[^\s<>"`{}|\\^\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]*/gi;

/** Undefined when it is no link to an entry: another scheme, wrong ids, a path that no index could hold, an anchor that is none. */
export function parseEntryLink(text: string): EntryLink | undefined {
  if (text.length > maxEntryLinkCharacters) return undefined;
  const match = form.exec(text);
  if (!match) return undefined;
  const [, peer = '', share = '', encoded = '', anchor] = match;
  const [peerId, shareId] = [peer.toLowerCase(), share.toLowerCase()];
  const path = decoded(encoded.replace(/^\//, '').replace(/\/$/, ''));
  if (!isPeerId(peerId) || !isShareId(shareId) || path === undefined) return undefined;
  if (path !== '' && pathProblem(path) !== undefined) return undefined;
  const entry = { peerId, shareId, path };
  if (anchor === undefined || anchor === '') return { entry };
  const anchored = parseAnchor(anchor);
  return anchored && { entry, ...anchored };
}

/** What stands after `#`: `L10`, `L10-L20`, `L10C5-L20C1`, each perhaps with `&id=<content id>`; or that alone. Undefined when it is something else. */
export function parseAnchor(anchor: string): Pick<EntryLink, 'lines' | 'contentId'> | undefined {
  if (anchor.length > 200) return undefined;
  const parts = anchor.split('&');
  const found: Pick<EntryLink, 'lines' | 'contentId'> = {};
  for (const [at, part] of parts.entries()) {
    if (part.startsWith('id=') && found.contentId === undefined) {
      const contentId = part.slice(3).toLowerCase();
      if (!isContentId(contentId)) return undefined;
      found.contentId = contentId;
      continue;
    }
    const lines = at === 0 ? parseLines(part) : undefined;
    if (lines === undefined) return undefined;
    found.lines = lines;
  }
  return found;
}

/** The link as text. Characters that end a link in running text are encoded, so that `findEntryLinks` finds all of it. */
export function formatEntryLink({ entry, lines, contentId }: EntryLink): string {
  const path = entry.path === '' ? '' : `/${entry.path.split('/').map(encoded).join('/')}`;
  const anchor = [...(lines === undefined ? [] : [formatLines(lines)]), ...(contentId === undefined ? [] : [`id=${contentId}`])];
  return `potluck://${entry.peerId}/${entry.shareId}${path}${anchor.length === 0 ? '' : `#${anchor.join('&')}`}`;
}

/** Links in a text, in order; the first 1,000. Time is linear in the text. */
export function findEntryLinks(text: string): FoundLink[] {
  const found: FoundLink[] = [];
  for (const match of text.matchAll(inText)) {
    if (found.length >= maxFound) break;
    const written = trimmed(match[0]);
    const link = parseEntryLink(written);
    if (link) found.push({ start: match.index, end: match.index + written.length, link });
  }
  return found;
}

/** Full stops, commas, quotes and brackets that were closed but not opened in the link belong to the text around it. */
function trimmed(written: string): string {
  let end = written.length;
  const counts = new Map<string, number>();
  for (const character of written) if ('()[]'.includes(character)) counts.set(character, (counts.get(character) ?? 0) + 1);
  for (; end > 0; end--) {
    const last = written.charAt(end - 1);
    const opener = last === ')' ? '(' : last === ']' ? '[' : undefined;
    const count = counts.get(last) ?? 0;
    const isStrayBracket = opener !== undefined && count > (counts.get(opener) ?? 0);
    if (!isStrayBracket && !`.,;:!?'*_~`.includes(last)) break;
    counts.set(last, count - 1);
  }
  return written.slice(0, end);
}

function parseLines(text: string): LineRange | undefined {
  const match = anchorForm.exec(text);
  if (!match) return undefined;
  const [, line, column, endLine, endColumn] = match;
  const start = placeOf(line, column);
  if (start === undefined) return undefined;
  if (endLine === undefined) return { start };
  const end = placeOf(endLine, endColumn);
  if (end === undefined || end.line < start.line) return undefined;
  if (end.line === start.line && end.column !== undefined && end.column < (start.column ?? 1)) return undefined;
  return { start, end };
}

function placeOf(line: string | undefined, column: string | undefined): LinePlace | undefined {
  const place = { line: Number(line), ...(column === undefined ? {} : { column: Number(column) }) };
  const isSound = [place.line, place.column ?? 1].every((value) => value >= 1 && value <= maxNumber);
  return isSound ? place : undefined;
}

function formatLines({ start, end }: LineRange): string {
  const place = ({ line, column }: LinePlace) => `L${line}${column === undefined ? '' : `C${column}`}`;
  return end === undefined ? place(start) : `${place(start)}-${place(end)}`;
}

function encoded(name: string): string {
  return encodeURIComponent(name).replace(/[!'()*._~]/g, (character, at: number) =>
    '._'.includes(character) && at < name.length - 1 ? character : `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined; // no percent-encoded UTF-8
  }
}
