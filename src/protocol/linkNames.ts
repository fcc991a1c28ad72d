// The names of a link as a whole: each may travel, none stands twice, no file is also a folder, and those that only some disks tell apart are pointed
// out. One rule for link files and torrents.

import { AppError } from './errors.ts';
import type { LinkContents } from './links.ts';
import { nameProblem, pathProblem } from './pathRules.ts';

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

/** As the index sorts: by UTF-8 bytes, which is by code points. */
export function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

interface NameNode {
  name: string;
  isFile: boolean;
  /** It stands in the link itself, not only as a folder on the way to something. */
  isGiven: boolean;
  /** By how a disk that folds case would spell them; names that differ in case only lie side by side. */
  below: Map<string, NameNode[]>;
}

type Wrong = (problem: string) => AppError;

/** A tree, so that it costs no more than the paths themselves, however deep they are. */
class Names {
  readonly twins: string[] = [];
  readonly #root: NameNode['below'] = new Map();

  add(path: string, isFile: boolean, wrong: Wrong): void {
    const problem = pathProblem(path);
    if (problem !== undefined) throw wrong(`the path ${shown(path)} ${problem}`);
    let below = this.#root;
    const names = path.split('/');
    for (const [at, name] of names.entries()) {
      const isLast = at === names.length - 1;
      const found = this.#find(below, name, wrong);
      const node = found ?? { name, isFile: isLast && isFile, isGiven: false, below: new Map<string, NameNode[]>() };
      if (found === undefined) this.#put(below, node);
      if (node.isFile !== (isLast && isFile))
        throw wrong(`${shown(names.slice(0, at + 1).join('/'))} is both a file and a folder`);
      if (isLast && node.isGiven) throw wrong(`${shown(path)} stands there twice`);
      if (isLast) node.isGiven = true;
      below = node.below;
    }
  }

  #find(below: NameNode['below'], name: string, wrong: Wrong): NameNode | undefined {
    const same = below.get(fold(name))?.find((node) => node.name.normalize('NFC') === name.normalize('NFC'));
    if (same === undefined || same.name === name) return same;
    throw wrong(`the name ${shown(name)} stands there twice, in two spellings of its letters`);
  }

  #put(below: NameNode['below'], node: NameNode): void {
    const key = fold(node.name);
    const twins = below.get(key);
    if (twins === undefined) {
      below.set(key, [node]);
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

function fold(path: string): string {
  return path.normalize('NFC').toLowerCase().normalize('NFC');
}

function shown(path: string): string {
  return JSON.stringify(path.length > shownCharacters ? `${path.slice(0, shownCharacters)}…` : path);
}
