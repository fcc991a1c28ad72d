// Small files of an own share as one pack: which of them may be given is decided here, by the index before they are read and by the disk of the
// moment after; reading and hashing is the disk worker's.

import path from 'node:path';
import { AppError } from '../../../protocol/errors.ts';
import type { PeerId } from '../../../protocol/ids.ts';
import { transferLimits } from '../../limits.ts';
import { parseSafePath, type SafePath } from '../../storage/safePath.ts';
import type { PackRequest } from '../../wire/services.ts';
import type { MadePack, PackEntry } from '../disk/disk.ts';
import { notShared, wasCancelled } from '../failures.ts';
import type { LearntRoots } from './learntRoots.ts';
import type { LocatedMany, LocateMany, PackReader } from './parts.ts';

/** The paths of a request, checked. Throws `invalid-argument`. */
export function packPaths({ paths }: PackRequest): SafePath[] {
  if (paths.length > transferLimits.packFiles)
    throw new AppError('invalid-argument', `At most ${transferLimits.packFiles} files go into a pack. Ask for fewer.`);
  return paths.map(parseSafePath);
}

/** Whether rules changed under us so often that nothing sure can be said. */
const mostLooks = 3;

/**
 * Makes the pack. A file that may not be given, or cannot be read, is refused in it; the whole fails only with the share (`not-found`), the disk
 * worker, or the signal (`cancelled`).
 */
export async function makePack(
  parts: { locateMany: LocateMany; disk: PackReader; learnt: LearntRoots },
  asked: { peerId: PeerId; request: PackRequest; paths: readonly SafePath[] },
  options: { signal: AbortSignal },
): Promise<Uint8Array> {
  const { peerId, request, paths } = asked;
  if (paths.length === 0) return new Uint8Array(0);
  const refused = new Set<number>();
  for (let look = 0; look < mostLooks; look++) {
    const located = parts.locateMany(peerId, request.shareId, paths);
    if (located === undefined) throw notShared('');
    const pack = await parts.disk.readPack(located.root, entriesOf(located, refused), options);
    if (options.signal.aborted) throw wasCancelled();
    // After they were opened, as for single files: whatever the index says, what the disk would not have shared now goes nowhere.
    const isShared = await located.areSharedNow();
    const before = refused.size;
    for (const [index, file] of pack.files.entries()) if (!('refused' in file) && isShared[index] !== true) refused.add(index);
    if (refused.size > before) continue;
    learn(parts.learnt, located, pack);
    return pack.bytes;
  }
  throw new AppError('busy', 'What is shared changes too fast to be read. Ask again soon.');
}

function entriesOf(located: LocatedMany, refused: ReadonlySet<number>): PackEntry[] {
  return located.files.map((file, index): PackEntry => {
    if (file === undefined || refused.has(index)) return { refused: 'not-found' };
    if (file.entry.kind === 'folder') return { refused: 'is-folder' };
    return { absolutePath: file.absolutePath, sizeBytes: file.entry.sizeBytes };
  });
}

function learn(learnt: LearntRoots, located: LocatedMany, pack: MadePack): void {
  for (const [index, file] of pack.files.entries()) {
    const absolutePath = located.files[index]?.absolutePath;
    if (absolutePath === undefined || 'refused' in file) continue;
    const { sizeBytes, mtimeNs, ctimeNs, root, readFromMs } = file;
    learnt.add({ absolutePath, stamp: { size: BigInt(sizeBytes), mtimeNs, ctimeNs }, root, readFromMs });
  }
}

/** The folder of a path inside a share. */
export function folderOf(safePath: string): string {
  const folder = path.posix.dirname(safePath);
  return folder === '.' ? '' : folder;
}
