// The process behind `potluck bootstrap`: DHT nodes of one's own to start from, and a relay. Arguments in, lines of JSON out: `listening`, then
// `status` once a minute, `stopping`. Knows nothing of parties, shares or users, and writes no address of theirs down.
// Exit codes: 0 asked to leave, 64 wrong arguments (EX_USAGE), 70 failed (EX_SOFTWARE).

import { mkdirSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { localLimits, networkLimits } from './limits.ts';
import { silentLog } from './log.ts';
import { ownIPv4, privateNotice } from './network/addresses.ts';
import { BootstrapServer } from './network/bootstrapServer.ts';
import { loadIdentity } from './storage/identity.ts';

const exitUsage = 64;
const exitFailed = 70;
const defaultPort = 49_737;
const mostNodes = 8;

interface Arguments {
  host: string;
  port: number;
  nodes: number;
  /** Where the relay's key is kept; undefined: no relay. */
  keyFolder: string | undefined;
}

class UsageError extends Error {}

run().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`potluck bootstrap: ${message}\n`);
  process.exit(error instanceof UsageError ? exitUsage : exitFailed);
});

async function run(): Promise<void> {
  const { host, port, nodes, keyFolder } = readArguments();
  if (keyFolder !== undefined) mkdirSync(keyFolder, { recursive: true, mode: 0o700 });
  const relay = keyFolder === undefined ? undefined : loadIdentity(keyFolder);
  const server = new BootstrapServer({ host, port, nodes, log: silentLog, ...(relay && { relay }) });
  let isLeaving = false;
  const leave = (reason: string): void => {
    if (isLeaving) return;
    isLeaving = true;
    say({ event: 'stopping', reason });
    setTimeout(() => process.exit(0), localLimits.closeMs).unref();
    void server.close().finally(() => process.exit(0));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => leave(signal));
  process.stdout.on('error', () => leave('nobody reads the output'));
  await server.open().catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    const last = port + nodes - 1;
    throw new Error(`The nodes could not be opened on UDP ports ${port} to ${last}: ${reason}. Choose another --port.`, {
      cause: error,
    });
  });
  if (isLeaving) return;
  const notice = privateNotice(host);
  say({ event: 'listening', bootstrap: server.addresses, ...(relay && { relay: relay.peerId }), ...(notice && { notice }) });
  setInterval(() => say({ event: 'status', ...server.status }), networkLimits.bootstrapStatusMs);
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function readArguments(): Arguments {
  try {
    const { values } = parseArgs({
      options: {
        host: { type: 'string' },
        port: { type: 'string', default: String(defaultPort) },
        nodes: { type: 'string', default: '4' },
        relay: { type: 'boolean', default: false },
        'data-folder': { type: 'string' },
      },
    });
    const host = values.host ?? ownIPv4();
    if (host === undefined) throw new Error('This machine has no IPv4 address of its own. Give one with --host.');
    if (!isIPv4(host) || host === '0.0.0.0') {
      throw new Error('--host takes the IPv4 address by which peers reach this machine, such as 192.0.2.7.');
    }
    const nodes = whole('nodes', values.nodes, { min: 1, max: mostNodes });
    const port = whole('port', values.port, { min: 1024, max: 65_535 - nodes + 1 });
    const folder = values['data-folder'];
    if (values.relay && folder === undefined) throw new Error('--relay needs --data-folder: its key is kept there.');
    // A folder of its own: a sidecar's key in the same one must never be used twice.
    const keyFolder = values.relay && folder !== undefined ? path.join(path.resolve(folder), 'bootstrap') : undefined;
    return { host, port, nodes, keyFolder };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function whole(name: string, text: string, { min, max }: { min: number; max: number }): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw new Error(`--${name} is not a whole number from ${min} to ${max}.`);
  return value;
}
