// Watched searches: saved ones that tell when something new matches.

import { cell, countCell, shortId } from '../cells.ts';
import { argument, type Command } from '../command.ts';
import { counted, formatTime } from '../format.ts';
import { resolveWatch } from '../resolve.ts';
import { showHits } from './search.ts';

export const watchCommands: readonly Command[] = [
  {
    name: 'watch',
    usage: 'watch QUERY...',
    summary: 'save a search and be told when something new matches',
    details: 'What matches now counts as known. See "potluck help search" for the query.',
    args: { min: 1, max: 64 },
    run: async (context) => {
      const client = await context.connect();
      const watch = await client.request('watches/add', { query: context.args.join(' ') }, context.limits);
      if (context.terminal.isJson) context.terminal.json(watch);
      else
        context.terminal.note(
          `Watching for ${JSON.stringify(watch.query)}: ${counted(watch.total, 'known match', 'known matches')}.`,
        );
      return undefined;
    },
  },
  {
    name: 'unwatch',
    usage: 'unwatch WATCH',
    summary: 'stop watching for a search; WATCH is its query or id',
    args: { min: 1, max: 1 },
    run: async (context) => {
      const client = await context.connect();
      const { watchId, query } = await resolveWatch(client, argument(context, 0), context.limits);
      await client.request('watches/remove', { watchId }, context.limits);
      if (context.terminal.isJson) context.terminal.json({ removed: watchId });
      else context.terminal.note(`No longer watched for: ${JSON.stringify(query)}.`);
      return undefined;
    },
  },
  {
    name: 'watches',
    usage: 'watches [--new] [--seen]',
    summary: 'list watched searches and how much of each is new',
    options: {
      new: { type: 'boolean', short: 'n', help: 'also show the newest matches of each' },
      seen: { type: 'boolean', help: 'count what is new as seen from now on' },
    },
    args: { min: 0, max: 0 },
    run: async (context) => {
      const { terminal, limits } = context;
      const client = await context.connect();
      const watches = await client.request('watches/list', {}, limits);
      if (terminal.isJson) terminal.json(watches);
      else
        terminal.table(
          [
            { title: 'QUERY' },
            { title: 'NEW', align: 'right' },
            { title: 'MATCHES', align: 'right' },
            { title: 'SINCE' },
            { title: 'ID' },
          ],
          watches.map((watch) => [
            cell(watch.query, 'bold'),
            { ...countCell(watch.newCount), ...(watch.newCount > 0 && { style: 'green' }) },
            countCell(watch.total),
            cell(formatTime(watch.addedAtMs)),
            cell(shortId(watch.watchId), 'dim'),
          ]),
          'No search is watched. Save one with "potluck watch QUERY".',
        );
      if (context.has('new') && !terminal.isJson) for (const watch of watches) await showHits(watch.newHits, context);
      if (context.has('seen'))
        for (const { watchId, newCount } of watches) if (newCount > 0) await client.request('watches/seen', { watchId }, limits);
      return undefined;
    },
  },
];
