// The queue of downloads: as it stands or live, and what is done with single ones.

import type { SidecarClient } from '../../client/sidecarClient.ts';
import type { DownloadInfo } from '../../protocol/model.ts';
import { cell, downloadStateCell, rateCell, shortId, sizeCell, sourcesText } from '../cells.ts';
import { parseChoice, priorities } from '../choices.ts';
import { argument, type Command, type Context } from '../command.ts';
import { usageError } from '../errors.ts';
import { formatDuration, formatPercent } from '../format.ts';
import { follow } from '../live.ts';
import { resolveDownload } from '../resolve.ts';
import type { Cell, Column } from '../terminal.ts';
import { exitCodeFor, isEnded, untilEnded } from '../untilEnded.ts';

const idHelp = 'ID is the id of a download, its first 4 or more characters, or the name of what is downloaded.';
const directions = ['top', 'up', 'down', 'bottom'] as const;

export const queueCommands: readonly Command[] = [
  {
    name: 'queue',
    usage: 'queue [--watch] [--long]',
    summary: 'list what is downloaded, waits, is paused, done or failed',
    details:
      'With --watch and --json: first every download, one a line, then each that changed, and {"removed":ID}.\n' +
      'One that moves up because another ended is not told again: those of a priority run by their "order".',
    options: {
      watch: { type: 'boolean', short: 'w', help: 'follow it until Ctrl-C' },
      long: { type: 'boolean', short: 'l', help: 'destinations and each source too' },
    },
    args: { min: 0, max: 0 },
    run: async (context) => {
      const { terminal, limits } = context;
      const client = await context.connect();
      if (context.has('watch')) {
        await watch(client, context);
        return undefined;
      }
      const downloads = await client.request('downloads/list', {}, limits);
      if (terminal.isJson) terminal.json(downloads);
      else {
        const { columns, rows } = tableOf(downloads, context);
        terminal.table(columns, rows, 'No downloads. Begin one with "potluck get PEER/SHARE/PATH".');
        for (const { downloadId, failure } of downloads) if (failure) terminal.note(`${shortId(downloadId)}: ${failure.message}`);
      }
      return undefined;
    },
  },
  {
    name: 'pause',
    usage: 'pause [ID...|all]',
    summary: 'stop downloads until "resume"; what is verified stays',
    details: `Without an ID: all that are not finished. ${idHelp}`,
    args: { min: 0, max: 1000 },
    run: (context) => pauseOrResume(context, 'downloads/pause'),
  },
  {
    name: 'resume',
    usage: 'resume [ID...|all]',
    summary: 'go on with paused downloads',
    details: `Without an ID: all that are paused. ${idHelp}`,
    args: { min: 0, max: 1000 },
    run: (context) => pauseOrResume(context, 'downloads/resume'),
  },
  {
    name: 'cancel',
    usage: 'cancel ID...',
    summary: 'stop downloads and remove what is partly there; finished files of a folder stay',
    details: idHelp,
    args: { min: 1, max: 1000 },
    run: async (context) => {
      const client = await context.connect();
      const change = await eachOf(client, context.args, context, ({ downloadId }) =>
        client.request('downloads/cancel', { downloadId }, context.limits),
      );
      return tell(change, context);
    },
  },
  {
    name: 'retry',
    usage: 'retry ID... [--wait]',
    summary: 'start failed or cancelled downloads again, from what is verified; try those that wait now',
    details: idHelp,
    options: { wait: { type: 'boolean', short: 'w', help: 'wait until they are done, as "get" does' } },
    args: { min: 1, max: 1000 },
    run: async (context) => {
      const client = await context.connect();
      const started = await eachOf(client, context.args, context, ({ downloadId }) =>
        client.request('downloads/retry', { downloadId }, context.limits),
      );
      if (!context.has('wait')) return tell(started, context);
      const downloads = await untilEnded(client, started, context);
      if (context.terminal.isJson) context.terminal.json(downloads);
      return exitCodeFor(downloads);
    },
  },
  {
    name: 'priority',
    usage: 'priority ID... LEVEL',
    summary: 'make downloads high, normal or low in the queue',
    details: idHelp,
    args: { min: 2, max: 1000 },
    run: async (context) => {
      const level = context.args.at(-1) ?? '';
      const priority = parseChoice(level, priorities, { what: 'The priority', command: 'priority' });
      const client = await context.connect();
      const changed = await eachOf(client, context.args.slice(0, -1), context, ({ downloadId }) =>
        client.request('downloads/prioritize', { downloadId, priority }, context.limits),
      );
      return tell(changed, context, (download) => `${download.priority}, place ${download.place}`);
    },
  },
  {
    name: 'move',
    usage: 'move ID top|up|down|bottom',
    summary: 'change the place of a download among those of its priority',
    details: idHelp,
    args: { min: 2, max: 2 },
    run: async (context) => {
      const to = parseChoice(argument(context, 1), directions, { what: 'The place', command: 'move' });
      const client = await context.connect();
      const { downloadId } = await resolveDownload(client, argument(context, 0), context.limits);
      const download = await client.request('downloads/move', { downloadId, to }, context.limits);
      if (context.terminal.isJson) context.terminal.json(download);
      else context.terminal.note(`${JSON.stringify(download.name)}: place ${download.place}`);
      return undefined;
    },
  },
  {
    name: 'clear',
    usage: 'clear [ID...]',
    summary: 'take finished, failed and cancelled downloads off the list; files stay',
    details: `Without an ID: all of them. ${idHelp}`,
    args: { min: 0, max: 1000 },
    run: async ({ args, connect, limits, terminal }) => {
      const client = await connect();
      for (const name of args) {
        const download = await resolveDownload(client, name, limits);
        if (!isEnded(download)) throw usageError(`${JSON.stringify(name)} is still ${download.state}; cancel it first`, 'clear');
        await client.request('downloads/clear', { downloadId: download.downloadId }, limits);
      }
      if (args.length === 0) await client.request('downloads/clear', {}, limits);
      if (terminal.isJson) terminal.json(await client.request('downloads/list', {}, limits));
      return undefined;
    },
  },
];

async function pauseOrResume(context: Context, method: 'downloads/pause' | 'downloads/resume'): Promise<undefined> {
  const { args, limits } = context;
  const client = await context.connect();
  const isAll = args.length === 0 || (args.length === 1 && args[0] === 'all');
  const changed = isAll
    ? await client.request(method, {}, limits)
    : (await eachOf(client, args, context, ({ downloadId }) => client.request(method, { downloadId }, limits))).flat();
  if (changed.length === 0) context.terminal.note(method === 'downloads/pause' ? 'Nothing to pause.' : 'Nothing to resume.');
  return tell(changed, context);
}

/** Finds all of them first: a wrong name must not leave half of it done. */
async function eachOf<T>(
  client: SidecarClient,
  names: string[],
  { limits }: Context,
  act: (download: DownloadInfo) => Promise<T>,
): Promise<T[]> {
  const downloads: DownloadInfo[] = [];
  for (const name of names) downloads.push(await resolveDownload(client, name, limits));
  const results: T[] = [];
  for (const download of downloads) results.push(await act(download));
  return results;
}

function tell(
  downloads: DownloadInfo[],
  { terminal }: Context,
  say: (download: DownloadInfo) => string = ({ state }) => state,
): undefined {
  if (terminal.isJson) terminal.json(downloads);
  else for (const download of downloads) terminal.note(`${JSON.stringify(download.name)}: ${say(download)}`);
  return undefined;
}

async function watch(client: SidecarClient, context: Context): Promise<void> {
  const { terminal, limits } = context;
  const list = (): Promise<DownloadInfo[]> => client.request('downloads/list', {}, limits);
  if (!terminal.isJson) {
    const look = async (): Promise<string[]> => {
      const { columns, rows } = tableOf(await list(), context);
      return rows.length === 0 ? ['No downloads.'] : terminal.tableLines(columns, rows);
    };
    await follow(client, context, { on: ['downloads/changed', 'downloads/removed'], look });
    return;
  }
  // Listening before the list is asked for: what changes meanwhile comes after it, maybe twice, never not at all.
  const early: unknown[] = [];
  let show = (value: unknown): void => void early.push(value);
  const listening = [
    client.on('downloads/changed', ({ download }) => show(download)),
    client.on('downloads/removed', ({ downloadId }) => show({ removed: downloadId })),
  ];
  try {
    for (const download of await list()) terminal.jsonLine(download);
    for (const value of early) terminal.jsonLine(value);
    show = (value) => terminal.jsonLine(value);
    await follow(client, context, { on: ['downloads/changed', 'downloads/removed'], look: async () => [] });
  } finally {
    for (const each of listening) each.dispose();
  }
}

function tableOf(downloads: DownloadInfo[], context: Context): { columns: Column[]; rows: Cell[][] } {
  const isLong = context.has('long');
  const columns: Column[] = [
    { title: '#', align: 'right' },
    { title: 'ID' },
    { title: 'STATE' },
    { title: 'PRIORITY' },
    { title: 'DONE', align: 'right' },
    { title: 'SIZE', align: 'right' },
    { title: 'RATE', align: 'right' },
    { title: 'LEFT', align: 'right' },
    { title: 'FROM' },
    { title: 'NAME' },
    ...(isLong ? [{ title: 'DESTINATION' }] : []),
  ];
  const rows = downloads.flatMap((download) => [
    [
      cell(download.place === 0 ? '-' : String(download.place)),
      cell(shortId(download.downloadId), 'dim'),
      downloadStateCell(download),
      cell(download.priority, download.priority === 'normal' ? 'dim' : undefined),
      cell(formatPercent(download.doneBytes, download.state === 'done' ? 0 : download.totalBytes)),
      sizeCell(download.totalBytes),
      rateCell(download.state === 'running' ? download.bytesPerSecond : 0),
      cell(download.secondsLeft === undefined ? '-' : formatDuration(download.secondsLeft * 1000)),
      cell(sourcesText(download) || '-'),
      cell(download.name),
      ...(isLong ? [cell(download.destination)] : []),
    ],
    ...(isLong ? download.sources.map(sourceRow) : []),
  ]);
  return { columns, rows };
}

function sourceRow(source: DownloadInfo['sources'][number]): Cell[] {
  const place = source.position === undefined ? '' : ` ${source.position}`;
  const bad = source.badPieces > 0 ? `, ${source.badPieces} bad` : '';
  return [
    cell(''),
    cell(''),
    cell(`${source.state}${place}`, source.state === 'dropped' ? 'red' : 'dim'),
    cell(source.link, 'dim'),
    cell(''),
    sizeCell(source.receivedBytes),
    rateCell(source.bytesPerSecond),
    cell(''),
    cell(source.name),
    cell(`${source.reason ?? ''}${bad}`),
  ];
}
