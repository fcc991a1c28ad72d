// Own shares: offer a folder, look first, rename, rescan, stop.

import path from 'node:path';
import type { SidecarClient } from '../../client/sidecarClient.ts';
import { AppError } from '../../protocol/errors.ts';
import type { ShareInfo, SharePreview } from '../../protocol/model.ts';
import { audienceOf, audienceOptions } from '../audience.ts';
import { cell, countCell, failureText, leftOut, shareStateCell, shortId, sizeCell } from '../cells.ts';
import { argument, type Command, type Context } from '../command.ts';
import { counted, formatCount, formatSize, formatTime } from '../format.ts';
import { ProgressBar } from '../progressBar.ts';
import { resolveOwnShare } from '../resolve.ts';
import { waitFor } from '../wait.ts';
import { audienceSummary } from '../words.ts';

export const shareCommands: readonly Command[] = [
  {
    name: 'share',
    usage: 'share DIR [--title T] [--party PARTY]... [--peer PEER]... [--leave-out PATH]... [--preview] [--no-wait]',
    summary: 'offer a folder to the peers of your parties',
    details:
      'The folder stays where it is. What .gitignore and .potluckignore name, links, and a built-in list of secrets (keys, .env files,\n' +
      '.git, credentials) are left out; --preview shows exactly what, and shares nothing. It also looks into small files for texts that look\n' +
      'like keys or tokens: those are shared, unless --leave-out names them (a line in the .potluckignore of the folder), or "suspects" for all.\n' +
      'Everyone in your parties, and peers that you added by key, may see it, unless --party or --peer name those who may: see "audience".',
    options: {
      title: { type: 'string', short: 't', value: 'T', help: "what peers see (the folder's name)" },
      ...audienceOptions,
      preview: { type: 'boolean', short: 'n', help: 'only show what would be shared and what would be left out' },
      'leave-out': {
        type: 'string',
        isMultiple: true,
        value: 'PATH',
        help: 'do not share this path inside DIR; "suspects": all that look secret',
      },
      'no-wait': { type: 'boolean', help: 'do not wait until the folder is scanned' },
    },
    args: { min: 1, max: 1 },
    run: async (context) => {
      const client = await context.connect();
      const folder = path.resolve(context.cwd, argument(context, 0));
      if (context.has('preview')) return preview(client, folder, context);
      const title = context.text('title');
      const audience = await audienceOf(client, context);
      const leftOut = await leftOutPaths(client, folder, context);
      const params = {
        path: folder,
        ...(title !== undefined && { title }),
        ...(audience && { audience }),
        ...leftOut,
      };
      // With what was known of secrets the folder is walked again first.
      const limits = leftOut.knownSecrets === undefined ? context.limits : context.longLimits;
      const added = await client.request('shares/add', params, limits);
      const share = context.has('no-wait') ? added : await scanned(client, added, context);
      return showShare(share, context);
    },
  },
  {
    name: 'unshare',
    usage: 'unshare SHARE',
    summary: 'stop offering a folder; nothing in it is touched',
    args: { min: 1, max: 1 },
    run: async (context) => {
      const client = await context.connect();
      const share = await resolveOwnShare(client, argument(context, 0), context);
      await client.request('shares/remove', { shareId: share.shareId }, context.limits);
      if (context.terminal.isJson) context.terminal.json({ removed: share.shareId });
      else context.terminal.note(`No longer shared: ${JSON.stringify(share.title)} (${share.path}).`);
      return undefined;
    },
  },
  {
    name: 'shares',
    usage: 'shares',
    summary: 'list the folders you share',
    args: { min: 0, max: 0 },
    run: async (context) => {
      const { terminal } = context;
      const client = await context.connect();
      const shares = await client.request('shares/list', {}, context.limits);
      if (terminal.isJson) terminal.json(shares);
      else
        terminal.table(
          [
            { title: 'TITLE' },
            { title: 'STATE' },
            { title: 'FILES', align: 'right' },
            { title: 'SIZE', align: 'right' },
            { title: 'LEFT OUT', align: 'right' },
            { title: 'SCANNED' },
            { title: 'FOR' },
            { title: 'ID' },
            { title: 'FOLDER' },
          ],
          shares.map((share) => [
            cell(share.title, 'bold'),
            shareStateCell(share),
            countCell(share.fileCount),
            sizeCell(share.totalBytes),
            countCell(Object.values(share.skippedCounts).reduce((sum, count) => sum + count, 0)),
            cell(formatTime(share.scannedAtMs)),
            cell(audienceSummary(share.audience), share.audience.everyone ? undefined : 'yellow'),
            cell(shortId(share.shareId), 'dim'),
            cell(share.path),
          ]),
          'Nothing is shared. Offer a folder with "potluck share DIR".',
        );
      for (const share of shares) if (share.failure) terminal.note(`${share.title}: ${failureText(share.failure)}`);
      for (const share of shares) if (share.watch?.note !== undefined) terminal.note(`${share.title}: ${share.watch.note}`);
      for (const share of shares) noteSecrets(share, context);
      return undefined;
    },
  },
  {
    name: 'rescan',
    usage: 'rescan SHARE',
    summary: 'look at a shared folder again, all of it; ends a pause',
    args: { min: 1, max: 1 },
    run: async (context) => {
      const client = await context.connect();
      const { shareId } = await resolveOwnShare(client, argument(context, 0), context);
      const share = await client.request('shares/rescan', { shareId }, context.longLimits);
      return showShare(share, context);
    },
  },
  {
    name: 'pause-share',
    usage: 'pause-share SHARE...',
    summary: 'stop scanning and following folders; what is known of them stays shared',
    args: { min: 1, max: 1000 },
    run: (context) => change(context, 'shares/pause'),
  },
  {
    name: 'resume-share',
    usage: 'resume-share SHARE...',
    summary: 'follow paused folders again; what changed meanwhile is found',
    args: { min: 1, max: 1000 },
    run: (context) => change(context, 'shares/resume'),
  },
  {
    name: 'cancel-scan',
    usage: 'cancel-scan SHARE...',
    summary: 'stop the scan of folders that runs or waits; they are paused then',
    args: { min: 1, max: 1000 },
    run: (context) => change(context, 'shares/cancelScan'),
  },
  {
    name: 'describe',
    usage: 'describe SHARE...',
    summary: 'forget what is known of the files in shared folders beyond their names, and find it out again',
    args: { min: 1, max: 1000 },
    run: (context) => change(context, 'shares/describe'),
  },
  {
    name: 'rename',
    usage: 'rename SHARE TITLE',
    summary: 'give a share another title',
    args: { min: 2, max: 2 },
    run: async (context) => {
      const client = await context.connect();
      const { shareId } = await resolveOwnShare(client, argument(context, 0), context);
      const share = await client.request('shares/rename', { shareId, title: argument(context, 1) }, context.limits);
      if (context.terminal.isJson) context.terminal.json(share);
      else context.terminal.note(`The share is called ${JSON.stringify(share.title)}.`);
      return undefined;
    },
  },
];

type Change = 'shares/pause' | 'shares/resume' | 'shares/cancelScan' | 'shares/describe';

async function change(context: Context, method: Change): Promise<undefined> {
  const { terminal, limits } = context;
  const client = await context.connect();
  const changed: ShareInfo[] = [];
  for (const name of context.args) {
    const { shareId } = await resolveOwnShare(client, name, context);
    changed.push(await client.request(method, { shareId }, limits));
  }
  if (terminal.isJson) terminal.json(changed);
  else for (const share of changed) terminal.note(`${JSON.stringify(share.title)}: ${share.state}`);
  return undefined;
}

async function scanned(client: SidecarClient, added: ShareInfo, context: Context): Promise<ShareInfo> {
  const bar = new ProgressBar(context.terminal);
  let share = added;
  try {
    await waitFor(client, context, {
      on: ['shares/changed'],
      goesOn: 'The folder is shared and its scan goes on: see "potluck shares". Take it back with "potluck unshare".',
      look: async () => {
        const shares = await client.request('shares/list', {}, context.limits);
        const found = shares.find(({ shareId }) => shareId === added.shareId);
        if (!found) throw new AppError('not-found', `The share ${JSON.stringify(added.title)} was removed while it was scanned.`);
        share = found;
        bar.show({
          label: `Scanning ${share.path}`,
          doneBytes: 0,
          totalBytes: 0,
          text: counted(share.scannedEntries ?? 0, 'thing'),
        });
        return share.state !== 'scanning';
      },
    });
  } finally {
    bar.clear();
  }
  return share;
}

function showShare(share: ShareInfo, { terminal }: Context): undefined {
  if (share.failure && share.state === 'failed')
    throw new AppError(share.failure.kind, share.failure.message, { ...(share.failure.data && { data: share.failure.data }) });
  if (terminal.isJson) terminal.json(share);
  else if (share.state === 'paused')
    terminal.note(`${JSON.stringify(share.title)} is paused. Go on with "potluck resume-share" or "potluck rescan".`);
  else if (share.state === 'scanning')
    terminal.note(`Sharing ${share.path} as ${JSON.stringify(share.title)}; it is being scanned.`);
  else
    terminal.note(
      `Sharing ${share.path} as ${JSON.stringify(share.title)}: ${counted(share.fileCount, 'file')}, ${formatSize(share.totalBytes)}` +
        `${leftOut(share.skippedCounts)}.`,
    );
  return undefined;
}

async function preview(client: SidecarClient, folder: string, context: Context): Promise<undefined> {
  const { terminal } = context;
  const bar = new ProgressBar(terminal);
  const progressToken = `preview-${process.pid}`;
  const listening = client.on('progress', (progress) => {
    if (progress.progressToken === progressToken)
      bar.show({ label: `Looking at ${folder}`, doneBytes: 0, totalBytes: 0, text: counted(progress.done, 'thing') });
  });
  let found: SharePreview;
  try {
    found = await client.request('shares/preview', { path: folder, progressToken }, context.longLimits);
  } finally {
    listening.dispose();
    bar.clear();
  }
  if (terminal.isJson) terminal.json(found);
  else showPreview(found, context);
  return undefined;
}

function showPreview(found: SharePreview, context: Context): void {
  const { terminal } = context;
  terminal.line(
    `Would share ${found.path} as ${JSON.stringify(found.title)}: ${counted(found.fileCount, 'file')} in ` +
      `${counted(found.folderCount, 'folder')}, ${formatSize(found.totalBytes)}${leftOut(found.skippedCounts)}.`,
  );
  showSuspects(found.secrets, context);
  for (const entry of found.topLevel) terminal.raw(`  ${cell(entry.name).text}${entry.kind === 'folder' ? '/' : ''}`);
  if (found.skipped.length === 0) return;
  terminal.line('Left out:');
  for (const { path: where, reason, rule } of found.skipped)
    terminal.raw(`  ${reason.padEnd(17)}  ${cell(where).text}${rule === undefined ? '' : `  (${cell(rule).text})`}`);
  const total = Object.values(found.skippedCounts).reduce((sum, count) => sum + count, 0);
  if (total > found.skipped.length) terminal.line(`  … and ${formatCount(total - found.skipped.length)} more`);
}

function showSuspects({ suspects, found, unreadFiles }: SharePreview['secrets'], { terminal }: Context): void {
  if (found > 0) terminal.line(`Looks secret, and would be shared (leave it out with --leave-out): ${counted(found, 'file')}`);
  for (const { path: where, kinds, line } of suspects)
    terminal.raw(`  ${kinds.join(', ').padEnd(17)}  ${cell(where).text}:${line}`);
  if (unreadFiles > 0) terminal.line(`Not looked into for secrets: ${counted(unreadFiles, 'file')}.`);
}

/** What looks secret, is shared, and was in no preview. */
function noteSecrets({ title, lateSecrets }: ShareInfo, { terminal }: Context): void {
  if (lateSecrets === undefined) return;
  const { suspects, found, unreadFiles } = lateSecrets;
  const [first] = suspects;
  if (first !== undefined) {
    const others = found > 1 ? ` and ${formatCount(found - 1)} more look secret, and are shared` : ' looks secret, and is shared';
    terminal.note(
      `${title}: ${cell(first.path).text}:${first.line}${others}. Name what is not meant in the .potluckignore of the folder.`,
    );
  }
  if (unreadFiles > 0) terminal.note(`${title}: not looked into for secrets: ${counted(unreadFiles, 'file')}.`);
}

/** What `--leave-out` names, by paths inside the folder. With `suspects` nothing is shared when another one comes meanwhile. */
async function leftOutPaths(
  client: SidecarClient,
  folder: string,
  context: Context,
): Promise<{ leaveOut?: string[]; knownSecrets?: string[] }> {
  const named = context.texts('leave-out');
  if (named.length === 0) return {};
  const paths = named
    .filter((each) => each !== 'suspects')
    .map((each) => path.relative(folder, path.resolve(folder, each)).replaceAll(path.sep, '/'));
  if (paths.length === named.length) return { leaveOut: paths };
  const { secrets } = await client.request('shares/preview', { path: folder }, context.longLimits);
  if (secrets.found > secrets.suspects.length)
    throw new AppError('too-large', `${secrets.found} files look secret. Name their folders in a .potluckignore instead.`);
  const knownSecrets = secrets.suspects.map((each) => each.path);
  return { leaveOut: [...new Set([...paths, ...knownSecrets])], knownSecrets };
}
