// Magnet links of BitTorrent v2 (BEP 9, BEP 52): `magnet:?xt=urn:btmh:1220<info hash>`. The info hash names a torrent, not a content; a magnet that we
// write for one file carries its content id too (`x.pr`, and `xl`), which the info hash proves. Text only.

import { AppError } from './errors.ts';
import { isContentId } from './ids.ts';
import { linkFileLimits, lineProblem, titleOf } from './linkFile.ts';
import type { LinkContents } from './links.ts';
import { nameProblem } from './pathRules.ts';
import { infoHashOf, isPieceLength } from './torrentFile.ts';

/** Others add many trackers; more is not looked at. */
const mostCharacters = 8192;
const mostParameters = 200;
const linkTargetForm = /^urn:btmh:1220([0-9a-f]{64})$/i;

export interface Magnet {
  /** 64 hexadecimal digits. */
  infoHash: string;
  title?: string;
  sizeBytes?: number;
  /** Of one file whose content id stands in it and fits the info hash. */
  link?: LinkContents;
}

export function isMagnet(text: string): boolean {
  return /^\s*magnet:/i.test(text.slice(0, 200));
}

/** The magnet of a link's torrent. */
export function writeMagnet(link: LinkContents): { text: string; infoHash: string } {
  const infoHash = infoHashOf(link);
  const [only] = link.files;
  const name = link.kind === 'file' && only ? only.path : link.title;
  const totalBytes = link.files.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
  const parts = [`xt=urn:btmh:1220${infoHash}`, `dn=${encodeURIComponent(name)}`, `xl=${totalBytes}`];
  if (link.kind === 'file' && only && only.sizeBytes > 0) parts.push(`x.pr=${only.contentId}`);
  return { text: `magnet:?${parts.join('&')}`, infoHash };
}

/** Throws `invalid-argument` that says what is wrong, or `too-large`. Trackers and addresses in it are passed over. */
export function readMagnet(text: string): Magnet {
  const trimmed = text.trim();
  if (trimmed.length > mostCharacters)
    throw new AppError('too-large', `A magnet link of more than ${mostCharacters} characters is not read.`);
  const query = /^magnet:\?(.*)$/is.exec(trimmed)?.[1];
  if (query === undefined) throw wrong('it does not begin with "magnet:?"');
  const fields = fieldsOf(query);
  const targets = [...fields].filter(([name]) => /^xt(?:\.\d+)?$/.test(name)).flatMap(([, values]) => values);
  const hashes = new Set(targets.flatMap((target) => linkTargetForm.exec(target)?.[1]?.toLowerCase() ?? []));
  const [infoHash] = hashes;
  if (infoHash === undefined) {
    if (targets.some((target) => /^urn:btih:/i.test(target)))
      throw wrong('it is a BitTorrent v1 magnet, which has no content ids. Ask for a v2 or hybrid one');
    throw wrong('it has no xt=urn:btmh:1220… with 64 hexadecimal digits');
  }
  if (hashes.size > 1) throw wrong('it names several torrents');
  const name = fields.get('dn')?.[0];
  const title = name === undefined || name.trim() === '' ? undefined : titleOf(name);
  const sizeBytes = sizeOf(fields.get('xl')?.[0]);
  const link = linkOf(infoHash, { name, sizeBytes, contentId: fields.get('x.pr')?.[0] });
  return {
    infoHash,
    ...(title === undefined ? {} : { title }),
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
    ...(link === undefined ? {} : { link }),
  };
}

/** The one file, if name, size and content id are there; they must give the info hash, with whichever piece length. */
function linkOf(
  infoHash: string,
  { name, sizeBytes, contentId }: { name: string | undefined; sizeBytes: number | undefined; contentId: string | undefined },
): LinkContents | undefined {
  if (contentId === undefined) return undefined;
  const isSound = isContentId(contentId) && sizeBytes !== undefined && sizeBytes > 0 && name !== undefined;
  if (!isSound) throw wrong('its content id (x.pr) is damaged, or lacks a name and a size beside it');
  if (nameProblem(name) !== undefined || lineProblem(name, linkFileLimits.titleCharacters) !== undefined)
    throw wrong('its name (dn) cannot be that of a file');
  const link: LinkContents = {
    title: titleOf(name),
    kind: 'file',
    files: [{ path: name, sizeBytes, contentId }],
    folders: [],
    hints: { entries: [], parties: [] },
  };
  for (let length = 2 ** 14; isPieceLength(length); length *= 2) if (infoHashOf(link, length) === infoHash) return link;
  throw wrong('its content id (x.pr), name and size do not belong to its info hash');
}

function fieldsOf(query: string): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  const parts = query.split('&');
  if (parts.length > mostParameters) throw wrong(`it has more than ${mostParameters} parts`);
  for (const part of parts) {
    const equals = part.indexOf('=');
    if (equals <= 0) continue;
    const name = part.slice(0, equals).toLowerCase();
    const value = decoded(part.slice(equals + 1));
    if (value !== undefined) fields.set(name, [...(fields.get(name) ?? []), value]);
  }
  return fields;
}

function sizeOf(text: string | undefined): number | undefined {
  const value = text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : undefined;
  return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '));
  } catch {
    return undefined; // no percent-encoded UTF-8: as if it were not there
  }
}

function wrong(problem: string): AppError {
  return new AppError('invalid-argument', `The magnet link is not right: ${problem}.`);
}
