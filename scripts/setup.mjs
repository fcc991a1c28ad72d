// Makes a fresh clone ready: installs the packages when they are missing or out of date, and runs the calling script again on the Node
// that came with them. Works on plain Node 20 with nothing installed, so it may import built-ins only.

import { createHash } from 'node:crypto';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const root = fileURLToPath(new URL('..', import.meta.url));

const lockFile = path.join(root, 'package-lock.json');
const installed = path.join(root, 'node_modules', '.package-lock.json');
const stamp = path.join(root, 'node_modules', '.potluck-lock-hash');
const isWindows = process.platform === 'win32';

/** The Node of the `node` package. */
export const projectNode = path.join(root, 'node_modules', 'node', 'bin', isWindows ? 'node.exe' : 'node');

/**
 * Installs what is missing, then returns if this already is the project's Node; else runs `scriptUrl` with the same arguments on it
 * and ends this process with its exit code.
 */
export async function ensureSetup(scriptUrl) {
  ensurePackages();
  if (runsOnProjectNode()) return;
  const env = { ...process.env, PATH: `${path.dirname(projectNode)}${path.delimiter}${process.env.PATH ?? ''}` };
  const child = spawn(projectNode, [fileURLToPath(scriptUrl), ...process.argv.slice(2)], { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const code = await new Promise((resolve) => {
    child.once('error', (error) => fail(`${projectNode} does not start: ${error.message}`));
    child.once('exit', (exitCode, signal) => resolve(exitCode ?? (signal === 'SIGINT' ? 130 : 1)));
  });
  process.exit(code);
}

/** Runs `main` of a script's module on the project's Node. What a person can mend is told in a line, not in a stack. */
export async function runScript(scriptUrl, load) {
  await ensureSetup(scriptUrl);
  try {
    const { main } = await load();
    await main(process.argv.slice(2));
  } catch (error) {
    fail(process.env.DEBUG ? error.stack : `${path.basename(fileURLToPath(scriptUrl))}: ${error.message}`);
  }
}

function runsOnProjectNode() {
  const wanted = JSON.parse(readFileSync(path.join(root, 'node_modules', 'node', 'package.json'), 'utf8')).version;
  return process.version === `v${wanted}`;
}

function ensurePackages() {
  if (!packagesAreCurrent()) {
    say('Installing the packages of package-lock.json …');
    npm(['ci', '--no-audit', '--no-fund', '--loglevel=error']);
    writeFileSync(stamp, lockHash());
  }
  // npm may be told not to run install scripts (its default from version 12 on): the Node package needs its one.
  if (!nodeStarts()) {
    say('Fetching the Node that the project runs on …');
    npm(['rebuild', 'node', '--ignore-scripts=false', '--loglevel=error'], { mayFail: true });
    if (!nodeStarts()) {
      const folder = path.join(root, 'node_modules', 'node');
      spawnSync(process.execPath, ['installArchSpecificPackage.js'], { cwd: folder, stdio: 'inherit', env: npmEnv() });
    }
    if (!nodeStarts()) fail('The package "node" has no binary for this machine. Run `npm rebuild node` and see what it says.');
  }
}

/** Current: installed from this very lock file, by us (hash) or by hand (npm's own record is newer than the lock). */
function packagesAreCurrent() {
  if (!existsSync(installed)) return false;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lockHash()) return true;
  return statSync(installed).mtimeMs >= statSync(lockFile).mtimeMs;
}

function lockHash() {
  return createHash('sha256').update(readFileSync(lockFile)).digest('hex');
}

function nodeStarts() {
  return existsSync(projectNode) && spawnSync(projectNode, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** What an outer npm says about its own run must not reach the inner one. */
function npmEnv() {
  const own = /^npm_(config_(?!registry|cafile|proxy|https_proxy|cache|userconfig)|lifecycle|package|command|execpath)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
}

function npm(args, { mayFail = false } = {}) {
  const result = spawnSync(isWindows ? 'npm.cmd' : 'npm', args, { cwd: root, stdio: 'inherit', env: npmEnv(), shell: isWindows });
  if (result.error && !mayFail) fail(`npm does not start: ${result.error.message}. Install Node 20 or newer with npm.`);
  if (result.status !== 0 && !mayFail) fail(`\`npm ${args[0]}\` failed, see above. Is the npm registry reachable?`);
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}
