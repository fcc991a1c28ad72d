// From what a person types to what the sidecar is asked for: peers, parties, shares, downloads and paths below them. Petnames
// are given here and go before what peers call themselves, so that nobody can take the place of a peer with a petname.

import type { SidecarClient } from '../client/sidecarClient.ts';
import { isPeerId, isShareId, type PeerId } from '../protocol/ids.ts';
import type {
  BannedPeer,
  CatalogShare,
  DownloadInfo,
  EntryRef,
  InviteInfo,
  PartyInfo,
  PeerInfo,
  PendingInvite,
  ShareInfo,
  WatchedSearch,
} from '../protocol/model.ts';
import type { Context } from './command.ts';
import { ambiguous, noSuch, usageError } from './errors.ts';
import { counted } from './format.ts';
import path from 'node:path';
import { safeText } from './terminalText.ts';
import { partyTitle } from './words.ts';

type Limits = Context['limits'];

/** Shortest beginning of an id that stands for it. */
const prefixCharacters = 4;
/** The own machine, in the place of a peer. */
const me = 'me';

/** A place in the tree of all peers: a peer, or a share of it and a path below. */
export interface Place {
  peerId: PeerId;
  isOwn: boolean;
  share?: CatalogShare;
  /** `''` is the share's root. */
  path: string;
}

interface Head {
  /** What names it, by rank: the first rank that matches anything decides. */
  ranks: string[][];
  id: string;
  /** For the list of candidates. */
  label: string;
}

/** The peer meant by an id, the beginning of one, a petname, nickname or derived name. */
export async function resolvePeer(client: SidecarClient, name: string, limits: Limits): Promise<PeerId> {
  const { peerId, rest } = await splitPeer(client, name, limits);
  if (rest !== '') throw noSuch('peer', name, 'See "potluck peers".');
  return peerId;
}

/** `PEER`, `PEER/SHARE`, `PEER/SHARE/PATH`, or a `potluck:` URI as the editor copies it. */
export async function resolvePlace(client: SidecarClient, text: string, limits: Limits): Promise<Place> {
  const uri = parseUri(text);
  const { peerId, rest } = await splitPeer(client, uri ?? text, limits);
  const isOwn = peerId === client.peerId;
  if (rest === '') return { peerId, isOwn, path: '' };
  const shares = await client.request('catalog/shares', { peerId }, limits);
  const { item, rest: below } = pick<CatalogShare>(shares, rest, {
    head: shareHead,
    what: 'shares',
    missing: () =>
      noSuch('share', rest.split('/')[0] ?? rest, `See "potluck ls ${text.slice(0, text.length - rest.length - 1)}".`),
  });
  return { peerId, isOwn, share: item, path: below };
}

/** A place that must lie in a share, as a reference. */
export async function resolveEntry(
  client: SidecarClient,
  text: string,
  limits: Limits,
): Promise<EntryRef & { shareTitle: string }> {
  const place = await resolvePlace(client, text, limits);
  if (!place.share) throw usageError(`${JSON.stringify(text)} names a peer; give a share of it too, as PEER/SHARE/PATH`);
  return { peerId: place.peerId, shareId: place.share.shareId, path: place.path, shareTitle: place.share.title };
}

/** An own share by id, title, or the path of its folder. */
export async function resolveOwnShare(client: SidecarClient, name: string, context: Context): Promise<ShareInfo> {
  const shares = await client.request('shares/list', {}, context.limits);
  const folder = path.resolve(context.cwd, name);
  const byFolder = shares.find((share) => share.path === folder);
  if (byFolder && !shares.some((share) => share.title === name)) return byFolder;
  return pickWhole<ShareInfo>(shares, name, {
    head: shareHead,
    what: 'shares',
    missing: () => noSuch('share', name, 'See "potluck shares".'),
  });
}

/** A party by its name, its label when nothing else is called so, its id or the beginning of that. */
export async function resolveParty(client: SidecarClient, name: string, limits: Limits): Promise<PartyInfo> {
  const parties = await client.request('parties/list', {}, limits);
  const label = (party: PartyInfo): string => `${party.partyId}  ${safeText(partyTitle(party))}`;
  const isIt = (text: string | undefined): boolean => text !== undefined && fold(text) === fold(name);
  const meant = parties.filter((party) => isIt(party.name) || isIt(party.label));
  // What is shared with a party must not go to another one, because that one has for a name what this one is called.
  if (meant.length > 1 && meant.some((party) => isIt(party.label))) throw ambiguous('parties', name, meant.map(label));
  return pickWhole(parties, name, {
    head: (party) => ({ id: party.partyId, ranks: [[party.name.normalize('NFC'), party.label ?? '']], label: label(party) }),
    what: 'parties',
    missing: () => noSuch('party', name, 'See "potluck party list".'),
  });
}

/** The only party that we are in. Throws a usage error where there are more. */
export async function resolveOnlyParty(client: SidecarClient, limits: Limits, command: string): Promise<PartyInfo> {
  const parties = await client.request('parties/list', {}, limits);
  const [only] = parties;
  if (only && parties.length === 1) return only;
  throw usageError(
    only ? `You are in ${parties.length} parties: say which` : 'You are in no party yet: make one with "potluck party create"',
    command,
  );
}

/** An invite of ours, or one that was accepted here and waits, by id, the beginning of one, or its label. */
export async function resolveInvite(
  client: SidecarClient,
  name: string,
  limits: Limits,
): Promise<{ own: InviteInfo } | { pending: PendingInvite }> {
  const own = (await client.request('invites/list', {}, limits)).map((invite) => ({
    ...{ id: invite.inviteId, title: invite.label, found: { own: invite } },
    label: `${invite.inviteId}  to ${safeText(invite.partyName)}, ${invite.state}`,
  }));
  const pending = (await client.request('invites/pending', {}, limits)).map((invite) => ({
    ...{ id: invite.inviteId, title: invite.partyLabel, found: { pending: invite } },
    label: `${invite.inviteId}  from ${safeText(invite.name)}, ${invite.state}`,
  }));
  return pickWhole<Headed>([...own, ...pending], name, {
    head: ({ id, title, label }) => ({ id, label, ranks: [[title]] }),
    what: 'invites',
    missing: () => noSuch('invite', name, 'See "potluck invites".'),
  }).found;
}

/** A ban by the key, the beginning of it, or the address of who is banned. */
export async function resolveBan(client: SidecarClient, name: string, limits: Limits): Promise<BannedPeer> {
  const bans = await client.request('network/bans', {}, limits);
  return pickWhole(bans, name, {
    head: ({ peerId, host, reason }) => {
      const who = peerId ?? host ?? '';
      return { id: who, ranks: [[who]], label: `${who}  ${safeText(reason)}` };
    },
    what: 'bans',
    missing: () => noSuch('ban', name, 'See "potluck bans".'),
  });
}

interface Headed {
  id: string;
  title: string;
  label: string;
  found: { own: InviteInfo } | { pending: PendingInvite };
}

/** A download by id, the beginning of one, or its name. */
export async function resolveDownload(client: SidecarClient, name: string, limits: Limits): Promise<DownloadInfo> {
  const downloads = await client.request('downloads/list', {}, limits);
  return pickWhole(downloads, name, {
    head: (download) => ({
      id: download.downloadId,
      ranks: [[download.name]],
      label: `${download.downloadId}  ${safeText(download.name)}, ${download.state}`,
    }),
    what: 'downloads',
    missing: () => noSuch('download', name, 'See "potluck queue".'),
  });
}

/** A watched search by id, the beginning of one, or its query. */
export async function resolveWatch(client: SidecarClient, name: string, limits: Limits): Promise<WatchedSearch> {
  const watches = await client.request('watches/list', {}, limits);
  return pickWhole(watches, name, {
    head: (watch) => ({ id: watch.watchId, ranks: [[watch.query]], label: `${watch.watchId}  ${safeText(watch.query)}` }),
    what: 'watched searches',
    missing: () => noSuch('watched search', name, 'See "potluck watches".'),
  });
}

async function splitPeer(client: SidecarClient, text: string, limits: Limits): Promise<{ peerId: PeerId; rest: string }> {
  const first = text.split('/', 1)[0] ?? '';
  const rest = text.slice(first.length + 1).replace(/\/+$/, '');
  if (first.toLowerCase() === me || first === client.peerId) return { peerId: client.peerId, rest };
  if (isPeerId(first)) return { peerId: first, rest };
  const peers = await client.request('peers/list', {}, limits);
  const { item, rest: below } = pick(peers, text, {
    head: peerHead,
    what: 'peers',
    isContested: true,
    missing: () => noSuch('peer', first, 'See "potluck peers", or add one by its key with "potluck connect KEY".'),
  });
  return { peerId: item.peerId, rest: below };
}

function peerHead(peer: PeerInfo): Head {
  const claimed = [peer.nickname, peer.derivedName, peer.name].filter((name) => name !== undefined);
  const label = `${peer.peerId}  ${safeText(peer.name)}${peer.isOnline ? ', online' : ''}`;
  return { id: peer.peerId, ranks: [peer.petname === undefined ? [] : [peer.petname], claimed], label };
}

function shareHead(share: { shareId: string; title: string; fileCount: number }): Head {
  return {
    id: share.shareId,
    ranks: [[share.title]],
    label: `${share.shareId}  ${safeText(share.title)}, ${counted(share.fileCount, 'file')}`,
  };
}

interface PickOptions<T> {
  head(item: T): Head;
  what: string;
  /** Names by different hands: none may hide another by being longer or by its case. */
  isContested?: boolean;
  missing(): Error;
}

function pickWhole<T>(items: T[], text: string, options: PickOptions<T>): T {
  const { item, rest } = pick(items, text, options);
  if (rest !== '') throw options.missing();
  return item;
}

/**
 * The one item whose id or name is `text` up to a `/`, and what comes after it. Names may hold `/` themselves: the longest one that fits
 * wins, and the same case before another; contested names must fit alone. Throws `options.missing()`, or a usage error with the candidates.
 */
function pick<T>(items: T[], text: string, options: PickOptions<T>): { item: T; rest: string } {
  const first = text.split('/', 1)[0] ?? '';
  const heads = items.map((item) => ({ item, ...options.head(item) }));
  const exact = heads.find(({ id }) => id === first.toLowerCase());
  if (exact) return { item: exact.item, rest: restAfter(text, first.length) };
  const ranks = Math.max(0, ...heads.map((head) => head.ranks.length));
  for (let rank = 0; rank < ranks; rank++) {
    const fits = heads.map((head) => ({
      head,
      length: Math.max(-1, ...(head.ranks[rank] ?? []).map((name) => fitLength(text, name))),
    }));
    // Beginnings of ids rank with the names that peers choose themselves.
    if (rank === ranks - 1 && first.length >= prefixCharacters)
      for (const fit of fits) if (fit.length < 0 && fit.head.id.startsWith(first.toLowerCase())) fit.length = first.length;
    const longest = Math.max(-1, ...fits.map(({ length }) => length));
    if (longest < 0) continue;
    const fitting = fits.filter(({ length }) => (options.isContested ? length >= 0 : length === longest));
    const found = fitting.map(({ head }) => head);
    const sameCase = found.filter((head) => (head.ranks[rank] ?? []).some((name) => isSame(name, text.slice(0, longest))));
    const [only, ...others] = !options.isContested && sameCase.length === 1 ? sameCase : found;
    if (only && others.length === 0) return { item: only.item, rest: restAfter(text, longest) };
    throw ambiguous(
      options.what,
      text.slice(0, longest),
      found.map(({ label }) => label),
    );
  }
  throw options.missing();
}

/** How many characters of `text` are this name, ended by `/` or the end; -1 when it does not begin so. */
function fitLength(text: string, name: string): number {
  if (name === '') return -1;
  for (const length of new Set([name.length, name.normalize('NFD').length, name.normalize('NFC').length])) {
    if (length > text.length || (length < text.length && text[length] !== '/')) continue;
    if (fold(text.slice(0, length)) === fold(name)) return length;
  }
  return -1;
}

function fold(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

function isSame(a: string, b: string): boolean {
  return a.normalize('NFC') === b.normalize('NFC');
}

function restAfter(text: string, length: number): string {
  return text.slice(length + 1).replace(/\/+$/, '');
}

/** `PEER/SHARE/PATH` of a `potluck:` URI; undefined when it is none. */
function parseUri(text: string): string | undefined {
  const match = /^potluck:\/\/([^/?#]+)([^?#]*)/.exec(text);
  if (!match) return undefined;
  const [, peer = '', encoded = ''] = match;
  try {
    const below = decodeURIComponent(encoded);
    const share = below.split('/')[1] ?? '';
    if (isPeerId(peer) && (share === '' || isShareId(share))) return `${peer}${below}`;
  } catch {
    // Not percent-encoding: told below.
  }
  throw usageError(`${JSON.stringify(text)} is not a URI of a peer, share or file (potluck://PEER/SHARE/PATH)`);
}
