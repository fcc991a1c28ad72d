// The text of `help`: the list of commands, one command, the exit codes. Written from the table of commands.

import { productVersion } from '../protocol/version.ts';
import type { Command, OptionSpec } from './command.ts';
import { exitCodeTexts } from './exitCodes.ts';

/** Options that every command takes. */
export const globalOptions = {
  json: { type: 'boolean', help: 'print JSON: one document, or one a line for streams; errors too, on standard error' },
  quiet: { type: 'boolean', short: 'q', help: 'no progress and no words about what was done' },
  timeout: { type: 'string', value: 'S', help: 'give up waiting after this many seconds' },
  'data-folder': {
    type: 'string',
    value: 'DIR',
    help: "use the sidecar of this data folder (else $POTLUCK_HOME, else the user's)",
  },
  help: { type: 'boolean', short: 'h', help: 'show the help of the command' },
  version: { type: 'boolean', help: 'print the version' },
} as const satisfies Record<string, OptionSpec>;

const naming = [
  'PEER is a key, the first 4 or more characters of one, a petname, a nickname or a derived name; "me" is this machine.',
  'SHARE is a title or an id. PATH is written PEER/SHARE/PATH, for example ann/Photos/2025/a.jpg. Names that begin with "-"',
  'go after "--". Characters that a terminal would act on are shown as \\n, \\x1b, \\u202e; --json gives names as they are.',
];

/** `groups`: headings with the names of their commands, in order. */
export function overview(commands: readonly Command[], groups: readonly [string, readonly string[]][]): string {
  const byName = new Map(commands.map((command) => [command.name, command]));
  const sections = groups.map(([title, names]) => {
    const rows = names
      .flatMap((name) => byName.get(name) ?? [])
      .map((command): [string, string] => [command.usage, command.summary]);
    return `${title}:\n${columns(rows)}`;
  });
  return [
    `Potluck ${productVersion}: put folders on a common table, browse and download what your peers share.`,
    '',
    'Usage: potluck COMMAND [ARGUMENTS] [OPTIONS]',
    '',
    ...sections.flatMap((section) => [section, '']),
    'Options of every command:',
    optionRows(globalOptions),
    '',
    ...naming,
    '',
    'Commands start the sidecar when it is not running (not "status" and "stop"); it leaves when it was idle for a while.',
    'Exit codes: "potluck help exit-codes". One command: "potluck help COMMAND".',
  ].join('\n');
}

export function commandHelp(command: Command): string {
  const parts = [`Usage: potluck ${command.usage}`, '', `${command.summary[0]?.toUpperCase()}${command.summary.slice(1)}.`];
  if (command.alias !== undefined) parts.push(`"potluck ${command.alias}" does the same.`);
  if (command.details) parts.push('', command.details);
  if (command.options) parts.push('', 'Options:', optionRows(command.options));
  parts.push('', 'Options of every command:', optionRows(globalOptions));
  return parts.join('\n');
}

/** Commands of two words that begin with the same one. */
export function groupHelp(word: string, commands: readonly Command[]): string {
  const rows = commands.map(({ usage, summary }): [string, string] => [usage, summary]);
  return [`Usage: potluck ${word} ACTION`, '', columns(rows), '', `One of them: "potluck help ${word} ACTION".`].join('\n');
}

export function exitCodeHelp(): string {
  const rows = exitCodeTexts.map(([code, text]): [string, string] => [String(code), text]);
  return [
    'Exit codes:',
    columns(rows),
    '',
    'With --json a failure is one line on standard error: {"error":{"kind":"not-found","message":"…"}}.',
    'Kinds: src/protocol/errors.ts.',
  ].join('\n');
}

function optionRows(options: Readonly<Record<string, OptionSpec>>): string {
  return columns(
    Object.entries(options).map(([name, { short, value, help }]) => [
      `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`,
      help,
    ]),
  );
}

/** Two columns; what is too wide for the first gets a line of its own. */
function columns(rows: [string, string][]): string {
  const most = 34;
  const width = Math.min(most, Math.max(0, ...rows.map(([left]) => left.length)));
  return rows
    .map(([left, right]) =>
      left.length > most ? `  ${left}\n  ${' '.repeat(width)}  ${right}` : `  ${left.padEnd(width)}  ${right}`,
    )
    .join('\n');
}
