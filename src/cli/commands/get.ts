// Downloads files and folders: queues them and waits until they are there. The wait may end; the downloads go on in the sidecar.

import path from 'node:path';
import type { SidecarClient } from '../../client/sidecarClient.ts';
import type { DownloadId } from '../../protocol/ids.ts';
import type { DownloadInfo, EntryRef } from '../../protocol/model.ts';
import { shortId } from '../cells.ts';
import type { Command, Context } from '../command.ts';
import { exitCodeOf, exitCodes } from '../exitCodes.ts';
import { counted, formatSize } from '../format.ts';
import { ProgressBar } from '../progressBar.ts';
import { resolveEntry } from '../resolve.ts';
import { waitFor } from '../wait.ts';

export const getCommand: Command = {
  name: 'get',
  usage: 'get PATH... [--to DIR] [--no-wait]',
  summary: 'download files, folders or whole shares, verified',
  details:
    'Nothing is overwritten: where a name is taken both are kept. Ctrl-C ends the wait, not the download; "potluck cancel" ends that.\n' +
    '--json: an array of downloads, with their ids, states and destinations.',
  options: {
    to: { type: 'string', short: 't', value: 'DIR', help: 'into this folder (else the download folder, see "potluck settings")' },
    'no-wait': { type: 'boolean', help: 'only queue them' },
  },
  args: { min: 1, max: 1000 },
  run: async (context) => {
    const client = await context.connect();
    const to = context.text('to');
    const refs: EntryRef[] = [];
    // All names first: a wrong one must not leave half of them queued.
    for (const text of context.args) {
      const { peerId, shareId, path: below } = await resolveEntry(client, text, context.limits);
      refs.push({ peerId, shareId, path: below });
    }
    const added: DownloadInfo[] = [];
    for (const entry of refs) {
      const folder = to === undefined ? {} : { folder: path.resolve(context.cwd, to) };
      added.push(await client.request('downloads/add', { entry, ...folder }, context.limits));
    }
    const downloads = context.has('no-wait') ? added : await untilEnded(client, added, context);
    if (context.terminal.isJson) context.terminal.json(downloads);
    else if (context.has('no-wait'))
      for (const download of downloads) context.terminal.line(`${download.downloadId}  ${download.destination}`);
    return context.has('no-wait') ? undefined : exitCodeFor(downloads);
  },
};

/** Waits until each of them is done, failed or cancelled; says how it goes. Also for `retry`. */
export async function untilEnded(client: SidecarClient, added: DownloadInfo[], context: Context): Promise<DownloadInfo[]> {
  const wanted = new Map<DownloadId, DownloadInfo>(added.map((download) => [download.downloadId, download]));
  const ended = new Set<DownloadId>();
  const bar = new ProgressBar(context.terminal);
  const listening = client.on('downloads/changed', ({ download }) => {
    if (!wanted.has(download.downloadId)) return;
    wanted.set(download.downloadId, download);
    bar.show(sumOf([...wanted.values()]));
  });
  const ids = added.map(({ downloadId }) => shortId(downloadId)).join(' ');
  const goesOn = `The download goes on without this command: "potluck downloads" shows it, "potluck cancel ${ids}" ends it.`;
  try {
    await waitFor(client, context, {
      on: ['downloads/changed', 'downloads/removed'],
      goesOn,
      look: async () => {
        if ([...wanted.values()].some((download) => !isEnded(download))) await refresh(client, wanted, context);
        for (const download of wanted.values()) {
          if (!isEnded(download) || ended.has(download.downloadId)) continue;
          ended.add(download.downloadId);
          bar.clear();
          tell(download, context);
        }
        return ended.size === wanted.size;
      },
    });
  } finally {
    listening.dispose();
    bar.clear();
  }
  return [...wanted.values()];
}

/** The worst of them decides; a folder of which files are missing has failed. */
export function exitCodeFor(downloads: DownloadInfo[]): number {
  const codes = downloads.map(({ state, failure, failedFiles }) => {
    if (state === 'cancelled') return exitCodes.cancelled;
    if (state === 'failed') return failure === undefined ? exitCodes.failed : exitCodeOf[failure.kind];
    return failedFiles.length > 0 ? exitCodes.failed : exitCodes.ok;
  });
  return codes.find((code) => code !== exitCodes.ok) ?? exitCodes.ok;
}

/** Asks for the whole list: a change may have come before we listened, and a removed one is never told again. */
async function refresh(client: SidecarClient, wanted: Map<DownloadId, DownloadInfo>, context: Context): Promise<void> {
  const list = new Map((await client.request('downloads/list', {}, context.limits)).map((each) => [each.downloadId, each]));
  for (const [downloadId, known] of wanted) {
    if (isEnded(known)) continue;
    wanted.set(downloadId, list.get(downloadId) ?? { ...known, state: 'cancelled' });
  }
}

function isEnded({ state }: DownloadInfo): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled';
}

function tell(download: DownloadInfo, { terminal }: Context): void {
  const { name, state, destination, totalFiles, totalBytes, failure, failedFiles } = download;
  const what = JSON.stringify(name);
  if (state === 'done') terminal.note(`${what}: ${counted(totalFiles, 'file')}, ${formatSize(totalBytes)}, in ${destination}`);
  else if (state === 'failed')
    terminal.note(
      `${what} failed: ${failure?.message ?? 'no reason given.'} "potluck retry ${shortId(download.downloadId)}" goes on from what is here.`,
    );
  else terminal.note(`${what} was cancelled.`);
  if (failedFiles.length > 0) terminal.note(`${counted(failedFiles.length, 'file')} of ${what} could not be had:`);
  for (const failed of failedFiles) terminal.note(`  ${JSON.stringify(failed.path)}: ${failed.message}`);
}

function sumOf(downloads: DownloadInfo[]): { label: string; doneBytes: number; totalBytes: number; bytesPerSecond: number } {
  const sum = (value: (download: DownloadInfo) => number): number => downloads.reduce((total, each) => total + value(each), 0);
  const running = downloads.filter((download) => !isEnded(download));
  const [only] = running;
  return {
    label: running.length === 1 && only ? only.name : counted(downloads.length, 'download'),
    doneBytes: sum(({ doneBytes }) => doneBytes),
    totalBytes: sum(({ totalBytes }) => totalBytes),
    bytesPerSecond: running.reduce((total, each) => total + each.bytesPerSecond, 0),
  };
}
