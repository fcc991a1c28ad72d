// The sidecar itself: run it in the foreground, ask how it is, stop it.

import { spawn } from 'node:child_process';
import { sidecarNotRunning } from '../../client/errors.ts';
import { waitUntilGone } from '../../client/reach.ts';
import type { SidecarClient } from '../../client/sidecarClient.ts';
import { AppError } from '../../protocol/errors.ts';
import type { SidecarStatus } from '../../protocol/model.ts';
import type { Command, Context } from '../command.ts';
import { exitCodes } from '../exitCodes.ts';
import { formatCount, formatDuration, formatSize } from '../format.ts';

/** For closing everything in order; the sidecar ends itself after 5 s. */
const stopMs = 15_000;
const exitUsageOfSidecar = 64;

export const sidecarCommands: readonly Command[] = [
  {
    name: 'sidecar',
    usage: 'sidecar [--stdio] [OPTIONS]',
    summary: 'run the sidecar here, until Ctrl-C',
    details: 'With --stdio it speaks JSON-RPC (src/protocol/rpc.ts) on standard input and output, for other editors.',
    options: {
      stdio: { type: 'boolean', help: 'serve one client on standard input and output' },
      bootstrap: { type: 'string', value: 'HOST:PORT,…', help: 'DHT nodes to start from' },
      'idle-minutes': { type: 'string', value: 'N', help: 'leave after N idle minutes (here never)' },
      'download-folder': { type: 'string', value: 'DIR', help: 'where downloads go' },
      verbose: { type: 'boolean', help: 'log everything' },
    },
    args: { min: 0, max: 0 },
    run: runSidecar,
  },
  {
    name: 'status',
    usage: 'status',
    summary: 'whether the sidecar runs, who you are, and how the network is',
    args: { min: 0, max: 0 },
    run: async (context) => {
      const { terminal, dataFolder } = context;
      const client = await attach(context);
      const status = await client?.request('sidecar/status', {}, context.limits);
      if (terminal.isJson) terminal.json(status ? { running: true, ...status } : { running: false, dataFolder });
      else if (status) for (const line of statusLines(status)) terminal.line(line);
      else terminal.line(`not running (data folder ${dataFolder})`);
      return undefined;
    },
  },
  {
    name: 'stop',
    usage: 'stop',
    summary: 'close the sidecar; downloads go on when it is started again',
    args: { min: 0, max: 0 },
    run: async (context) => {
      const { terminal } = context;
      const client = await attach(context);
      if (client) await stop(client, context);
      if (terminal.isJson) terminal.json({ stopped: client !== undefined });
      else terminal.note(client ? 'Stopped.' : 'The sidecar was not running.');
      return undefined;
    },
  },
];

/** The client of a running sidecar; undefined when none runs. */
async function attach(context: Context): Promise<SidecarClient | undefined> {
  try {
    return await context.connect({ starts: false });
  } catch (error) {
    if (error instanceof AppError && error.message === sidecarNotRunning(context.dataFolder).message) return undefined;
    throw error;
  }
}

async function stop(client: SidecarClient, context: Context): Promise<void> {
  const deadline = Date.now() + (context.timeoutMs ?? stopMs);
  await client.request('sidecar/stop', {}, context.limits);
  await waitUntilGone(context.dataFolder, deadline);
  while (Date.now() < deadline && isAlive(client.sidecarPid)) await new Promise((resolve) => setTimeout(resolve, 20));
  if (isAlive(client.sidecarPid))
    throw new AppError(
      'unavailable',
      `The sidecar (process ${client.sidecarPid}) was told to stop and is still closing. Look again with "potluck status".`,
    );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function statusLines(status: SidecarStatus): string[] {
  const { network } = status;
  const reach = network.isBootstrapUnreachable ? ', no bootstrap node answers' : '';
  return [
    `running       process ${status.pid}, Potluck ${status.version}, Node ${status.nodeVersion}, for ${formatDuration(Date.now() - status.startedAtMs)}, ${formatSize(status.rssBytes)}`,
    `you           ${status.name}, key ${status.peerId}`,
    `network       ${network.state}${reach}, NAT ${network.nat}, bootstrap ${network.bootstrap.join(', ') || 'public DHT'}`,
    `direct links  ${linkState(network.link)}`,
    `parties       ${formatCount(status.partyCount)}`,
    `peers online  ${formatCount(status.peersOnline)}`,
    `shares        ${formatCount(status.shareCount)}`,
    `transfers     ${formatCount(status.activeDownloads)} down, ${formatCount(status.activeUploads)} up`,
    `data folder   ${status.dataFolder}`,
  ];
}

function linkState(link: SidecarStatus['network']['link']): string {
  if (link?.failure !== undefined) return `not taken: ${link.failure}`;
  return link?.address === undefined ? 'not taken, only opened' : `taken on ${link.address}`;
}

function runSidecar(context: Context): Promise<number> {
  const { terminal } = context;
  const isStdio = context.has('stdio');
  const args = [context.sidecarScript, '--data-folder', context.dataFolder];
  for (const option of ['bootstrap', 'download-folder']) {
    const value = context.text(option);
    if (value !== undefined) args.push(`--${option}=${value}`);
  }
  args.push(`--idle-minutes=${context.text('idle-minutes') ?? '0'}`);
  for (const option of ['stdio', 'verbose']) if (context.has(option)) args.push(`--${option}`);
  if (!isStdio) terminal.note(`Sidecar for ${context.dataFolder}. Ctrl-C ends it; "potluck log --follow" shows what it does.`);
  const child = spawn(process.execPath, args, { stdio: 'inherit', env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' } });
  // Ctrl-C reaches the sidecar by itself where both share a terminal; a second signal does no harm.
  const passOn = (): void => void child.kill('SIGTERM');
  process.on('SIGTERM', passOn).on('SIGHUP', passOn);
  context.signal.addEventListener('abort', passOn, { once: true });
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new AppError('io', `${process.execPath} could not be run: ${error.message}`)));
    child.once('exit', (code, signal) => {
      process.off('SIGTERM', passOn).off('SIGHUP', passOn);
      context.signal.removeEventListener('abort', passOn);
      resolve(exitCodeOfSidecar(code, signal));
    });
  });
}

function exitCodeOfSidecar(code: number | null, signal: NodeJS.Signals | null): number {
  if (signal !== null) return exitCodes.failed;
  if (code === exitUsageOfSidecar) return exitCodes.usage;
  return code === 0 ? exitCodes.ok : exitCodes.failed;
}
