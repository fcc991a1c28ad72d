// Links to contents from a terminal: made of entries, shown, fetched, compared with what lies here. The sidecar reads and writes the formats.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../protocol/errors.ts';
import type { DownloadInfo, LinkForm, LinkSource, LinkStatus, LinkSummary } from '../../protocol/model.ts';
import { cell } from '../cells.ts';
import { choice, conflicts, priorities } from '../choices.ts';
import type { Context } from '../command.ts';
import { usageError } from '../errors.ts';
import { exitCodes } from '../exitCodes.ts';
import { counted, formatSize } from '../format.ts';
import { ProgressBar } from '../progressBar.ts';
import { resolveEntry } from '../resolve.ts';
import { exitCodeFor, untilEnded } from '../untilEnded.ts';

/** A link file as text has fewer characters than this; more is not read from standard input. */
const mostInputBytes = 48 * 2 ** 20;
/** Files that `link show` lists. */
const shownFiles = 1000;
/** Differences that `link verify` lists. */
const shownDifferences = 1000;

/** `link create PATH`. */
export async function createLink(context: Context, text: string): Promise<undefined> {
  const form = formOf(context);
  const output = context.text('output');
  if (form === 'torrent' && output === undefined) throw usageError('a torrent is no text: give -o FILE', 'link');
  const client = await context.connect();
  const { shareTitle: _, ...entry } = await resolveEntry(client, text, context.limits);
  const [title, creator, party] = [context.text('title'), context.text('creator'), context.text('party')];
  const made = await withProgress(context, 'Hashing', (progressToken) =>
    client.request(
      'links/create',
      {
        ...{ entry, progressToken, isAnnounced: context.has('announce') },
        ...(title !== undefined && { title }),
        ...(creator !== undefined && { creator }),
        ...(party !== undefined && { parties: [party] }),
        ...(context.has('place') && { hasPlace: true }),
        ...(context.has('no-place') && { hasPlace: false }),
      },
      context.longLimits,
    ),
  );
  for (const warning of made.summary.warnings) context.terminal.note(warning);
  if (form === 'link') return tell(context, made.summary, { text: made.text });
  const exported = await withProgress(context, 'Hashing', (progressToken) =>
    client.request('links/export', { text: made.text, as: form, progressToken }, context.longLimits),
  );
  const { torrentBase64, infoHash } = exported;
  const summary: LinkSummary = { ...made.summary, form, ...(infoHash !== undefined && { infoHash }) };
  const content = torrentBase64 === undefined ? `${exported.text ?? ''}\n` : Buffer.from(torrentBase64, 'base64');
  return tell(context, summary, typeof content === 'string' ? { text: content } : { bytes: content });
}

/** `link show LINK`. */
export async function showLink(context: Context, text: string): Promise<undefined> {
  const source = await sourceOf(context, text);
  const client = await context.connect();
  const { summary, files } = await client.request('links/inspect', { ...source, limit: shownFiles }, context.longLimits);
  const status = summary.isComplete
    ? await client.request('links/status', { ...source, limit: shownFiles }, context.longLimits)
    : undefined;
  const { terminal } = context;
  if (terminal.isJson) {
    terminal.json({ summary, files, ...(status && { status }) });
    return undefined;
  }
  for (const [name, value] of factsOf(summary, status)) terminal.raw(`${name.padEnd(10)}  ${cell(value).text}`);
  for (const warning of summary.warnings) terminal.note(warning);
  if (status === undefined) return undefined;
  terminal.table(
    [{ title: 'SIZE', align: 'right' }, { title: 'WHERE' }, { title: 'PATH' }],
    status.files.map(({ path: name, sizeBytes, localPath, onlineCount, holderCount }) => [
      cell(formatSize(sizeBytes)),
      whereCell(sizeBytes === 0 || localPath !== undefined, onlineCount, holderCount),
      cell(name, 'bold'),
    ]),
    'It leads to no file.',
  );
  if (summary.fileCount > shownFiles) terminal.note(`… and ${counted(summary.fileCount - shownFiles, 'file')} more.`);
  return undefined;
}

/** `link get LINK [NAME...]`. */
export async function getLink(context: Context, text: string, names: readonly string[]): Promise<number | undefined> {
  const source = await sourceOf(context, text);
  const to = context.text('to');
  const client = await context.connect();
  const added: DownloadInfo = await client.request(
    'links/download',
    {
      ...source,
      ...(names.length > 0 && { paths: [...names] }),
      ...(to !== undefined && { folder: path.resolve(context.cwd, to) }),
      ...choice(context, { option: 'conflict', of: conflicts, command: 'link' }),
      ...choice(context, { option: 'priority', of: priorities, command: 'link' }),
    },
    context.longLimits,
  );
  const waits = !context.has('no-wait');
  const downloads = waits ? await untilEnded(client, [added], context) : [added];
  if (context.terminal.isJson) context.terminal.json(downloads);
  else if (!waits) context.terminal.line(`${added.downloadId}  ${added.destination}`);
  return waits ? exitCodeFor(downloads) : undefined;
}

/** `link verify LINK FOLDER`. */
export async function verifyLink(context: Context, text: string, folder: string): Promise<number | undefined> {
  const source = await sourceOf(context, text);
  const client = await context.connect();
  const where = path.resolve(context.cwd, folder);
  const found = await withProgress(context, 'Comparing', (progressToken) =>
    client.request('links/verify', { ...source, folder: where, progressToken }, context.longLimits),
  );
  const { terminal } = context;
  const wrong = found.changedFiles + found.missingFiles + found.unreadableFiles;
  if (terminal.isJson) terminal.json(found);
  else {
    for (const { state, path: name } of found.differences.slice(0, shownDifferences))
      terminal.raw(`${terminal.styled(state.padEnd(10), state === 'missing' ? 'yellow' : 'red')}  ${cell(name).text}`);
    if (wrong > found.differences.length) terminal.note(`… and ${counted(wrong - found.differences.length, 'file')} more.`);
    terminal.note(`${counted(found.sameFiles, 'file')} the same (${formatSize(found.checkedBytes)}), ${wrong} not.`);
  }
  return wrong === 0 ? undefined : exitCodes.differ;
}

function formOf(context: Context): LinkForm {
  const [isTorrent, isMagnet] = [context.has('torrent'), context.has('magnet')];
  if (isTorrent && isMagnet) throw usageError('give --torrent or --magnet, not both', 'link');
  return isTorrent ? 'torrent' : isMagnet ? 'magnet' : 'link';
}

/** To the file that was named, or standard output. */
function tell(context: Context, summary: LinkSummary, content: { text: string } | { bytes: Uint8Array }): undefined {
  const { terminal } = context;
  const output = context.text('output');
  const target = output === undefined || output === '-' ? undefined : path.resolve(context.cwd, output);
  if (target !== undefined) write(target, 'text' in content ? content.text : content.bytes);
  const text = 'text' in content ? content.text : undefined;
  if (terminal.isJson)
    terminal.json({
      summary,
      ...(target !== undefined && { file: target }),
      ...(target === undefined && text !== undefined && { text }),
    });
  else if (target !== undefined)
    terminal.note(`${target}: ${counted(summary.fileCount, 'file')}, ${formatSize(summary.totalBytes)}.`);
  else if (text !== undefined) terminal.raw(text.trimEnd());
  return undefined;
}

function write(target: string, content: string | Uint8Array): void {
  try {
    writeFileSync(target, content);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('io', `${target} could not be written: ${reason}. Choose another place with -o.`, {
      data: { path: target },
    });
  }
}

/** A magnet, `-` for standard input, or a file. */
async function sourceOf(context: Context, text: string): Promise<LinkSource> {
  if (/^magnet:/i.test(text)) return { text };
  if (text !== '-') return { path: path.resolve(context.cwd, text) };
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of context.stdin) {
    const buffer = Buffer.from(part);
    bytes += buffer.length;
    if (bytes > mostInputBytes) throw usageError('what comes on standard input is too long for a link', 'link');
    parts.push(buffer);
  }
  const input = Buffer.concat(parts);
  if (/^d\d{1,6}:/.test(input.toString('latin1', 0, 9)))
    throw usageError('give a torrent as a file, not on standard input', 'link');
  return { text: input.toString('utf8') };
}

async function withProgress<T>(context: Context, label: string, work: (progressToken: string) => Promise<T>): Promise<T> {
  const client = await context.connect();
  const bar = new ProgressBar(context.terminal);
  const progressToken = `link-${process.pid}`;
  const listening = client.on('progress', (progress) => {
    if (progress.progressToken === progressToken) bar.show({ label, doneBytes: progress.done, totalBytes: progress.total });
  });
  try {
    return await work(progressToken);
  } finally {
    listening.dispose();
    bar.clear();
  }
}

function factsOf(summary: LinkSummary, status: LinkStatus | undefined): [string, string][] {
  const { title, form, kind, fileCount, totalBytes, creator, hints, infoHash } = summary;
  const peers = status?.peers.filter(({ isOnline }) => isOnline).length ?? 0;
  return [
    ['title', title],
    ['is', `${form}, ${kind === 'file' ? 'one file' : counted(fileCount, 'file')}, ${formatSize(totalBytes)}`],
    ...(creator === undefined ? [] : [['by', creator] as [string, string]]),
    ...(hints.parties.length === 0 ? [] : [['party', hints.parties.join(', ')] as [string, string]]),
    ...(infoHash === undefined ? [] : [['info hash', infoHash] as [string, string]]),
    ...(status === undefined
      ? []
      : [
          [
            'where',
            `${status.hereFiles} here, ${status.onlineFiles} at ${counted(peers, 'peer')} online, ${status.missingFiles} nowhere now`,
          ] as [string, string],
        ]),
  ];
}

function whereCell(isHere: boolean, onlineCount: number, holderCount: number) {
  if (isHere) return cell('here', 'green');
  if (onlineCount > 0) return cell(counted(onlineCount, 'peer'));
  return cell(holderCount > 0 ? 'away' : 'nowhere', 'yellow');
}
