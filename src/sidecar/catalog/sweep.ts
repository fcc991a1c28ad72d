// Deletes what a crash left behind in the folder of indexes: files of no share, folders of no peer. Knows only names.

import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { PeerId } from '../../protocol/ids.ts';
import { SegmentFolder } from './index/segmentFolder.ts';

/** `owners`: the segment files that are in use of each peer. Own ones are not looked at. */
export function sweepIndexes(dataFolder: string, owners: ReadonlyMap<PeerId, readonly string[]>): void {
  for (const [peerId, files] of owners) new SegmentFolder(dataFolder, peerId).keepOnly(new Set(files));
  const root = path.join(dataFolder, 'index');
  const known = new Set<string>(owners.keys());
  for (const name of namesIn(root))
    if (name !== 'own' && !known.has(name)) rmSync(path.join(root, name), { recursive: true, force: true });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Nothing was ever written here.
    return [];
  }
}
