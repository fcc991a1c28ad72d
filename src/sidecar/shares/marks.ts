// What single paths of this disk are to own shares, for marking them where a person looks: by the same look as the walk's, each folder on the
// way looked at once.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ShareMark } from '../../protocol/model.ts';
import { absoluteOf, lookAt, placeBelow, type FolderPlace } from './folderLook.ts';
import { IgnoreRules, readRules, ruleFileNames } from './ignoreRules.ts';

/** Longest that looking holds the thread in one go. */
const stepMs = 4;

type Folder = { place: FolderPlace; rules: IgnoreRules } | ShareMark;
type Known = Map<string, Folder>;

/** Of absolute, normalised paths; `roots` are the shared folders. Some 50 µs a path. */
export async function marksOf(paths: readonly string[], roots: readonly string[]): Promise<ShareMark[]> {
  const known = new Map<string, Known>(roots.map((root) => [root, new Map()]));
  const marks: ShareMark[] = [];
  let untilMs = performance.now() + stepMs;
  for (const each of paths) {
    marks.push(markOf(each, known));
    if (performance.now() < untilMs) continue;
    await nextTurn();
    for (const folders of known.values()) folders.clear();
    untilMs = performance.now() + stepMs;
  }
  return marks;
}

/** Of several shares that hold it (one inside the other), one that offers it counts. */
function markOf(absolute: string, known: ReadonlyMap<string, Known>): ShareMark {
  let mark: ShareMark = { state: 'none' };
  for (const [root, folders] of known) {
    const relative = path.relative(root, absolute);
    // Not by comparing them: on Windows a path may come with another case.
    if (relative === '') return { state: 'root' };
    if (relative === '..' || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative)) continue;
    const here = markInside(root, relative.split(path.sep), folders);
    if (here.state === 'shared') return here;
    if (here.state === 'excluded') mark = here;
  }
  return mark;
}

function markInside(root: string, names: readonly string[], folders: Known): ShareMark {
  try {
    const parent = folderAt(root, names.slice(0, -1), folders);
    if ('state' in parent) return parent;
    return lookInto(root, parent, names.at(-1) ?? '').mark;
  } catch {
    return { state: 'excluded', reason: 'unreadable' };
  }
}

/** The folder with its rules, or why it is none that is shared. */
function folderAt(root: string, names: readonly string[], folders: Known): Folder {
  const relative = names.join('/');
  let folder = folders.get(relative);
  if (folder === undefined) {
    folder = names.length === 0 ? withRules(root, top) : folderBelow(root, names, folders);
    folders.set(relative, folder);
  }
  return folder;
}

const top: FolderPlace = { relative: '', relativeBytes: -1, depth: 0, rules: new IgnoreRules(), identity: undefined };

function folderBelow(root: string, names: readonly string[], folders: Known): Folder {
  const parent = folderAt(root, names.slice(0, -1), folders);
  if ('state' in parent) return parent;
  const { mark, place } = lookInto(root, parent, names.at(-1) ?? '');
  if (mark.state === 'excluded') return mark;
  return place === undefined ? { state: 'none' } : withRules(root, place);
}

function withRules(root: string, place: FolderPlace): Folder {
  const absolute = absoluteOf(root, place.relative);
  const held = new Set<string>(ruleFileNames.filter((each) => existsSync(path.join(absolute, each))));
  return { place, rules: held.size === 0 ? place.rules : place.rules.with(place.relative, readRules(absolute, held)) };
}

function lookInto(
  root: string,
  { place, rules }: { place: FolderPlace; rules: IgnoreRules },
  name: string,
): { mark: ShareMark; place: FolderPlace | undefined } {
  let mark: ShareMark = { state: 'none' };
  const found = lookAt(root, Buffer.from(name).toString('latin1'), {
    folder: { ...place, rules },
    absolute: absoluteOf(root, place.relative),
    listener: {
      skipped: (_, reason, why) => {
        const rule = why?.();
        mark = { state: 'excluded', reason, ...(rule !== undefined && { rule }) };
      },
      seen: () => undefined,
    },
  });
  if (found === undefined) return { mark, place: undefined };
  return { mark: { state: 'shared' }, place: found.kind === 'folder' ? placeBelow(place, rules, found) : undefined };
}
