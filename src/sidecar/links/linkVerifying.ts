// Compares what lies on this disk with a link, by reading it whole. Follows no link of the file system below the folder that was named, waits for no
// pipe, and changes nothing.

import { constants, lstatSync, realpathSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { AppError, asAppError } from '../../protocol/errors.ts';
import { type ContentId, isContentId } from '../../protocol/ids.ts';
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

/** Rejects with `not-found` when nothing is at `where`, `not-folder`, `permission-denied`, and `cancelled`. */
export async function verifyLink(link: LinkContents, where: string, options: VerifyOptions): Promise<LinkVerification> {
  const place = placeOf(link, where, options);
  const wayTo = realFolders();
  const total = link.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const result: LinkVerification = {
    ...{ sameFiles: 0, changedFiles: 0, missingFiles: 0, unreadableFiles: 0, checkedBytes: 0, differences: [] },
  };
  const differences: (Difference | undefined)[] = [];
  let done = 0;
  await inLanes(link.files, contentLinkLimits.idsInFlight, async (file, index) => {
    if (options.signal.aborted) throw new AppError('cancelled', 'The comparison was cancelled.');
    const target = place.file ?? pathBelow(place.folder, parseSafePath(file.path));
    const way = place.file === undefined ? wayTo(place.folder, path.dirname(target)) : 'folder';
    differences[index] = way === 'folder' ? await compare(file, target, options) : { path: file.path, state: stateOf(way) };
    done += file.sizeBytes;
    options.onProgress(done, total);
  });
  for (const folder of link.folders) {
    const found = wayTo(place.folder, pathBelow(place.folder, parseSafePath(folder)));
    if (found !== 'folder') differences.push({ path: folder, state: stateOf(found) });
  }
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
  const named = realPlace(where);
  if (kindOf(named) !== 'folder') {
    if (link.kind === 'file') return { folder: path.dirname(named), file: named };
    throw new AppError('not-folder', `${where} is no folder, and the link leads to one. Choose the folder with its files.`, {
      data: { path: where },
    });
  }
  if (link.kind === 'file') return { folder: named };
  const name = options.folderNameOf(link.title);
  const below = path.join(named, name);
  const entries = sampleOf([...link.files.map((file) => file.path), ...link.folders]);
  const heldIn = (folder: string): number =>
    entries.filter((entry) => kindOf(pathBelow(folder, parseSafePath(entry))) !== 'missing').length;
  // A folder of the title may lie in one of that title, and some file of the link's names beside the folder that is meant.
  if (kindOf(below) === 'folder' && heldIn(below) >= heldIn(named)) return { folder: below };
  if (entries.length > 0 || path.basename(named) === name) return { folder: named };
  throw new AppError('not-found', `There is no folder ${JSON.stringify(name)} in ${where}, and the link leads to nothing else.`, {
    data: { path: where },
  });
}

/** The place that the user named may itself be a link. */
function realPlace(where: string): string {
  try {
    return realpathSync.native(where);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const data = { path: where };
    if (code === 'EACCES' || code === 'EPERM')
      throw new AppError('permission-denied', `${where} may not be looked at. Change its permissions.`, { data, cause: error });
    throw new AppError('not-found', `There is nothing at ${where}.`, { data, cause: error });
  }
}

/** Some of many, from all over. */
function sampleOf(entries: readonly string[]): string[] {
  const step = Math.max(1, Math.ceil(entries.length / contentLinkLimits.sampledFiles));
  return entries.filter((_, index) => index % step === 0);
}

type Kind = 'folder' | 'other' | 'missing' | 'unreadable';

function kindOf(place: string): Kind {
  try {
    const stats = lstatSync(place, { throwIfNoEntry: false });
    if (stats === undefined) return 'missing';
    return stats.isDirectory() ? 'folder' : 'other';
  } catch (error) {
    // Something on the way is a file.
    return error instanceof Error && 'code' in error && error.code === 'ENOTDIR' ? 'missing' : 'unreadable';
  }
}

function stateOf(kind: Exclude<Kind, 'folder'>): Difference['state'] {
  return kind === 'unreadable' ? 'unreadable' : 'missing';
}

/** What is at a folder's path when all parts from the top down to it are real folders; each is looked at once. */
function realFolders(): (top: string, folder: string) => Kind {
  const known = new Map<string, Kind>();
  const look = (top: string, folder: string): Kind => {
    if (folder === top || folder.length < top.length) return 'folder';
    const before = known.get(folder);
    if (before !== undefined) return before;
    const above = look(top, path.dirname(folder));
    const kind = above === 'folder' ? kindOf(folder) : above;
    known.set(folder, kind);
    return kind;
  };
  return look;
}

function idOf(root: Uint8Array): ContentId {
  const contentId = Buffer.from(root).toString('hex');
  if (!isContentId(contentId)) throw new AppError('internal', `A root of ${root.byteLength} bytes is none.`);
  return contentId;
}
