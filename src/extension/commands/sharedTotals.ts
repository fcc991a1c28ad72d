// What of a preview would be shared when some of what looks secret is left out: in all, and below each folder that the preview has. Must not know
// `vscode`.

import type { SharePreview } from '../../protocol/model.ts';

export interface Total {
  fileCount: number;
  totalBytes: number;
}

export interface SharedTotals extends Total {
  /** By path. */
  folders: ReadonlyMap<string, Total>;
}

/** `leftOut`: paths of suspects that are not shared. Folders stay, also when nothing is left in them. */
export function sharedTotals(
  { fileCount, totalBytes, folders, secrets }: SharePreview,
  leftOut: ReadonlySet<string>,
): SharedTotals {
  const all = { fileCount, totalBytes };
  const below = new Map(folders.map((folder) => [folder.path, { fileCount: folder.fileCount, totalBytes: folder.totalBytes }]));
  for (const { path, sizeBytes } of secrets.suspects) {
    if (!leftOut.has(path)) continue;
    takeOut(all, sizeBytes);
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      const folder = below.get(path.slice(0, slash));
      if (folder !== undefined) takeOut(folder, sizeBytes);
    }
  }
  return { ...all, folders: below };
}

/** Sizes may have changed between the walk and the look into the file. */
function takeOut(total: Total, sizeBytes: number): void {
  total.fileCount = Math.max(0, total.fileCount - 1);
  total.totalBytes = Math.max(0, total.totalBytes - sizeBytes);
}
