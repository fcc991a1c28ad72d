// One run of the command line: parse, dispatch, and the exit code. Gets its streams and signals handed in, so that tests can play
// the terminal. The commands themselves are in commands/.

import path from 'node:path';
import { sidecarNotRunning } from '../client/errors.ts';
import { SidecarClient } from '../client/sidecarClient.ts';
import { isOlder } from '../client/versions.ts';
import { AppError, asAppError } from '../protocol/errors.ts';
import { defaultDataFolder } from '../protocol/locations.ts';
import { productVersion } from '../protocol/version.ts';
import type { Command, Context } from './command.ts';
import { commands, groups } from './commands/all.ts';
import { Interrupted, nodeTooOld, usageError } from './errors.ts';
import { exitCodeOf, exitCodes } from './exitCodes.ts';
import { commandHelp, exitCodeHelp, groupHelp, overview } from './help.ts';
import { commandIn, commandsUnder, noSuchCommand, parse, type Parsed } from './parse.ts';
import { type Output, Terminal } from './terminal.ts';
import { safeJson, safeLines } from './terminalText.ts';

export interface Io {
  stdin: NodeJS.ReadableStream;
  stdout: Output;
  stderr: Output;
  env: NodeJS.ProcessEnv;
  cwd: string;
  sidecarScript: string;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

/** What the sidecar runs on; with an older one the command line can only talk to a running sidecar. */
const oldestNode = '22.16.0';

/** setTimeout's longest is 24.8 days; a day is as good as for ever here. */
const dayMs = 24 * 3600 * 1000;

/** Runs `potluck ARGV` and answers the exit code. Never rejects. */
export async function runCli(argv: string[], io: Io): Promise<number> {
  // Errors of parsing too come as JSON where it was asked for.
  let isJson = argv.includes('--json');
  try {
    const parsed = parse(argv);
    isJson = parsed.values['json'] === true;
    return await dispatch(parsed, io);
  } catch (thrown) {
    return report(thrown, io, isJson);
  }
}

async function dispatch({ command, args, values }: Parsed, io: Io): Promise<number> {
  const isJson = values['json'] === true;
  const terminal = new Terminal({ ...io, isJson, isQuiet: values['quiet'] === true });
  if (values['version'] === true) {
    if (isJson) terminal.json({ version: productVersion });
    else terminal.line(productVersion);
    return exitCodes.ok;
  }
  if (command === undefined || command.name === 'help' || values['help'] === true) {
    showHelp(terminal, command === undefined || command.name === 'help' ? args : command.name.split(' '));
    return exitCodes.ok;
  }
  checkCount(command, args);
  const run = contextOf({ command, args, values }, io, terminal);
  try {
    return (await command.run(run.context)) ?? exitCodes.ok;
  } catch (error) {
    // A reader that went away ended the output on purpose.
    if (terminal.isGone) return exitCodes.ok;
    throw error;
  } finally {
    run.close();
  }
}

function contextOf(parsed: Parsed, io: Io, terminal: Terminal): { context: Context; close(): void } {
  const { values } = parsed;
  const timeoutMs = parseTimeout(values['timeout']);
  const given = values['data-folder'];
  const dataFolder = typeof given === 'string' ? path.resolve(io.cwd, given) : defaultDataFolder(io.env);
  let client: SidecarClient | undefined;
  const context: Context = {
    args: parsed.args,
    terminal,
    text: (option) => {
      const value = values[option];
      return typeof value === 'string' ? value : undefined;
    },
    texts: (option) => {
      const value = values[option];
      return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
    },
    has: (option) => values[option] === true,
    dataFolder,
    timeoutMs,
    cwd: io.cwd,
    stdin: io.stdin,
    sidecarScript: io.sidecarScript,
    signal: io.signal,
    limits: { signal: io.signal, ...(timeoutMs !== undefined && { timeoutMs }) },
    longLimits: { signal: io.signal, timeoutMs: timeoutMs ?? dayMs },
    connect: async ({ starts } = { starts: true }) => {
      const canStart = !isOlder(process.versions.node, oldestNode);
      client ??= await SidecarClient.connect({
        dataFolder,
        client: 'cli',
        clientVersion: productVersion,
        ...(starts && canStart && { launch: { execPath: process.execPath, script: io.sidecarScript, env: io.env } }),
        ...(timeoutMs !== undefined && { timeoutMs }),
      }).catch((error: unknown) => {
        const isMissing = error instanceof AppError && error.message === sidecarNotRunning(dataFolder).message;
        throw starts && isMissing ? nodeTooOld(process.versions.node, oldestNode) : error;
      });
      return client;
    },
  };
  return { context, close: () => client?.dispose() };
}

function checkCount(command: Command, args: string[]): void {
  const { min, max } = command.args;
  if (args.length < min) throw usageError(`Something is missing: potluck ${command.usage}`, command.name);
  if (args.length > max) throw usageError(`${JSON.stringify(args[max])} is too much: potluck ${command.usage}`, command.name);
}

function parseTimeout(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const seconds = Number(value);
  if (value.trim() === '' || !(seconds > 0) || seconds * 1000 > dayMs)
    throw usageError(`--timeout ${JSON.stringify(value)} is not a number of seconds above 0 and up to a day`);
  return Math.ceil(seconds * 1000);
}

function showHelp(terminal: Terminal, topic: string[]): void {
  const text = helpText(topic);
  if (terminal.isJson) terminal.json({ help: text });
  else terminal.line(text);
}

function helpText(topic: string[]): string {
  const [first] = topic;
  if (first === undefined) return overview(commands, groups);
  if (first === 'exit-codes') return exitCodeHelp();
  const command = commandIn(topic)?.command;
  if (command) return commandHelp(command);
  const under = commandsUnder(first);
  if (under.length > 0 && topic.length === 1) return groupHelp(first, under);
  throw noSuchCommand(topic);
}

/** Says what went wrong on standard error. The exit code. */
function report(thrown: unknown, io: Io, isJson: boolean): number {
  const error = asAppError(thrown);
  if (isJson) {
    const data = Object.keys(error.data).length > 0 ? { data: error.data } : {};
    io.stderr.write(`${safeJson({ error: { kind: error.kind, message: error.message, ...data } })}\n`);
  } else if (error instanceof Interrupted || error.kind !== 'cancelled') {
    io.stderr.write(`${error instanceof Interrupted ? '' : 'potluck: '}${safeLines(error.message)}\n`);
  }
  if (error instanceof Interrupted || (error.kind === 'cancelled' && io.signal.aborted)) return exitCodes.interrupted;
  return exitCodeOf[error instanceof AppError ? error.kind : 'internal'];
}
