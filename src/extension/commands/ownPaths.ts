// From a path of this disk to the entry of an own share. Must not know `vscode`.

import path from 'node:path';
import type { PeerId } from '../../protocol/ids.ts';
import type { EntryRef, ShareInfo } from '../../protocol/model.ts';

/** In the innermost share that holds it; whether the share has such an entry is the sidecar's to say. */
export function ownEntryOf(
  file: string,
  shares: readonly Pick<ShareInfo, 'shareId' | 'path'>[],
  peerId: PeerId,
): EntryRef | undefined {
  let found: { shareId: ShareInfo['shareId']; inside: string } | undefined;
  for (const { shareId, path: folder } of shares) {
    const inside = path.relative(folder, file);
    const isInside = inside !== '..' && !inside.startsWith(`..${path.sep}`) && !path.isAbsolute(inside);
    if (isInside && (found === undefined || inside.length < found.inside.length)) found = { shareId, inside };
  }
  return found && { peerId, shareId: found.shareId, path: found.inside.split(path.sep).join('/') };
}
