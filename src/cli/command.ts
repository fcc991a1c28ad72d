// What a command is, and what it is given. The table of all stands in commands/all.ts.

import type { SidecarClient } from '../client/sidecarClient.ts';
import type { Terminal } from './terminal.ts';

export interface OptionSpec {
  type: 'boolean' | 'string';
  short?: string;
  /** What stands for the value in help: `DIR`. */
  value?: string;
  /** May be given more than once: see `Context.texts`. */
  isMultiple?: boolean;
  help: string;
}

export interface Command {
  /** One word or two: `party join`. */
  name: string;
  /** Another spelling of the name, taken too. */
  alias?: string;
  /** Without the program's name: `get PATH... [--to DIR]`. */
  usage: string;
  /** One line of the list of commands. */
  summary: string;
  /** Further paragraphs of `help NAME`. */
  details?: string;
  options?: Readonly<Record<string, OptionSpec>>;
  args: { min: number; max: number };
  /** The exit code, or undefined for 0. Failures are thrown as AppError. */
  run(context: Context): Promise<number | undefined>;
}

export interface Context {
  args: string[];
  terminal: Terminal;
  /** Value of a string option. */
  text: (option: string) => string | undefined;
  /** Values of a string option that may be given more than once. */
  texts: (option: string) => string[];
  /** Whether a boolean option was given. */
  has: (option: string) => boolean;
  dataFolder: string;
  /** --timeout, in milliseconds. */
  timeoutMs: number | undefined;
  cwd: string;
  stdin: NodeJS.ReadableStream;
  /** Where sidecar.cjs lies. */
  sidecarScript: string;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  /** Attaches to the sidecar; starts it unless `starts` is false. Closed after the command. */
  connect: (options?: { starts: boolean }) => Promise<SidecarClient>;
  /** Options of a request: --timeout when given, else the client's own deadline; cancelled by Ctrl-C. */
  limits: { timeoutMs?: number; signal: AbortSignal };
  /** As `limits`, for what may rightly take long. */
  longLimits: { timeoutMs: number; signal: AbortSignal };
}

/** The argument at this place; the parser has checked that there are as many as `args.min`. */
export function argument(context: Context, at: number): string {
  return context.args[at] ?? '';
}
