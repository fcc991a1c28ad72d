// Every place where a name becomes a path goes through here: which names may travel, how they are spelled on this disk, and
// that what is written stays below its folder. Sources: Syncthing's WindowsInvalidFilename, croc's receivefs, MS-FSCC device names.

import { lstatSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../protocol/errors.ts';
import { nameProblem, pathProblem } from '../../protocol/pathRules.ts';

export { nameProblem, pathProblem };

declare const checked: unique symbol;
/** Parts joined by `/`, each of which passed `nameProblem`; `''` is the root. */
export type SafePath = string & { readonly [checked]: true };

/** Checks a whole path from outside. Throws `invalid-argument`. */
export function parseSafePath(remotePath: string): SafePath {
  if (remotePath === '') return '' as SafePath;
  const problem = pathProblem(remotePath);
  if (problem)
    throw new AppError(
      'invalid-argument',
      `The path ${JSON.stringify(remotePath.slice(0, 200))} ${problem}. Use names joined by "/", relative to the share.`,
    );
  return remotePath as SafePath;
}

const windowsForbidden = /[<>:"|?*\u0000-\u001f]/g;
const windowsReserved = /^(con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3]|conin\$|conout\$)(\.|$)/i;

/** The name as this platform can hold it. Windows: forbidden characters become `_`, devices get a `_` before, ends are trimmed. */
export function localName(name: string, platform: NodeJS.Platform = process.platform): string {
  if (platform !== 'win32') return name;
  const spelled = name.replace(windowsForbidden, '_').replace(/[. ]+$/, (end) => '_'.repeat(end.length));
  return windowsReserved.test(spelled) ? `_${spelled}` : spelled;
}

/** Absolute path of a safe path below `folder`, spelled for this platform. Contained by construction, and checked again. */
export function pathBelow(folder: string, safePath: SafePath): string {
  if (safePath === '') return folder;
  const result = path.join(folder, ...safePath.split('/').map((name) => localName(name)));
  const relative = path.relative(folder, result);
  if (relative === '' || relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative)) {
    throw new AppError('invalid-argument', `The path ${JSON.stringify(safePath)} would leave ${folder}. Nothing was written.`);
  }
  return result;
}

/**
 * Makes the folders from `root` (which must exist) down to `folder`, one by one, refusing to pass through anything that is not a
 * real folder: a planted symlink must not lead a write outside. Throws `permission-denied` naming the part.
 */
export function makeFoldersBelow(root: string, folder: string): void {
  const relative = path.relative(root, folder);
  if (relative === '') return;
  if (relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative))
    throw new AppError('invalid-argument', `${folder} is not below ${root}. Nothing was written.`);
  let at = root;
  for (const part of relative.split(path.sep)) {
    at = path.join(at, part);
    const stats = lstatSync(at, { throwIfNoEntry: false });
    if (stats === undefined) mkdirSync(at, { recursive: false });
    else if (!stats.isDirectory()) {
      throw new AppError(
        'permission-denied',
        `${at} is not a folder, so nothing is written through it. Remove it or choose another download folder.`,
        { data: { path: at } },
      );
    }
  }
}
