// Who asks to be let in: a row above the parties, and the sentences of the notification and of the question. What they call themselves is
// theirs to choose, so the name made from the key is said too, and whose name it resembles. Must not know `vscode`.

import type { PeerId } from '../../protocol/ids.ts';
import type { AccessRequest, PeerInfo, ShareInfo } from '../../protocol/model.ts';
import { skeleton } from '../../protocol/skeleton.ts';
import { displayName, longDisplayName } from '../displayText.ts';
import { limits } from '../limits.ts';
import { formatAgo, formatCount, formatShares, t } from '../text.ts';
import type { Row } from './row.ts';

export interface RequestNode {
  kind: 'request';
  id: string;
  parent?: never;
  peerId: PeerId;
}

/** Newest first, as the sidecar lists them. */
export function requestNodes(requests: readonly AccessRequest[]): RequestNode[] {
  return requests.map(({ peerId }) => ({ kind: 'request', id: `request/${peerId}`, peerId }));
}

export function requestRow(node: RequestNode, request: AccessRequest, nowMs: number): Row {
  const name = requesterName(request);
  const said = [t('asks to be let in'), quoted(request)].filter((part) => part !== '');
  const description = said.join(' · ');
  const lines = [
    longDisplayName(request.name),
    request.isOnline ? t('online') : t('offline'),
    t('Asked to be let in {0}', formatAgo(request.atMs, nowMs)),
    ...(request.text === '' ? [] : [quoted(request)]),
    t('Name from its key: {0}', displayName(request.derivedName)),
    t('Key: {0}', request.peerId),
  ];
  return {
    id: node.id,
    label: name,
    description,
    tooltip: lines.join('\n'),
    icon: 'person-add',
    color: 'charts.yellow',
    children: 'none',
    context: request.isOnline ? 'request.online' : 'request.offline',
    accessibility: [name, ...said].join(', '),
  };
}

/** "Ada (Brave Otter)": what it calls itself, and the name that it cannot choose. */
export function requesterName(request: Pick<AccessRequest, 'name' | 'derivedName'>): string {
  const derived = derivedOf(request);
  return derived === '' ? displayName(request.name) : `${displayName(request.name)} (${derived})`;
}

/** What the notification says of new requests; undefined for none. */
export function requestNews(requests: readonly AccessRequest[]): string | undefined {
  const [first] = requests;
  if (first === undefined) return undefined;
  if (requests.length > 1) return t('{0} peers ask to be let in.', formatCount(requests.length));
  return first.text === ''
    ? t('{0} asks to be let in.', requesterName(first))
    : t('{0} asks to be let in: {1}', requesterName(first), quoted(first));
}

/** Those of whom no window told yet. `told` is what was stored: keys, of which nothing is certain. */
export function untoldRequests(requests: readonly AccessRequest[], told: unknown): AccessRequest[] {
  const known = new Set<unknown>(Array.isArray(told) ? told : []);
  return requests.filter(({ peerId }) => !known.has(peerId));
}

/** What to store: who was told of and still waits. Who was answered is told of again when it asks again. */
export function withToldRequests(told: unknown, requests: readonly AccessRequest[], news: readonly AccessRequest[]): PeerId[] {
  const untold = new Set<PeerId>(untoldRequests(requests, told).map(({ peerId }) => peerId));
  const toldNow = new Set<PeerId>(news.map(({ peerId }) => peerId));
  return requests
    .map(({ peerId }) => peerId)
    .filter((peerId) => !untold.has(peerId) || toldNow.has(peerId))
    .slice(0, limits.toldRequests);
}

/** What is looked at before somebody is let in. */
type Asking = Pick<AccessRequest, 'peerId' | 'name' | 'derivedName' | 'text' | 'shareId'>;

/** What follows when it is let in, for the question before. */
export function grantDetail(request: Asking, world: { shares: readonly ShareInfo[]; peers: readonly PeerInfo[] }): string {
  const asked = world.shares.find(({ shareId }) => shareId === request.shareId);
  const forAll = world.shares.filter(({ audience }) => audience.everyone);
  const lines: string[] = [];
  if (request.shareId !== undefined && asked === undefined)
    lines.push(t('The share that it asks for is not shared any more. Ignore the request, or wait until it asks for all.'));
  else if (asked !== undefined && !asked.audience.everyone)
    lines.push(t('It then sees your share "{0}".', displayName(asked.title)));
  else {
    lines.push(
      forAll.length === 0
        ? t('It becomes a peer of yours. None of your shares is for everyone: it sees none yet.')
        : t('It then sees {0} of yours: {1}.', formatShares(forAll.length), titlesOf(forAll)),
      t('You see what it shares with you.'),
    );
  }
  if (request.text !== '') lines.push(t('It says: {0}', quoted(request)));
  // What is shown of names that resemble each other is told apart already: what it calls itself is not.
  const nickname = world.peers.find(({ peerId }) => peerId === request.peerId)?.nickname;
  if (lookAlikes({ peerId: request.peerId, name: nickname ?? request.name }, world.peers) > 0)
    lines.push(t('Careful: another peer here has the same or a similar name. It is not the same one.'));
  lines.push('', t('Only the key is certain, names can be anything.'), t('Key: {0}', request.peerId));
  return lines.join('\n');
}

/** How many other peers have a name that one could take for its. */
export function lookAlikes({ peerId, name }: { peerId: PeerId; name: string }, peers: readonly PeerInfo[]): number {
  const own = skeleton(name);
  return peers.filter((peer) => {
    if (peer.peerId === peerId || peer.isStranger) return false;
    return [peer.name, peer.nickname].some((other) => other !== undefined && skeleton(other) === own);
  }).length;
}

/** '' where the name says it already, as the sidecar has it say of names that resemble each other. */
export function derivedOf({ name, derivedName }: Pick<AccessRequest, 'name' | 'derivedName'>): string {
  return name.includes(derivedName) ? '' : displayName(derivedName);
}

function quoted({ text }: Pick<AccessRequest, 'text'>): string {
  return text === '' ? '' : `“${displayName(text, 128)}”`;
}

function titlesOf(shares: readonly ShareInfo[]): string {
  const titles = shares.slice(0, titlesSaid).map(({ title }) => displayName(title, 40));
  const rest = shares.length - titles.length;
  return rest > 0 ? `${titles.join(', ')} ${t('and {0} more', formatCount(rest))}` : titles.join(', ');
}

/** In a question: more would not be read. */
const titlesSaid = 6;
