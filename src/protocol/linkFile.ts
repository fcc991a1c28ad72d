// `.p2p` link files (docs/link-format.md): from text to what they lead to, and back. A link may come from anybody: everything is bounded and checked
// before it is believed, and errors name the line. Reads and writes text only.

import { AppError } from './errors.ts';
import { type ContentId, isContentId } from './ids.ts';
import { formatEntryLink, parseEntryLink } from './entryLinks.ts';
import type { LinkContents, LinkEntry, LinkHints } from './links.ts';
import type { EntryKind, EntryRef } from './model.ts';
import { checkNames, compareBytes } from './linkNames.ts';
import { type JsonNode, readJson, wrongAt } from './strictJson.ts';

export const linkFormat = 'potluck-link';
export const linkVersion = 1;

export const linkFileLimits = {
  /** About 300 for each file of the largest link; what is larger is a folder to be shared, not a link to be committed. */
  characters: 16 * 2 ** 20,
  /** Files and empty folders. */
  files: 50_000,
  folders: 50_000,
  /** The format has three levels; unknown parts may have some more. */
  depth: 8,
  /** Five for each file, one for each folder, and some. */
  values: 400_000,
  titleCharacters: 256,
  creatorCharacters: 64,
  hints: 16,
  partyCharacters: 64,
  warnings: 20,
  /** As the index has them. */
  sizeBytes: Number.MAX_SAFE_INTEGER,
  mtimeMs: 8.64e15,
  mtimeMinMs: -62_135_596_800_000,
} as const;

/** BEP 52 gives empty files no root; their content id is 64 zeros. */
export const emptyContentId = '0'.repeat(64) as ContentId;

const topNames: ReadonlySet<string> = new Set([
  '$schema',
  'format',
  'version',
  'title',
  'kind',
  'creator',
  'hints',
  'files',
  'folders',
]);
const fileNames: ReadonlySet<string> = new Set(['path', 'sizeBytes', 'mtimeMs', 'contentId']);
const hintNames: ReadonlySet<string> = new Set(['entries', 'parties']);

/** What an editor, a diff or a terminal does not show, or acts on; JSON.stringify leaves it as it is. Written as escapes. */
const unseen = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Throws `invalid-argument` (what is wrong in which line), or `too-large`. */
export function parseLinkFile(text: string): { link: LinkContents; warnings: string[] } {
  const { characters, depth, values } = linkFileLimits;
  return new LinkReader(text).read(readJson(text, { characters, depth, values }));
}

/**
 * The text of a link: files and folders sorted by the bytes of their paths, one a line, so that two links to nearly the same differ in few lines; the
 * same link always gives the same text. Throws `invalid-argument` when it could not be read again.
 */
export function writeLinkFile(link: LinkContents): string {
  checkNames(link);
  parseLinkFile(textOf({ ...link, kind: 'folder', files: [], folders: [] })); // what people may have typed
  const text = textOf(link);
  if (text.length <= linkFileLimits.characters) return text;
  throw new AppError('too-large', 'The link would be longer than 16 MiB. Make links to smaller folders.');
}

function textOf({ title, kind, creator, hints, ...link }: LinkContents): string {
  const files = [...link.files].sort((a, b) => compareBytes(a.path, b.path)).map((file) => JSON.stringify(ordered(file)));
  const folders = [...link.folders].sort(compareBytes).map((folder) => JSON.stringify(folder));
  const fields = [
    `"format": "${linkFormat}"`,
    `"version": ${linkVersion}`,
    `"title": ${JSON.stringify(title)}`,
    `"kind": "${kind}"`,
    ...(creator === undefined ? [] : [`"creator": ${JSON.stringify(creator)}`]),
    ...hintText(hints),
    `"files": ${listText(files)}`,
    ...(folders.length === 0 ? [] : [`"folders": ${listText(folders)}`]),
  ];
  return `{\n${fields.map((field) => `  ${field}`).join(',\n')}\n}\n`.replace(unseen, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function ordered({ path, sizeBytes, mtimeMs, contentId }: LinkEntry): LinkEntry {
  return { path, sizeBytes, ...(mtimeMs === undefined ? {} : { mtimeMs }), contentId };
}

function hintText({ entries, parties }: LinkHints): string[] {
  if (entries.length === 0 && parties.length === 0) return [];
  const hints = {
    ...(entries.length > 0 && { entries: entries.map((entry) => formatEntryLink({ entry })) }),
    ...(parties.length > 0 && { parties }),
  };
  return [`"hints": ${JSON.stringify(hints)}`];
}

function listText(lines: string[]): string {
  return lines.length === 0 ? '[]' : `[\n${lines.map((line) => `    ${line}`).join(',\n')}\n  ]`;
}

class LinkReader {
  readonly #text: string;
  readonly #warnings: string[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  read(node: JsonNode): { link: LinkContents; warnings: string[] } {
    if (node.kind !== 'object') throw this.#wrong(node, 'a link is an object in braces');
    const { fields } = node;
    const format = fields.get('format');
    if (format?.kind !== 'string' || format.value !== linkFormat)
      throw this.#wrong(format ?? node, `this is no link: ${formatSaid(format)} not "${linkFormat}"`);
    this.#checkVersion(fields.get('version') ?? node);
    this.#noteUnknown(fields, topNames);
    const kind = this.#kind(fields.get('kind') ?? node);
    const creator = fields.get('creator');
    const files = this.#items(fields.get('files') ?? node, 'files', linkFileLimits.files).map((file) => this.#file(file));
    const folders = this.#optionalItems(fields.get('folders'), 'folders', linkFileLimits.folders);
    const link: LinkContents = {
      title: this.#line(fields.get('title') ?? node, 'title', linkFileLimits.titleCharacters),
      kind,
      files,
      folders: folders.map((folder) => this.#string(folder, 'a folder')),
      hints: this.#hints(fields.get('hints')),
      ...(creator && { creator: this.#line(creator, 'creator', linkFileLimits.creatorCharacters) }),
    };
    const fileNodes = this.#optionalItems(fields.get('files'), 'files', linkFileLimits.files);
    const at = { file: (index: number) => fileNodes[index]?.at ?? 0, folder: (index: number) => folders[index]?.at ?? 0 };
    const wrong = (place: { list: 'file' | 'folder'; index: number }, problem: string) =>
      wrongAt(this.#text, at[place.list](place.index), problem);
    for (const warning of checkNames(link, wrong)) this.#warn(warning);
    return { link, warnings: this.#warnings };
  }

  #checkVersion(node: JsonNode): void {
    if (node.kind !== 'number' || !Number.isSafeInteger(node.value) || node.value < 1)
      throw this.#wrong(node, '"version" is missing or no whole number');
    if (node.value > linkVersion)
      throw this.#wrong(node, `the link has version ${node.value}; this Potluck reads ${linkVersion}. Install the newest one`);
  }

  #kind(node: JsonNode): EntryKind {
    if (node.kind === 'string' && (node.value === 'file' || node.value === 'folder')) return node.value;
    throw this.#wrong(node, '"kind" is neither "file" nor "folder"');
  }

  #file(node: JsonNode): LinkEntry {
    if (node.kind !== 'object') throw this.#wrong(node, 'a file is an object in braces');
    this.#noteUnknown(node.fields, fileNames);
    const field = (name: string): JsonNode => {
      const found = node.fields.get(name);
      if (found === undefined) throw this.#wrong(node, `"${name}" of a file is missing`);
      return found;
    };
    const contentId = this.#string(field('contentId'), '"contentId"');
    if (!isContentId(contentId)) throw this.#wrong(field('contentId'), '"contentId" is not 64 hexadecimal digits in lower case');
    const { sizeBytes: most, mtimeMs: latest, mtimeMinMs: first } = linkFileLimits;
    const sizeBytes = this.#whole(field('sizeBytes'), 'sizeBytes', [0, most]);
    if ((sizeBytes === 0) !== (contentId === emptyContentId))
      throw this.#wrong(field('contentId'), 'a file without bytes has the content id of 64 zeros, and no other file has it');
    const mtime = node.fields.get('mtimeMs');
    return {
      path: this.#string(field('path'), '"path"'),
      sizeBytes,
      ...(mtime && { mtimeMs: this.#whole(mtime, 'mtimeMs', [first, latest]) }),
      contentId,
    };
  }

  #hints(node: JsonNode | undefined): LinkHints {
    if (node === undefined) return { entries: [], parties: [] };
    if (node.kind !== 'object') throw this.#wrong(node, '"hints" is no object in braces');
    this.#noteUnknown(node.fields, hintNames);
    const entries = this.#optionalItems(node.fields.get('entries'), 'entries', linkFileLimits.hints);
    const parties = this.#optionalItems(node.fields.get('parties'), 'parties', linkFileLimits.hints);
    return {
      entries: entries.map((entry) => this.#entry(entry)),
      parties: parties.map((party) => this.#line(party, 'parties', linkFileLimits.partyCharacters)),
    };
  }

  #entry(node: JsonNode): EntryRef {
    const uri = this.#string(node, 'an entry');
    const found = parseEntryLink(uri);
    if (found) return found.entry;
    const scheme = /^[a-z][a-z0-9+.-]{0,30}:/i.exec(uri)?.[0];
    const isOurs = scheme === undefined || scheme.toLowerCase() === 'potluck:';
    throw this.#wrong(node, isOurs ? 'an entry is not potluck://PEER/SHARE/PATH' : `the scheme ${scheme} is not allowed here`);
  }

  #items(node: JsonNode, name: string, most: number): JsonNode[] {
    if (node.kind !== 'list') throw this.#wrong(node, `"${name}" is missing or no list`);
    if (node.items.length > most) throw this.#wrong(node, `"${name}" has ${node.items.length} items; at most ${most} are read`);
    return node.items;
  }

  #optionalItems(node: JsonNode | undefined, name: string, most: number): JsonNode[] {
    return node === undefined ? [] : this.#items(node, name, most);
  }

  #string(node: JsonNode, what: string): string {
    if (node.kind !== 'string') throw this.#wrong(node, `${what} is no text`);
    return node.value;
  }

  /** One line for people: no control characters, and not empty. */
  #line(node: JsonNode, name: string, mostCharacters: number): string {
    const value = node.kind === 'string' ? node.value : '';
    const problem = lineProblem(value, mostCharacters);
    if (problem !== undefined) throw this.#wrong(node, `"${name}" ${problem}`);
    return value;
  }

  #whole(node: JsonNode, name: string, [least, most]: [number, number]): number {
    if (node.kind !== 'number' || !Number.isSafeInteger(node.value) || node.value < least || node.value > most)
      throw this.#wrong(node, `"${name}" is no whole number from ${least} to ${most}`);
    return node.value === 0 ? 0 : node.value;
  }

  #noteUnknown(fields: Map<string, JsonNode>, known: ReadonlySet<string>): void {
    for (const [name, { at }] of fields) {
      // Asked first: to find the line of each of thousands would take hours.
      if (this.#warnings.length >= linkFileLimits.warnings) return;
      if (known.has(name)) continue;
      const line = wrongAt(this.#text, at, `${JSON.stringify(name.slice(0, 60))} is not known and was passed over`);
      this.#warn(line.message);
    }
  }

  #warn(warning: string): void {
    if (this.#warnings.length < linkFileLimits.warnings) this.#warnings.push(warning);
  }

  #wrong(node: JsonNode, problem: string): AppError {
    return wrongAt(this.#text, node.at, problem);
  }
}

/** What another kind of file says that it is. */
function formatSaid(format: JsonNode | undefined): string {
  if (format?.kind !== 'string') return 'its "format" is';
  return `its "format" is ${JSON.stringify(format.value.slice(0, 60))},`;
}

/** Why a text cannot be a title or a name of somebody; undefined when it can. */
export function lineProblem(value: string, mostCharacters: number): string | undefined {
  if (value.trim() === '') return 'is missing or empty';
  if (value.length > mostCharacters) return `has more than ${mostCharacters} characters`;
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(value)) return 'has a control character or a line break';
  return undefined;
}

/** A title that a link may bear, of any text. */
export function titleOf(text: string): string {
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
  const short = [...line]
    .slice(0, linkFileLimits.titleCharacters / 2)
    .join('')
    .trim();
  return short === '' ? 'Untitled' : short;
}
