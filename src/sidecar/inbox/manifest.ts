// The list of what is in an offer, as it travels and is kept: deflated JSON, an array of `[path]` for a folder and `[path, sizeBytes, mtimeMs]` for a file,
// each folder before what is in it. Reading trusts nothing: a list is whole and sound, or refused.

import { deflateSync, inflateSync } from 'node:zlib';
import { AppError } from '../../protocol/errors.ts';
import type { OfferEntry, OfferItem } from '../../protocol/sending.ts';
import { indexLimits, sendingLimits } from '../limits.ts';
import { pathProblem } from '../storage/safePath.ts';

export interface ManifestCounts {
  fileCount: number;
  folderCount: number;
  totalBytes: number;
}

/** Throws `too-large`. */
export function encodeManifest(entries: readonly OfferEntry[]): Uint8Array {
  const rows = entries.map(({ path, kind, sizeBytes, mtimeMs }) => (kind === 'folder' ? [path] : [path, sizeBytes, mtimeMs]));
  const raw = Buffer.from(JSON.stringify(rows));
  const packed = raw.byteLength > sendingLimits.manifestRawBytes ? undefined : new Uint8Array(deflateSync(raw));
  if (packed === undefined || packed.byteLength > sendingLimits.manifestBytes)
    throw new AppError('too-large', 'The list of these files is too long to be offered. Share the folder, or send parts of it.');
  return packed;
}

/** Throws `protocol` when it is not what it must be, or says other numbers than `claimed`. */
export function decodeManifest(packed: Uint8Array, claimed: ManifestCounts): OfferEntry[] {
  const rows = parsed(packed);
  if (rows.length > sendingLimits.entries) throw badOffer(`it lists more than ${sendingLimits.entries} entries`);
  const seen = new Map<string, OfferEntry['kind']>();
  const counts: ManifestCounts = { fileCount: 0, folderCount: 0, totalBytes: 0 };
  const entries = rows.map((row) => {
    const entry = entryOf(row);
    if (seen.has(entry.path)) throw badOffer('it lists a path twice');
    const slash = entry.path.lastIndexOf('/');
    if (slash > 0 && seen.get(entry.path.slice(0, slash)) !== 'folder') throw badOffer('a file comes before its folder');
    seen.set(entry.path, entry.kind);
    counts[entry.kind === 'file' ? 'fileCount' : 'folderCount']++;
    counts.totalBytes += entry.sizeBytes;
    return entry;
  });
  const isAsClaimed =
    counts.fileCount === claimed.fileCount &&
    counts.folderCount === claimed.folderCount &&
    counts.totalBytes === claimed.totalBytes;
  if (!isAsClaimed || entries.length === 0) throw badOffer('it holds other numbers than it says');
  const names = itemsOf(entries).map(({ name }) => foldedName(name));
  if (names.length > sendingLimits.items) throw badOffer(`it offers more than ${sendingLimits.items} things`);
  if (new Set(names).size < names.length) throw badOffer('two things of it have one name on some disks');
  return entries;
}

/** Equal for names that some disk does not tell apart: by case, or by their spelling in Unicode. */
export function foldedName(name: string): string {
  return name.normalize('NFC').toLowerCase().normalize('NFC');
}

/** What lies at the top, with what is in it. */
export function itemsOf(entries: readonly OfferEntry[]): OfferItem[] {
  const items = new Map<string, OfferItem>();
  for (const { path, kind, sizeBytes } of entries) {
    const slash = path.indexOf('/');
    if (slash < 0) items.set(path, { name: path, kind, fileCount: kind === 'file' ? 1 : 0, sizeBytes });
    else {
      const item = items.get(path.slice(0, slash));
      if (item === undefined || kind === 'folder') continue;
      item.fileCount++;
      item.sizeBytes += sizeBytes;
    }
  }
  return [...items.values()];
}

function parsed(packed: Uint8Array): unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(inflateSync(packed, { maxOutputLength: sendingLimits.manifestRawBytes }).toString());
  } catch {
    throw badOffer('its list cannot be read');
  }
  if (!Array.isArray(value)) throw badOffer('its list is none');
  return value;
}

function entryOf(row: unknown): OfferEntry {
  if (!Array.isArray(row) || typeof row[0] !== 'string' || (row.length !== 1 && row.length !== 3))
    throw badOffer('a line of its list is none');
  const path = row[0];
  const problem = path === '' ? 'is empty' : pathProblem(path);
  if (problem !== undefined) throw badOffer(`a path of it ${problem}`);
  if (row.length === 1) return { path, kind: 'folder', sizeBytes: 0, mtimeMs: 0 };
  const [, sizeBytes, mtimeMs] = row as unknown[];
  if (typeof sizeBytes !== 'number' || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) throw badOffer('a size is impossible');
  if (typeof mtimeMs !== 'number' || !Number.isInteger(mtimeMs) || Math.abs(mtimeMs) > indexLimits.mtimeMs)
    throw badOffer('a time is impossible');
  return { path, kind: 'file', sizeBytes, mtimeMs };
}

function badOffer(why: string): AppError {
  return new AppError('protocol', `An offer of files breaks the rules: ${why}.`);
}
