// Who has what a link leads to, as far as indexes that are here say it, and what of it lies on this machine. Asks nobody.

import { AppError } from '../../protocol/errors.ts';
import type { LinkContents, LinkEntry, LinkFileStatus, LinkStatus, LinkSummary } from '../../protocol/links.ts';
import type { PeerId } from '../../protocol/ids.ts';
import { emptyContentId } from '../../protocol/linkFile.ts';
import { contentLinkLimits } from '../limits.ts';
import type { Having } from './contracts.ts';
import { inLanes } from './lanes.ts';

/** The totals and peers come with the first page alone: they take thousands of questions. Rejects with `cancelled`, and as the store of details does. */
export async function statusOf(
  { link, summary }: { link: LinkContents; summary: LinkSummary },
  having: Having,
  { offset, limit, signal }: { offset: number; limit: number; signal: AbortSignal },
): Promise<LinkStatus> {
  const counted = offset === 0 ? link.files.slice(0, contentLinkLimits.statusLookedAt) : [];
  const page = link.files.slice(offset, offset + limit);
  const isInPage = (index: number) => index >= offset && index < offset + limit;
  const status: LinkStatus = {
    ...{ summary, lookedAt: counted.length, hereFiles: 0, hereBytes: 0, onlineFiles: 0, onlineBytes: 0, missingFiles: 0 },
    ...{ peers: [], files: [] },
  };
  const files: LinkFileStatus[] = [];
  const filesOf = new Map<PeerId, number>();
  const look = async (file: LinkEntry, index: number): Promise<void> => {
    if (signal.aborted) throw new AppError('cancelled', 'The look at the link was cancelled.');
    const found = await fileStatus(file, having);
    if (isInPage(index)) files[index - offset] = found;
    if (index >= counted.length) return;
    count(status, found);
    for (const peerId of new Set(found.all)) filesOf.set(peerId, (filesOf.get(peerId) ?? 0) + 1);
  };
  await inLanes(counted, contentLinkLimits.statusQuestions, look);
  const later = page.slice(counted.length);
  await inLanes(later, contentLinkLimits.statusQuestions, (file, at) => look(file, offset + counted.length + at));
  status.files = files.map(({ path, sizeBytes, mtimeMs, contentId, localPath, holders, holderCount, onlineCount }) => ({
    ...{ path, sizeBytes, contentId, holders, holderCount, onlineCount },
    ...(mtimeMs === undefined ? {} : { mtimeMs }),
    ...(localPath === undefined ? {} : { localPath }),
  }));
  status.peers = [...filesOf]
    .filter(([peerId]) => peerId !== having.ownPeerId)
    .map(([peerId, number]) => ({ peerId, name: having.nameOf(peerId), isOnline: having.isOnline(peerId), files: number }))
    .sort((a, b) => b.files - a.files || Number(b.isOnline) - Number(a.isOnline) || a.name.localeCompare(b.name))
    .slice(0, contentLinkLimits.peersShown);
  return status;
}

function count(status: LinkStatus, { localPath, contentId, onlineCount, sizeBytes }: LinkFileStatus): void {
  if (localPath !== undefined || contentId === emptyContentId) {
    status.hereFiles++;
    status.hereBytes += sizeBytes;
  } else if (onlineCount > 0) {
    status.onlineFiles++;
    status.onlineBytes += sizeBytes;
  } else status.missingFiles++;
}

async function fileStatus(file: LinkEntry, having: Having): Promise<LinkFileStatus & { all: PeerId[] }> {
  const { contentId, sizeBytes } = file;
  if (contentId === emptyContentId) return { ...file, holders: [], holderCount: 0, onlineCount: 0, all: [] };
  const localPath = having.localPath(contentId, sizeBytes);
  const refs = await having.holders(contentId);
  const holders = refs
    .map((entry) => {
      const isOwn = entry.peerId === having.ownPeerId;
      return { entry, peerName: having.nameOf(entry.peerId), isOwn, isOnline: isOwn || having.isOnline(entry.peerId) };
    })
    .sort((a, b) => Number(b.isOnline) - Number(a.isOnline));
  return {
    ...file,
    ...(localPath === undefined ? {} : { localPath }),
    holders: holders.slice(0, contentLinkLimits.holdersShown),
    holderCount: holders.length,
    onlineCount: new Set(holders.filter(({ isOwn, isOnline }) => isOnline && !isOwn).map(({ entry }) => entry.peerId)).size,
    all: refs.map(({ peerId }) => peerId),
  };
}
