// Reaching the sidecar of a data folder: its socket and token, and starting it when none runs. Decides no race: whoever
// holds the sidecar's lock wins, all others attach to it.

import { spawn } from 'node:child_process';
import { lstatSync, mkdirSync, openSync, closeSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runFolder, socketPath, tokenFile } from '../protocol/locations.ts';
import { notOurs, sidecarDidNotStart, sidecarNotRunning } from './errors.ts';

export interface Launch {
  /** Node, or Electron (run as Node). */
  execPath: string;
  /** Absolute path of sidecar.cjs. */
  script: string;
  env?: NodeJS.ProcessEnv;
  args?: string[];
}

/** Between two looks at a starting sidecar. */
const pollMs = 40;
/** The sidecar's exit code when another one holds the lock of this data folder. */
const lockHeldExitCode = 75;

/** A connected socket and the token to say. `unavailable` when none runs and none may be started, or it does not come up in time. */
export async function reach(
  dataFolder: string,
  options: { launch: Launch | undefined; deadline: number },
): Promise<{ socket: Socket; token: string }> {
  const running = await attach(dataFolder);
  if (running) return running;
  if (!options.launch) throw sidecarNotRunning(dataFolder);
  let started = start(dataFolder, options.launch);
  while (Date.now() < options.deadline) {
    const attached = await attach(dataFolder);
    if (attached) return attached;
    const failure = started.failure();
    if (failure) throw sidecarDidNotStart(failure);
    await pause(pollMs);
    // The lock was held: by one that starts, and then it is reached, or by one that is leaving.
    if (started.hasLost()) started = start(dataFolder, options.launch);
  }
  throw sidecarDidNotStart(`it did not open its socket in time. Its log is in ${path.join(dataFolder, 'logs')}.`);
}

/** Waits until nothing listens any more. */
export async function waitUntilGone(dataFolder: string, deadline: number): Promise<void> {
  while (Date.now() < deadline) {
    const socket = await open(socketPath(dataFolder));
    if (!socket) return;
    socket.destroy();
    await pause(pollMs);
  }
}

async function attach(dataFolder: string): Promise<{ socket: Socket; token: string } | undefined> {
  const where = socketPath(dataFolder);
  if (process.platform !== 'win32') {
    const stats = lstatSync(path.dirname(where), { throwIfNoEntry: false });
    if (!stats) return undefined;
    if (stats.uid !== process.getuid?.()) throw notOurs(path.dirname(where));
  }
  const socket = await open(where);
  if (!socket) return undefined;
  // Read only now: what listens has written its token before.
  const token = readToken(dataFolder);
  if (token !== undefined) return { socket, token };
  socket.destroy();
  return undefined;
}

function readToken(dataFolder: string): string | undefined {
  try {
    return readFileSync(tokenFile(dataFolder), 'utf8').trim();
  } catch {
    return undefined; // Taken away already: as good as not running.
  }
}

function open(where: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(where);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      socket.on('error', () => socket.destroy());
      resolve(socket);
    });
    socket.once('error', () => resolve(undefined));
  });
}

/**
 * The young heap: the sidecar's garbage lives shortly, and V8 would let it grow to 48 MiB; measured under a large transfer: 15 MB less. The old
 * heap: V8 counts buffers to it and would mark all of it after every 13 MB that pass; measured over UDX: a fifth less processor time, and at
 * 64 MiB less memory than with V8's own choice; at 128 it was more.
 */
const heapFlags = ['--max-semi-space-size=4', '--initial-old-space-size=64'];

function start(dataFolder: string, launch: Launch): { failure(): string | undefined; hasLost(): boolean } {
  mkdirSync(runFolder(dataFolder), { recursive: true, mode: 0o700 });
  const errors = path.join(runFolder(dataFolder), 'start.log');
  const output = openSync(errors, 'w', 0o600);
  let failure: string | undefined;
  let hasLost = false;
  const child = spawn(launch.execPath, [...heapFlags, launch.script, '--data-folder', dataFolder, ...(launch.args ?? [])], {
    detached: true,
    windowsHide: true,
    stdio: ['ignore', 'ignore', output],
    env: cleanEnvironment({ ...process.env, ...launch.env }),
  });
  closeSync(output);
  child.once('error', (error) => {
    failure = `${launch.execPath} could not be run (${error.message}).`;
  });
  child.once('exit', (code, signal) => {
    if (code === lockHeldExitCode) hasLost = true;
    else failure = `it ended at once (${signal ?? `exit code ${code}`}). ${lastLines(errors)}`.trim();
  });
  child.unref();
  return { failure: () => failure, hasLost: () => hasLost };
}

function lastLines(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').slice(-5).join('\n').slice(-1000);
  } catch {
    return '';
  }
}

/** Without what an editor or a test run put there for its own Node: NODE_OPTIONS, ELECTRON_*, VSCODE_*. */
function cleanEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => name !== 'NODE_OPTIONS' && !/^(ELECTRON_|VSCODE_)/.test(name));
  // glibc keeps what each thread freed in an arena of its own: two arenas take 20 MB less under a large transfer. Others ignore it.
  return { MALLOC_ARENA_MAX: '2', ...Object.fromEntries(kept), ELECTRON_RUN_AS_NODE: '1' };
}
