// What is known of one file beyond its name: type, content id, texts. Answered from the catalog, with its owner online or not.

import type { EntryDetails } from '../../protocol/model.ts';
import { cell } from '../cells.ts';
import { argument, type Command, type Context } from '../command.ts';
import { usageError } from '../errors.ts';
import { resolvePlace } from '../resolve.ts';

export const infoCommand: Command = {
  name: 'info',
  usage: 'info PEER/SHARE/PATH',
  summary: 'what a file is: its type, content id and texts, as its owner says',
  details: 'Comes after names: of a new share nothing is known for a while. Nothing is said of folders. --json: an object.',
  args: { min: 1, max: 1 },
  run: async (context) => {
    const client = await context.connect();
    const place = await resolvePlace(client, argument(context, 0), context.limits);
    if (!place.share || place.path === '') throw usageError('info needs the place of a file, PEER/SHARE/PATH', 'info');
    const { peerId, shareId } = place.share;
    const details = await client.request('catalog/details', { entry: { peerId, shareId, path: place.path } }, context.limits);
    show(details, context);
    return undefined;
  },
};

function show(details: EntryDetails, { terminal }: Context): void {
  if (terminal.isJson) return terminal.json(details);
  const { mime, contentId, fields } = details;
  const { text, ...others } = fields;
  const facts = { ...(mime && { type: mime }), ...(contentId && { 'content id': contentId }), ...others };
  for (const [name, value] of Object.entries(facts)) terminal.raw(`${name.padEnd(12)}  ${cell(value).text}`);
  if (text !== undefined) for (const line of text.split('\n')) terminal.raw(`  ${cell(line).text}`);
  else if (Object.keys(facts).length === 0) terminal.note('Nothing is known of it beyond its name.');
}
