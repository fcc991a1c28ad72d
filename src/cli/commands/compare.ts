// Two folders side by side, without transferring them; and fetching what differs.

import path from 'node:path';
import type { SidecarClient } from '../../client/sidecarClient.ts';
import type { CompareSide, CompareState, ComparedEntry, Comparison } from '../../protocol/compare.ts';
import { choice, conflicts } from '../choices.ts';
import { argument, type Command, type Context } from '../command.ts';
import { exitCodes } from '../exitCodes.ts';
import { counted, formatSize } from '../format.ts';
import { type Page, pages } from '../pages.ts';
import { resolveEntry } from '../resolve.ts';
import { safeText } from '../terminalText.ts';
import { exitCodeFor, untilEnded } from '../untilEnded.ts';

const differences: readonly CompareState[] = ['changed', 'only-left', 'only-right', 'moved'];
const all: readonly CompareState[] = ['same', 'likely-same', ...differences];
const pageItems = 5000;

export const compareCommand: Command = {
  name: 'compare',
  usage: 'compare LEFT RIGHT [--exact] [--all] [--get DIR] [--conflict POLICY]',
  summary: 'tell two folders apart without transferring them',
  details:
    'LEFT and RIGHT are folders: PEER/SHARE/PATH, or a folder of this machine that begins with "/", "." or "~" (all of it, also what is\n' +
    'ignored or hidden; links are not followed). Files are the same by their content ids where both are known, else likely the same by size\n' +
    'and time. Exit code 9 when they differ.\n' +
    '= same   ~ likely the same   ! changed   < only left   > only right   → moved (same content elsewhere)\n' +
    '--json: the comparison, with its entries.',
  options: {
    exact: { type: 'boolean', short: 'e', help: 'make the content ids that are missing, or ask owners for them: may take long' },
    all: { type: 'boolean', short: 'a', help: 'show what is the same, too' },
    get: { type: 'string', short: 'g', value: 'DIR', help: 'download what is changed or only right into DIR, paths kept' },
    conflict: {
      type: 'string',
      short: 'c',
      value: 'POLICY',
      help: 'with --get, where a name is taken: keep-both, skip, overwrite',
    },
  },
  args: { min: 2, max: 2 },
  run: async (context) => {
    const { terminal, longLimits } = context;
    const client = await context.connect();
    const left = await sideOf(client, argument(context, 0), context);
    const right = await sideOf(client, argument(context, 1), context);
    const comparison = await client.request('compare/start', { left, right, isExact: context.has('exact') }, longLimits);
    try {
      await show(client, comparison, context);
      const folder = context.text('get');
      if (folder === undefined) return isSame(comparison) ? undefined : exitCodes.differ;
      const wanted = {
        folder: path.resolve(context.cwd, folder),
        ...choice(context, { option: 'conflict', of: conflicts, command: 'compare' }),
      };
      const download = await client.request('compare/download', { compareId: comparison.compareId, ...wanted }, longLimits);
      if (!terminal.isJson) terminal.note(`${counted(download.totalFiles, 'file')}, ${formatSize(download.totalBytes)}.`);
      return exitCodeFor(await untilEnded(client, [download], context));
    } finally {
      await client.request('compare/close', { compareId: comparison.compareId }, longLimits);
    }
  },
};

async function show(client: SidecarClient, comparison: Comparison, context: Context): Promise<void> {
  const { terminal } = context;
  const states = [...(context.has('all') ? all : differences)];
  const { compareId } = comparison;
  const entries: ComparedEntry[] = [];
  const ask = async (offset: number, limit: number): Promise<Page<ComparedEntry>> => {
    const page = await client.request('compare/page', { compareId, states, offset, limit }, context.longLimits);
    return { items: page.entries, total: page.total };
  };
  for await (const { items } of pages(ask, { pageItems })) {
    if (terminal.isJson) entries.push(...items);
    else for (const entry of items) terminal.line(lineOf(entry));
    await terminal.drained();
    if (terminal.isGone) return;
  }
  if (terminal.isJson) terminal.json({ ...comparison, entries });
  else terminal.note(summary(comparison));
}

const marks: Readonly<Record<CompareState, string>> = {
  ...{ same: '=', 'likely-same': '~', changed: '!', 'only-left': '<', 'only-right': '>', moved: '→' },
};

function lineOf({ path: shown, kind, state, isLikely, movedFrom }: ComparedEntry): string {
  const from = movedFrom === undefined ? '' : `  (was ${safeText(movedFrom)})`;
  return `${marks[state]} ${safeText(shown)}${kind === 'folder' ? '/' : ''}${from}${isLikely ? '  (by its time)' : ''}`;
}

function summary({ totals, folders, skipped, unresolved }: Comparison): string {
  const parts = all.filter((state) => totals[state].files > 0).map((state) => `${totals[state].files} ${state}`);
  if (folders.onlyLeft > 0) parts.push(`${counted(folders.onlyLeft, 'folder')} only-left`);
  if (folders.onlyRight > 0) parts.push(`${counted(folders.onlyRight, 'folder')} only-right`);
  const rest = [
    skipped > 0 ? `${counted(skipped, 'entry', 'entries')} left out` : '',
    unresolved > 0 ? `${counted(unresolved, 'file')} could not be told apart for certain` : '',
  ].filter((each) => each !== '');
  return [parts.length === 0 ? 'Both are empty' : parts.join(', '), ...rest].join('; ') + '.';
}

function isSame({ totals, folders }: Comparison): boolean {
  return differences.every((state) => totals[state].files === 0) && folders.onlyLeft + folders.onlyRight === 0;
}

/** A folder of this machine says so by how it begins: peers' names cannot be taken for one. */
async function sideOf(client: SidecarClient, text: string, context: Context): Promise<CompareSide> {
  const isLocal = path.isAbsolute(text) || /^(\.\.?|~)([/\\]|$)/.test(text);
  if (isLocal) return { folder: path.resolve(context.cwd, text.replace(/^~(?=[/\\]|$)/, process.env['HOME'] ?? '~')) };
  const { peerId, shareId, path: below } = await resolveEntry(client, text, context.limits);
  return { entry: { peerId, shareId, path: below } };
}
