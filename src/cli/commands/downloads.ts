// The queue: downloads and uploads as they stand, cancel, retry, clear.

import type { DownloadInfo } from '../../protocol/model.ts';
import { cell, downloadStateCell, shortId, sizeCell } from '../cells.ts';
import type { Command } from '../command.ts';
import { usageError } from '../errors.ts';
import { formatPercent, formatSize } from '../format.ts';
import { resolveDownload } from '../resolve.ts';
import { exitCodeFor, untilEnded } from './get.ts';

const idHelp = 'ID is the id of a download, its first 4 or more characters, or the name of what is downloaded.';

export const downloadCommands: readonly Command[] = [
  {
    name: 'downloads',
    usage: 'downloads',
    summary: 'list what is downloaded, waits, is done or failed',
    args: { min: 0, max: 0 },
    run: async ({ connect, limits, terminal }) => {
      const client = await connect();
      const downloads = await client.request('downloads/list', {}, limits);
      if (terminal.isJson) terminal.json(downloads);
      else
        terminal.table(
          [
            { title: 'ID' },
            { title: 'STATE' },
            { title: 'DONE', align: 'right' },
            { title: 'SIZE', align: 'right' },
            { title: 'RATE', align: 'right' },
            { title: 'NAME' },
            { title: 'DESTINATION' },
          ],
          downloads.map((download) => [
            cell(shortId(download.downloadId), 'dim'),
            downloadStateCell(download),
            cell(formatPercent(download.doneBytes, download.state === 'done' ? 0 : download.totalBytes)),
            sizeCell(download.totalBytes),
            cell(download.state === 'running' ? `${formatSize(download.bytesPerSecond)}/s` : '-'),
            cell(download.name),
            cell(download.destination),
          ]),
          'No downloads. Begin one with "potluck get PEER/SHARE/PATH".',
        );
      for (const { downloadId, failure } of downloads) if (failure) terminal.note(`${shortId(downloadId)}: ${failure.message}`);
      return undefined;
    },
  },
  {
    name: 'cancel',
    usage: 'cancel ID...',
    summary: 'stop downloads; what is verified is kept for "retry"',
    details: idHelp,
    args: { min: 1, max: 1000 },
    run: async ({ args, connect, limits, terminal }) => {
      const client = await connect();
      const cancelled: DownloadInfo[] = [];
      for (const name of args) {
        const { downloadId } = await resolveDownload(client, name, limits);
        cancelled.push(await client.request('downloads/cancel', { downloadId }, limits));
      }
      if (terminal.isJson) terminal.json(cancelled);
      else for (const { name, state } of cancelled) terminal.note(`${JSON.stringify(name)}: ${state}`);
      return undefined;
    },
  },
  {
    name: 'retry',
    usage: 'retry ID... [--wait]',
    summary: 'start failed or cancelled downloads again from what is verified',
    details: idHelp,
    options: { wait: { type: 'boolean', short: 'w', help: 'wait until they are done, as "get" does' } },
    args: { min: 1, max: 1000 },
    run: async (context) => {
      const { args, limits, terminal } = context;
      const client = await context.connect();
      const started: DownloadInfo[] = [];
      for (const name of args) {
        const { downloadId } = await resolveDownload(client, name, limits);
        started.push(await client.request('downloads/retry', { downloadId }, limits));
      }
      const downloads = context.has('wait') ? await untilEnded(client, started, context) : started;
      if (terminal.isJson) terminal.json(downloads);
      else if (!context.has('wait')) for (const { name, state } of downloads) terminal.note(`${JSON.stringify(name)}: ${state}`);
      return context.has('wait') ? exitCodeFor(downloads) : undefined;
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
        const { downloadId, state } = await resolveDownload(client, name, limits);
        if (state === 'queued' || state === 'running')
          throw usageError(`${JSON.stringify(name)} is still ${state}; cancel it first`, 'clear');
        await client.request('downloads/clear', { downloadId }, limits);
      }
      if (args.length === 0) await client.request('downloads/clear', {}, limits);
      if (terminal.isJson) terminal.json(await client.request('downloads/list', {}, limits));
      return undefined;
    },
  },
  {
    name: 'uploads',
    usage: 'uploads',
    summary: 'list what peers take from you now',
    args: { min: 0, max: 0 },
    run: async ({ connect, limits, terminal }) => {
      const client = await connect();
      const uploads = await client.request('uploads/list', {}, limits);
      if (terminal.isJson) {
        terminal.json(uploads);
        return undefined;
      }
      const peers = new Map((await client.request('peers/list', {}, limits)).map((peer) => [peer.peerId, peer.name]));
      const shares = new Map((await client.request('shares/list', {}, limits)).map((share) => [share.shareId, share.title]));
      terminal.table(
        [{ title: 'PEER' }, { title: 'SENT', align: 'right' }, { title: 'SIZE', align: 'right' }, { title: 'FILE' }],
        uploads.map((upload) => [
          cell(peers.get(upload.peerId) ?? shortId(upload.peerId), 'bold'),
          cell(formatPercent(upload.sentBytes, upload.totalBytes)),
          sizeCell(upload.totalBytes),
          cell(`${shares.get(upload.shareId) ?? shortId(upload.shareId)}/${upload.path}`),
        ]),
        'Nobody takes anything now.',
      );
      return undefined;
    },
  },
];
