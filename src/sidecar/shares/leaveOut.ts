// Leaves paths out of a folder that is shared, by lines in its `.potluckignore`: where a person finds them, and takes them out again. Where a rule file
// further down takes one back in, its own folder's `.potluckignore` has the last word.

import { closeSync, constants, existsSync, fstatSync, fsyncSync, lstatSync, openSync, type Stats, writeSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../protocol/errors.ts';
import { indexLimits } from '../limits.ts';
import { IgnoreRules, readRules, ruleFileNames } from './ignoreRules.ts';

const name = '.potluckignore';

/** Appends to the file, or makes it. Throws `not-found`, `invalid-argument`, `permission-denied`, `io`: then not all of them are left out. */
export function leaveOut(root: string, paths: readonly string[]): void {
  if (paths.length === 0) return;
  const written = textFor(paths);
  const rules = new IgnoreRules().with('', written);
  const folders = new Set(paths.filter((each) => isFolder(root, each)));
  const missed = paths.find((each) => !rules.ignores(each, folders.has(each)));
  if (missed !== undefined) throw notLeftOut(missed);
  append(path.join(root, name), written);
  const taken = notIgnored(root, paths, folders);
  const takenBack = Map.groupBy(taken, (each) => each.slice(0, Math.max(0, each.lastIndexOf('/'))));
  for (const [folder, files] of takenBack)
    append(path.join(root, folder, name), textFor(files.map((each) => each.slice(folder === '' ? 0 : folder.length + 1))));
  const [still] = notIgnored(root, taken, folders);
  if (still !== undefined) throw notLeftOut(still);
}

/** Rules of folders (`foo/`) do not hold for files. A path that is not there is a wrong one: its line would leave out nothing. */
function isFolder(root: string, relative: string): boolean {
  let stats: Stats | undefined;
  try {
    stats = lstatSync(path.join(root, relative), { throwIfNoEntry: false });
  } catch {
    // Something on the way is a file, or closed to us.
  }
  if (stats !== undefined) return stats.isDirectory();
  throw new AppError(
    'not-found',
    `There is no ${JSON.stringify(relative)} to leave out in ${root}. Nothing is shared. Give paths inside the folder as they are on the disk.`,
    { data: { path: relative } },
  );
}

/** Those that all rules of the folder together do not ignore. */
function notIgnored(root: string, paths: readonly string[], folders: ReadonlySet<string>): string[] {
  const known = new Map<string, IgnoreRules | undefined>();
  /** Undefined: the folder is not shared, or its rules cannot be read, and then nothing of it is. */
  const rulesIn = (folder: string): IgnoreRules | undefined => {
    if (known.has(folder)) return known.get(folder);
    const slash = folder.lastIndexOf('/');
    const above = folder === '' ? new IgnoreRules() : rulesIn(folder.slice(0, Math.max(0, slash)));
    let rules: IgnoreRules | undefined;
    const absolute = path.join(root, folder);
    // A link is not shared; nothing is written through one.
    const isReal = folder === '' || lstatSync(absolute, { throwIfNoEntry: false })?.isDirectory() === true;
    if (above !== undefined && isReal && (folder === '' || !above.ignores(folder, true))) {
      const held = new Set<string>(ruleFileNames.filter((each) => existsSync(path.join(absolute, each))));
      try {
        rules = above.with(folder, readRules(absolute, held));
      } catch {
        // As the walk: what they hide is not known, so nothing is shown.
      }
    }
    known.set(folder, rules);
    return rules;
  };
  return paths.filter((each) => {
    const rules = rulesIn(each.slice(0, Math.max(0, each.lastIndexOf('/'))));
    return rules !== undefined && !rules.ignores(each, folders.has(each));
  });
}

function textFor(paths: readonly string[]): string {
  return `# Left out when the folder was shared.\n${paths.map(ruleFor).join('\n')}\n`;
}

function notLeftOut(missed: string): AppError {
  return new AppError(
    'invalid-argument',
    `No ignore rule can leave out ${JSON.stringify(missed)}. Nothing is shared. Rename it or move it away first.`,
  );
}

/** A gitignore pattern that names just this path: from the root, with everything escaped that means something; `?` for what ends a line. */
function ruleFor(relative: string): string {
  return `/${relative
    .replace(/[\\*?[\]]/g, '\\$&')
    .replace(/[\r\n]/g, '?')
    .replace(/ +$/, (blanks) => '\\ '.repeat(blanks.length))}`;
}

function append(file: string, text: string): void {
  let descriptor: number | undefined;
  try {
    // A link would have other folders' rules changed; a FIFO would hold us up. Windows has neither flag.
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT;
    descriptor = openSync(file, flags | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0), 0o644);
    const stats = fstatSync(descriptor);
    // One that is made here names what looks secret: it stays here itself.
    const bytes = Buffer.from(stats.size > 0 ? `\n${text}` : `/${name}\n${text}`);
    if (!stats.isFile() || stats.size + bytes.length > indexLimits.ruleFileBytes)
      throw new Error('it is no file of at most 1 MiB');
    if (writeSync(descriptor, bytes) !== bytes.length) throw new Error('the disk is full');
    fsyncSync(descriptor);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const isDenied = code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
    const cause = error instanceof Error ? error.message : String(error);
    throw new AppError(
      isDenied ? 'permission-denied' : 'io',
      `What is to be left out could not be written to ${file}: ${cause}. Nothing is shared. Make it writable, or move those files away.`,
      { data: { path: file } },
    );
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
