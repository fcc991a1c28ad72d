// Looks at one folder, or one name in it, and decides what of it is shared. The only place that decides: the walk and the watcher both
// ask here, so that nothing slips into an index by the one that the other leaves out. Synchronous, for workers. Only names, sizes and
// times are read, and the rule files; links are never followed, nothing special is opened.

import { isUtf8 } from 'node:buffer';
import { existsSync, lstatSync, readdirSync, realpathSync, type Stats } from 'node:fs';
import path from 'node:path';
import type { Entry, SkipReason } from '../../protocol/model.ts';
import { indexLimits } from '../limits.ts';
import { nameProblem } from '../storage/safePath.ts';
import { readRules, ruleFileNames, type IgnoreRules } from './ignoreRules.ts';
import { secretReason } from './secrets.ts';

/** A folder to look at. */
export interface FolderPlace {
  /** Inside the share; `''` is the root. */
  relative: string;
  /** Length of `relative` in UTF-8; -1 for the root, so that a `/` counts once. */
  relativeBytes: number;
  depth: number;
  /** The rules of the folders above it; its own come with its content. */
  rules: IgnoreRules;
  /** From the look at it in its parent. Undefined: it must be reached without links, else nothing is read. */
  identity: string | undefined;
}

/** An entry that is shared. */
export interface Found {
  kind: Entry['kind'];
  /** One character a byte: sorts in byte order. */
  latin1: string;
  name: string;
  sizeBytes: number;
  mtimeMs: number;
  /** Of a folder, to notice that another one took its place; `''` for a file. */
  identity: string;
}

export interface FolderContent {
  /** The rules that hold in it: those above and its own. */
  rules: IgnoreRules;
  /** Each in byte order of their names. */
  folders: Found[];
  files: Found[];
}

export interface LookListener {
  /** An entry, or the folder itself, is left out. `why` names the rule, for who shows it. */
  skipped(relative: string, reason: SkipReason, why?: () => string | undefined): void;
  /** Each name that is looked at. */
  seen(): void;
}

/** Printable ASCII but `/`, `:` and `\`, and too long for a Windows device: a name that every check of a name lets pass. */
const plainName = /^[\x20-\x2e\x30-\x39\x3b-\x5b\x5d-\x7e]{8,255}$/;
const nonAscii = /[^\x00-\x7f]/;

/**
 * A folder that has all of these holds the keys, parties and indexes of a Potluck, this one's or another's: nothing in it is shared. One that
 * may not be shared itself may still be moved into, or made in, a folder that is.
 */
const dataFolderNames = ['identity.key', 'potluck.db'];

const latin1Names = { encoding: 'latin1' } as const;
const mayBeMissing = { throwIfNoEntry: false } as const;

/**
 * What of a folder is shared. One that cannot be read, was replaced, or whose rules cannot be read holds nothing and is told as skipped;
 * only for a place without identity (the root) it throws what `readdir` throws.
 */
export function readFolder(root: string, place: FolderPlace, listener: LookListener): FolderContent {
  const absolute = absoluteOf(root, place.relative);
  const names = readNames(absolute, place, listener);
  if (dataFolderNames.every((name) => names.includes(name))) {
    listener.skipped(place.relative, 'secret');
    names.length = 0;
  }
  let rules = place.rules;
  try {
    if (ruleFileNames.some((name) => names.includes(name)))
      rules = rules.with(place.relative, readRules(absolute, { has: (name) => names.includes(name) }));
  } catch {
    listener.skipped(place.relative, 'unreadable');
    names.length = 0;
  }
  const content: FolderContent = { rules, folders: [], files: [] };
  const look = lookInside(root, { folder: { ...place, rules }, absolute, listener });
  for (const latin1 of names.sort()) {
    listener.seen();
    const found = look(latin1);
    if (found !== undefined) (found.kind === 'folder' ? content.folders : content.files).push(found);
  }
  return content;
}

/** One name (bytes as latin1) of a folder: undefined when it is not there or not shared. `folder.rules` include the folder's own. */
export function lookAt(root: string, latin1: string, inside: Inside): Found | undefined {
  if (dataFolderNames.every((name) => existsSync(path.join(inside.absolute, name)))) return undefined;
  return lookInside(root, inside)(latin1);
}

interface Inside {
  folder: FolderPlace;
  absolute: string;
  listener: LookListener;
}

/** As `lookAt`, for many names of one folder: this runs a million times in a large walk. */
function lookInside(root: string, inside: Inside): (latin1: string) => Found | undefined {
  const { folder, absolute, listener } = inside;
  const { relative } = folder;
  const prefix = relative === '' ? '' : `${relative}/`;
  const absolutePrefix = absolute + path.sep;
  const judge = judgeOf(root, folder);
  const skip = (name: string, reason: SkipReason, why?: () => string | undefined): undefined => {
    listener.skipped(prefix + name, reason, why);
    return undefined;
  };
  return (latin1) => {
    const isPlain = plainName.test(latin1);
    let name = latin1;
    if (!isPlain && nonAscii.test(latin1)) {
      const bytes = Buffer.from(latin1, 'latin1');
      name = bytes.toString();
      if (!isUtf8(bytes)) return skip(name, 'name-not-utf8');
    }
    let stats: Stats | undefined;
    try {
      stats = lstatSync(absolutePrefix + name, mayBeMissing);
    } catch {
      return skip(name, 'unreadable');
    }
    if (stats === undefined) return undefined;
    const isFolder = stats.isDirectory();
    const hidden = judge.hides(name, isFolder);
    if (hidden !== undefined) return skip(name, hidden, () => judge.why(name, isFolder));
    if (stats.isSymbolicLink()) return skip(name, 'symlink');
    if (!isFolder && !stats.isFile()) return skip(name, 'special');
    const unfit = judge.cannotCarry(name, latin1.length, isPlain);
    if (unfit !== undefined) return skip(name, unfit);
    return {
      kind: isFolder ? 'folder' : 'file',
      latin1,
      name,
      sizeBytes: isFolder ? 0 : stats.size,
      mtimeMs: indexTime(stats.mtimeMs),
      identity: isFolder ? identityOf(stats) : '',
    };
  };
}

/**
 * Whether names of one folder would be shared if they are plain files: that they are is for whoever opens them. Undefined: nothing in this folder is shared.
 * `folder.rules` include the folder's own.
 */
export function sharedFileNames(
  root: string,
  { folder, absolute }: Omit<Inside, 'listener'>,
): ((name: string) => boolean) | undefined {
  if (dataFolderNames.every((name) => existsSync(path.join(absolute, name)))) return undefined;
  const judge = judgeOf(root, folder);
  return (name) => {
    const isPlain = plainName.test(name);
    const bytes = isPlain ? name.length : Buffer.byteLength(name);
    return judge.hides(name, false) === undefined && judge.cannotCarry(name, bytes, isPlain) === undefined;
  };
}

/** What names of one folder say for themselves. */
interface Judge {
  hides(name: string, isFolder: boolean): SkipReason | undefined;
  /** By which rule it hides it. */
  why(name: string, isFolder: boolean): string | undefined;
  cannotCarry(name: string, bytes: number, isPlain: boolean): SkipReason | undefined;
}

function judgeOf(root: string, { relative, rules, relativeBytes, depth }: FolderPlace): Judge {
  const prefix = relative === '' ? '' : `${relative}/`;
  const parent = parentName(relative, root);
  const hasRules = !rules.isEmpty;
  const longestName = indexLimits.pathBytes - relativeBytes - 1;
  const isTooDeep = depth + 1 > indexLimits.depth;
  return {
    hides: (name, isFolder) => {
      if (secretReason(name, parent, isFolder) !== undefined) return 'secret';
      return hasRules && rules.ignores(prefix + name, isFolder) ? 'ignored' : undefined;
    },
    why: (name, isFolder) => secretReason(name, parent, isFolder) ?? rules.ruleFor(prefix + name, isFolder),
    cannotCarry: (name, bytes, isPlain) => {
      if (!isPlain && nameProblem(name) !== undefined) return 'name-not-portable';
      return isTooDeep || bytes > longestName ? 'too-deep' : undefined;
    },
  };
}

/** The place of a folder found in another, whose content's rules are `rules`. */
export function placeBelow(parent: FolderPlace, rules: IgnoreRules, folder: Found): FolderPlace {
  return {
    relative: join(parent.relative, folder.name),
    relativeBytes: parent.relativeBytes + 1 + folder.latin1.length,
    depth: parent.depth + 1,
    rules,
    identity: folder.identity,
  };
}

/** An entry's time as indexes carry it: whole milliseconds, in range. */
export function indexTime(mtimeMs: number): number {
  return Math.min(Math.max(Math.floor(mtimeMs), indexLimits.mtimeMinMs), indexLimits.mtimeMs);
}

export function absoluteOf(root: string, relative: string): string {
  return relative === '' ? root : path.join(root, relative);
}

export function identityOf(stats: Stats): string {
  return `${stats.dev}:${stats.ino}`;
}

/** Names as bytes. A folder that is gone, closed to us, or not the one that was looked at before has none. */
function readNames(absolute: string, place: FolderPlace, listener: LookListener): string[] {
  if (place.identity === undefined) {
    // What was a folder when it was shared must not be followed as a link now.
    if (realpathSync.native(absolute) !== absolute) throw Object.assign(new Error('a link took its place'), { code: 'ELOOP' });
    return readdirSync(absolute, latin1Names);
  }
  try {
    const names = readdirSync(absolute, latin1Names);
    // Between the look and the read, a link may have been put in the folder's place.
    const stats = lstatSync(absolute);
    if (stats.isDirectory() && identityOf(stats) === place.identity) return names;
  } catch {
    // Said below.
  }
  listener.skipped(place.relative, 'unreadable');
  return [];
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

function parentName(relative: string, root: string): string {
  return relative === '' ? path.basename(root) : relative.slice(relative.lastIndexOf('/') + 1);
}
