// What is known of one file or folder, gathered for its page: from indexes, records and lists that are here. Transfers nothing, meets nobody. Must not
// know `vscode`.

import { localPathOf } from '../commands/ownEntries.ts';
import { formatEntryLink } from '../../protocol/entryLinks.ts';
import { asAppError } from '../../protocol/errors.ts';
import { emptyContentId } from '../../protocol/linkFile.ts';
import type { EntryRef } from '../../protocol/model.ts';
import { baseName, isSameEntry } from '../files/uris.ts';
import { limits } from '../limits.ts';
import type { Services } from '../services.ts';
import type { FileFacts, Holder } from './filePage.ts';

type Sources = Pick<Services, 'sidecar' | 'world'>;

/** Rejects with `not-found` when the entry is not listed (any more), and as the sidecar does. */
export async function fileFacts(entry: EntryRef, sources: Sources): Promise<FileFacts> {
  const { sidecar, world } = sources;
  await world.load();
  const [info, shares, { peerId: ownPeerId }] = await Promise.all([
    sidecar.request('catalog/stat', { entry }),
    sidecar.request('catalog/shares', {}),
    sidecar.connected(),
  ]);
  const isFile = info.kind === 'file';
  const details = isFile ? await sidecar.request('catalog/details', { entry }) : undefined;
  const told = details?.contentId;
  // Its owner may say anything: only what is empty has the id of what is empty.
  const contentId = (told === emptyContentId) === (info.sizeBytes === 0) ? told : undefined;
  const [holding, page, history] = await Promise.all([
    contentId === undefined || contentId === emptyContentId ? [] : sidecar.request('catalog/holders', { contentId }),
    isFile ? undefined : sidecar.request('catalog/list', { entry, limit: 1 }),
    sidecar.request('transfers/history', { entry, ...(contentId && { contentId }), limit: limits.pageHistory }),
  ]);
  const entries = [entry, ...holding.filter((each) => !isSameEntry(each, entry))];
  const titleOf = ({ peerId, shareId }: EntryRef): string =>
    shares.find((share) => share.peerId === peerId && share.shareId === shareId)?.title ?? shareId;
  const holders = entries.map((each): Holder => {
    const isOwn = each.peerId === ownPeerId;
    const peer = world.peer(each.peerId);
    const path = [titleOf(each), ...each.path.split('/')].filter((part) => part !== '');
    return { peerName: peer?.name ?? each.peerId, path, isOwn, isOnline: isOwn || peer?.isOnline === true };
  });
  const owner = world.peer(entry.peerId);
  const title = titleOf(entry);
  return {
    ...{ entry, name: entry.path === '' ? title : baseName(entry.path), kind: info.kind },
    ...{ sizeBytes: info.sizeBytes, mtimeMs: info.mtimeMs, shareTitle: title },
    owner: {
      name: owner?.name ?? entry.peerId,
      isOwn: entry.peerId === ownPeerId,
      isOnline: owner?.isOnline === true,
      ...(owner?.lastSeenMs === undefined ? {} : { lastSeenMs: owner.lastSeenMs }),
    },
    ...(page && { entryCount: page.total }),
    ...(details && { details }),
    ...(contentId && { contentId }),
    ...(told !== undefined && told !== contentId && { wrongContentId: told }),
    holders: holders.sort((a, b) => rank(a) - rank(b)),
    mayHaveMore: holding.length >= limits.pageHolders,
    copies: await copiesOf(entries, sources),
    history: history.entries,
    historyTotal: history.total,
    link: formatEntryLink({ entry, ...(contentId && { contentId }) }),
  };
}

/** The same for an entry that is shown: where it is not listed any more, what was known of it stays and says so. Never rejects. */
export async function fileFactsAgain(shown: FileFacts, sources: Sources): Promise<FileFacts> {
  try {
    return await fileFacts(shown.entry, sources);
  } catch (error) {
    // The sidecar may be away; it is asked again when it is back.
    return asAppError(error).kind === 'not-found' ? { ...shown, isGone: true } : shown;
  }
}

function rank({ isOwn, isOnline }: Holder): number {
  return isOwn ? 0 : isOnline ? 1 : 2;
}

/** Where it lies on this machine: in own shares, and as what was downloaded, if that stands as it was verified. */
async function copiesOf(entries: readonly EntryRef[], sources: Sources): Promise<FileFacts['copies']> {
  const { sidecar, world } = sources;
  const own = await Promise.all(entries.map((each) => localPathOf(sources, each)));
  const held = await sidecar.request('downloads/marks', { entries: [...entries] });
  const folders = world.downloads.filter(
    ({ state, kind, entry }) => state === 'done' && kind === 'folder' && entries.some((each) => isSameEntry(each, entry)),
  );
  const copies = new Map<string, boolean>();
  for (const path of own) if (path !== undefined) copies.set(path, false);
  for (const { destination } of folders) copies.set(destination, false);
  for (const mark of held) if (mark.state !== 'none') copies.set(mark.localPath, mark.state === 'stale');
  return [...copies].map(([path, isStale]) => ({ path, isStale }));
}
