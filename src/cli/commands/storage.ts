// What Potluck holds on this disk, and who gave which part of what is or was downloaded: what the board shows in the editor.

import type { PieceMap, StorageKind, StorageUsage } from '../../protocol/boardRequests.ts';
import { cell, countCell, sizeCell } from '../cells.ts';
import { argument, type Command, type Context } from '../command.ts';
import { usageError } from '../errors.ts';
import { counted, formatPercent, formatSize } from '../format.ts';
import { resolvePlace } from '../resolve.ts';

/** Cells of a map in one line of text. */
const lineCells = 64;
const letters = 'ABCDEFGHIJKLMNOP';

const storageCommand: Command = {
  name: 'storage',
  usage: 'storage',
  summary: 'what Potluck holds on this disk: lists, opened files, unfinished downloads',
  details: 'Finished downloads and shared folders are not counted. --json: an object.',
  args: { min: 0, max: 0 },
  run: async (context) => {
    const client = await context.connect();
    showStorage(await client.request('storage/usage', {}, context.limits), context);
    return undefined;
  },
};

const piecesCommand: Command = {
  name: 'pieces',
  usage: 'pieces PEER/SHARE/PATH',
  summary: 'which part of a download came from whom, and who sent wrong data, since the sidecar started',
  details: 'Of a folder: of at most 8 files, running ones first. --json: an array.',
  args: { min: 1, max: 1 },
  run: async (context) => {
    const client = await context.connect();
    const place = await resolvePlace(client, argument(context, 0), context.limits);
    if (!place.share) throw usageError('pieces needs a place in a share, PEER/SHARE/PATH', 'pieces');
    const { peerId, shareId } = place.share;
    const maps = await client.request('pieces/get', { entry: { peerId, shareId, path: place.path } }, context.limits);
    showPieces(maps, context);
    return undefined;
  },
};

export const storageCommands: readonly Command[] = [storageCommand, piecesCommand];

const kindTexts: Readonly<Record<StorageKind, string>> = {
  index: 'lists of files, and their search',
  cache: 'opened files (cache)',
  feeds: 'feeds of shares',
  trees: 'hashes of contents',
  database: 'database',
  partial: 'unfinished downloads',
  other: 'other',
};

function showStorage(usage: StorageUsage, { terminal }: Context): void {
  if (terminal.isJson) return terminal.json(usage);
  const { parts, isWhole, freeBytes, dataFolder, downloadFolder } = usage;
  terminal.table(
    [{ title: 'WHAT' }, { title: 'SIZE', align: 'right' }, { title: 'FILES', align: 'right' }],
    parts.map(({ kind, bytes, files }) => [cell(kindTexts[kind]), sizeCell(bytes), countCell(files)]),
    'Nothing is held here.',
  );
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  terminal.note(
    `${isWhole ? '' : 'More than '}${formatSize(bytes)} in ${cell(dataFolder).text} and ${cell(downloadFolder).text}.`,
  );
  if (freeBytes !== undefined) terminal.note(`${formatSize(freeBytes)} are free for downloads.`);
}

function showPieces(maps: readonly PieceMap[], { terminal }: Context): void {
  if (terminal.isJson) return terminal.json(maps);
  if (maps.length === 0) return terminal.note('Nothing of it came since the sidecar started.');
  for (const map of maps) {
    const name = map.entry.path.split('/').at(-1) ?? '';
    const inAll = map.done.reduce((sum, done) => sum + done, 0);
    terminal.raw(`${cell(name).text}  ${formatPercent(inAll, 100 * map.done.length)} of ${formatSize(map.sizeBytes)}`);
    const drawn = map.done.map((done, at) => pieceText(done, map.from[at] ?? -1)).join('');
    for (let at = 0; at < drawn.length; at += lineCells) terminal.raw(`  ${drawn.slice(at, at + lineCells)}`);
    for (const [at, source] of map.sources.entries()) terminal.raw(`  ${letters[at] ?? '?'}  ${sourceText(map, at, source)}`);
  }
  terminal.note('A letter is who gave most of a stretch (small: not all of it yet); # was here before, . is still to come.');
}

function pieceText(done: number, from: number): string {
  if (done === 0) return '.';
  const letter = from < 0 ? '#' : (letters[from] ?? '?');
  return done < 100 ? letter.toLowerCase() : letter;
}

function sourceText(map: PieceMap, at: number, { name, goodBytes, badBytes }: PieceMap['sources'][number]): string {
  const places = map.bad.filter(({ source }) => source === at).length;
  const bad = badBytes > 0 ? `, and ${formatSize(badBytes)} of wrong data in ${counted(places, 'stretch', 'stretches')}` : '';
  return `${cell(name).text} gave ${formatSize(goodBytes)}${bad}`;
}
