// Reads back what a walk handed to its sink, as paths.

import type { IndexSink } from '../../../../src/sidecar/catalog/index/rows.ts';
import type { WalkResult } from '../../../../src/sidecar/shares/walk.ts';

export interface Walked {
  files: string[];
  folders: string[];
  result: WalkResult;
}

/** Runs `walk` and follows its pre-order. */
export function pathsOf(walk: (sink: IndexSink) => WalkResult): Walked {
  const files: string[] = [];
  const folders: string[] = [];
  const pending = [''];
  let prefix = '';
  let children: string[] = [];
  let foldersLeft = 0;
  const result = walk({
    folder(folderCount) {
      pending.push(...children.toReversed());
      children = [];
      const next = pending.pop();
      if (next === undefined) throw new Error('a folder that none lists');
      prefix = next;
      foldersLeft = folderCount;
    },
    entry(name) {
      const path = prefix + Buffer.from(name).toString();
      if (foldersLeft-- > 0) {
        folders.push(path);
        children.push(`${path}/`);
      } else {
        files.push(path);
      }
    },
  });
  return { files, folders, result };
}
