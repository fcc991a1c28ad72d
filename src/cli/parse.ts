// The command line as typed: which command it names (in one word or two), its arguments and its options. Runs nothing.

import { parseArgs } from 'node:util';
import type { Command, OptionSpec } from './command.ts';
import { commands } from './commands/all.ts';
import { usageError } from './errors.ts';
import { globalOptions } from './help.ts';

export interface Parsed {
  command: Command | undefined;
  args: string[];
  values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
}

/** Throws a usage error for commands and options that there are not. */
export function parse(argv: string[]): Parsed {
  const { tokens } = parseArgs({
    args: argv,
    options: configOf(globalOptions),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const words = tokens.filter((token) => token.kind === 'positional');
  const named = commandIn(words.map(({ value }) => value));
  if (words[0] && !named) {
    const typed = words.map(({ value }) => value);
    const isHelp = tokens.some((token) => token.kind === 'option' && token.name === 'help');
    if (isHelp && commandsUnder(typed[0] ?? '').length > 0) return { command: undefined, args: typed, values: { help: true } };
    throw noSuchCommand(typed);
  }
  const taken = new Set(words.slice(0, named?.words ?? 0).map(({ index }) => index));
  const args = argv.filter((_, index) => !taken.has(index));
  try {
    const options = configOf({ ...globalOptions, ...named?.command.options });
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    return { command: named?.command, args: positionals, values };
  } catch (error) {
    throw usageError(
      error instanceof Error ? (error.message.split('. To specify')[0] ?? '') : String(error),
      named?.command.name,
    );
  }
}

/** The command that the first words name, by its name or another spelling, and how many words that took. */
export function commandIn(words: readonly string[]): { command: Command; words: 1 | 2 } | undefined {
  for (const count of [2, 1] as const) {
    if (words.length < count) continue;
    const typed = words.slice(0, count).join(' ');
    const command = commands.find(({ name, alias }) => name === typed || alias === typed);
    if (command) return { command, words: count };
  }
  return undefined;
}

/** Those that begin with this word: `party`. */
export function commandsUnder(word: string): readonly Command[] {
  return commands.filter(({ name }) => name.startsWith(`${word} `));
}

export function noSuchCommand(words: readonly string[]): Error {
  const [first = '', second] = words;
  const under = commandsUnder(first);
  if (under.length === 0) return usageError(`There is no command ${JSON.stringify(first)}${suggestion(first)}`);
  const known = under.map(({ name }) => name.slice(first.length + 1)).join(', ');
  const problem = second === undefined ? 'Something is missing' : `There is no command ${JSON.stringify(`${first} ${second}`)}`;
  return usageError(`${problem}: "potluck ${first}" takes one of ${known}`, first);
}

function suggestion(typed: string): string {
  if (typed.length < 2) return '';
  const isNear = (name: string): boolean => name.startsWith(typed) || typed.startsWith(name);
  const near = commands.find(({ name, alias }) => isNear(name) || (alias !== undefined && isNear(alias)));
  return near ? `; did you mean "${near.name}"?` : '';
}

interface Config {
  type: 'boolean' | 'string';
  short?: string;
  multiple?: boolean;
}

function configOf(options: Readonly<Record<string, OptionSpec>>): Record<string, Config> {
  return Object.fromEntries(
    Object.entries(options).map(([name, { type, short, isMultiple }]) => [
      name,
      { type, ...(short !== undefined && { short }), ...(isMultiple && { multiple: true }) },
    ]),
  );
}
