// Bytes of remote files to standard output, verified, whole or a range. Binary-safe: what is written is what the file holds.

import { createReadStream, statSync } from 'node:fs';
import type { SidecarClient } from '../../client/sidecarClient.ts';
import { AppError } from '../../protocol/errors.ts';
import type { EntryRef, FetchedFile } from '../../protocol/model.ts';
import type { Command, Context } from '../command.ts';
import { usageError } from '../errors.ts';
import { ProgressBar } from '../progressBar.ts';
import { resolveEntry } from '../resolve.ts';

/** The sidecar's most for one range. */
const maxRangeBytes = 64 * 1024 * 1024;

/** Bytes from `start` up to but not including `end`; negative `start` counts from the end of the file. */
export interface ByteRange {
  start: number;
  end: number;
}

export const catCommand: Command = {
  name: 'cat',
  usage: 'cat PATH... [--range A-B | --offset N --length N]',
  summary: 'write a file, or a part of it, to standard output',
  details:
    'Every byte is verified before it is written; only a range is transferred when a range is asked for. --json prints where the verified\n' +
    'file lies on this machine instead (of a range: one document for each 64 MiB).',
  options: {
    range: {
      type: 'string',
      short: 'r',
      value: 'A-B',
      help: 'bytes A to B, both included, as in HTTP; A- to the end; --range=-N: the last N',
    },
    offset: { type: 'string', value: 'N', help: 'from this byte on (0)' },
    length: { type: 'string', value: 'N', help: 'so many bytes (to the end)' },
  },
  args: { min: 1, max: 1000 },
  run: async (context) => {
    const range = rangeOf(context);
    const client = await context.connect();
    const refs: EntryRef[] = [];
    for (const text of context.args) {
      const { peerId, shareId, path } = await resolveEntry(client, text, context.limits);
      if (path === '') throw isFolder(text);
      refs.push({ peerId, shareId, path });
    }
    for (const entry of refs) {
      if (range) await catRange(client, entry, range, context);
      else await catWhole(client, entry, context);
      if (context.terminal.isGone) break;
    }
    return undefined;
  },
};

async function catWhole(client: SidecarClient, entry: EntryRef, context: Context): Promise<void> {
  const bar = new ProgressBar(context.terminal);
  const progressToken = `cat-${process.pid}`;
  const listening = client.on('progress', (progress) => {
    if (progress.progressToken === progressToken)
      bar.show({ label: entry.path, doneBytes: progress.done, totalBytes: progress.total });
  });
  let fetched: FetchedFile;
  try {
    fetched = await client.request('files/fetch', { entry, progressToken }, context.longLimits);
  } finally {
    listening.dispose();
    bar.clear();
  }
  await give(fetched, context);
}

async function catRange(client: SidecarClient, entry: EntryRef, range: ByteRange, context: Context): Promise<void> {
  const { kind, sizeBytes } = await client.request('catalog/stat', { entry }, context.limits);
  if (kind === 'folder') throw isFolder(entry.path);
  const start = range.start < 0 ? Math.max(0, sizeBytes + range.start) : range.start;
  for (let offset = start; offset < range.end && !context.terminal.isGone;) {
    const length = Math.min(maxRangeBytes, range.end - offset);
    const fetched = await client.request('files/fetchRange', { entry, offset, length }, context.longLimits);
    const given = await give(fetched, context);
    offset += length;
    // The index may be older than the file: the file ends where fewer bytes come than were asked for.
    if (given < length) return;
  }
}

/** Writes the local file, or with --json says where it is. How many bytes it holds. */
async function give(fetched: FetchedFile, context: Context): Promise<number> {
  const { terminal } = context;
  if (terminal.isJson) {
    terminal.jsonLine(fetched);
    return statSync(fetched.localPath).size;
  }
  let given = 0;
  const bytes: AsyncIterable<Buffer> = createReadStream(fetched.localPath, {
    highWaterMark: 1024 * 1024,
    signal: context.signal,
  });
  for await (const chunk of bytes) {
    if (terminal.isGone) break;
    given += chunk.length;
    terminal.stdout.write(chunk);
    await terminal.drained();
  }
  return given;
}

function rangeOf(context: Context): ByteRange | undefined {
  const range = context.text('range');
  const offset = context.text('offset');
  const length = context.text('length');
  if (range !== undefined && (offset !== undefined || length !== undefined))
    throw usageError('--range and --offset/--length say the same thing; give one of them', 'cat');
  if (range !== undefined) return parseRange(range);
  if (offset === undefined && length === undefined) return undefined;
  const start = whole(offset ?? '0', '--offset');
  return { start, end: length === undefined ? Infinity : start + whole(length, '--length') };
}

/** `A-B`, `A-` or `-N`, as RFC 9110 section 14.1.2 has them. */
export function parseRange(text: string): ByteRange {
  const match = /^(\d*)-(\d*)$/.exec(text);
  const [, from = '', to = ''] = match ?? [];
  if (from === '' && to === '') throw usageError(`--range ${JSON.stringify(text)} is not A-B, A- or -N`, 'cat');
  if (from === '') return { start: -whole(to, '--range'), end: Infinity };
  const start = whole(from, '--range');
  if (to === '') return { start, end: Infinity };
  const last = whole(to, '--range');
  if (last < start) throw usageError(`--range ${JSON.stringify(text)} ends before it begins`, 'cat');
  return { start, end: last + 1 };
}

function whole(text: string, option: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value >= Number.MAX_SAFE_INTEGER)
    throw usageError(`${option} ${JSON.stringify(text)} is not a number of bytes`, 'cat');
  return value;
}

function isFolder(text: string): AppError {
  return new AppError(
    'is-folder',
    `${JSON.stringify(text)} is a folder. List it with "potluck ls", or have it with "potluck get".`,
  );
}
