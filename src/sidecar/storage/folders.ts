// Folders that a person chose: where they really are, whether one lies in another, made when they are missing.

import { mkdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../protocol/errors.ts';

/** The real path of an absolute one, as far as it is there; the rest is as it was given. Never throws. */
export function realPlace(absolute: string): string {
  const missing: string[] = [];
  for (let at = path.resolve(absolute); ; at = path.dirname(at)) {
    try {
      return path.join(realpathSync.native(at), ...missing);
    } catch {
      if (path.dirname(at) === at) return path.resolve(absolute);
      missing.unshift(path.basename(at));
    }
  }
}

/** Of absolute, real paths: the same, or below. */
export function contains(outer: string, inner: string): boolean {
  const relative = path.relative(outer, inner);
  return relative === '' || (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative));
}

/** With those above it. Throws `io`. */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const message = `The folder ${folder} could not be made: ${String(error)}. Choose another one.`;
    throw new AppError('io', message, { data: { path: folder }, cause: error });
  }
}
