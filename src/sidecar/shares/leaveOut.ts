// Leaves paths out of a folder that is shared, by lines in its `.potluckignore`: where a person finds them, and takes them out again.

import { closeSync, constants, fstatSync, fsyncSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../protocol/errors.ts';
import { indexLimits } from '../limits.ts';
import { IgnoreRules } from './ignoreRules.ts';

const name = '.potluckignore';

/** Appends to the file, or makes it. Throws `invalid-argument`, `permission-denied`, `io`: then nothing was written. */
export function leaveOut(root: string, paths: readonly string[]): void {
  if (paths.length === 0) return;
  const lines = paths.map(ruleFor);
  const written = `# Left out when the folder was shared.\n${lines.join('\n')}\n`;
  const rules = new IgnoreRules().with('', written);
  const missed = paths.find((each) => !rules.ignores(each, false));
  if (missed !== undefined)
    throw new AppError('invalid-argument', `No ignore rule can name ${JSON.stringify(missed)}. Rename it or move it away first.`);
  append(path.join(root, name), written);
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
