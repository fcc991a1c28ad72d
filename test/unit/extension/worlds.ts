// Makers of ids and model objects for the tests of the extension.

import {
  isDownloadId,
  isInviteId,
  isPartyId,
  isPeerId,
  isShareId,
  isWatchId,
  type DownloadId,
  type InviteId,
  type PartyId,
  type PeerId,
  type ShareId,
  type WatchId,
} from '../../../src/protocol/ids.ts';
import type {
  AccessRequest,
  CatalogShare,
  DownloadInfo,
  DownloadSource,
  Entry,
  InviteInfo,
  PartyInfo,
  PartyMember,
  PeerInfo,
  PendingInvite,
  SearchHit,
  SearchPage,
  ShareInfo,
  TransferRates,
  UploadInfo,
  WatchedSearch,
} from '../../../src/protocol/model.ts';

const letters = 'ybndrfg8ejkmcpqxot1uwisza345h769';

function letter(n: number): string {
  return letters[n % 32] ?? 'y';
}

export function peerId(n: number): PeerId {
  const id = letter(n).repeat(51) + 'y';
  if (!isPeerId(id)) throw new TypeError(id);
  return id;
}

export function partyId(n: number): PartyId {
  const id = letter(n).repeat(51) + 'o';
  if (!isPartyId(id)) throw new TypeError(id);
  return id;
}

export function shareId(n: number): ShareId {
  const id = letter(n).repeat(26);
  if (!isShareId(id)) throw new TypeError(id);
  return id;
}

export function downloadId(n: number): DownloadId {
  const id = letter(n).repeat(26);
  if (!isDownloadId(id)) throw new TypeError(id);
  return id;
}

export function inviteId(n: number): InviteId {
  const id = letter(n).repeat(26);
  if (!isInviteId(id)) throw new TypeError(id);
  return id;
}

export function watchId(n: number): WatchId {
  const id = letter(n).repeat(26);
  if (!isWatchId(id)) throw new TypeError(id);
  return id;
}

export function party(n: number, change: Partial<PartyInfo> = {}): PartyInfo {
  return { partyId: partyId(n), name: `party ${n}`, state: 'joined', joinedAtMs: 0, peersOnline: 0, isPublic: false, ...change };
}

export function member(n: number, change: Partial<PartyMember> = {}): PartyMember {
  return {
    peerId: peerId(n),
    name: `peer ${n}`,
    derivedName: 'Brave Otter',
    isOwn: false,
    isOnline: false,
    isHearsay: false,
    ...change,
  };
}

export function invite(n: number, change: Partial<InviteInfo> = {}): InviteInfo {
  return {
    inviteId: inviteId(n),
    partyId: partyId(n),
    partyName: `party ${n}`,
    label: '',
    createdAtMs: 0,
    usedBy: [],
    state: 'open',
    code: { text: '', uri: '' },
    ...change,
  };
}

export function pendingInvite(n: number, change: Partial<PendingInvite> = {}): PendingInvite {
  return {
    inviteId: inviteId(n),
    peerId: peerId(n),
    name: `peer ${n}`,
    partyLabel: '',
    acceptedAtMs: 0,
    state: 'waiting',
    ...change,
  };
}

export function peer(n: number, change: Partial<PeerInfo> = {}): PeerInfo {
  return {
    peerId: peerId(n),
    name: `peer ${n}`,
    derivedName: 'Brave Otter',
    isOnline: true,
    isStranger: false,
    isAddedByKey: false,
    isBlocked: false,
    isDisconnected: false,
    partyIds: [],
    shareCount: 0,
    fileCount: 0,
    totalBytes: 0,
    ...change,
  };
}

export function accessRequest(n: number, change: Partial<AccessRequest> = {}): AccessRequest {
  return {
    peerId: peerId(n),
    name: `peer ${n}`,
    derivedName: 'Brave Otter',
    text: '',
    atMs: n,
    isOnline: true,
    partyIds: [],
    ...change,
  };
}

export function catalogShare(n: number, change: Partial<CatalogShare> = {}): CatalogShare {
  return {
    peerId: peerId(n),
    shareId: shareId(n),
    title: `share ${n}`,
    isOwn: false,
    isOnline: true,
    indexState: 'ready',
    bytesOnDisk: 0,
    fileCount: 2,
    folderCount: 1,
    totalBytes: 2048,
    ...change,
  };
}

export function ownShare(n: number, change: Partial<ShareInfo> = {}): ShareInfo {
  return {
    shareId: shareId(n),
    title: `share ${n}`,
    path: `/data/${n}`,
    state: 'watching',
    fileCount: 2,
    folderCount: 1,
    totalBytes: 2048,
    skippedCounts: {},
    addedAtMs: 0,
    audience: { everyone: true, partyIds: [], peerIds: [] },
    ...change,
  };
}

export function download(n: number, change: Partial<DownloadInfo> = {}): DownloadInfo {
  return {
    downloadId: downloadId(n),
    entry: { peerId: peerId(n), shareId: shareId(n), path: 'a/file.bin' },
    kind: 'file',
    name: 'file.bin',
    state: 'running',
    priority: 'normal',
    order: n,
    place: n,
    conflict: 'keep-both',
    destination: '/downloads/file.bin',
    doneBytes: 512,
    totalBytes: 1024,
    doneFiles: 0,
    totalFiles: 1,
    reusedBytes: 0,
    skippedFiles: 0,
    bytesPerSecond: 100,
    sources: [],
    addedAtMs: n,
    failedFiles: [],
    ...change,
  };
}

export function source(n: number, change: Partial<DownloadSource> = {}): DownloadSource {
  return {
    peerId: peerId(n),
    name: `peer ${n}`,
    state: 'active',
    link: 'tls',
    bytesPerSecond: 1024,
    receivedBytes: 0,
    badPieces: 0,
    ...change,
  };
}

export function upload(n: number, change: Partial<UploadInfo> = {}): UploadInfo {
  return {
    peerId: peerId(n),
    name: `peer ${n}`,
    ownerId: peerId(30),
    shareId: shareId(n),
    path: 'a/b.txt',
    fileCount: 1,
    state: 'running',
    link: 'session',
    sentBytes: 5,
    totalBytes: 10,
    bytesPerSecond: 0,
    startedAtMs: 0,
    ...change,
  };
}

export function rates(change: Partial<TransferRates> = {}): TransferRates {
  return {
    downloadBytesPerSecond: 0,
    uploadBytesPerSecond: 0,
    downloads: 0,
    uploads: 0,
    leftBytes: 0,
    isSlow: false,
    ...change,
  };
}

export function file(name: string, sizeBytes = 10): Entry {
  return { name, kind: 'file', sizeBytes, mtimeMs: 1_700_000_000_000 };
}

export function folder(name: string): Entry {
  return { name, kind: 'folder', sizeBytes: 0, mtimeMs: 1_700_000_000_000 };
}

export function hit(path: string, change: Partial<SearchHit> = {}, owner = 1): SearchHit {
  return {
    entry: { peerId: peerId(owner), shareId: shareId(owner), path },
    kind: 'file',
    sizeBytes: 2048,
    mtimeMs: 1_700_000_000_000,
    peerName: `peer ${owner}`,
    shareTitle: `share ${owner}`,
    isOwn: false,
    isOnline: true,
    matches: [],
    ...change,
  };
}

export function searchPage(hits: SearchHit[], change: Partial<SearchPage> = {}): SearchPage {
  return { hits, total: hits.length, isFuzzy: false, searchedShares: 1, missingShares: 0, tookMs: 2.4, ...change };
}

export function watchedSearch(n: number, change: Partial<WatchedSearch> = {}): WatchedSearch {
  return { watchId: watchId(n), query: `query ${n}`, addedAtMs: 0, total: 5, newCount: 0, newHits: [], ...change };
}
