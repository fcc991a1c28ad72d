// Where a folder of a share stands on disk and which rules hold in it, found from the root down by the same look that the walk uses. What
// the rules hide now is not found, whatever the index still says.

import { lstatSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { watchLimits } from '../../limits.ts';
import { absoluteOf, identityOf, lookAt, placeBelow, type FolderPlace, type LookListener } from '../folderLook.ts';
import { IgnoreRules, readRules, ruleFileNames } from '../ignoreRules.ts';

/** A folder that is shared. */
export interface Standing {
  place: FolderPlace;
  /** The place with the folder's own rules, for looking at single names in it. */
  inside: FolderPlace;
  /** Its rules cannot be read: it holds nothing. */
  isClosed: boolean;
}

/** Where a folder is no longer: look at this one above it again; `latin1`: at this name in it, else at all of it. */
export interface Lost {
  folder: string;
  latin1: string | undefined;
}

export const unheard: LookListener = { skipped: () => undefined, seen: () => undefined };

/** Thrown when the root is not the folder that it was. */
export class RootChanged extends Error {}

export class Places {
  readonly #root: string;
  readonly #rootIdentity: string;
  /** Told when the rules written in a folder are others than the last time. */
  readonly #onRules: (folder: string) => void;
  readonly #rules = new Map<string, { text: string; above: IgnoreRules; rules: IgnoreRules }>();
  readonly #applied = new Map<string, string>();
  readonly #found = new Map<string, Standing | Lost>();

  constructor(root: string, rootIdentity: string, onRules: (folder: string) => void) {
    this.#root = root;
    this.#rootIdentity = rootIdentity;
    this.#onRules = onRules;
  }

  /** What was found before may have changed. */
  forget(): void {
    this.#found.clear();
  }

  /** All below a folder is looked at by the rules that were just found in it. */
  note(folder: string): void {
    if (this.#applied.size >= watchLimits.rememberedRules) this.#applied.clear();
    this.#applied.set(folder, this.#rules.get(folder)?.text ?? '');
  }

  /** Whether all below a folder was looked at by the rules that were just found in it. */
  isNoted(folder: string): boolean {
    return this.#applied.get(folder) === (this.#rules.get(folder)?.text ?? '');
  }

  /** Throws RootChanged, or what the system says of the root. */
  find(folder: string): Standing | Lost {
    const known = this.#found.get(folder);
    if (known !== undefined) return known;
    const found = folder === '' ? this.#findRoot() : this.#findBelow(folder);
    if (this.#found.size >= watchLimits.rememberedPlaces) this.#found.clear();
    this.#found.set(folder, found);
    return found;
  }

  #findRoot(): Standing {
    if (rootIdentity(this.#root) !== this.#rootIdentity) throw new RootChanged(`${this.#root} is another folder now`);
    const place = { relative: '', relativeBytes: -1, depth: 0, rules: new IgnoreRules(), identity: undefined };
    return this.#standing(place);
  }

  #findBelow(folder: string): Standing | Lost {
    const slash = folder.lastIndexOf('/');
    const parent = folder.slice(0, Math.max(slash, 0));
    const above = this.find(parent);
    if (!('place' in above)) return above;
    if (above.isClosed) return { folder: parent, latin1: undefined };
    const latin1 = Buffer.from(folder.slice(slash + 1)).toString('latin1');
    const absolute = absoluteOf(this.#root, parent);
    const found = lookAt(this.#root, latin1, { folder: above.inside, absolute, listener: unheard });
    if (found?.kind !== 'folder') return { folder: parent, latin1 };
    return this.#standing(placeBelow(above.place, above.inside.rules, found));
  }

  #standing(place: FolderPlace): Standing {
    try {
      return { place, inside: { ...place, rules: this.#rulesIn(place) }, isClosed: false };
    } catch {
      this.#rules.delete(place.relative);
      this.#applied.delete(place.relative);
      return { place, inside: place, isClosed: true };
    }
  }

  #rulesIn({ relative, rules: above }: FolderPlace): IgnoreRules {
    const absolute = absoluteOf(this.#root, relative);
    const held = new Set(ruleFileNames.filter((name) => isThere(path.join(absolute, name))));
    const known = this.#rules.get(relative);
    if (held.size === 0 && known === undefined) return above;
    const text = held.size === 0 ? '' : readRules(absolute, held);
    if (known?.text === text && known.above === above) return known.rules;
    const rules = above.with(relative, text);
    if (this.#rules.size >= watchLimits.rememberedRules) {
      this.#rules.clear();
      this.#applied.clear();
    }
    this.#rules.set(relative, { text, above, rules });
    if (known !== undefined && known.text !== text) this.#onRules(relative);
    return rules;
  }
}

/** Device and number of a folder that is reached without links. Throws what the system says, ELOOP or ENOTDIR. */
export function rootIdentity(root: string): string {
  const stats = lstatSync(root);
  if (realpathSync.native(root) !== root) throw Object.assign(new Error('a link took its place'), { code: 'ELOOP' });
  if (!stats.isDirectory()) throw Object.assign(new Error('it is not a folder'), { code: 'ENOTDIR' });
  return identityOf(stats);
}

/** Exactly spelled: where case does not count, a file of another spelling is none of the rule files. */
function isThere(file: string): boolean {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  // A link is refused when it is read, wherever it leads.
  if (stats.isSymbolicLink()) return true;
  return process.platform === 'linux' || path.basename(realpathSync.native(file)) === path.basename(file);
}
