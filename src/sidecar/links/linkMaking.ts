// A link to an entry of the catalog: its files with their content ids, own ones hashed where they must be, those of a peer asked for where it did not
// tell them. Writes nothing.

import { setImmediate } from 'node:timers/promises';
import { AppError, asAppError } from '../../protocol/errors.ts';
import { emptyContentId, linkFileLimits, titleOf } from '../../protocol/linkFile.ts';
import type { LinkContents, LinkEntry } from '../../protocol/links.ts';
import type { PeerId } from '../../protocol/ids.ts';
import type { Entry, EntryRef } from '../../protocol/model.ts';
import { contentLinkLimits } from '../limits.ts';
import type { Identified, Identifying, LinkCatalog } from './contracts.ts';
import { inLanes } from './lanes.ts';

export interface MakingOptions {
  catalog: LinkCatalog;
  identify: Identifying;
  ownPeerId: PeerId;
}

export interface LinkWish {
  entry: EntryRef;
  title?: string;
  creator?: string;
  parties?: string[];
  /** Puts in where it was seen. */
  hasPlace: boolean;
}

/** A link, and the entry of each of its files, in the same order. */
export interface MadeLink {
  link: LinkContents;
  entries: EntryRef[];
  /** Files of the index that are not there, or not shared, any more. */
  goneFiles: number;
}

interface Found {
  ref: EntryRef;
  /** In the link. */
  path: string;
  entry: Entry;
}

/** Entries looked at between two turns of the event loop: about 5 ms. */
const stepEntries = 2000;

/**
 * Rejects with `not-found` (no such entry), `too-large`, `unavailable` (its owner is away and did not tell all ids), `changed`, `cancelled`, or as
 * reading an own file does. `onProgress`: bytes whose id is known, of all.
 */
export async function makeLink(
  wish: LinkWish,
  options: MakingOptions & { signal: AbortSignal; onProgress: (done: number, total: number) => void },
): Promise<MadeLink> {
  const { entry: ref } = wish;
  const { found, folders, title, kind } = await collect(ref, options);
  const total = found.reduce((sum, { entry }) => sum + entry.sizeBytes, 0);
  let done = 0;
  const made: ({ file: LinkEntry; ref: EntryRef } | undefined)[] = [];
  const isOwn = ref.peerId === options.ownPeerId;
  await inLanes(found, contentLinkLimits.idsInFlight, async (one, index) => {
    if (options.signal.aborted) throw new AppError('cancelled', 'The link was cancelled.');
    const known = isOwn ? await own(one, options) : await ofPeer(one, options);
    made[index] = known && { file: { path: one.path, ...known }, ref: one.ref };
    done += one.entry.sizeBytes;
    options.onProgress(done, total);
  });
  const kept = made.filter((one) => one !== undefined);
  if (kind === 'file' && kept.length === 0) throw noSuchEntry(ref);
  const link: LinkContents = {
    title: titleOf(wish.title ?? title),
    kind,
    files: kept.map(({ file }) => file),
    folders,
    hints: { entries: wish.hasPlace ? [ref] : [], parties: wish.parties ?? [] },
    ...(wish.creator === undefined ? {} : { creator: wish.creator }),
  };
  return { link, entries: kept.map((one) => one.ref), goneFiles: found.length - kept.length };
}

async function collect(
  ref: EntryRef,
  { catalog, signal }: MakingOptions & { signal: AbortSignal },
): Promise<{ found: Found[]; folders: string[]; title: string; kind: 'file' | 'folder' }> {
  const entry = ref.path === '' ? undefined : catalog.stat(ref);
  const shareTitle = catalog.titleOf(ref.peerId, ref.shareId);
  if (entry === undefined && (ref.path !== '' || shareTitle === undefined)) throw noSuchEntry(ref);
  if (entry?.kind === 'file') return { found: [{ ref, path: entry.name, entry }], folders: [], title: entry.name, kind: 'file' };
  const prefix = ref.path === '' ? '' : `${ref.path}/`;
  const found: Found[] = [];
  const empty = new Set<string>();
  let seen = 0;
  for (const { path: sharePath, entry: below } of catalog.files(ref)) {
    if (++seen % stepEntries === 0) await setImmediate();
    if (signal.aborted) throw new AppError('cancelled', 'The link was cancelled.');
    const path = sharePath.slice(prefix.length);
    empty.delete(path.slice(0, Math.max(0, path.lastIndexOf('/'))));
    if (below.kind === 'folder') empty.add(path);
    else found.push({ ref: { ...ref, path: sharePath }, path, entry: below });
    if (found.length > linkFileLimits.files || empty.size > linkFileLimits.folders) throw tooMany(ref);
  }
  return { found, folders: [...empty], title: ref.path.split('/').at(-1) || (shareTitle ?? ''), kind: 'folder' };
}

async function own(
  { ref }: Found,
  { identify, signal }: MakingOptions & { signal: AbortSignal },
): Promise<Identified | undefined> {
  try {
    return await identify.own(ref, { signal });
  } catch (error) {
    if (asAppError(error).kind === 'not-found') return undefined;
    throw error;
  }
}

async function ofPeer(
  { ref, entry }: Found,
  { identify, signal }: MakingOptions & { signal: AbortSignal },
): Promise<Identified | undefined> {
  const { sizeBytes, mtimeMs } = entry;
  const contentId = sizeBytes === 0 ? emptyContentId : await identify.told(ref);
  if (contentId !== undefined) return { contentId, sizeBytes, mtimeMs };
  try {
    return await identify.ask(ref, { signal });
  } catch (error) {
    if (asAppError(error).kind === 'not-found') return undefined;
    throw error;
  }
}

function noSuchEntry({ path }: EntryRef): AppError {
  return new AppError('not-found', `The index has no ${JSON.stringify(path)}. List the folder again.`, { data: { path } });
}

function tooMany({ path }: EntryRef): AppError {
  return new AppError(
    'too-large',
    `${JSON.stringify(path)} has more than ${linkFileLimits.files} files, which is the most of one link. Make links to its folders.`,
    { data: { path } },
  );
}
