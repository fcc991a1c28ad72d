// Compares what lies on this disk with a link, by reading it whole. Follows no link of the file system below the folder that was named, waits for no
// pipe, and changes nothing.

import { constants, lstatSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { AppError, asAppError } from '../../protocol/errors.ts';
import { type ContentId, isContentId } from '../../protocol/ids.ts';
import { emptyContentId } from '../../protocol/linkFile.ts';
import type { LinkContents, LinkEntry, LinkVerification } from '../../protocol/links.ts';
import { contentLinkLimits } from '../limits.ts';
import { parseSafePath, pathBelow } from '../storage/safePath.ts';
import { inLanes } from './lanes.ts';

export interface VerifyOptions {
  /** The folder's name that a title gives (transfers/downloads/plan.ts). */
  folderNameOf(title: string): string;
  hash(fd: number, sizeBytes: number, options: { signal: AbortSignal }): Promise<{ root: Uint8Array }>;
  signal: AbortSignal;
  /** Bytes read, of all. */
  onProgress(done: number, total: number): void;
}

type Difference = LinkVerification['differences'][number];

const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Rejects with `not-found` when nothing is at `where`, and `cancelled`. */
export async function verifyLink(link: LinkContents, where: string, options: VerifyOptions): Promise<LinkVerification> {
  const place = placeOf(link, where, options);
  const isFolder = realFolders();
  const total = link.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const result: LinkVerification = {
    ...{ sameFiles: 0, changedFiles: 0, missingFiles: 0, unreadableFiles: 0, checkedBytes: 0, differences: [] },
  };
  const differences: (Difference | undefined)[] = [];
  let done = 0;
  await inLanes(link.files, contentLinkLimits.idsInFlight, async (file, index) => {
    if (options.signal.aborted) throw new AppError('cancelled', 'The comparison was cancelled.');
    const target = place.file ?? pathBelow(place.folder, parseSafePath(file.path));
    const isThere = place.file !== undefined || isFolder(place.folder, path.dirname(target));
    differences[index] = isThere ? await compare(file, target, options) : { path: file.path, state: 'missing' };
    done += file.sizeBytes;
    options.onProgress(done, total);
  });
  for (const [index, difference] of differences.entries()) {
    if (difference === undefined) {
      result.sameFiles++;
      result.checkedBytes += link.files[index]?.sizeBytes ?? 0;
      continue;
    }
    if (difference.state === 'changed') result.changedFiles++;
    else if (difference.state === 'missing') result.missingFiles++;
    else result.unreadableFiles++;
    if (result.differences.length < contentLinkLimits.differencesShown) result.differences.push(difference);
  }
  return result;
}

/** Undefined: it is the same. */
async function compare(file: LinkEntry, target: string, options: VerifyOptions): Promise<Difference | undefined> {
  const { path: linkPath } = file;
  let handle: FileHandle;
  try {
    handle = await open(target, openFlags);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return { path: linkPath, state: 'missing' };
    return { path: linkPath, state: code === 'ELOOP' || code === 'ENXIO' ? 'changed' : 'unreadable' };
  }
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) return { path: linkPath, state: 'changed' };
    const sizeBytes = stats.size;
    if (sizeBytes !== file.sizeBytes) return { path: linkPath, state: 'changed', sizeBytes };
    if (sizeBytes === 0) return undefined;
    const contentId = idOf((await options.hash(handle.fd, sizeBytes, { signal: options.signal })).root);
    return contentId === file.contentId ? undefined : { path: linkPath, state: 'changed', sizeBytes, contentId };
  } catch (error) {
    const { kind } = asAppError(error);
    if (kind === 'cancelled' || kind === 'unavailable') throw error;
    return { path: linkPath, state: kind === 'changed' ? 'changed' : 'unreadable' };
  } finally {
    await handle.close();
  }
}

/** The file itself, or the folder in which the link's paths begin: the one that was named, or the one of the link's title in it. */
function placeOf(link: LinkContents, where: string, options: VerifyOptions): { folder: string; file?: string } {
  // The place that the user named may be a link.
  const stats = lstatSync(where, { throwIfNoEntry: false });
  if (stats === undefined) throw new AppError('not-found', `There is nothing at ${where}.`, { data: { path: where } });
  const [first] = link.files;
  if (link.kind === 'file') {
    if (stats.isFile()) return { folder: path.dirname(where), file: where };
    return { folder: where };
  }
  const isHere = first !== undefined && isThere(pathBelow(where, parseSafePath(first.path)));
  const below = path.join(where, options.folderNameOf(link.title));
  return { folder: !isHere && isThere(below) ? below : where };
}

function isThere(place: string): boolean {
  return lstatSync(place, { throwIfNoEntry: false }) !== undefined;
}

/** Whether all parts from the top down to a folder are real folders; each is looked at once. */
function realFolders(): (top: string, folder: string) => boolean {
  const known = new Map<string, boolean>();
  const look = (top: string, folder: string): boolean => {
    if (folder === top || folder.length < top.length) return true;
    const before = known.get(folder);
    if (before !== undefined) return before;
    const isReal = look(top, path.dirname(folder)) && lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
    known.set(folder, isReal);
    return isReal;
  };
  return look;
}

function idOf(root: Uint8Array): ContentId {
  const contentId = Buffer.from(root).toString('hex');
  return isContentId(contentId) ? contentId : emptyContentId;
}
