// The piece hashes of a content, for a torrent: from its kept tree, else by hashing a copy on this disk, else of peers who have it, proven by the root.
// Joins links to the trees and sources of transfers.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { AppError } from '../protocol/errors.ts';
import type { ContentId, ShareId } from '../protocol/ids.ts';
import { linkPeerId } from '../protocol/linkPeer.ts';
import { pieceHashes } from '../protocol/torrentFile.ts';
import { transferLimits } from './limits.ts';
import type { Hasher } from './transfers/content/hasher.ts';
import { leafBytes, leafCountOf } from './transfers/content/merkle.ts';
import type { Trees } from './transfers/content/trees.ts';
import type { Holder, SourceFinder } from './transfers/downloads/swarm/contract.ts';
import { LeafLayer } from './transfers/downloads/swarm/leafLayer.ts';
import { within } from './transfers/waiting.ts';

export interface LayerOptions {
  trees: Trees;
  hasher: Pick<Hasher, 'hashFile'>;
  sources: Pick<SourceFinder, 'others'>;
  localPath(contentId: ContentId, sizeBytes: number): string | undefined;
}

/** A content alone is asked for: it is of no share. */
const nowhere = 'yyyyyyyyyyyyyyyyyyyyyyyyyy' as ShareId;
/** Leaves read at a time: 64 MiB of data, some 5 ms of hashing. */
const stepLeaves = 4096;

export interface WantedLayer {
  contentId: ContentId;
  sizeBytes: number;
  pieceLength: number;
  /** As the link names it, for messages. */
  path: string;
}

/** Packed. Rejects with `unavailable` when neither this machine nor anybody who is here has the content. */
export async function layerOf(wanted: WantedLayer, options: LayerOptions & { signal: AbortSignal }): Promise<Buffer> {
  const { trees, signal } = options;
  const { contentId, sizeBytes, pieceLength, path } = wanted;
  const root = new Uint8Array(Buffer.from(contentId, 'hex'));
  if (!trees.has(root)) await hashHere(wanted, root, options);
  const holders = trees.has(root) ? [] : await askable(wanted, root, options);
  const layer = new LeafLayer({
    ...{ root, sizeBytes, path, signal, trees, timeoutMs: transferLimits.holderLookMs },
    askers: () => holders.map(({ source }) => source),
    batchLeaves: stepLeaves,
  });
  const leafCount = leafCountOf(sizeBytes);
  const step = Math.max(stepLeaves, pieceLength / leafBytes);
  const parts: Buffer[] = [];
  for (let first = 0; first < leafCount; first += step) {
    if (signal.aborted) throw new AppError('cancelled', 'The torrent was cancelled.');
    const leaves = await layer.range(first, Math.min(step, leafCount - first));
    if (leaves === undefined) throw noHashes(path);
    parts.push(pieceHashes(leaves, pieceLength));
    await setImmediate();
  }
  return Buffer.concat(parts);
}

/** A copy on this disk that was not hashed with its leaves. */
async function hashHere(
  { contentId, sizeBytes }: WantedLayer,
  root: Uint8Array,
  options: LayerOptions & { signal: AbortSignal },
): Promise<void> {
  const { trees, hasher, signal } = options;
  const localPath = options.localPath(contentId, sizeBytes);
  const treePath = trees.temporaryPath(sizeBytes);
  if (localPath === undefined || treePath === undefined) return;
  const handle = await open(localPath, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)).catch(() => undefined); // gone: as if it were not there
  if (handle === undefined) return;
  try {
    const hashed = await hasher.hashFile(handle.fd, sizeBytes, { treePath, signal });
    trees.adopt(hashed.root, treePath);
    if (Buffer.compare(hashed.root, root) !== 0) return; // It changed meanwhile; others are asked.
  } finally {
    await handle.close();
  }
}

/** Peers that say that they hold it: who was asked that tells its hashes. */
async function askable(
  { path }: WantedLayer,
  root: Uint8Array,
  options: LayerOptions & { signal: AbortSignal },
): Promise<Holder[]> {
  const { signal, sources } = options;
  const entry = { peerId: linkPeerId, shareId: nowhere, path };
  const holders = await sources.others(entry, root);
  const asked = await Promise.all(
    holders.slice(0, transferLimits.sources).map(async (holder) => {
      const { source, at } = holder;
      if (!source.understands('holdings')) return undefined;
      const asking = source.holding({ owner: at.owner, shareId: at.shareId, path: at.path, root }, { signal });
      return within(transferLimits.holderLookMs, asking, { source, path, signal }).then(
        () => holder,
        () => undefined, // It does not have it any more, or does not answer: others do.
      );
    }),
  );
  return asked.filter((holder) => holder !== undefined);
}

function noHashes(path: string): AppError {
  return new AppError(
    'unavailable',
    `A torrent needs the piece hashes of ${JSON.stringify(path)}, which are not here, and nobody who is here has them. Download it first, or wait for somebody who has it.`,
  );
}
