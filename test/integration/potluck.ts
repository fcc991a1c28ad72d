// The `potluck` command as a process, for tests that play a person at a terminal.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { builtFolder, type TestPeer } from './world.ts';

export const cliScript = path.join(builtFolder, 'cli.cjs');

export interface Run {
  code: number | null;
  out: Buffer;
  text: string;
  errors: string;
}

export interface RunOptions {
  input?: string;
  /** Ctrl-C as soon as this was printed. */
  until?: RegExp;
  interruptAfter?: Promise<unknown>;
  cwd?: string;
}

/** Runs `potluck ARGS` on a data folder. Fails after a minute. */
export function potluck(dataFolder: string, args: string[], options: RunOptions = {}): Promise<Run> {
  const child = spawn(process.execPath, [cliScript, '--data-folder', dataFolder, ...args], { cwd: options.cwd });
  const out: Buffer[] = [];
  let errors = '';
  let isInterrupted = false;
  // Once, as a person does: a second one that meets a process on its way out ends it as if it had no handler.
  const interruptWhenSeen = (): void => {
    if (isInterrupted || !options.until?.test(Buffer.concat(out).toString() + errors)) return;
    isInterrupted = true;
    child.kill('SIGINT');
  };
  child.stdout.on('data', (chunk: Buffer) => {
    out.push(chunk);
    interruptWhenSeen();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
    interruptWhenSeen();
  });
  void options.interruptAfter?.then(() => child.kill('SIGINT'));
  child.stdin.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`potluck ${args.join(' ')}: not within 60 s; ${errors}`));
    }, 60_000);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      const all = Buffer.concat(out);
      resolve({ code, out: all, text: all.toString(), errors });
    });
  });
}

/** Must end well. */
export async function ok(peer: TestPeer, ...args: string[]): Promise<Run> {
  const run = await potluck(peer.dataFolder, args);
  assert.equal(run.code, 0, `potluck ${args.join(' ')}: ${run.errors}${run.text}`);
  return run;
}

/** The one document of `--json`. */
export async function json<T>(peer: TestPeer, ...args: string[]): Promise<T> {
  return JSON.parse((await ok(peer, ...args, '--json')).text) as T;
}
