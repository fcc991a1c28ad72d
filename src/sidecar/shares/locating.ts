// Where entries of an index lie on this disk. Looks at the index only; whoever opens what it answers must look at the disk, and can ask here
// whether the rules of the moment would still have it shared.

import path from 'node:path';
import type { Entry } from '../../protocol/model.ts';
import type { IndexView } from '../catalog/index/indexView.ts';
import { localName, pathBelow, type SafePath } from '../storage/safePath.ts';
import { areSharedNow, isSharedNow } from './sharedNow.ts';

export interface Located {
  root: string;
  absolutePath: string;
  entry: Entry;
  /** Looks at the disk: rules and names may have changed since it was indexed. */
  isSharedNow(): boolean;
}

/** As `Located`, of many files. */
export interface LocatedMany {
  root: string;
  /** As asked; undefined: not in the index. */
  files: ({ absolutePath: string; entry: Entry } | undefined)[];
  /** Looks at the disk, but not at the files themselves. In the order asked. */
  areSharedNow(): Promise<boolean[]>;
}

/** Undefined when the index has no such entry. */
export function locate(root: string, view: IndexView, safePath: SafePath): Located | undefined {
  const entry = view.stat(safePath);
  return entry && { root, absolutePath: pathBelow(root, safePath), entry, isSharedNow: () => isSharedNow(root, safePath) };
}

/** Some 5 µs a path. */
export function locateMany(root: string, view: IndexView, safePaths: readonly SafePath[]): LocatedMany {
  /** Of the folder of the path before: paths come in the order of the index. */
  let folder: SafePath | undefined;
  let absoluteFolder = '';
  const files = safePaths.map((safePath) => {
    const entry = view.stat(safePath);
    if (entry === undefined) return undefined;
    const slash = safePath.lastIndexOf('/');
    const parent = safePath.slice(0, Math.max(slash, 0)) as SafePath; // Parts of a safe path are one.
    if (parent !== folder) {
      folder = parent;
      absoluteFolder = pathBelow(root, parent);
    }
    return { absolutePath: absoluteFolder + path.sep + localName(safePath.slice(slash + 1)), entry };
  });
  return { root, files, areSharedNow: () => areSharedNow(root, safePaths) };
}
