// `.gitignore` and `.potluckignore` of one folder and the folders above it in the share, with git's meaning: the deepest file that
// has a matching rule decides, the last matching rule of a file wins, and nothing below an ignored folder comes back.

import { constants, closeSync, fstatSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import ignore from 'ignore';
import { indexLimits } from '../limits.ts';

export const ruleFileNames = ['.gitignore', '.potluckignore'] as const;

/** The part of `ignore` that tests a path without asking for its parents and without remembering the answer; see `testerOf`. */
interface RuleTester {
  test(path: string, mode: 'regex'): { ignored: boolean; unignored: boolean; rule?: { pattern: string } };
}

interface Level {
  /** Path of the rule file's folder, `''` or ending in `/`. */
  base: string;
  tester: RuleTester;
}

/** The rules that hold in a folder. Immutable: each folder extends its parent's. */
export class IgnoreRules {
  readonly #levels: readonly Level[];

  /** Levels from the share's root down. */
  constructor(levels: readonly Level[] = []) {
    this.#levels = levels;
  }

  /** Nothing is ignored. */
  get isEmpty(): boolean {
    return this.#levels.length === 0;
  }

  /** These rules and the ones of a folder below, whose path inside the share is `folder` (`''` for the root). */
  with(folder: string, rules: string): IgnoreRules {
    if (rules.trim() === '') return this;
    return new IgnoreRules([...this.#levels, { base: folder === '' ? '' : `${folder}/`, tester: testerOf(rules) }]);
  }

  /** For an entry whose parent is not ignored. `entryPath` is inside the share. */
  ignores(entryPath: string, isFolder: boolean): boolean {
    return this.#deciding(entryPath, isFolder)?.ignored ?? false;
  }

  /** The rule that ignores it, as it is written, and the folder whose file has it. Undefined when none does. */
  ruleFor(entryPath: string, isFolder: boolean): string | undefined {
    const found = this.#deciding(entryPath, isFolder);
    if (found?.ignored !== true || found.rule === undefined) return undefined;
    return found.base === '' ? found.rule.pattern : `${found.rule.pattern} (${found.base})`;
  }

  #deciding(entryPath: string, isFolder: boolean): (ReturnType<RuleTester['test']> & { base: string }) | undefined {
    for (let index = this.#levels.length - 1; index >= 0; index--) {
      const level = this.#levels[index];
      if (level === undefined) continue;
      const relative = entryPath.slice(level.base.length);
      const result = level.tester.test(isFolder ? `${relative}/` : relative, 'regex');
      if (result.ignored || result.unignored) return { ...result, base: level.base };
    }
    return undefined;
  }
}

/**
 * The rules written in a folder, `.potluckignore` after `.gitignore`. Throws when one is there but cannot be read as a plain file of
 * bounded size: sharing without its rules could expose what it hides. `names` is what the folder holds.
 */
export function readRules(absoluteFolder: string, names: { has(name: string): boolean }): string {
  return ruleFileNames
    .filter((name) => names.has(name))
    .map((name) => readRuleFile(path.join(absoluteFolder, name)))
    .join('\n');
}

function readRuleFile(file: string): string {
  // Git does not follow a .gitignore that is a symlink either. O_NONBLOCK: a FIFO must not hold us up. Windows has neither flag.
  const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile() || stats.size > indexLimits.ruleFileBytes) throw new Error(`${file} is not a file of at most 1 MiB`);
    const bytes = Buffer.alloc(stats.size);
    let length = 0;
    for (let count = -1; count !== 0 && length < bytes.length; length += count)
      count = readSync(descriptor, bytes, length, bytes.length - length, null);
    return bytes.toString('utf8', 0, length).replace(/^\ufeff/, '');
  } finally {
    closeSync(descriptor);
  }
}

/**
 * `ignore` remembers every path that it was asked for (a million of them in a large walk) and asks its own rules for the parents,
 * which goes wrong when a deeper file re-included one. Its inner rule list does neither. Pinned: ignore 7.0.16; a test compares the
 * whole with `git check-ignore`.
 */
function testerOf(rules: string): RuleTester {
  const instance = ignore({ ignorecase: process.platform === 'win32' || process.platform === 'darwin' }).add(rules);
  const inner: unknown = Reflect.get(instance, '_rules');
  if (!isRuleTester(inner)) throw new Error('The package "ignore" is not the pinned version 7.0.16.');
  return inner;
}

function isRuleTester(value: unknown): value is RuleTester {
  return typeof value === 'object' && value !== null && 'test' in value && typeof value.test === 'function';
}
