// Whether a path of a share may be shown as the disk is now: by the same look as the walk's, down the whole way with the rules of today. The
// index may be behind (paused, its disk full, the folder past the watch budget); what is served must not be.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SafePath } from '../storage/safePath.ts';
import { absoluteOf, lookAt, placeBelow, sharedFileNames, type FolderPlace } from './folderLook.ts';
import { IgnoreRules, readRules, ruleFileNames } from './ignoreRules.ts';

const unheard = { skipped: () => undefined, seen: () => undefined };

const top: FolderPlace = { relative: '', relativeBytes: -1, depth: 0, rules: new IgnoreRules(), identity: undefined };

/** False also when something on the way cannot be read. `root` is absolute and without links; about 50 µs for a path of four parts. */
export function isSharedNow(root: string, safePath: SafePath): boolean {
  let place = top;
  try {
    for (const name of safePath.split('/')) {
      const rules = rulesIn(root, place);
      const found = lookAt(root, latin1Of(name), {
        folder: { ...place, rules },
        absolute: absoluteOf(root, place.relative),
        listener: unheard,
      });
      if (found === undefined) return false;
      place = placeBelow(place, rules, found);
    }
    return true;
  } catch {
    return false; // A rule file that cannot be read: what it hides is not known.
  }
}

/** Longest that looking holds the thread in one go. */
const stepMs = 4;

/**
 * The same for many files, each folder on the way looked at once. The files themselves are not: whether there is a plain file under the name
 * is for whoever opens it. Some 10 µs for a folder and 2 for a file.
 */
export async function areSharedNow(root: string, files: readonly SafePath[]): Promise<boolean[]> {
  const folders = new Map<string, FolderNow | undefined>();
  const answers: boolean[] = [];
  let untilMs = performance.now() + stepMs;
  for (const file of files) {
    const slash = file.lastIndexOf('/');
    const folder = folderNow(root, file.slice(0, Math.max(slash, 0)), folders);
    answers.push(folder?.shares?.(file.slice(slash + 1)) ?? false);
    if (performance.now() < untilMs) continue;
    await nextTurn();
    // What was seen of folders in the turn before may not hold in this one.
    folders.clear();
    untilMs = performance.now() + stepMs;
  }
  return answers;
}

interface FolderNow {
  place: FolderPlace;
  /** With the folder's own. */
  rules: IgnoreRules;
  shares: ((name: string) => boolean) | undefined;
}

function folderNow(root: string, relative: string, known: Map<string, FolderNow | undefined>): FolderNow | undefined {
  if (known.has(relative)) return known.get(relative);
  let now: FolderNow | undefined;
  try {
    const place = relative === '' ? top : placeNow(root, relative, known);
    if (place !== undefined) {
      const rules = rulesIn(root, place);
      const absolute = absoluteOf(root, relative);
      now = { place, rules, shares: sharedFileNames(root, { folder: { ...place, rules }, absolute }) };
    }
  } catch {
    // A rule file that cannot be read: what it hides is not known.
  }
  known.set(relative, now);
  return now;
}

function placeNow(root: string, relative: string, known: Map<string, FolderNow | undefined>): FolderPlace | undefined {
  const slash = relative.lastIndexOf('/');
  const parent = folderNow(root, relative.slice(0, Math.max(slash, 0)), known);
  if (parent?.shares === undefined) return undefined;
  const found = lookAt(root, latin1Of(relative.slice(slash + 1)), {
    folder: { ...parent.place, rules: parent.rules },
    absolute: absoluteOf(root, parent.place.relative),
    listener: unheard,
  });
  return found?.kind === 'folder' ? placeBelow(parent.place, parent.rules, found) : undefined;
}

/** The rules that hold in a folder, its own included. Throws when those cannot be read. */
function rulesIn(root: string, { relative, rules }: FolderPlace): IgnoreRules {
  const absolute = absoluteOf(root, relative);
  const held = new Set<string>(ruleFileNames.filter((each) => existsSync(path.join(absolute, each))));
  return held.size === 0 ? rules : rules.with(relative, readRules(absolute, held));
}

function latin1Of(name: string): string {
  return Buffer.from(name).toString('latin1');
}
