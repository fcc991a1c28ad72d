// The names of a link as a whole: each may travel, none stands twice, no file is also a folder, and those that only some disks tell apart are pointed
// out. One rule for link files and torrents.

import { AppError } from './errors.ts';
import type { LinkContents } from './links.ts';
import { nameProblem, pathLimits, pathProblem } from './pathRules.ts';

type WrongName = (place: { list: 'file' | 'folder'; index: number }, problem: string) => AppError;

const plainly: WrongName = (_, problem) => new AppError('invalid-argument', `The link cannot be: ${problem}.`);
const shownCharacters = 200;
/** Pairs of twins that are named, and spellings of one name: a list of them is searched. */
const twinsNamed = 10;
const twinsOfName = 64;

/** Throws what `wrong` makes of a name that cannot be; answers warnings about twins. */
export function checkNames(
  { kind, files, folders }: Pick<LinkContents, 'kind' | 'files' | 'folders'>,
  wrong = plainly,
): string[] {
  if (kind === 'file') {
    const [only] = files;
    if (only === undefined || files.length > 1 || folders.length > 0)
      throw wrong({ list: 'file', index: 0 }, 'a link to a file has exactly one file and no folder');
    const problem = nameProblem(only.path);
    if (problem !== undefined) throw wrong({ list: 'file', index: 0 }, `the name ${shown(only.path)} ${problem}`);
    return [];
  }
  const names = new Names();
  for (const [index, { path }] of files.entries()) names.add(path, true, (problem) => wrong({ list: 'file', index }, problem));
  for (const [index, path] of folders.entries()) names.add(path, false, (problem) => wrong({ list: 'folder', index }, problem));
  return names.twins;
}

/** As the index sorts: by UTF-8 bytes, which is by code points. UTF-16 differs from that where surrogates meet what comes after them. */
export function compareBytes(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const [one, other] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (one !== other) return rankOf(one) - rankOf(other);
  }
  return a.length - b.length;
}

function rankOf(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

interface NameNode {
  name: string;
  isFile: boolean;
  /** It stands in the link itself, not only as a folder on the way to something. */
  isGiven: boolean;
  below: Below;
}

interface Below {
  exactly: Map<string, NameNode>;
  /** By how a disk that folds case would spell them; names that differ in case only lie side by side. */
  folded: Map<string, NameNode[]>;
}

type Wrong = (problem: string) => AppError;

/** A tree, so that it costs no more than the paths themselves, however deep they are. */
class Names {
  readonly twins: string[] = [];
  readonly #root = nothingBelow();

  /** The folder of the path before: paths mostly come in order. */
  #before: { folder: string; below: Below } | undefined;

  add(path: string, isFile: boolean, wrong: Wrong): void {
    const slash = path.lastIndexOf('/');
    const folder = path.slice(0, Math.max(0, slash));
    const before = this.#before?.folder === folder && slash >= 0 ? this.#before : undefined;
    const problem = before === undefined ? pathProblem(path) : nextProblem(path, slash);
    if (problem !== undefined) throw wrong(`the path ${shown(path)} ${problem}`);
    const names = before === undefined ? path.split('/') : [path.slice(slash + 1)];
    let below = before?.below ?? this.#root;
    for (const [at, name] of names.entries()) {
      const isLast = at === names.length - 1;
      const found = this.#find(below, name, wrong);
      const node = found ?? { name, isFile: isLast && isFile, isGiven: false, below: nothingBelow() };
      if (found === undefined) this.#put(below, node);
      if (node.isFile !== (isLast && isFile))
        throw wrong(`${shown(isLast ? path : names.slice(0, at + 1).join('/'))} is both a file and a folder`);
      if (!isLast) {
        below = node.below;
        continue;
      }
      if (node.isGiven) throw wrong(`${shown(path)} stands there twice`);
      node.isGiven = true;
    }
    this.#before = { folder, below };
  }

  #find(below: Below, name: string, wrong: Wrong): NameNode | undefined {
    const same = below.exactly.get(name);
    if (same) return same;
    const spelled = name.normalize('NFC');
    if (!below.folded.get(fold(name))?.some((node) => node.name.normalize('NFC') === spelled)) return undefined;
    throw wrong(`the name ${shown(name)} stands there twice, in two spellings of its letters`);
  }

  #put(below: Below, node: NameNode): void {
    below.exactly.set(node.name, node);
    const key = fold(node.name);
    const twins = below.folded.get(key);
    if (twins === undefined) {
      below.folded.set(key, [node]);
      return;
    }
    if (twins.length >= twinsOfName)
      throw new AppError('invalid-argument', `${shown(node.name)} stands there in too many spellings.`);
    twins.push(node);
    if (this.twins.length >= twinsNamed) return;
    this.twins.push(
      `${shown(node.name)} and ${shown(twins[0]?.name ?? '')} differ in case only: Windows and macOS take them for one.`,
    );
  }
}

/** As `pathProblem`, for a path whose folder was checked already. */
function nextProblem(path: string, slash: number): string | undefined {
  if (path.length > pathLimits.pathBytes || Buffer.byteLength(path) > pathLimits.pathBytes) return pathProblem(path);
  const problem = nameProblem(path.slice(slash + 1));
  return problem === undefined ? undefined : `has a part that ${problem}`;
}

function nothingBelow(): Below {
  return { exactly: new Map(), folded: new Map() };
}

function fold(path: string): string {
  return path.normalize('NFC').toLowerCase().normalize('NFC');
}

function shown(path: string): string {
  return JSON.stringify(path.length > shownCharacters ? `${path.slice(0, shownCharacters)}…` : path);
}
