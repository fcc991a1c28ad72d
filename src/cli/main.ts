#!/usr/bin/env node
// The `potluck` command: this process's streams and signals for cli.ts.

import { fileURLToPath } from 'node:url';
import { runCli } from './cli.ts';

const abort = new AbortController();
process.on('SIGINT', () => {
  // The second Ctrl-C ends it whatever it does.
  if (abort.signal.aborted) process.exit(130);
  abort.abort();
});

// Beside the bundle; from source, the last build's.
const isSource = import.meta.url.endsWith('.ts');
const sidecarScript = fileURLToPath(new URL(isSource ? '../../dist/sidecar.cjs' : './sidecar.cjs', import.meta.url));

void runCli(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  sidecarScript,
  signal: abort.signal,
}).then((exitCode) => {
  // Not process.exit: what was written to a pipe must get out first.
  process.exitCode = exitCode;
  process.stdin.unref?.();
});
