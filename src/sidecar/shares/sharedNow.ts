// Whether a path of a share may be shown as the disk is now: by the same look as the walk's, down the whole way with the rules of today. The
// index may be behind (paused, its disk full, the folder past the watch budget); what is served must not be.

import { existsSync } from 'node:fs';
import path from 'node:path';
import type { SafePath } from '../storage/safePath.ts';
import { absoluteOf, lookAt, placeBelow, type FolderPlace } from './folderLook.ts';
import { IgnoreRules, readRules, ruleFileNames } from './ignoreRules.ts';

const unheard = { skipped: () => undefined, seen: () => undefined };

/** False also when something on the way cannot be read. `root` is absolute and without links; about 50 µs for a path of four parts. */
export function isSharedNow(root: string, safePath: SafePath): boolean {
  let place: FolderPlace = { relative: '', relativeBytes: -1, depth: 0, rules: new IgnoreRules(), identity: undefined };
  try {
    for (const name of safePath.split('/')) {
      const absolute = absoluteOf(root, place.relative);
      const held = new Set<string>(ruleFileNames.filter((each) => existsSync(path.join(absolute, each))));
      const rules = held.size === 0 ? place.rules : place.rules.with(place.relative, readRules(absolute, held));
      const found = lookAt(root, Buffer.from(name).toString('latin1'), {
        folder: { ...place, rules },
        absolute,
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
