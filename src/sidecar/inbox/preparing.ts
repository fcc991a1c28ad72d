// What of chosen files and folders would be sent: folders by the same walk as shares, with their ignore rules and without secrets; single files unless they
// are secrets. Nothing is read but names, sizes and times.

import { randomBytes } from 'node:crypto';
import { lstatSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../protocol/errors.ts';
import type { SkipReason, SuspectReport } from '../../protocol/model.ts';
import type { OfferEntry, OfferPreview } from '../../protocol/sending.ts';
import { IndexView } from '../catalog/index/indexView.ts';
import { Segment } from '../catalog/index/segment.ts';
import { localLimits, previewLimits, sendingLimits } from '../limits.ts';
import { indexTime } from '../shares/folderLook.ts';
import { scan } from '../shares/scan.ts';
import { secretReason } from '../shares/secrets.ts';
import { shareableFolder } from '../shares/shareFolder.ts';
import { SuspectSearch } from '../shares/suspects.ts';
import { contains, realPlace } from '../storage/folders.ts';
import { nameProblem, type SafePath } from '../storage/safePath.ts';
import { foldedName, itemsOf } from './manifest.ts';

export interface Prepared extends OfferPreview {
  entries: OfferEntry[];
  /** Where each item lies: real paths, in the order of `items`. */
  paths: string[];
}

export interface PrepareOptions {
  dataFolder: string;
  signal: AbortSignal;
  /** Files are looked into for what looks secret by its text; else `secrets` stays empty. */
  looksForSecrets?: boolean;
}

/** Throws `invalid-argument`, `not-found`, `permission-denied`, `too-large`, `io`, `cancelled`. */
export async function prepareOffer(chosen: readonly string[], options: PrepareOptions): Promise<Prepared> {
  if (chosen.length === 0 || chosen.length > sendingLimits.items)
    throw new AppError('invalid-argument', `Choose 1 to ${sendingLimits.items} files and folders. Put more into one folder.`);
  const prepared: Prepared = {
    ...{ items: [], fileCount: 0, folderCount: 0, totalBytes: 0, skippedCounts: {}, skipped: [], entries: [], paths: [] },
    secrets: { suspects: [], found: 0, readFiles: 0, unreadFiles: 0 },
  };
  const names = new Set<string>();
  for (const each of new Set(chosen.map((one) => path.resolve(one)))) await addItem(prepared, each, { names, ...options });
  prepared.items = itemsOf(prepared.entries);
  for (const { kind, sizeBytes } of prepared.entries) {
    prepared[kind === 'file' ? 'fileCount' : 'folderCount']++;
    prepared.totalBytes += sizeBytes;
  }
  return prepared;
}

/** Why a single file may not be sent as it is now; undefined: it may. `absolute` is in a real folder. */
export function fileProblem(absolute: string, dataFolder: string): SkipReason | undefined {
  const stats = lstatSync(absolute, { throwIfNoEntry: false });
  if (stats === undefined) return 'unreadable';
  if (stats.isSymbolicLink()) return 'symlink';
  if (!stats.isFile()) return 'special';
  if (contains(realPlace(dataFolder), absolute)) return 'secret';
  const folders = path.dirname(absolute).split(path.sep);
  if (folders.some((name) => name !== '' && secretReason(name, '', true) !== undefined)) return 'secret';
  if (secretReason(path.basename(absolute), folders.at(-1) ?? '', false) !== undefined) return 'secret';
  return nameProblem(path.basename(absolute)) === undefined ? undefined : 'name-not-portable';
}

interface Adding extends PrepareOptions {
  names: Set<string>;
}

async function addItem(prepared: Prepared, chosen: string, adding: Adding): Promise<void> {
  const { names, dataFolder } = adding;
  const stats = lookAt(chosen);
  if (stats.isSymbolicLink()) {
    skip(prepared, path.basename(chosen), 'symlink');
    return;
  }
  if (stats.isDirectory()) {
    const root = shareableFolder(chosen, { dataFolder });
    const name = freeName(path.basename(root), names);
    const added = await walked(root, { ...adding, prepared, name });
    prepared.paths.push(root);
    prepared.entries.push({ path: name, kind: 'folder', sizeBytes: 0, mtimeMs: 0 }, ...added);
  } else {
    const absolute = path.join(realpathSync.native(path.dirname(chosen)), path.basename(chosen));
    const problem = fileProblem(absolute, dataFolder);
    if (problem !== undefined) {
      skip(prepared, path.basename(chosen), problem);
      return;
    }
    const name = freeName(path.basename(absolute), names);
    prepared.paths.push(absolute);
    prepared.entries.push({ path: name, kind: 'file', sizeBytes: stats.size, mtimeMs: indexTime(stats.mtimeMs) });
    if (adding.looksForSecrets === true) addSuspects(prepared, lookInto(absolute, stats.size), () => name);
  }
  if (prepared.entries.length > sendingLimits.entries) throw tooMany();
}

async function walked(
  root: string,
  { prepared, name, dataFolder, signal, looksForSecrets = false }: Adding & { prepared: Prepared; name: string },
): Promise<OfferEntry[]> {
  const segmentPath = path.join(dataFolder, `offer-${randomBytes(8).toString('hex')}.tmp`);
  const tooLarge = new AbortController();
  let view: IndexView | undefined;
  try {
    const found = await scan(
      { root, index: { path: segmentPath, updatedAtMs: Date.now(), base: undefined }, looksForSecrets },
      {
        signal: AbortSignal.any([signal, tooLarge.signal]),
        onProgress: (entries) => {
          // Ignored ones count there, too.
          if (entries > 10 * sendingLimits.entries) tooLarge.abort();
        },
      },
    );
    for (const [reason, count] of Object.entries(found.skippedCounts))
      prepared.skippedCounts[reason] = (prepared.skippedCounts[reason] ?? 0) + count;
    for (const { path: inside, reason } of found.skipped) list(prepared, `${name}/${inside}`, reason);
    if (found.secrets !== undefined) addSuspects(prepared, found.secrets, (inside) => `${name}/${inside}`);
    if (found.fileCount + found.folderCount > sendingLimits.entries) throw tooMany();
    view = new IndexView(Segment.open(segmentPath));
    const entries: OfferEntry[] = [];
    for (const { path: inside, entry } of view.walk('' as SafePath)) {
      const { kind, sizeBytes, mtimeMs } = entry;
      entries.push({ path: `${name}/${inside}`, kind, sizeBytes, mtimeMs });
    }
    return entries;
  } catch (error) {
    throw tooLarge.signal.aborted ? tooMany() : error;
  } finally {
    view?.close();
    rmSync(segmentPath, { force: true });
  }
}

function lookAt(chosen: string) {
  if (!path.isAbsolute(chosen) || chosen.includes('\0'))
    throw new AppError('invalid-argument', `${JSON.stringify(chosen)} is not an absolute path. Give its whole path.`);
  const data = { path: chosen };
  try {
    return lstatSync(chosen);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new AppError('not-found', `${chosen} is not there. Choose another file.`, { data });
    throw new AppError('permission-denied', `${chosen} may not be read. Change its permissions.`, { data, cause: error });
  }
}

/** Two things of one name: the second gets a number. */
function freeName(name: string, names: Set<string>): string {
  const problem = nameProblem(name);
  if (problem !== undefined)
    throw new AppError('invalid-argument', `The name ${JSON.stringify(name)} ${problem}. Rename it, then send it.`);
  let free = name;
  for (let number = 2; names.has(foldedName(free)); number++) {
    const { name: stem, ext } = path.parse(name);
    free = `${stem} (${number})${ext}`;
  }
  names.add(foldedName(free));
  return free;
}

function skip(prepared: Prepared, shown: string, reason: SkipReason): void {
  prepared.skippedCounts[reason] = (prepared.skippedCounts[reason] ?? 0) + 1;
  list(prepared, shown, reason);
}

function list(prepared: Prepared, shown: string, reason: string): void {
  if (prepared.skipped.length < localLimits.skippedShown) prepared.skipped.push({ path: shown, reason });
}

/** One small file: not worth a worker. */
function lookInto(absolute: string, sizeBytes: number): SuspectReport {
  const search = new SuspectSearch(path.dirname(absolute));
  search.add(path.basename(absolute), sizeBytes);
  return search.run();
}

function addSuspects({ secrets }: Prepared, { suspects, ...more }: SuspectReport, shownAs: (inside: string) => string): void {
  const room = Math.max(0, previewLimits.suspects - secrets.suspects.length);
  for (const suspect of suspects.slice(0, room)) secrets.suspects.push({ ...suspect, path: shownAs(suspect.path) });
  secrets.found += more.found;
  secrets.readFiles += more.readFiles;
  secrets.unreadFiles += more.unreadFiles;
}

function tooMany(): AppError {
  return new AppError(
    'too-large',
    `More than ${sendingLimits.entries} files and folders cannot be sent at once. Share the folder with this peer, or send parts of it.`,
  );
}
