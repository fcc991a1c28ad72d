// What the board says of everything but single transfers: figures, parties with members and ways to them, shares, storage. Every text is safe for
// one line, every list has a maximum. Must not know `vscode`.

import { boardMaxima, type Card, type CardLine, type Overview, type StorageLine } from '../../protocol/board.ts';
import type { StorageKind, StorageUsage } from '../../protocol/boardRequests.ts';
import type { PartyInfo, PartyMember, ShareInfo, TransferTotals } from '../../protocol/model.ts';
import { displayName, partyLabel } from '../displayText.ts';
import { failureText } from '../failures.ts';
import { formatAgo, formatBytes, formatCount, formatFiles, formatPeers, t } from '../text.ts';
import { audienceText } from '../views/audienceChoice.ts';
import { reachText } from '../views/peerRow.ts';
import { skippedTotal } from '../views/sharesModel.ts';
import type { World } from '../world.ts';

export interface Known {
  world: Pick<World, 'parties' | 'members' | 'peers' | 'shares' | 'downloads' | 'uploads' | 'status'>;
  storage: StorageUsage | undefined;
  totals: TransferTotals | undefined;
  problem: string;
  nowMs: number;
}

export function overviewOf(known: Known): Overview {
  const { world, storage, problem, nowMs } = known;
  return {
    tiles: tilesOf(known),
    parties: world.parties
      .slice(0, boardMaxima.cards)
      .map((party) => partyCard(party, world.members.get(party.partyId) ?? [], nowMs)),
    shares: world.shares.slice(0, boardMaxima.cards).map((share) => shareCard(share, known)),
    storage: storage === undefined ? [] : storage.parts.filter(({ files }) => files > 0).map(storageLine),
    storageSaid: storage === undefined ? t('being counted…') : storageText(storage),
    problem,
  };
}

function tilesOf({ world, totals }: Known): Overview['tiles'] {
  const running = world.downloads.count('running');
  const online = world.peers.filter(({ isOnline }) => isOnline).length;
  const sharedBytes = world.shares.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
  const sharedFiles = world.shares.reduce((sum, { fileCount }) => sum + fileCount, 0);
  const ever = (bytes: number | undefined): string => (bytes === undefined ? '' : t('{0} ever', formatBytes(bytes)));
  return [
    { label: t('Downloads running'), value: formatCount(running), said: ever(totals?.downloadedBytes) },
    { label: t('Uploads'), value: formatCount(world.uploads.length), said: ever(totals?.uploadedBytes) },
    { label: t('Peers online'), value: formatCount(online), said: t('{0} known', formatCount(world.peers.length)) },
    { label: t('Shared by you'), value: formatBytes(sharedBytes), said: formatFiles(sharedFiles) },
  ];
}

function partyCard(party: PartyInfo, members: readonly PartyMember[], nowMs: number): Card {
  const name = partyLabel(party);
  const others = members.filter(({ isOwn }) => !isOwn);
  const online = t('{0} online', formatPeers(party.peersOnline));
  const state = { joining: t('joining…'), joined: online, offline: t('network not reachable') }[party.state];
  const said = [state];
  if (members.length > 1) said.push(t('{0} members known', formatCount(members.length)));
  if (party.closed !== undefined) said.push(t('closed'));
  const shown = [...others].sort((a, b) => Number(b.isOnline) - Number(a.isOnline)).slice(0, boardMaxima.lines);
  return {
    title: name === displayName(party.name) ? name : t('Party {0}', name),
    said: said.join(' · '),
    lines: shown.map((member) => memberLine(member, nowMs)),
    more: others.length > shown.length ? t('and {0} more', formatCount(others.length - shown.length)) : '',
  };
}

function memberLine({ name, isOnline, path, roundTripMs, lastSeenMs }: PartyMember, nowMs: number): CardLine {
  const away = lastSeenMs === undefined ? t('never seen') : t('offline, seen {0}', formatAgo(lastSeenMs, nowMs));
  const here = path === undefined ? t('online') : reachText(path, roundTripMs);
  return { label: displayName(name), said: isOnline ? here : away, isOn: isOnline };
}

function shareCard(share: ShareInfo, { world, nowMs }: Known): Card {
  const { title, state, fileCount, totalBytes, scannedAtMs, failure } = share;
  const left = skippedTotal(share.skippedCounts);
  const lines: CardLine[] = [
    {
      label: t('Seen by: {0}', audienceText(share.audience, { parties: world.parties, peers: world.peers })),
      said: '',
      isOn: true,
    },
  ];
  if (left > 0) lines.push({ label: t('{0} left out', formatCount(left)), said: '', isOn: false });
  if (failure !== undefined) lines.push({ label: displayName(failureText(failure), 300), said: '', isOn: false });
  const states = {
    scanning: t('reading… {0}', formatCount(share.scannedEntries ?? 0)),
    watching: t('follows its folder'),
    paused: t('paused'),
    failed: t('failed'),
  };
  const read = scannedAtMs === undefined || state === 'scanning' ? [] : [t('Read {0}', formatAgo(scannedAtMs, nowMs))];
  return {
    title: displayName(title),
    said: [formatFiles(fileCount), formatBytes(totalBytes), states[state], ...read].join(' · '),
    lines,
    more: '',
  };
}

function storageLine({ kind, bytes, files }: StorageUsage['parts'][number]): StorageLine {
  return { label: kindText(kind), said: `${formatBytes(bytes)} · ${formatFiles(files)}`, bytes };
}

function kindText(kind: StorageKind): string {
  return {
    index: t('Lists of files, and their search'),
    cache: t('Opened files (cache)'),
    feeds: t('Feeds of shares'),
    trees: t('Hashes of contents'),
    database: t('Database'),
    partial: t('Unfinished downloads'),
    other: t('Other'),
  }[kind];
}

function storageText({ parts, isWhole, freeBytes }: StorageUsage): string {
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  const used = isWhole ? t('{0} used', formatBytes(bytes)) : t('more than {0} used', formatBytes(bytes));
  return freeBytes === undefined ? used : `${used} · ${t('{0} free for downloads', formatBytes(freeBytes))}`;
}
