// Files that peers can find us by although they never met us: announced by content, as links to them need.

import { cell, shortId } from '../cells.ts';
import { argument, type Command, type Context } from '../command.ts';
import { usageError } from '../errors.ts';
import { counted, formatTime } from '../format.ts';
import { resolveEntry } from '../resolve.ts';

export const linkCommand: Command = {
  name: 'link',
  usage: 'link announce|withdraw PATH... | link list',
  summary: 'let peers find who has a file by its content id',
  details:
    'announce   members of our parties who know the content id of PATH find us by it, also in a party too large for everybody to be\n' +
    '           connected to everybody. PATH must be shared, downloaded, or being downloaded here. Lasts until it is withdrawn.\n' +
    'withdraw   ends that; PATH itself stays as it is\n' +
    'list       what is announced. --json: content ids, entries, when they were added',
  args: { min: 1, max: 1000 },
  run: async (context) => {
    const action = argument(context, 0);
    const paths = context.args.slice(1);
    if (action === 'list' && paths.length === 0) return list(context);
    if ((action !== 'announce' && action !== 'withdraw') || paths.length === 0)
      throw usageError('give "announce" or "withdraw" and at least one PATH, or "list" alone');
    const client = await context.connect();
    const isOn = action === 'announce';
    for (const text of paths) {
      const { shareTitle: _, ...entry } = await resolveEntry(client, text, context.limits);
      await client.request('links/announce', { entry, isOn }, context.longLimits);
    }
    if (context.terminal.isJson) context.terminal.json(await client.request('links/list', {}, context.limits));
    else context.terminal.note(`${isOn ? 'Announced' : 'Withdrawn'}: ${counted(paths.length, 'file')}.`);
    return undefined;
  },
};

async function list({ connect, terminal, limits }: Context): Promise<undefined> {
  const client = await connect();
  const links = await client.request('links/list', {}, limits);
  if (terminal.isJson) {
    terminal.json(links);
    return undefined;
  }
  const peers = new Map((await client.request('peers/list', {}, limits)).map(({ peerId, name }) => [peerId, name]));
  terminal.table(
    [{ title: 'PATH' }, { title: 'OF' }, { title: 'STATE' }, { title: 'SINCE' }, { title: 'CONTENT' }],
    links.map(({ entry, contentId, addedAtMs, isAnnounced }) => [
      cell(entry.path, 'bold'),
      cell(entry.peerId === client.peerId ? 'me' : (peers.get(entry.peerId) ?? shortId(entry.peerId))),
      isAnnounced ? cell('announced', 'green') : cell('not now', 'yellow'),
      cell(formatTime(addedAtMs)),
      cell(contentId, 'dim'),
    ]),
    'Nothing is announced by content. Announce a file with "potluck link announce PATH".',
  );
  return undefined;
}
