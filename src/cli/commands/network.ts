// How the network is, in plain words; DHT nodes of one's own.

import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { AppError } from '../../protocol/errors.ts';
import type { NetFinding, NetReport } from '../../protocol/model.ts';
import { cell } from '../cells.ts';
import type { Command, Context } from '../command.ts';
import { exitCodes } from '../exitCodes.ts';
import { counted, formatDuration } from '../format.ts';
import type { Style } from '../terminal.ts';
import { safeText } from '../terminalText.ts';
import { pathReasonText } from '../words.ts';

/** Longer than the sidecar takes at most. */
const diagnoseMs = 20_000;
const exitUsageOfNode = 64;

export const networkCommands: readonly Command[] = [
  {
    name: 'net',
    usage: 'net',
    summary: 'what works of the network, what does not, what to do, and on which way each peer is reached',
    details: 'Takes up to 10 s: bootstrap nodes are asked anew. The exit code is 4 when something is bad. --json: the report.',
    args: { min: 0, max: 0 },
    run: async (context) => {
      const client = await context.connect();
      const { signal, timeoutMs = diagnoseMs } = context.limits;
      const report = await client.request('network/diagnose', {}, { signal, timeoutMs });
      if (context.terminal.isJson) context.terminal.json(report);
      else show(report, context);
      return report.findings.some(({ state }) => state === 'bad') ? exitCodes.unavailable : exitCodes.ok;
    },
  },
  {
    name: 'bootstrap',
    usage: 'bootstrap [--host ADDRESS] [--port N] [--nodes N] [--relay]',
    summary: 'run DHT nodes of your own here, until Ctrl-C, and print what to set on every machine',
    details:
      'Peers then find each other without any public node, also in a network without internet. With --relay it also relays for peers who name its key in the\n' +
      'setting relay: it sees who talks to whom by address and how much, and encrypted packets only. --json: one object a line: listening, status, stopping.',
    options: {
      host: { type: 'string', value: 'ADDRESS', help: 'the IPv4 address by which peers reach this machine (its own)' },
      port: { type: 'string', short: 'p', value: 'N', help: 'the first UDP port; each node takes one (49737)' },
      nodes: { type: 'string', value: 'N', help: 'so many nodes, 1 to 8 (4)' },
      relay: { type: 'boolean', help: 'relay, too; its key is kept in the data folder' },
    },
    args: { min: 0, max: 0 },
    run: runNodes,
  },
];

const marks: Readonly<Record<NetFinding['state'], { text: string; style: Style }>> = {
  good: { text: 'ok', style: 'green' },
  limited: { text: 'limited', style: 'yellow' },
  bad: { text: 'bad', style: 'red' },
  off: { text: 'off', style: 'dim' },
};

const titles: Readonly<Record<NetFinding['area'], string>> = {
  bootstrap: 'finding peers',
  nat: 'router (NAT)',
  udp: 'UDP',
  ipv6: 'IPv6',
  lan: 'local network',
  direct: 'direct links',
  relay: 'relays',
  parties: 'parties',
  clock: 'clock',
};

function show({ findings, nat, addresses, peers }: NetReport, { terminal }: Context): void {
  const width = Math.max(0, ...findings.map(({ area }) => titles[area].length));
  const room = Math.max(40, Math.min(terminal.stdout.columns ?? 100, 120) - width - 11);
  for (const { area, state, text, advice } of findings) {
    const mark = marks[state];
    const [first = '', ...more] = wrapped(safeText(text), room);
    terminal.raw(`${terminal.styled(mark.text.padEnd(7), mark.style)}  ${titles[area].padEnd(width)}  ${first}`);
    const indent = ' '.repeat(width + 11);
    for (const line of more) terminal.raw(indent + line);
    if (advice !== undefined)
      for (const [at, line] of wrapped(safeText(advice), room - 3).entries())
        terminal.raw(`${indent}${at === 0 ? '-> ' : '   '}${line}`);
  }
  terminal.line('');
  terminal.line(`Seen by others as: ${addresses.length === 0 ? 'not known' : addresses.join(', ')} (NAT ${nat}).`);
  if (peers.length === 0) {
    terminal.line('No peer is connected.');
    return;
  }
  terminal.line('');
  terminal.table(
    [{ title: 'PEER' }, { title: 'PATH' }, { title: 'RTT', align: 'right' }, { title: 'LINK' }, { title: 'WHY' }],
    peers.map((peer) => [
      cell(peer.name, 'bold'),
      cell(peer.path, peer.path === 'relayed' ? 'yellow' : undefined),
      cell(peer.roundTripMs === undefined ? '-' : `${Math.round(peer.roundTripMs)} ms`),
      cell(peer.link),
      cell(pathReasonText(peer.pathReason, peer.path) || '-'),
    ]),
    '',
  );
}

/** Safe text in lines of at most so many characters, broken at spaces. */
function wrapped(text: string, room: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > room) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

/** What the process says, one JSON object a line. */
type Line =
  | { event: 'listening'; bootstrap: string[]; relay?: string; notice?: string }
  | { event: 'status'; [fact: string]: unknown }
  | { event: 'stopping'; reason: string };

function runNodes(context: Context): Promise<number> {
  const args = [path.join(path.dirname(context.sidecarScript), 'bootstrapNode.cjs'), '--data-folder', context.dataFolder];
  for (const option of ['host', 'port', 'nodes']) {
    const value = context.text(option);
    if (value !== undefined) args.push(`--${option}=${value}`);
  }
  if (context.has('relay')) args.push('--relay');
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  });
  const startedAtMs = Date.now();
  createInterface({ input: child.stdout }).on('line', (line) => tell(line, context, startedAtMs));
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(0, 10_000);
  });
  const passOn = (): void => void child.kill('SIGTERM');
  process.on('SIGTERM', passOn).on('SIGHUP', passOn);
  context.signal.addEventListener('abort', passOn, { once: true });
  if (context.signal.aborted) passOn();
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new AppError('io', `${process.execPath} could not be run: ${error.message}`)));
    child.once('close', (code) => {
      process.off('SIGTERM', passOn).off('SIGHUP', passOn);
      context.signal.removeEventListener('abort', passOn);
      const reason = errors.trim().replace(/^potluck bootstrap: /, '');
      if (code === 0) resolve(exitCodes.ok);
      else
        reject(new AppError(code === exitUsageOfNode ? 'invalid-argument' : 'io', reason || 'The nodes ended without a word.'));
    });
  });
}

function tell(text: string, { terminal }: Context, startedAtMs: number): void {
  const line = JSON.parse(text) as Line;
  if (terminal.isJson) return terminal.jsonLine(line);
  if (line.event === 'listening') {
    const nodes = line.bootstrap.join(',');
    terminal.note(
      `${counted(line.bootstrap.length, 'DHT node')} and ${line.relay === undefined ? 'no relay' : 'a relay'} run here, until Ctrl-C. On every machine that is to use them:`,
    );
    terminal.line(`potluck set bootstrap ${nodes}`);
    if (line.relay !== undefined) {
      terminal.line(`potluck set relay ${line.relay}`);
      terminal.line('potluck set use-relay on');
    }
    if (line.notice !== undefined) terminal.note(line.notice);
  } else if (line.event === 'status') {
    const { event: _, ...facts } = line;
    const said = Object.entries(facts).map(([name, value]) => `${name} ${String(value)}`);
    terminal.note(`for ${formatDuration(Date.now() - startedAtMs)}: ${said.join(', ')}`);
  }
}
