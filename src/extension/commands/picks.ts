// Asking for what a command was not given: quick picks of parties, peers, shares, downloads, and browsing to an entry.

import * as vscode from 'vscode';
import type {
  AccessRequest,
  CatalogShare,
  DownloadInfo,
  Entry,
  EntryRef,
  MergedEntry,
  PartyInfo,
  PeerInfo,
  ShareInfo,
} from '../../protocol/model.ts';
import type { PeerId } from '../../protocol/ids.ts';
import { displayName, iconSafeName, partyLabel } from '../displayText.ts';
import { parentPath } from '../files/uris.ts';
import { limits } from '../limits.ts';
import type { Services } from '../services.ts';
import { formatBytes, formatCount, formatFiles, t } from '../text.ts';
import { chosenHolder, dateText, heldByPeers } from '../views/mergedModel.ts';
import { downloadState, peerName } from '../views/downloadRow.ts';
import { requesterName } from '../views/requestRow.ts';
import { orderedDownloads } from '../downloadList.ts';
import { notices } from '../notices.ts';

type Item<T> = vscode.QuickPickItem & { value: T };

async function pick<T>(items: Item<T>[], title: string, nothing: string): Promise<T | undefined> {
  if (items.length === 0) {
    void notices.info(nothing);
    return undefined;
  }
  const chosen = await vscode.window.showQuickPick(items, { title, matchOnDescription: true, matchOnDetail: true });
  return chosen?.value;
}

export async function pickParty(
  services: Services,
  title: string,
  accepts: (party: PartyInfo) => boolean = () => true,
): Promise<PartyInfo | undefined> {
  await services.world.load();
  const items = services.world.parties.filter(accepts).map((party) => ({ label: iconSafeName(partyLabel(party)), value: party }));
  const isNowhere = services.world.parties.length === 0;
  const nothing = isNowhere ? t('You are in no party. Join or create one first.') : t('There is no party for that.');
  return pick(items, title, nothing);
}

export async function pickPeer(
  services: Services,
  title: string,
  accepts: (peer: PeerInfo) => boolean = () => true,
): Promise<PeerInfo | undefined> {
  await services.world.load();
  const items = services.world.peers.filter(accepts).map((peer) => ({
    label: iconSafeName(peer.name),
    description: peer.isOnline ? t('online') : t('offline'),
    detail: peer.peerId,
    value: peer,
  }));
  return pick(items, title, t('There is no such peer yet.'));
}

export async function pickRequest(services: Services, title: string): Promise<AccessRequest | undefined> {
  await services.world.load();
  const items = services.world.requests.map((request) => ({
    label: iconSafeName(requesterName(request)),
    ...(request.text === '' ? {} : { description: iconSafeName(request.text) }),
    detail: request.peerId,
    value: request,
  }));
  return pick(items, title, t('Nobody asks to be let in.'));
}

export async function pickOwnShare(
  services: Services,
  title: string,
  accepts: (share: ShareInfo) => boolean = () => true,
): Promise<ShareInfo | undefined> {
  await services.world.load();
  const items = services.world.shares.filter(accepts).map((share) => ({
    label: iconSafeName(share.title),
    description: iconSafeName(share.path),
    value: share,
  }));
  const nothing = services.world.shares.length === 0 ? t('You share no folder yet.') : t('No share is in that state.');
  return pick(items, title, nothing);
}

export async function pickDownload(
  services: Services,
  title: string,
  accepts: (download: DownloadInfo) => boolean,
): Promise<DownloadInfo | undefined> {
  await services.world.load();
  const items = orderedDownloads(services.world.downloads.filter(accepts)).map((download) => ({
    label: iconSafeName(download.name),
    description: iconSafeName(downloadState(download, peerName(services.world.peers, download.entry.peerId))),
    value: download,
  }));
  return pick(items, title, t('There is no such download.'));
}

/** Of all peers, or of one. */
export async function pickCatalogShare(services: Services, title: string, peerId?: PeerId): Promise<CatalogShare | undefined> {
  await services.world.load();
  const shares = await services.sidecar.request('catalog/shares', peerId === undefined ? {} : { peerId });
  const items = shares
    .filter(({ isOwn }) => !isOwn)
    .map((share) => ({
      label: iconSafeName(share.title),
      description: iconSafeName(services.world.peer(share.peerId)?.name ?? share.peerId),
      detail: `${formatFiles(share.fileCount)}, ${formatBytes(share.totalBytes)}`,
      value: share,
    }));
  return pick(items, title, t('No peer shares anything with you yet.'));
}

type Step = { kind: 'take' } | { kind: 'up' } | { kind: 'entry'; info: Entry };

/** Browses from share (of all peers, or of one) to entry. `wants` says where it may end. */
export async function pickEntry(
  services: Services,
  title: string,
  wants: 'file' | 'folder' | 'any',
  peerId?: PeerId,
): Promise<EntryRef | undefined> {
  const share = await pickCatalogShare(services, title, peerId);
  if (share === undefined) return undefined;
  let at: EntryRef = { peerId: share.peerId, shareId: share.shareId, path: '' };
  for (;;) {
    const page = await services.sidecar.request('catalog/list', { entry: at, offset: 0, limit: limits.pageEntries });
    const items: Item<Step>[] = [];
    if (wants !== 'file')
      items.push({
        label: `$(check) ${t('This folder')}`,
        description: iconSafeName(at.path || share.title),
        value: { kind: 'take' },
      });
    if (at.path !== '') items.push({ label: '$(arrow-up) ..', value: { kind: 'up' } });
    for (const info of page.entries) {
      if (info.kind === 'file' && wants === 'folder') continue;
      const icon = info.kind === 'folder' ? '$(folder)' : '$(file)';
      items.push({
        label: `${icon} ${iconSafeName(info.name)}`,
        ...(info.kind === 'file' ? { description: formatBytes(info.sizeBytes) } : {}),
        value: { kind: 'entry', info },
      });
    }
    const missing = page.total - page.entries.length;
    const where = [share.title, at.path].flatMap((part) => (part === '' ? [] : displayName(part))).join('/');
    const placeHolder = missing > 0 ? t('{0} ({1} more in the Peers view)', where, formatCount(missing)) : where;
    const chosen = await vscode.window.showQuickPick(items, { title, placeHolder });
    if (chosen === undefined) return undefined;
    const step = chosen.value;
    if (step.kind === 'take') return at;
    if (step.kind === 'up') at = { ...at, path: parentPath(at.path) };
    else {
      at = { ...at, path: at.path === '' ? step.info.name : `${at.path}/${step.info.name}` };
      if (step.info.kind === 'file') return at;
    }
  }
}

/** Whose file or folder is meant: asked only where holders have different ones. `peers` leaves out what is our own. */
export async function pickHolder(
  services: Services,
  merged: MergedEntry,
  { title, from }: { title: string; from: 'anybody' | 'peers' },
): Promise<EntryRef | undefined> {
  const info = from === 'peers' ? heldByPeers(merged) : merged;
  const chosen = chosenHolder(info);
  if (chosen !== undefined) return chosen.entry;
  await services.world.load();
  const items = info.holders.map(({ entry, isOwn, isOnline, sizeBytes, mtimeMs }) => ({
    label: isOwn ? t('you') : iconSafeName(services.world.peer(entry.peerId)?.name ?? entry.peerId),
    description: isOwn || isOnline ? t('online') : t('offline'),
    ...(info.kind === 'file' ? { detail: t('{0}, modified {1}', formatBytes(sizeBytes), dateText(mtimeMs)) } : {}),
    value: entry,
  }));
  return pick(items, title, t('Nobody else has it.'));
}

/** A modal question for what cannot be undone or shows something to others; true when confirmed. */
export async function confirm(message: string, detail: string, action: string): Promise<boolean> {
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, action)) === action;
}
