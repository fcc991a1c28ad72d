// Files for one peer: send, what was sent, what others send, and drop boxes that take it by rule.

import path from 'node:path';
import type { SidecarClient } from '../../client/sidecarClient.ts';
import type { OfferId } from '../../protocol/ids.ts';
import type { IncomingOffer, OfferItem, OutgoingOffer } from '../../protocol/sending.ts';
import { audienceNames, audienceOf, audienceOptions } from '../audience.ts';
import { cell, shortId, sizeCell } from '../cells.ts';
import { choice, conflicts } from '../choices.ts';
import { argument, type Command, type Context } from '../command.ts';
import { usageError } from '../errors.ts';
import { counted, formatSize, formatTime, parseSize } from '../format.ts';
import { resolvePeer } from '../resolve.ts';
import { safeText } from '../terminalText.ts';
import { audienceText } from '../words.ts';

const dayMs = 24 * 3_600_000;

const sendCommand: Command = {
  name: 'send',
  usage: 'send PEER PATH... [--text TEXT] [--days N] [--preview]',
  summary: 'offer files and folders of this machine to one peer',
  details:
    'They stay where they are, nobody else learns of them, and PEER gets them when it agrees. When it is away, they are offered as soon as it\n' +
    'comes. Secrets (keys, passwords) and what ignore rules name are left out; --preview shows that, and what looks\n' +
    'secret by its text alone, and sends nothing.',
  options: {
    text: { type: 'string', short: 't', value: 'TEXT', help: 'a line for the receiver' },
    days: { type: 'string', short: 'd', value: 'N', help: 'offered for so many days (30)' },
    preview: { type: 'boolean', help: 'only show what would be sent' },
  },
  args: { min: 2, max: 65 },
  run: async (context) => {
    const { terminal, longLimits } = context;
    const client = await context.connect();
    const peerId = await resolvePeer(client, argument(context, 0), context.limits);
    const paths = context.args.slice(1).map((each) => path.resolve(context.cwd, each));
    if (context.has('preview')) {
      const preview = await client.request('outbox/preview', { paths }, longLimits);
      if (terminal.isJson) terminal.json(preview);
      else {
        for (const { path: shown, reason } of preview.skipped) terminal.line(`left out (${reason}): ${safeText(shown)}`);
        for (const { path: shown, kinds, line } of preview.secrets.suspects)
          terminal.line(`looks secret, and would be sent (${kinds.join(', ')}): ${safeText(shown)}:${line}`);
        terminal.line(`${itemsText(preview.items)}: ${counted(preview.fileCount, 'file')}, ${formatSize(preview.totalBytes)}`);
      }
      return undefined;
    }
    const text = context.text('text');
    const days = context.text('days');
    const offer = await client.request(
      'outbox/send',
      { peerId, paths, ...(text !== undefined && { text }), ...(days !== undefined && { expiresInMs: daysOf(days) }) },
      longLimits,
    );
    if (terminal.isJson) terminal.json(offer);
    else {
      const size = `${counted(offer.fileCount, 'file')}, ${formatSize(offer.totalBytes)}`;
      terminal.note(
        `${size}: ${offer.isOnline ? 'offered to' : 'will be offered, when it is here, to'} ${safeText(offer.name)}.`,
      );
      terminal.line(offer.offerId);
    }
    return undefined;
  },
};

const outboxCommand: Command = {
  name: 'outbox',
  usage: 'outbox [withdraw ID... | clear [ID...]]',
  summary: 'list what was sent; take it back',
  details: 'ID is the id of an offer, or its first 4 or more characters. --json: the offers.',
  args: { min: 0, max: 1000 },
  run: async (context) => {
    const client = await context.connect();
    const [action, ...ids] = context.args;
    if (action === undefined) return listOutbox(client, context);
    if (action !== 'withdraw' && action !== 'clear') throw usageError('give "withdraw" or "clear", or nothing', 'outbox');
    if (action === 'withdraw' && ids.length === 0) throw usageError('give the ID of an offer', 'outbox');
    const offers = await client.request('outbox/list', {}, context.limits);
    const wanted = ids.map((id) => byId(offers, id));
    if (action === 'withdraw')
      for (const { offerId } of wanted) await client.request('outbox/withdraw', { offerId }, context.limits);
    else if (wanted.length === 0) await client.request('outbox/clear', {}, context.limits);
    else for (const { offerId } of wanted) await client.request('outbox/clear', { offerId }, context.limits);
    return undefined;
  },
};

const inboxCommand: Command = {
  name: 'inbox',
  usage: 'inbox [accept ID... [--to DIR] [--conflict POLICY] | decline ID... | show ID | clear]',
  summary: 'list what peers send you; accept or decline it',
  details:
    'Nothing comes before it is accepted (or a drop box takes it, see "potluck help dropbox"). accept   downloads it into DIR, else the download\n' +
    'folder; "potluck queue" shows how it goes. ID is the id of an offer, or its first 4 or more characters. --json: the offers.',
  options: {
    to: { type: 'string', short: 't', value: 'DIR', help: 'with accept: into this folder' },
    conflict: {
      type: 'string',
      short: 'c',
      value: 'POLICY',
      help: 'with accept, where a name is taken: keep-both, skip, overwrite',
    },
  },
  args: { min: 0, max: 1000 },
  run: async (context) => {
    const client = await context.connect();
    const [action, ...ids] = context.args;
    if (action === undefined) return listInbox(client, context);
    if (action === 'clear') {
      await client.request('inbox/clear', {}, context.limits);
      return undefined;
    }
    if (action !== 'accept' && action !== 'decline' && action !== 'show')
      throw usageError('give "accept", "decline", "show" or "clear", or nothing', 'inbox');
    if (ids.length === 0) throw usageError('give the ID of an offer', 'inbox');
    const offers = await client.request('inbox/list', {}, context.limits);
    const to = context.text('to');
    const how = {
      ...(to !== undefined && { folder: path.resolve(context.cwd, to) }),
      ...choice(context, { option: 'conflict', of: conflicts, command: 'inbox' }),
    };
    for (const { peerId, offerId } of ids.map((id) => byId(offers, id))) {
      if (action === 'show') await showOffer(client, { peerId, offerId }, context);
      else if (action === 'decline') await client.request('inbox/decline', { peerId, offerId }, context.limits);
      else {
        const { folder } = await client.request('inbox/accept', { peerId, offerId, ...how }, context.longLimits);
        context.terminal.note(`Accepted, into ${folder ?? ''}.`);
      }
    }
    return undefined;
  },
};

const dropBoxCommand: Command = {
  name: 'dropbox',
  usage: 'dropbox [add DIR --quota SIZE [--party PARTY]... [--peer PEER]... | remove ID]',
  summary: 'folders that take what some peers send, by themselves',
  details:
    'add   what these peers and members of these parties (or, with none named, all peers that are no strangers) send goes into a folder of its\n' +
    '      sender in DIR, as long as all in DIR is within SIZE, such as 500M or 2G. What does not fit waits in the inbox.\n' +
    'remove   ends the rule; the folder stays',
  options: {
    quota: { type: 'string', short: 'q', value: 'SIZE', help: 'with add: how much may lie in DIR' },
    ...audienceOptions,
  },
  args: { min: 0, max: 2 },
  run: async (context) => {
    const client = await context.connect();
    const [action, what] = context.args;
    if (action === undefined) return listBoxes(client, context);
    if ((action !== 'add' && action !== 'remove') || what === undefined)
      throw usageError('give "add DIR" or "remove ID", or nothing', 'dropbox');
    if (action === 'remove') {
      const boxes = await client.request('dropBoxes/list', {}, context.limits);
      const box = boxes.filter(({ dropBoxId }) => what.length >= 4 && dropBoxId.startsWith(what.toLowerCase()));
      if (box.length !== 1 || !box[0]) throw usageError(`no drop box has the id ${JSON.stringify(what)}; see "potluck dropbox"`);
      await client.request('dropBoxes/remove', { dropBoxId: box[0].dropBoxId }, context.limits);
      return undefined;
    }
    const quota = context.text('quota');
    const quotaBytes = quota === undefined ? undefined : parseSize(quota);
    if (quotaBytes === undefined) throw usageError('give --quota a size such as 500M or 2G', 'dropbox');
    const folder = path.resolve(context.cwd, what);
    const audience = (await audienceOf(client, context)) ?? { everyone: true, partyIds: [], peerIds: [] };
    const box = await client.request('dropBoxes/set', { folder, quotaBytes, audience }, context.limits);
    if (context.terminal.isJson) context.terminal.json(box);
    else context.terminal.note(`${box.folder} takes what is sent, up to ${formatSize(box.quotaBytes)}.`);
    return undefined;
  },
};

export const sendingCommands: readonly Command[] = [sendCommand, outboxCommand, inboxCommand, dropBoxCommand];

async function listOutbox(client: SidecarClient, { terminal, limits }: Context): Promise<undefined> {
  const offers = await client.request('outbox/list', {}, limits);
  if (terminal.isJson) terminal.json(offers);
  else
    terminal.table(
      [
        { title: 'TO' },
        { title: 'WHAT' },
        { title: 'SIZE', align: 'right' },
        { title: 'STATE' },
        { title: 'SENT' },
        { title: 'ID' },
      ],
      offers.map((offer) => [
        cell(offer.name, 'bold'),
        cell(itemsText(offer.items)),
        sizeCell(offer.totalBytes),
        outgoingCell(offer),
        cell(formatTime(offer.createdAtMs)),
        cell(shortId(offer.offerId), 'dim'),
      ]),
      'Nothing was sent. Send files with "potluck send PEER PATH".',
    );
  return undefined;
}

async function listInbox(client: SidecarClient, { terminal, limits }: Context): Promise<undefined> {
  const offers = await client.request('inbox/list', {}, limits);
  if (terminal.isJson) terminal.json(offers);
  else
    terminal.table(
      [
        { title: 'FROM' },
        { title: 'WHAT' },
        { title: 'SIZE', align: 'right' },
        { title: 'STATE' },
        { title: 'CAME' },
        { title: 'ID' },
        { title: 'TEXT' },
      ],
      offers.map((offer) => [
        cell(offer.name, 'bold'),
        cell(itemsText(offer.items)),
        sizeCell(offer.totalBytes),
        cell(offer.state, offer.state === 'offered' ? 'yellow' : offer.state === 'done' ? 'green' : undefined),
        cell(formatTime(offer.receivedAtMs)),
        cell(shortId(offer.offerId), 'dim'),
        cell(offer.text.replaceAll('\n', ' ')),
      ]),
      'Nobody sent you anything.',
    );
  return undefined;
}

async function listBoxes(client: SidecarClient, context: Context): Promise<undefined> {
  const { terminal, limits } = context;
  const boxes = await client.request('dropBoxes/list', {}, limits);
  const names = await audienceNames(client, context);
  if (terminal.isJson) terminal.json(boxes);
  else
    terminal.table(
      [
        { title: 'FOLDER' },
        { title: 'USED', align: 'right' },
        { title: 'OF', align: 'right' },
        { title: 'FOR' },
        { title: 'ID' },
      ],
      boxes.map(({ folder, usedBytes, quotaBytes, audience, dropBoxId }) => [
        cell(folder, 'bold'),
        sizeCell(usedBytes),
        sizeCell(quotaBytes),
        cell(audience.everyone ? 'everybody who is no stranger' : audienceText(audience, names)),
        cell(shortId(dropBoxId), 'dim'),
      ]),
      'No drop box. Make one with "potluck dropbox add DIR --quota SIZE".',
    );
  return undefined;
}

async function showOffer(
  client: SidecarClient,
  { peerId, offerId }: Pick<IncomingOffer, 'peerId' | 'offerId'>,
  { terminal, limits }: Context,
): Promise<void> {
  const { entries } = await client.request('inbox/entries', { peerId, offerId }, limits);
  if (terminal.isJson) return terminal.json(entries);
  for (const { path: shown, kind, sizeBytes } of entries)
    terminal.line(kind === 'folder' ? `${safeText(shown)}/` : `${safeText(shown)}  ${formatSize(sizeBytes)}`);
}

function outgoingCell({ state, reason, isOnline }: OutgoingOffer) {
  if (state === 'delivered') return cell(state, 'green');
  if (state !== 'waiting') return cell(state, state === 'declined' ? 'yellow' : undefined);
  if (reason === 'full') return cell('waiting: its inbox is full', 'yellow');
  if (reason === 'unwelcome') return cell('waiting: it does not know you', 'yellow');
  if (reason === 'outdated') return cell('waiting: its Potluck is too old for this', 'yellow');
  return cell(isOnline ? 'waiting' : 'waiting until it is here');
}

function itemsText(items: readonly OfferItem[]): string {
  const [first, ...rest] = items;
  if (first === undefined) return 'nothing';
  const shown = `${safeText(first.name)}${first.kind === 'folder' ? '/' : ''}`;
  return rest.length === 0 ? shown : `${shown} and ${rest.length} more`;
}

function byId<T extends { offerId: OfferId }>(offers: readonly T[], text: string): T {
  const found = offers.filter(({ offerId }) => text.length >= 4 && offerId.startsWith(text.toLowerCase()));
  const [only, ...others] = found;
  if (only !== undefined && others.length === 0) return only;
  throw usageError(`${found.length === 0 ? 'no offer has' : 'several offers have'} the id ${JSON.stringify(text)}; see the list`);
}

function daysOf(text: string): number {
  const days = Number(text);
  if (!(days > 0 && days <= 366)) throw usageError(`--days ${JSON.stringify(text)} is not a number from 1 to 366`, 'send');
  return Math.round(days * dayMs);
}
