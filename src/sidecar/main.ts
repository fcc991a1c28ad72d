// The sidecar's process: arguments, lock, signals, exit codes. Everything else is node.ts.
// Exit codes: 0 asked to leave, 64 wrong arguments (EX_USAGE), 70 failed (EX_SOFTWARE), 75 another sidecar runs (EX_TEMPFAIL).

import { Console } from 'node:console';
import { rmSync } from 'node:fs';
import { Writable } from 'node:stream';
import { parseArgs } from 'node:util';
import path from 'node:path';
import { defaultDataFolder, socketPath } from '../protocol/locations.ts';
import type { Settings } from '../protocol/model.ts';
import { productVersion } from '../protocol/version.ts';
import { localLimits } from './limits.ts';
import { SidecarNode } from './node.ts';
import { createNodeLog, type NodeLog } from './nodeLog.ts';
import { relay } from './relay.ts';
import { logFolder, prepareDataFolder } from './storage/dataFolder.ts';
import { loadIdentity } from './storage/identity.ts';
import { takeLock } from './storage/lock.ts';
import { LogFile } from './storage/logFile.ts';
import { checkSettings } from './storage/settings.ts';

const exitUsage = 64;
const exitFailed = 70;
const exitAlreadyRuns = 75;

interface Arguments {
  dataFolder: string;
  isStdio: boolean;
  isVerbose: boolean;
  overrides: Partial<Settings>;
}

class UsageError extends Error {}

run().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`potluck sidecar: ${message}\n`);
  process.exit(error instanceof UsageError ? exitUsage : exitFailed);
});

async function run(): Promise<void> {
  await main(readArguments());
}

async function main({ dataFolder, isStdio, isVerbose, overrides }: Arguments): Promise<void> {
  prepareDataFolder(dataFolder);
  const lock = takeLock(dataFolder);
  if (!lock) {
    if (isStdio) return relay(dataFolder, process.stdin, process.stdout);
    process.stderr.write(`potluck sidecar: another sidecar runs for ${dataFolder}\n`);
    process.exit(exitAlreadyRuns);
  }
  const file = new LogFile(logFolder(dataFolder));
  const log = createNodeLog(file, { isVerbose });
  const identity = loadIdentity(dataFolder);
  let leaving: Promise<void> | undefined;
  const leave = (reason: string, exitCode = 0): void => {
    leaving ??= (async () => {
      log.info(`Leaving: ${reason}`);
      setTimeout(() => process.exit(exitCode), localLimits.closeMs).unref();
      await node.close();
      if (process.platform !== 'win32') rmSync(socketPath(dataFolder), { force: true });
      lock.release();
      file.close();
      process.exit(exitCode);
    })();
  };
  const node = new SidecarNode({ dataFolder, identity, overrides, log, onLeave: leave });
  catchAll(log, leave);
  keepOutputFree(log);
  log.info(`Potluck ${productVersion} on Node ${process.version}, peer ${identity.peerId}, process ${process.pid}`);
  await node.open();
  if (isStdio) {
    node.api.serve(process.stdin, process.stdout, () => {
      if (node.api.clientCount === 0) leave('the client on standard input left');
    });
  }
}

/** Standard output carries JSON-RPC with `--stdio`: what libraries print goes to the log (Hypercore prints about feeds with two histories). */
function keepOutputFree(log: NodeLog): void {
  const lines = new Writable({
    write(text: Buffer, _encoding, done) {
      log.debug(text.toString().trimEnd());
      done();
    },
  });
  globalThis.console = new Console(lines);
}

function catchAll(log: NodeLog, leave: (reason: string, exitCode?: number) => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => leave(signal));
  // A fault that nobody handled leaves parts in an unknown state: say it, close in order, and let clients start a new one.
  process.on('uncaughtException', (error) => {
    log.error(`Unexpected: ${error.stack ?? error.message}`);
    leave('an unexpected error', exitFailed);
  });
  process.on('unhandledRejection', (reason) => {
    log.error(`Unexpected rejection: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}`);
    leave('an unexpected error', exitFailed);
  });
  process.on('warning', (warning) => log.debug(`${warning.name}: ${warning.message}`));
}

function readArguments(): Arguments {
  try {
    const { values } = parseArgs({
      options: {
        'data-folder': { type: 'string' },
        bootstrap: { type: 'string' },
        'idle-minutes': { type: 'string' },
        'download-folder': { type: 'string' },
        stdio: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
      },
    });
    const bootstrap = values.bootstrap ?? process.env['POTLUCK_BOOTSTRAP'];
    const overrides = checkSettings({
      ...(bootstrap && { bootstrap: bootstrap.split(',').map((address) => address.trim()) }),
      ...(values['idle-minutes'] !== undefined && { idleMinutes: Number(values['idle-minutes']) }),
      ...(values['download-folder'] !== undefined && { downloadFolder: path.resolve(values['download-folder']) }),
    });
    const dataFolder = path.resolve(values['data-folder'] ?? defaultDataFolder());
    return { dataFolder, isStdio: values.stdio, isVerbose: values.verbose, overrides };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
