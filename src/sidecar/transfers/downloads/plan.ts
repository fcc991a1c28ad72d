// What a folder download consists of, checked as a whole before the first byte is written: hostile names, files where folders must
// be, names that this disk cannot keep apart (croc's ValidateEntries; SECURITY: case and Unicode collisions).

import type { Entry } from '../../../protocol/model.ts';
import { indexLimits } from '../../limits.ts';
import { localName, pathProblem, type SafePath } from '../../storage/safePath.ts';
import { partialFolderName } from '../disk/placement.ts';
import { refusedManifest } from '../failures.ts';

/** One file to fetch. */
export interface PlannedFile {
  /** Inside the share, as the source knows it. */
  path: SafePath;
  /** Below the download's own folder, spelled for this disk; '' for a single file. */
  relative: string;
  sizeBytes: number;
  mtimeMs: number;
}

export interface Plan {
  files: PlannedFile[];
  /** Folders below the download's own, spelled for this disk, parents before children, empty ones included. */
  folders: string[];
  totalBytes: number;
}

/** Entries handled between two turns of the event loop: about 10 ms. */
export const stepEntries = 2000;

/** Lets everything else of the sidecar have a turn. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** How the target disk compares names: exactly, or without regard to case and Unicode spelling. */
export interface NameRules {
  areNamesExact: boolean;
  platform?: NodeJS.Platform;
}

/**
 * Plans the entries below `base`. Paths are as in the share's index (relative to the share's root). Throws `invalid-argument` naming
 * the offending path.
 */
export async function planFolder(
  base: SafePath,
  entries: Iterable<{ path: string; entry: Entry }>,
  rules: NameRules,
): Promise<Plan> {
  const prefix = base === '' ? '' : `${base}/`;
  const seen = new Map<string, { path: string; isFile: boolean }>();
  const folders = new Set<string>();
  const plan: Plan = { files: [], folders: [], totalBytes: 0 };
  let count = 0;
  for (const { path: remotePath, entry } of entries) {
    if (count % stepEntries === 0) await breathe();
    if (++count > indexLimits.entries) throw refusedManifest(base, `has more than ${indexLimits.entries} entries`);
    const problem = pathProblem(remotePath);
    if (problem !== undefined) throw refusedManifest(remotePath, problem);
    if (!remotePath.startsWith(prefix) || remotePath.length === prefix.length)
      throw refusedManifest(remotePath, 'is not in that folder');
    const inside = remotePath.slice(prefix.length);
    addParents(inside, seen, folders, rules);
    addName(inside, entry.kind === 'file', seen, rules);
    const relative = localPath(inside, rules);
    if (entry.kind === 'folder') {
      folders.add(relative);
      continue;
    }
    const isSound = Number.isSafeInteger(entry.sizeBytes) && entry.sizeBytes >= 0;
    if (!isSound) throw refusedManifest(remotePath, 'has an impossible size');
    // Contained: pathProblem found nothing wrong with it.
    plan.files.push({ path: remotePath as SafePath, relative, sizeBytes: entry.sizeBytes, mtimeMs: entry.mtimeMs });
    plan.totalBytes += entry.sizeBytes;
  }
  if (!Number.isSafeInteger(plan.totalBytes)) throw refusedManifest(base, 'claims an impossible total size');
  plan.folders = [...folders];
  return plan;
}

/** Every folder on the way counts as listed, so that a file under one of their names is found. */
function addParents(
  inside: string,
  seen: Map<string, { path: string; isFile: boolean }>,
  folders: Set<string>,
  rules: NameRules,
): void {
  for (let at = inside.indexOf('/'); at >= 0; at = inside.indexOf('/', at + 1)) {
    const parent = inside.slice(0, at);
    const relative = localPath(parent, rules);
    if (folders.has(relative) && seen.get(keyOf(parent, rules))?.path === parent) continue;
    addName(parent, false, seen, rules);
    folders.add(relative);
  }
}

function addName(inside: string, isFile: boolean, seen: Map<string, { path: string; isFile: boolean }>, rules: NameRules): void {
  const key = keyOf(inside, rules);
  const there = seen.get(key);
  if (!there) {
    seen.set(key, { path: inside, isFile });
    return;
  }
  if (there.path !== inside)
    throw refusedManifest(inside, `and ${JSON.stringify(there.path.slice(0, 200))} have the same name on this disk`);
  if (there.isFile || isFile)
    throw refusedManifest(inside, there.isFile === isFile ? 'is listed twice' : 'is both a file and a folder');
}

function keyOf(inside: string, rules: NameRules): string {
  const spelled = localPath(inside, rules);
  return rules.areNamesExact ? spelled : spelled.normalize('NFC').toLowerCase().normalize('NFC');
}

function localPath(inside: string, rules: NameRules): string {
  return inside
    .split('/')
    .map((name) => localName(name, rules.platform ?? process.platform))
    .join('/');
}

const unsafeInTitle = /[\u0000-\u001f\u007f/\\:]/g;

/** The name, which is not to be that of our own folder beside it: what was put in there would be hidden, or taken for ours. */
export function besidePartials(name: string): string {
  return name.toLowerCase() === partialFolderName ? `_${name}` : name;
}

/** The folder name for a share's title, which is free text of its owner. */
export function folderNameOf(title: string, rules: Pick<NameRules, 'platform'> = {}): string {
  let name = title.replace(unsafeInTitle, '_').trim();
  while (Buffer.byteLength(name) > indexLimits.nameBytes - 16) name = [...name].slice(0, -1).join('');
  if (name === '' || name === '.' || name === '..') return 'share';
  name = besidePartials(pathProblem(name) === undefined ? name : `_${name}`);
  return pathProblem(name) === undefined ? localName(name, rules.platform ?? process.platform) : 'share';
}
