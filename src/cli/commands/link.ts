// Links to contents, and files that peers can find us by although they never met us: announced by content, as links to them need.

import { cell, shortId } from '../cells.ts';
import type { Command, Context } from '../command.ts';
import { usageError } from '../errors.ts';
import { counted, formatTime } from '../format.ts';
import { resolveEntry } from '../resolve.ts';
import { createLink, getLink, showLink, verifyLink } from './linkFiles.ts';

export const linkCommand: Command = {
  name: 'link',
  usage: 'link create PATH [-o FILE] | show|get LINK | verify LINK FOLDER | announce|withdraw PATH... | list',
  summary: 'links to contents: make, read, download and compare them; let peers find who has a file by its content id',
  details:
    'LINK is a .p2p or .torrent file, a magnet URI of BitTorrent v2, or - for a .p2p file on standard input.\n' +
    'create     a link to a file, or all files of a folder, of anybody; --torrent and --magnet write other forms for the same contents.\n' +
    '           Own files are hashed where they were not. A link holds no secret; it names your key as the place to look, unless --no-place.\n' +
    'show       what LINK leads to, and who has it. --json: an object with summary, files, status\n' +
    'get        downloads it, or the files of it named after LINK, from whoever has them, verified by their content ids. Options as of "get"\n' +
    'verify     reads what lies in FOLDER and compares it with LINK; exit code 9 when something is missing or not the same\n' +
    'announce   members of our parties who know the content id of PATH find us by it, also in a party too large for everybody to be\n' +
    '           connected to everybody. PATH must be shared, downloaded, or being downloaded here. Lasts until it is withdrawn.\n' +
    'withdraw   ends that; PATH itself stays as it is\n' +
    'list       what is announced. --json: content ids, entries, when they were added',
  options: {
    output: { type: 'string', short: 'o', value: 'FILE', help: 'create: write it there (else to standard output)' },
    torrent: { type: 'boolean', help: 'create: a .torrent of BitTorrent v2' },
    magnet: { type: 'boolean', help: 'create: a magnet URI of BitTorrent v2' },
    title: { type: 'string', value: 'TEXT', help: 'create: its title (else the name)' },
    creator: { type: 'string', value: 'NAME', help: 'create: who made it; left out otherwise' },
    party: {
      type: 'string',
      value: 'LABEL',
      help: 'create: a hint where it can be found; do not give the name of a party, which is its secret',
    },
    place: { type: 'boolean', help: "create: say where it was seen, also of somebody else's" },
    'no-place': { type: 'boolean', help: 'create: do not' },
    announce: { type: 'boolean', help: 'create: announce its files, too' },
    to: { type: 'string', short: 't', value: 'DIR', help: 'get: into this folder' },
    conflict: { type: 'string', short: 'c', value: 'POLICY', help: 'get: keep-both, skip or overwrite' },
    priority: { type: 'string', short: 'p', value: 'LEVEL', help: 'get: high, normal or low' },
    'no-wait': { type: 'boolean', help: 'get: only queue it' },
  },
  args: { min: 1, max: 1000 },
  run: async (context) => {
    const [action = '', first, second] = context.args;
    const count = context.args.length - 1;
    switch (action) {
      case 'list':
        if (count === 0) return list(context);
        break;
      case 'create':
        if (first !== undefined && count === 1) return createLink(context, first);
        break;
      case 'show':
        if (first !== undefined && count === 1) return showLink(context, first);
        break;
      case 'get':
        if (first !== undefined) return getLink(context, first, context.args.slice(2));
        break;
      case 'verify':
        if (first !== undefined && second !== undefined && count === 2) return verifyLink(context, first, second);
        break;
      case 'announce':
      case 'withdraw':
        if (count > 0) return announce(context, action === 'announce');
        break;
      default:
    }
    throw usageError(
      'give "create PATH", "show LINK", "get LINK", "verify LINK FOLDER", "announce PATH", "withdraw PATH" or "list"',
      'link',
    );
  },
};

async function announce(context: Context, isOn: boolean): Promise<undefined> {
  const paths = context.args.slice(1);
  const client = await context.connect();
  for (const text of paths) {
    const { shareTitle: _, ...entry } = await resolveEntry(client, text, context.limits);
    await client.request('links/announce', { entry, isOn }, context.longLimits);
  }
  if (context.terminal.isJson) context.terminal.json(await client.request('links/list', {}, context.limits));
  else context.terminal.note(`${isOn ? 'Announced' : 'Withdrawn'}: ${counted(paths.length, 'file')}.`);
  return undefined;
}

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
