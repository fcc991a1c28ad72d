// What a person types when asked: the secret of an argument "-", and yes or no. Nothing of it is shown again.

import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { argument, type Context } from './command.ts';
import { interrupted, usageError } from './errors.ts';

/** Longest first line that is waited for: a code of 2,048 characters and white space. */
const lineCharacters = 4096;

/** Said in the help of commands that take a secret. */
export const secretHelp =
  'Arguments stand in the history of the shell and in the list of processes: "-" reads it from standard input instead.';

/** The argument; the first line of standard input when it is "-". `what` names it in the error. */
export async function secretArgument(context: Context, at: number, what: { is: string; command: string }): Promise<string> {
  const given = argument(context, at);
  if (given !== '-') return given;
  const line = await firstLine(context);
  if (line === undefined) throw usageError(`Standard input holds no ${what.is}`, what.command);
  return line;
}

/** Asks yes or no on standard error; anything but yes is no. False at once where nobody can answer. */
export async function confirmed(context: Context, question: string): Promise<boolean> {
  const { stdin, terminal } = context;
  if (!canAsk(context)) return false;
  terminal.stderr.write(`${question} [y/N] `);
  const answer = await firstLine({ ...context, stdin });
  return /^\s*y(es)?\s*$/i.test(answer ?? '');
}

/** Standard input is a terminal. */
export function canAsk({ stdin, terminal }: Context): boolean {
  return 'isTTY' in stdin && stdin.isTTY === true && !terminal.isJson;
}

async function firstLine({ stdin, signal }: Context): Promise<string | undefined> {
  const lines = createInterface({ input: stdin });
  const gone = new AbortController();
  try {
    if (signal.aborted) throw interrupted('');
    const line = once(lines, 'line', { signal: gone.signal });
    const end = once(lines, 'close', { signal: gone.signal });
    const stop = once(signal, 'abort', { signal: gone.signal });
    for (const each of [line, end, stop]) each.catch(() => undefined); // Those that lose are given up below.
    const [text] = (await Promise.race([line, end, stop])) as [unknown];
    if (signal.aborted) throw interrupted('');
    return typeof text === 'string' ? text.slice(0, lineCharacters) : undefined;
  } finally {
    gone.abort();
    lines.close();
  }
}
