// What the view of offers says: what peers want to send, what is sent to them, and drop boxes. Must not know `vscode`.

import type { OfferId, PeerId } from '../../protocol/ids.ts';
import type { DropBox, IncomingOffer, OfferItem, OutgoingOffer } from '../../protocol/sending.ts';
import { displayName, longDisplayName } from '../displayText.ts';
import { limits } from '../limits.ts';
import { formatBytes, formatCount, formatFiles, t } from '../text.ts';
import { audienceText, type Known } from '../views/audienceChoice.ts';
import { dateText } from '../views/mergedModel.ts';
import type { Row } from '../views/row.ts';

export type OfferGroupNode = { kind: 'offers'; id: string; group: 'inbox' | 'outbox' | 'dropBoxes'; parent?: never };
export type IncomingNode = { kind: 'incoming'; id: string; peerId: PeerId; offerId: OfferId; parent: OfferGroupNode };
export type OutgoingNode = { kind: 'outgoing'; id: string; offerId: OfferId; parent: OfferGroupNode };
export type DropBoxNode = { kind: 'dropBox'; id: string; dropBoxId: string; parent: OfferGroupNode };
export type OfferItemNode = { kind: 'offerItem'; id: string; item: OfferItem; parent: IncomingNode | OutgoingNode };
export type OfferRestNode = { kind: 'offerRest'; id: string; count: number; parent: OfferGroupNode };
export type OffersNode = OfferGroupNode | IncomingNode | OutgoingNode | DropBoxNode | OfferItemNode | OfferRestNode;

export interface OfferLists {
  incoming: readonly IncomingOffer[];
  outgoing: readonly OutgoingOffer[];
  dropBoxes: readonly DropBox[];
}

/** Each only while there is something in it. */
export function offerGroups({ incoming, outgoing, dropBoxes }: OfferLists): OfferGroupNode[] {
  const counts = { inbox: incoming.length, outbox: outgoing.length, dropBoxes: dropBoxes.length };
  return (['inbox', 'outbox', 'dropBoxes'] as const)
    .filter((group) => counts[group] > 0)
    .map((group) => ({ kind: 'offers', id: `offers/${group}`, group }));
}

export function offerChildren(node: OffersNode, lists: OfferLists): OffersNode[] {
  switch (node.kind) {
    case 'offers':
      return groupChildren(node, lists);
    case 'incoming': {
      const offer = incomingOf(node, lists);
      return offer === undefined ? [] : itemNodes(offer.items, node);
    }
    case 'outgoing': {
      const offer = lists.outgoing.find(({ offerId }) => offerId === node.offerId);
      return offer === undefined ? [] : itemNodes(offer.items, node);
    }
    case 'dropBox':
    case 'offerItem':
    case 'offerRest':
      return [];
  }
}

function groupChildren(parent: OfferGroupNode, { incoming, outgoing, dropBoxes }: OfferLists): OffersNode[] {
  const most = limits.offerRows;
  switch (parent.group) {
    case 'inbox': {
      const rows = incoming.slice(0, most).map(({ peerId, offerId }): IncomingNode => {
        return { kind: 'incoming', id: `incoming/${peerId}/${offerId}`, peerId, offerId, parent };
      });
      return withRest(rows, incoming.length, parent);
    }
    case 'outbox': {
      const rows = outgoing
        .slice(0, most)
        .map(({ offerId }): OutgoingNode => ({ kind: 'outgoing', id: `outgoing/${offerId}`, offerId, parent }));
      return withRest(rows, outgoing.length, parent);
    }
    case 'dropBoxes':
      return dropBoxes.map(({ dropBoxId }) => ({ kind: 'dropBox', id: `dropBox/${dropBoxId}`, dropBoxId, parent }));
  }
}

function withRest(rows: OffersNode[], total: number, parent: OfferGroupNode): OffersNode[] {
  const count = total - rows.length;
  return count > 0 ? [...rows, { kind: 'offerRest', id: `${parent.id}/rest`, count, parent }] : rows;
}

function itemNodes(items: readonly OfferItem[], parent: IncomingNode | OutgoingNode): OfferItemNode[] {
  return items
    .slice(0, limits.offerPaths)
    .map((item, at) => ({ kind: 'offerItem', id: `${parent.id}/item/${at}`, item, parent }));
}

function incomingOf(node: IncomingNode, { incoming }: OfferLists): IncomingOffer | undefined {
  return incoming.find(({ peerId, offerId }) => peerId === node.peerId && offerId === node.offerId);
}

/** The row of a node; undefined for what went meanwhile. */
export function offerRow(node: OffersNode, lists: OfferLists, known: Known): Row | undefined {
  switch (node.kind) {
    case 'offers':
      return groupRow(node, lists);
    case 'incoming': {
      const offer = incomingOf(node, lists);
      return offer && incomingRow(node.id, offer);
    }
    case 'outgoing': {
      const offer = lists.outgoing.find(({ offerId }) => offerId === node.offerId);
      return offer && outgoingRow(node.id, offer);
    }
    case 'dropBox': {
      const box = lists.dropBoxes.find(({ dropBoxId }) => dropBoxId === node.dropBoxId);
      return box && dropBoxRow(node.id, box, known);
    }
    case 'offerItem':
      return itemRow(node.id, node.item);
    case 'offerRest': {
      const label = t('… {0} more', formatCount(node.count));
      return { id: node.id, label, icon: 'ellipsis', children: 'none', context: 'offerRest', accessibility: label };
    }
  }
}

/** Of an offer that failed, what is missing may be taken once more. */
export function canAccept({ state }: Pick<IncomingOffer, 'state'>): boolean {
  return state === 'offered' || state === 'failed';
}

/** Nothing more of it comes then. */
export function canDecline({ state }: Pick<IncomingOffer, 'state'>): boolean {
  return state === 'offered' || state === 'accepted' || state === 'failed';
}

/** Nothing of it comes by itself any more: it may leave the list. */
export function isIncomingOver({ state }: Pick<IncomingOffer, 'state'>): boolean {
  return state !== 'offered' && state !== 'accepted';
}

export function isOutgoingOpen({ state }: Pick<OutgoingOffer, 'state'>): boolean {
  return state === 'waiting' || state === 'offered' || state === 'accepted';
}

/** "report.pdf", "report.pdf and 3 more". */
export function itemsText(items: readonly OfferItem[]): string {
  const [first] = items;
  if (first === undefined) return t('nothing');
  const name = displayName(first.name);
  return items.length === 1 ? name : t('{0} and {1} more', name, formatCount(items.length - 1));
}

/** "Ada (Brave Otter)": what it is called, and the name that it cannot choose. */
export function senderName({ name, derivedName }: Pick<IncomingOffer, 'name' | 'derivedName'>): string {
  return name.includes(derivedName) ? displayName(name) : t('{0} ({1})', displayName(name), displayName(derivedName));
}

export function sizeText({ fileCount, totalBytes }: { fileCount: number; totalBytes: number }): string {
  return `${formatFiles(fileCount)}, ${formatBytes(totalBytes)}`;
}

/** What the notification says of new offers; undefined for none. */
export function offerNews(offers: readonly IncomingOffer[]): string | undefined {
  const [first] = offers;
  if (first === undefined) return undefined;
  if (offers.length > 1) return t('{0} offers of files wait for your answer.', formatCount(offers.length));
  return t('{0} wants to send you {1} ({2}).', senderName(first), itemsText(first.items), sizeText(first));
}

function groupRow({ id, group }: OfferGroupNode, { incoming }: OfferLists): Row {
  const labels = { inbox: t('Inbox'), outbox: t('Outbox'), dropBoxes: t('Drop Boxes') };
  const icons = { inbox: 'inbox', outbox: 'send', dropBoxes: 'archive' };
  const label = labels[group];
  const open = group === 'inbox' ? incoming.filter(({ state }) => state === 'offered').length : 0;
  const description = open === 0 ? '' : t('{0} to be answered', formatCount(open));
  return {
    id,
    label,
    description,
    icon: icons[group],
    children: 'expanded',
    context: `offers.${group}`,
    accessibility: description === '' ? label : `${label}, ${description}`,
  };
}

function incomingRow(id: string, offer: IncomingOffer): Row {
  const label = itemsText(offer.items);
  const state = incomingState(offer);
  const description = [t('from {0}', displayName(offer.name, 40)), state, sizeText(offer)].join(' · ');
  const lines = [
    ...offer.items.slice(0, 10).map(({ name }) => longDisplayName(name)),
    t('From {0}', senderName(offer)),
    `${sizeText(offer)}, ${offer.isOnline ? t('online') : t('offline')}`,
    state,
    ...(offer.text === '' ? [] : [t('It says: {0}', `“${displayName(offer.text, limits.offerTextCharacters)}”`)]),
    ...(offer.folder === undefined ? [] : [t('Into {0}', longDisplayName(offer.folder))]),
    ...(offer.state === 'offered' ? [t('Until {0}', dateText(offer.expiresAtMs))] : []),
    t('Key: {0}', offer.peerId),
  ];
  return {
    id,
    label,
    description,
    tooltip: lines.join('\n'),
    ...incomingIcon(offer.state),
    children: 'collapsed',
    context: `incoming.${offer.state}`,
    accessibility: t('Offer of {0}, {1}', label, description),
  };
}

function incomingIcon(state: IncomingOffer['state']): Pick<Row, 'icon' | 'color'> {
  switch (state) {
    case 'offered':
      return { icon: 'mail', color: 'charts.yellow' };
    case 'accepted':
      return { icon: 'cloud-download', color: 'charts.blue' };
    case 'done':
      return { icon: 'check', color: 'charts.green' };
    case 'failed':
      return { icon: 'error', color: 'charts.red' };
    case 'declined':
    case 'withdrawn':
    case 'expired':
      return { icon: 'circle-slash' };
  }
}

export function incomingState({ state, isOnline }: Pick<IncomingOffer, 'state' | 'isOnline'>): string {
  switch (state) {
    case 'offered':
      return t('waits for your answer');
    case 'accepted':
      return isOnline ? t('on its way') : t('comes when it is online');
    case 'done':
      return t('received');
    case 'failed':
      return t('failed');
    case 'declined':
      return t('declined');
    case 'withdrawn':
      return t('taken back');
    case 'expired':
      return t('expired');
  }
}

function outgoingRow(id: string, offer: OutgoingOffer): Row {
  const label = itemsText(offer.items);
  const state = outgoingState(offer);
  const description = [t('to {0}', displayName(offer.name, 40)), state].join(' · ');
  const lines = [
    ...offer.paths.slice(0, 10).map((path) => longDisplayName(path)),
    t('To {0}', displayName(offer.name)),
    sizeText(offer),
    state,
    ...(offer.text === '' ? [] : [t('You say: {0}', `“${displayName(offer.text, limits.offerTextCharacters)}”`)]),
    t('Until {0}', dateText(offer.expiresAtMs)),
    t('Key: {0}', offer.peerId),
  ];
  const isOpen = isOutgoingOpen(offer);
  return {
    id,
    label,
    description,
    tooltip: lines.join('\n'),
    icon: offer.state === 'delivered' ? 'check' : isOpen ? 'send' : 'circle-slash',
    ...(offer.state === 'delivered' ? { color: 'charts.green' } : {}),
    children: 'collapsed',
    context: isOpen ? 'outgoing.open' : 'outgoing.over',
    accessibility: t('Sending {0}, {1}', label, description),
  };
}

export function outgoingState({ state, reason }: Pick<OutgoingOffer, 'state' | 'reason'>): string {
  switch (state) {
    case 'waiting':
      if (reason === 'full') return t('its inbox is full; it is offered again');
      if (reason === 'outdated') return t('its Potluck is too old for offers; offered once it has a newer one');
      return reason === 'unwelcome' ? t('it does not know you; it is offered again') : t('offered when it comes online');
    case 'offered':
      return t('waits for its answer');
    case 'accepted':
      return t('on its way');
    case 'delivered':
      return t('delivered');
    case 'declined':
      return t('declined');
    case 'withdrawn':
      return t('taken back');
    case 'expired':
      return t('expired');
  }
}

function dropBoxRow(id: string, box: DropBox, known: Known): Row {
  const label = displayName(box.folder.split(/[/\\]/).at(-1) ?? box.folder);
  const whose = dropBoxAudience(box, known);
  const room = t('{0} of {1}', formatBytes(box.usedBytes), formatBytes(box.quotaBytes));
  return {
    id,
    label,
    description: `${whose} · ${room}`,
    tooltip: [longDisplayName(box.folder), t('Takes by itself what is offered by: {0}', whose), room].join('\n'),
    icon: 'archive',
    children: 'none',
    context: 'dropBox',
    accessibility: t('Drop box {0}, {1}, {2}', label, whose, room),
  };
}

/** Whose offers go into it: as the audience of a share, but everyone is every peer that is no stranger. */
export function dropBoxAudience({ audience }: Pick<DropBox, 'audience'>, known: Known): string {
  return audience.everyone ? t('everyone you know') : audienceText(audience, known);
}

function itemRow(id: string, { name, kind, fileCount, sizeBytes }: OfferItem): Row {
  const label = displayName(name);
  const description = kind === 'folder' ? sizeText({ fileCount, totalBytes: sizeBytes }) : formatBytes(sizeBytes);
  return {
    id,
    label,
    description,
    tooltip: longDisplayName(name),
    icon: kind,
    children: 'none',
    context: 'offerItem',
    accessibility: `${label}, ${description}`,
  };
}
