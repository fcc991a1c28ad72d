// Waiting for downloads, with a line of how they stand; what is said of them when they end. Knows no command.

import type { SidecarClient } from '../client/sidecarClient.ts';
import type { DownloadId } from '../protocol/ids.ts';
import type { DownloadInfo } from '../protocol/model.ts';
import { shortId, sourcesText } from './cells.ts';
import type { Context } from './command.ts';
import { exitCodeOf, exitCodes } from './exitCodes.ts';
import { counted, formatSize } from './format.ts';
import { type Progress, ProgressBar } from './progressBar.ts';
import { waitFor } from './wait.ts';

/** Waits until each of them is done, failed or cancelled; says how it goes. */
export async function untilEnded(client: SidecarClient, added: DownloadInfo[], context: Context): Promise<DownloadInfo[]> {
  const wanted = new Map<DownloadId, DownloadInfo>(added.map((download) => [download.downloadId, download]));
  const said = new Map<DownloadId, DownloadInfo['state']>();
  const bar = new ProgressBar(context.terminal);
  const listening = client.on('downloads/changed', ({ download }) => {
    if (!wanted.has(download.downloadId)) return;
    wanted.set(download.downloadId, download);
    bar.show(progressOf([...wanted.values()]));
  });
  const say = (download: DownloadInfo): void => {
    if (said.get(download.downloadId) === download.state) return;
    said.set(download.downloadId, download.state);
    bar.clear();
    if (isEnded(download)) tellEnd(download, context);
    else tellStop(download, context);
  };
  try {
    await waitFor(client, context, {
      on: ['downloads/changed', 'downloads/removed'],
      goesOn: goesOn(added),
      look: async () => {
        if ([...wanted.values()].some((download) => !isEnded(download))) await refresh(client, wanted, context);
        for (const download of wanted.values()) say(download);
        return [...wanted.values()].every(isEnded);
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

export function isEnded({ state }: DownloadInfo): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled';
}

function goesOn(added: DownloadInfo[]): string {
  const ids = added.map(({ downloadId }) => shortId(downloadId)).join(' ');
  const what = added.length === 1 ? 'The download stays in the queue and goes on' : 'The downloads stay in the queue and go on';
  return `${what} without this command: "potluck queue" shows it, "potluck cancel ${ids}" ends it.`;
}

/** Asks for the whole list: a change may have come before we listened, and a removed one is never told again. */
async function refresh(client: SidecarClient, wanted: Map<DownloadId, DownloadInfo>, context: Context): Promise<void> {
  const list = new Map((await client.request('downloads/list', {}, context.limits)).map((each) => [each.downloadId, each]));
  for (const [downloadId, known] of wanted) {
    if (isEnded(known)) continue;
    wanted.set(downloadId, list.get(downloadId) ?? { ...known, state: 'cancelled' });
  }
}

/** Why nothing moves though nothing is wrong. */
function tellStop({ name, state, downloadId }: DownloadInfo, { terminal }: Context): void {
  const what = JSON.stringify(name);
  if (state === 'waiting') terminal.note(`${what}: nobody who has it is here now; it goes on by itself when somebody comes.`);
  if (state === 'paused') terminal.note(`${what} is paused: "potluck resume ${shortId(downloadId)}" goes on.`);
}

function tellEnd(download: DownloadInfo, { terminal }: Context): void {
  const { name, state, destination, totalFiles, totalBytes, skippedFiles, failure, failedFiles } = download;
  const what = JSON.stringify(name);
  const skipped = skippedFiles > 0 ? `; ${counted(skippedFiles, 'file')} there already, left as before` : '';
  if (state === 'done')
    terminal.note(`${what}: ${counted(totalFiles, 'file')}, ${formatSize(totalBytes)}, in ${destination}${skipped}`);
  else if (state === 'failed')
    terminal.note(
      `${what} failed: ${failure?.message ?? 'no reason given.'} "potluck retry ${shortId(download.downloadId)}" goes on from what is here.`,
    );
  else terminal.note(`${what} was cancelled.`);
  if (failedFiles.length > 0) terminal.note(`${counted(failedFiles.length, 'file')} of ${what} could not be had:`);
  for (const failed of failedFiles) terminal.note(`  ${JSON.stringify(failed.path)}: ${failed.message}`);
}

function progressOf(downloads: DownloadInfo[]): Progress {
  const sum = (value: (download: DownloadInfo) => number): number => downloads.reduce((total, each) => total + value(each), 0);
  const open = downloads.filter((download) => !isEnded(download));
  const only = open.length === 1 ? open[0] : undefined;
  return {
    label: only?.name ?? counted(downloads.length, 'download'),
    doneBytes: sum(({ doneBytes }) => doneBytes),
    totalBytes: sum(({ totalBytes }) => totalBytes),
    bytesPerSecond: open.reduce((total, each) => total + each.bytesPerSecond, 0),
    ...(only?.secondsLeft !== undefined && downloads.length === 1 && { secondsLeft: only.secondsLeft }),
    ...(only && { note: only.state === 'running' ? sourcesText(only) : only.state }),
  };
}
