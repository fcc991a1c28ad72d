// Who may see what, and who is kept out: audiences, requests to be let in, blocks, bans.

import type { SidecarClient } from '../../client/sidecarClient.ts';
import { isPeerId } from '../../protocol/ids.ts';
import type { Audience, AccessRequest, BannedPeer, ShareInfo } from '../../protocol/model.ts';
import { audienceNames, audienceOf, audienceOptions } from '../audience.ts';
import { cell, shortId } from '../cells.ts';
import { argument, type Command, type Context } from '../command.ts';
import { noSuch, usageError } from '../errors.ts';
import { formatDuration, formatTime } from '../format.ts';
import { resolveBan, resolveOwnShare, resolvePeer } from '../resolve.ts';
import { audienceText } from '../words.ts';

export const accessCommands: readonly Command[] = [
  {
    name: 'audience',
    usage: 'audience SHARE [everyone|nobody] [--party PARTY]... [--peer PEER]... [--add|--remove]',
    summary: 'show or change who may see a share, at once',
    details:
      'everyone    all peers in any party with you, and those that you added by key\n' +
      '--party …   exactly these members and peers; with --add these too, with --remove these no more\n' +
      'Others are not even told its title. Who may not see it any more keeps what it has; what comes after has new keys. Blocked peers never see anything.\n' +
      '--json: the share.',
    options: {
      ...audienceOptions,
      add: { type: 'boolean', short: 'a', help: 'besides those who may see it now' },
      remove: { type: 'boolean', short: 'r', help: 'of those who may see it now' },
    },
    args: { min: 1, max: 2 },
    run: async (context) => {
      const client = await context.connect();
      const share = await resolveOwnShare(client, argument(context, 0), context);
      const audience = await changedAudience(client, share, context);
      const after = audience
        ? await client.request('shares/setAudience', { shareId: share.shareId, audience }, context.limits)
        : share;
      if (context.terminal.isJson) context.terminal.json(after);
      else {
        const text = `${JSON.stringify(after.title)}: ${audienceText(after.audience, await audienceNames(client, context))}`;
        if (audience) context.terminal.note(text);
        else context.terminal.line(text);
      }
      return undefined;
    },
  },
  {
    name: 'requests',
    usage: 'requests',
    summary: 'list who asks to be let in',
    details: 'Answer with "potluck grant PEER" or "potluck deny PEER". --json: a list of requests.',
    args: { min: 0, max: 0 },
    run: async (context) => {
      const client = await context.connect();
      const requests = await client.request('access/list', {}, context.limits);
      if (context.terminal.isJson) context.terminal.json(requests);
      else await showRequests(client, requests, context);
      return undefined;
    },
  },
  answer('grant', 'let in a peer that asks: adds it, or lets it see the share that it asks for', 'is let in'),
  answer('deny', 'do not let in a peer that asks; it is not heard again for a day', 'is not let in'),
  {
    name: 'ask',
    usage: 'ask PEER [TEXT]',
    summary: 'ask a peer that you added by key to let you in, with a line of text',
    details: 'Kept until the peer is here. --json: {"peerId":"…"}.',
    args: { min: 1, max: 2 },
    run: async (context) => {
      const client = await context.connect();
      const peerId = await resolvePeer(client, argument(context, 0), context.limits);
      const text = argument(context, 1);
      await client.request('access/ask', { peerId, ...(text !== '' && { text }) }, context.limits);
      if (context.terminal.isJson) context.terminal.json({ peerId });
      else {
        const peer = (await client.request('peers/list', {}, context.limits)).find((each) => each.peerId === peerId);
        const name = peer?.name ?? argument(context, 0);
        context.terminal.note(peer?.isOnline === true ? `${name} was asked.` : `${name} is asked as soon as it is here.`);
      }
      return undefined;
    },
  },
  {
    name: 'bans',
    usage: 'bans',
    summary: 'list who is kept away for a while for breaking limits again and again',
    details: 'Bans end by themselves. Who you keep out yourself: "potluck peers" shows them as blocked. --json: a list of bans.',
    args: { min: 0, max: 0 },
    run: async ({ connect, limits, terminal }) => {
      const client = await connect();
      const bans = await client.request('network/bans', {}, limits);
      if (terminal.isJson) terminal.json(bans);
      else
        terminal.table(
          [{ title: 'WHO' }, { title: 'FOR' }, { title: 'REASON' }],
          bans.map((ban) => [cell(bannedName(ban), 'bold'), cell(formatDuration(ban.untilMs - Date.now())), cell(ban.reason)]),
          'Nobody is banned.',
        );
      return undefined;
    },
  },
  {
    name: 'unban',
    usage: 'unban PEER|ADDRESS',
    summary: 'end a ban before its time',
    details: 'As "potluck bans" shows it, or the first 4 or more characters of a key. --json: what is not banned any more.',
    args: { min: 1, max: 1 },
    run: async (context) => {
      const client = await context.connect();
      const { peerId, host } = await resolveBan(client, argument(context, 0), context.limits);
      const who = { ...(peerId !== undefined && { peerId }), ...(host !== undefined && { host }) };
      await client.request('network/unban', who, context.limits);
      if (context.terminal.isJson) context.terminal.json(who);
      else context.terminal.note(`${bannedName({ ...who, untilMs: 0, reason: '' })} may come again.`);
      return undefined;
    },
  },
];

function answer(verb: 'grant' | 'deny', summary: string, done: string): Command {
  return {
    name: verb,
    usage: `${verb} PEER`,
    summary,
    details: 'PEER as "potluck requests" shows it. --json: {"peerId":"…"}.',
    args: { min: 1, max: 1 },
    run: async (context) => {
      const client = await context.connect();
      const peerId = await resolvePeer(client, argument(context, 0), context.limits);
      const requests = await client.request('access/list', {}, context.limits);
      const request = requests.find((each) => each.peerId === peerId);
      if (!request) throw noSuch('request', argument(context, 0), 'See "potluck requests".');
      await client.request(`access/${verb}`, { peerId }, context.limits);
      if (context.terminal.isJson) context.terminal.json({ peerId });
      else context.terminal.note(`${request.name} (${shortId(peerId)}) ${done}.`);
      return undefined;
    },
  };
}

async function showRequests(client: SidecarClient, requests: AccessRequest[], context: Context): Promise<void> {
  const shares = new Map((await client.request('shares/list', {}, context.limits)).map(({ shareId, title }) => [shareId, title]));
  context.terminal.table(
    [{ title: 'PEER' }, { title: 'STATE' }, { title: 'SINCE' }, { title: 'KEY' }, { title: 'WANTS' }, { title: 'SAYS' }],
    requests.map(({ name, peerId, isOnline, partyIds, shareId, text, atMs }) => [
      cell(name, 'bold'),
      isOnline
        ? cell(partyIds.length > 0 ? 'online' : 'stranger', partyIds.length > 0 ? 'green' : 'yellow')
        : cell('offline', 'dim'),
      cell(formatTime(atMs)),
      cell(shortId(peerId), 'dim'),
      cell(shareId === undefined ? 'to be added' : (shares.get(shareId) ?? 'a share that is gone')),
      cell(text === '' ? '-' : JSON.stringify(text)),
    ]),
    'Nobody asks to be let in.',
  );
}

/** What the command line asks for; undefined when it only asks to see. */
async function changedAudience(client: SidecarClient, share: ShareInfo, context: Context): Promise<Audience | undefined> {
  const word = context.args[1];
  const [isAdding, isRemoving] = [context.has('add'), context.has('remove')];
  if (word !== undefined && word !== 'everyone' && word !== 'nobody')
    throw usageError(
      `${JSON.stringify(word)} is not everyone or nobody; parties and peers go after --party and --peer`,
      'audience',
    );
  const named = await audienceOf(client, context);
  if (word !== undefined && (named || isAdding || isRemoving)) throw usageError(`"${word}" goes with nothing else`, 'audience');
  if (isAdding && isRemoving) throw usageError('Give --add or --remove, not both', 'audience');
  if (word !== undefined) return { everyone: word === 'everyone', partyIds: [], peerIds: [] };
  if (!named) {
    if (isAdding || isRemoving) throw usageError('Say whom, with --party or --peer', 'audience');
    return undefined;
  }
  const { audience } = share;
  if ((isAdding || isRemoving) && audience.everyone)
    throw usageError('Everyone may see this share: give those who may, without --add or --remove', 'audience');
  if (isAdding)
    return {
      everyone: false,
      partyIds: [...new Set([...audience.partyIds, ...named.partyIds])],
      peerIds: [...new Set([...audience.peerIds, ...named.peerIds])],
    };
  if (isRemoving)
    return {
      everyone: false,
      partyIds: audience.partyIds.filter((id) => !named.partyIds.includes(id)),
      peerIds: audience.peerIds.filter((id) => !named.peerIds.includes(id)),
    };
  return named;
}

function bannedName({ peerId, host }: BannedPeer): string {
  return peerId !== undefined && isPeerId(peerId) ? peerId : (host ?? '?');
}
