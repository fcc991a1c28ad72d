// Downloads files and folders: queues them and waits until they are there. The wait may end; the downloads go on in the sidecar.

import path from 'node:path';
import type { DownloadInfo, EntryRef } from '../../protocol/model.ts';
import { choice, conflicts, priorities } from '../choices.ts';
import type { Command } from '../command.ts';
import { type ContentId, isContentId } from '../../protocol/ids.ts';
import { resolveEntry } from '../resolve.ts';
import { exitCodeFor, untilEnded } from '../untilEnded.ts';

export const getCommand: Command = {
  name: 'get',
  usage: 'get PATH... [--to DIR] [--conflict POLICY] [--priority LEVEL] [--paused] [--no-wait]',
  summary: 'download files, folders or whole shares, verified',
  details:
    'PATH may be a content id (64 hexadecimal digits): the file is taken from any share that lists it.\n' +
    'Where a name is taken, --conflict decides, else the setting "conflict" (keep-both). Ctrl-C ends the wait, not the download: it stays in\n' +
    'the queue; "potluck cancel" ends it. When nobody who has it is here, it waits and starts by itself.\n' +
    '--json: an array of downloads, with their ids, states and destinations.',
  options: {
    to: { type: 'string', short: 't', value: 'DIR', help: 'into this folder (else the download folder, see "potluck settings")' },
    conflict: {
      type: 'string',
      short: 'c',
      value: 'POLICY',
      help: 'where a name is taken: keep-both ("name (2)"), skip (what is there stays), overwrite (files only)',
    },
    priority: { type: 'string', short: 'p', value: 'LEVEL', help: 'high, normal or low' },
    paused: { type: 'boolean', help: 'only queue them, paused; "potluck resume" starts them' },
    'no-wait': { type: 'boolean', help: 'only queue them' },
  },
  args: { min: 1, max: 1000 },
  run: async (context) => {
    const to = context.text('to');
    const options = {
      ...(to !== undefined && { folder: path.resolve(context.cwd, to) }),
      ...choice(context, { option: 'conflict', of: conflicts, command: 'get' }),
      ...choice(context, { option: 'priority', of: priorities, command: 'get' }),
      ...(context.has('paused') && { isPaused: true }),
    };
    const client = await context.connect();
    const wanted: ({ entry: EntryRef } | { contentId: ContentId })[] = [];
    // All names first: a wrong one must not leave half of them queued.
    for (const text of context.args) {
      const contentId = text.toLowerCase();
      if (isContentId(contentId)) {
        wanted.push({ contentId });
        continue;
      }
      const { peerId, shareId, path: below } = await resolveEntry(client, text, context.limits);
      wanted.push({ entry: { peerId, shareId, path: below } });
    }
    const added: DownloadInfo[] = [];
    for (const what of wanted) added.push(await client.request('downloads/add', { ...what, ...options }, context.limits));
    const waits = !context.has('no-wait') && !context.has('paused');
    const downloads = waits ? await untilEnded(client, added, context) : added;
    if (context.terminal.isJson) context.terminal.json(downloads);
    else if (!waits) for (const { downloadId, destination } of downloads) context.terminal.line(`${downloadId}  ${destination}`);
    return waits ? exitCodeFor(downloads) : undefined;
  },
};
