// BitTorrent v2 metadata (BEP 52, https://www.bittorrent.org/beps/bep_0052.html) for the contents of a link, and back: our content id is its
// `pieces root`. Bytes only: speaks no BitTorrent. The same link always gives the same torrent, and so the same info hash.

import { createHash } from 'node:crypto';
import { type BDict, keyOf, type BValue, readBencode, writeBencode } from './bencode.ts';
import { AppError } from './errors.ts';
import { type ContentId, isContentId } from './ids.ts';
import { emptyContentId, linkFileLimits, titleOf } from './linkFile.ts';
import { checkNames } from './linkNames.ts';
import type { LinkContents, LinkEntry } from './links.ts';
import { nameProblem, pathLimits } from './pathRules.ts';

export const torrentLimits = {
  /** 50,000 files, and the piece hashes of 16 TiB in pieces of 16 MiB. */
  bytes: 64 * 2 ** 20,
  /** Two levels a folder, and what is around. */
  depth: 160,
  /** Three for each file and one for each folder; a hybrid torrent lists its files twice. */
  values: 800_000,
} as const;

const leafBytes = 16 * 1024;
const hashBytes = 32;
/**
 * Pieces that a torrent has by choice, and the range of their size. Files up to the least need no piece hashes: of those the sidecar keeps no leaves.
 * None is so large that it takes long to check.
 */
const wantedPieces = 2048;
const leastPiece = 2 ** 20;
const mostPiece = 16 * 2 ** 20;
/** What others may write. */
const mostForeignPiece = 2 ** 30;

export interface ReadTorrent {
  link: LinkContents;
  /** SHA-256 of the info dictionary, hexadecimal. */
  infoHash: string;
  warnings: string[];
}

/** The piece length of a torrent of so many bytes: a power of two. */
export function pieceLengthFor(totalBytes: number): number {
  let length = leastPiece;
  while (length < mostPiece && totalBytes / length > wantedPieces) length *= 2;
  return length;
}

/** Files whose piece layer `writeTorrent` needs, each content once. */
export function layersNeeded({ files }: Pick<LinkContents, 'files'>): { contentId: ContentId; sizeBytes: number }[] {
  const pieceLength = pieceLengthFor(totalOf(files));
  const needed = new Map<ContentId, number>();
  for (const { contentId, sizeBytes } of files) if (sizeBytes > pieceLength) needed.set(contentId, sizeBytes);
  return [...needed].map(([contentId, sizeBytes]) => ({ contentId, sizeBytes }));
}

/** The info dictionary's hash: all that a magnet needs. Throws `invalid-argument` when the link cannot be a torrent. */
export function infoHashOf(link: LinkContents, pieceLength = pieceLengthFor(totalOf(link.files))): string {
  return sha256(writeBencode(infoOf(link, pieceLength))).toString('hex');
}

/** `layers`: the packed hashes of the pieces of each of `layersNeeded`, by content id. Throws as `infoHashOf`, and when a layer is missing or wrong. */
export function writeTorrent(
  link: LinkContents,
  layers: ReadonlyMap<ContentId, Uint8Array>,
): { bytes: Buffer; infoHash: string } {
  const pieceLength = pieceLengthFor(totalOf(link.files));
  const info = infoOf(link, pieceLength);
  const packed: BDict = new Map();
  for (const { contentId, sizeBytes } of layersNeeded(link)) {
    const layer = layers.get(contentId);
    if (layer === undefined || !isLayer(layer, { contentId, sizeBytes, pieceLength }))
      throw wrong(`the piece hashes of the content ${contentId} are missing or wrong`);
    packed.set(Buffer.from(contentId, 'hex').toString('latin1'), Buffer.from(layer));
  }
  const bytes = writeBencode(
    new Map<string, BValue>([
      ['info', info],
      ['piece layers', packed],
    ]),
  );
  if (bytes.length > torrentLimits.bytes) throw new AppError('too-large', 'The torrent would be larger than 64 MiB.');
  return { bytes, infoHash: sha256(writeBencode(info)).toString('hex') };
}

/** Throws `invalid-argument` that says what is wrong, or `too-large`. */
export function readTorrent(bytes: Uint8Array): ReadTorrent {
  const torrent = readBencode(bytes, torrentLimits);
  const info = torrent instanceof Map ? torrent.get('info') : undefined;
  if (!(torrent instanceof Map) || !(info instanceof Map)) throw wrong('there is no info dictionary: it is no torrent');
  if (info.get('meta version') !== 2) {
    if (info.get('pieces') !== undefined)
      throw wrong('it is a BitTorrent v1 torrent, which has no content ids. Ask for a v2 or hybrid one');
    throw wrong('its "meta version" is not 2');
  }
  const pieceLength = info.get('piece length');
  if (typeof pieceLength !== 'number' || !isPieceLength(pieceLength))
    throw wrong('its "piece length" is no power of two of at least 16 KiB');
  const name = textOf(info.get('name'), 'name');
  const tree = info.get('file tree');
  if (!(tree instanceof Map)) throw wrong('its "file tree" is missing');
  const read: TreeRead = { files: [], warnings: [], symlinks: 0, pathCharacters: 0 };
  readTree(tree, '', read);
  if (read.symlinks > 0) read.warnings.push(`${read.symlinks} symbolic links were passed over.`);
  checkLayers(torrent.get('piece layers'), read.files, pieceLength);
  const [only] = read.files;
  const isFile = read.files.length === 1 && only !== undefined && only.path === name;
  const link: LinkContents = {
    title: titleOf(name),
    kind: isFile ? 'file' : 'folder',
    files: read.files,
    folders: [],
    hints: { entries: [], parties: [] },
  };
  read.warnings.push(...checkNames(link));
  return { link, infoHash: sha256(writeBencode(info)).toString('hex'), warnings: read.warnings };
}

/** The packed hashes of the pieces that packed leaves (of 16 KiB) make; the last piece may be short. */
export function pieceHashes(leaves: Uint8Array, pieceLength: number): Buffer {
  const leavesOfPiece = pieceLength / leafBytes;
  const packed = Buffer.alloc(Math.ceil(leaves.length / hashBytes / leavesOfPiece) * hashBytes);
  for (let piece = 0; piece * hashBytes < packed.length; piece++) {
    const from = piece * leavesOfPiece * hashBytes;
    let nodes = Buffer.alloc(leavesOfPiece * hashBytes); // padded with zero hashes
    nodes.set(leaves.subarray(from, from + nodes.length));
    while (nodes.length > hashBytes) nodes = above(nodes);
    nodes.copy(packed, piece * hashBytes);
  }
  return packed;
}

/** Whether these are the hashes of the file's pieces, up to its root. */
export function isLayer(
  layer: Uint8Array,
  { contentId, sizeBytes, pieceLength }: { contentId: ContentId; sizeBytes: number; pieceLength: number },
): boolean {
  if (layer.length !== Math.ceil(sizeBytes / pieceLength) * hashBytes) return false;
  let pad = Buffer.alloc(hashBytes);
  for (let span = leafBytes; span < pieceLength; span *= 2) pad = sha256(Buffer.concat([pad, pad]));
  let nodes = Buffer.from(layer);
  while (nodes.length > hashBytes) {
    if ((nodes.length / hashBytes) % 2 === 1) nodes = Buffer.concat([nodes, pad]);
    nodes = above(nodes);
    pad = sha256(Buffer.concat([pad, pad]));
  }
  return nodes.toString('hex') === contentId;
}

function above(nodes: Uint8Array): Buffer<ArrayBuffer> {
  const layer = Buffer.alloc(nodes.length / 2);
  for (let at = 0; at < nodes.length; at += 2 * hashBytes) sha256(nodes.subarray(at, at + 2 * hashBytes)).copy(layer, at / 2);
  return layer;
}

function infoOf(link: LinkContents, pieceLength: number): BDict {
  checkNames(link);
  if (link.files.length === 0) throw wrong('a torrent needs a file');
  const tree: BDict = new Map();
  for (const { path, sizeBytes, contentId } of link.files) {
    let at = tree;
    const names = path.split('/');
    for (const name of names) {
      const key = keyOf(name);
      const there = at.get(key);
      if (there instanceof Map) {
        at = there;
        continue;
      }
      const next: BDict = new Map();
      at.set(key, next);
      at = next;
    }
    const file: BDict = new Map([['length', sizeBytes]]);
    if (sizeBytes > 0) file.set('pieces root', Buffer.from(contentId, 'hex'));
    at.set('', file);
  }
  return new Map<string, BValue>([
    ['file tree', tree],
    ['meta version', 2],
    ['name', Buffer.from(nameOf(link))],
    ['piece length', pieceLength],
  ]);
}

/** The folder's name in the torrent. A folder whose only file bears its name would be read as that file alone. */
function nameOf({ kind, title, files }: LinkContents): string {
  const [only] = files;
  if (kind === 'file' && only) return only.path;
  let name = title.replace(/[/\\:]/g, '_').trim();
  while (Buffer.byteLength(name) > 200) name = [...name].slice(0, -1).join('');
  if (nameProblem(name) !== undefined) name = `_${name.replace(/\0/g, '')}`;
  return files.length === 1 && only?.path === name ? `${name} (folder)` : name;
}

interface TreeRead {
  files: LinkEntry[];
  warnings: string[];
  symlinks: number;
  pathCharacters: number;
}

function readTree(tree: BDict, prefix: string, read: TreeRead): void {
  for (const [key, node] of tree) {
    if (!(node instanceof Map))
      throw wrong(`${JSON.stringify(prefix.slice(0, 200))} holds something that is neither file nor folder`);
    if (key === '') throw wrong('a file lies where a folder must be');
    const name = utf8(Buffer.from(key, 'latin1'));
    const problem = name === undefined ? 'is not valid Unicode' : nameProblem(name);
    if (name === undefined || problem !== undefined)
      throw wrong(`the name ${JSON.stringify(key.slice(0, 200))} ${problem ?? ''}`);
    if (prefix.length > pathLimits.pathBytes) throw wrong('its folders are too deep');
    const file = node.get('');
    if (file === undefined) {
      readTree(node, `${prefix}${name}/`, read);
      continue;
    }
    if (!(file instanceof Map) || node.size > 1) throw wrong(`${JSON.stringify(name)} is both a file and a folder`);
    addFile(file, `${prefix}${name}`, read);
  }
}

function addFile(file: BDict, path: string, read: TreeRead): void {
  const attributes = file.get('attr');
  if (Buffer.isBuffer(attributes) && attributes.includes('p')) return; // padding
  if (Buffer.isBuffer(attributes) && attributes.includes('l')) {
    read.symlinks++;
    return;
  }
  if (read.files.length >= linkFileLimits.files)
    throw new AppError('too-large', `It has more than ${linkFileLimits.files} files.`);
  const length = file.get('length');
  const root = file.get('pieces root');
  read.pathCharacters += path.length;
  if (read.pathCharacters > linkFileLimits.characters) throw new AppError('too-large', 'Its names are too long for a link.');
  const shown = JSON.stringify(path.slice(0, 200));
  if (typeof length !== 'number' || length < 0) throw wrong(`the length of ${shown} is missing or impossible`);
  const contentId = Buffer.isBuffer(root) ? root.toString('hex') : emptyContentId;
  if (!isContentId(contentId)) throw wrong(`the "pieces root" of ${shown} has not 32 bytes`);
  if ((length === 0) !== (root === undefined) || (length > 0 && contentId === emptyContentId))
    throw wrong(`${shown} must have a "pieces root" exactly when it has bytes`);
  read.files.push({ path, sizeBytes: length, contentId });
}

/** They are not needed here; what is there must be right all the same, or the torrent is damaged. */
function checkLayers(layers: BValue | undefined, files: readonly LinkEntry[], pieceLength: number): void {
  if (layers === undefined) return;
  if (!(layers instanceof Map)) throw wrong('its "piece layers" are no dictionary');
  /** Sizes in pieces of contents that were checked: thousands of files may have one large content. */
  const checked = new Map<ContentId, number>();
  for (const { contentId, sizeBytes, path } of files) {
    const layer = layers.get(Buffer.from(contentId, 'hex').toString('latin1'));
    if (layer === undefined || sizeBytes <= pieceLength) continue;
    const pieces = Math.ceil(sizeBytes / pieceLength);
    if (checked.get(contentId) === pieces) continue;
    if (!Buffer.isBuffer(layer) || !isLayer(layer, { contentId, sizeBytes, pieceLength }))
      throw wrong(`the piece hashes of ${JSON.stringify(path.slice(0, 200))} do not belong to its "pieces root"`);
    checked.set(contentId, pieces);
  }
}

export function isPieceLength(length: number): boolean {
  return length >= leafBytes && length <= mostForeignPiece && Number.isInteger(Math.log2(length));
}

function totalOf(files: readonly LinkEntry[]): number {
  return files.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
}

function textOf(value: BValue | undefined, what: string): string {
  const text = Buffer.isBuffer(value) ? utf8(value) : undefined;
  if (text === undefined || text === '') throw wrong(`its "${what}" is missing or not valid Unicode`);
  return text;
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function sha256(bytes: Uint8Array): Buffer<ArrayBuffer> {
  return Buffer.from(createHash('sha256').update(bytes).digest());
}

function wrong(problem: string): AppError {
  return new AppError('invalid-argument', `The torrent is not right: ${problem}.`);
}
