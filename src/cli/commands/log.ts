// The sidecar's log: what it said last, and what it says from now on.

import type { LogEntry, LogLevel } from '../../protocol/model.ts';
import type { Command, Context } from '../command.ts';
import { interrupted, usageError } from '../errors.ts';
import type { Style } from '../terminal.ts';
import { safeText } from '../terminalText.ts';
import { waitFor } from '../wait.ts';

const levelStyles: Readonly<Record<LogLevel, Style | undefined>> = {
  debug: 'dim',
  info: undefined,
  warn: 'yellow',
  error: 'red',
};

export const logCommand: Command = {
  name: 'log',
  usage: 'log [--level LEVEL] [--follow]',
  summary: 'the last entries of the log, or all that come',
  options: {
    level: { type: 'string', short: 'l', value: 'LEVEL', help: 'debug, info, warn or error, and above (info)' },
    follow: { type: 'boolean', short: 'f', help: 'go on until Ctrl-C' },
  },
  args: { min: 0, max: 0 },
  run: async (context) => {
    const level = parseLevel(context.text('level') ?? 'info');
    const client = await context.connect();
    const listening = client.on('log/entry', (entry) => show(entry, context));
    try {
      await client.request('log/subscribe', { level }, context.limits);
      // The last entries were sent before the answer, and arrive in turn: the answer to one more request comes after them.
      await client.request('sidecar/status', {}, context.limits);
      if (!context.has('follow')) return undefined;
      await waitFor(client, context, {
        on: ['log/entry'],
        look: async () => context.terminal.isGone,
        goesOn: 'The sidecar goes on.',
      });
    } catch (error) {
      if (context.signal.aborted) throw interrupted(''); // Ctrl-C is how one ends it: nothing to say.
      throw error;
    } finally {
      listening.dispose();
    }
    return undefined;
  },
};

function show(entry: LogEntry, { terminal }: Context): void {
  if (terminal.isJson) {
    terminal.jsonLine(entry);
    return;
  }
  const time = new Date(entry.timeMs).toISOString();
  const style = levelStyles[entry.level];
  terminal.raw(
    `${terminal.styled(time, 'dim')} ${terminal.styled(entry.level.padEnd(5), style)} ${safeText(`${entry.area}: ${entry.message}`)}`,
  );
}

function parseLevel(text: string): LogLevel {
  if (text === 'debug' || text === 'info' || text === 'warn' || text === 'error') return text;
  throw usageError(`--level ${JSON.stringify(text)} is not debug, info, warn or error`, 'log');
}
