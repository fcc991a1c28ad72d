// Starts two bare sides (bareSide.ts) one after the other, and answers how long the second took to be connected to the first.

import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('bareSide.ts', import.meta.url));
const sideMs = 30_000;

/** Starts Node with these arguments: here, or in a machine of a test network. */
export type Start = (...args: string[]) => ChildProcess;

export const here: Start = (...args) => spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });

/** Milliseconds from joining a topic to a connection. `host`: what to bind to. */
export function bareSwarmMs(starts: [Start, Start], bootstrap: readonly string[], host?: string): Promise<number> {
  const args = ['swarm', bootstrap.join(','), randomBytes(32).toString('hex'), ...(host === undefined ? [] : [host])];
  return connectedMs(starts, args);
}

/** Milliseconds from a question by multicast to a TCP connection. */
export function bareMdnsMs(starts: [Start, Start], interfaceName: string): Promise<number> {
  return connectedMs(starts, ['mdns', interfaceName]);
}

async function connectedMs([startFirst, startSecond]: [Start, Start], args: string[]): Promise<number> {
  const children: ChildProcess[] = [];
  const said = async (child: ChildProcess): Promise<string> => {
    children.push(child);
    if (!child.stdout) throw new Error('A side without output.');
    const lines = createInterface(child.stdout);
    const [line] = (await once(lines, 'line', { signal: AbortSignal.timeout(sideMs) })) as [string];
    return line;
  };
  try {
    await said(startFirst(script, ...args, 'wait'));
    return Number(await said(startSecond(script, ...args)));
  } finally {
    // `ip netns exec` becomes the program that it is told to start.
    for (const child of children) child.kill('SIGKILL');
  }
}
