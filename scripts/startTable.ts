// `npm start`: a table for two on this machine. Packages the extension, installs it in a fresh VS Code in the browser, and starts a
// second peer that shares a real folder in the same party. Everything is in a temporary folder and is gone after Ctrl-C.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { freePort, installExtension, isFree, makeProfile, startServer, workbenchUrl } from '../test/vscode/driver.ts';
import { bundle, hostTarget } from './bundle.ts';
import {
  peerEnv,
  removeFolder,
  shareAndScan,
  shareArrives,
  startLoopbackNetwork,
  startPeer,
  stopSidecar,
  type LocalPeer,
} from './localPeers.ts';
import { root } from './projectRoot.ts';
import { packageVsix } from './vsix.ts';
import { ensureVSCode } from './vscode.ts';

const preferredPort = 4647;

/** `node scripts/start.mjs [--share DIR] [--port N] [--internet] [--no-open]` */
export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      share: { type: 'string' },
      port: { type: 'string' },
      internet: { type: 'boolean' },
      'no-open': { type: 'boolean' },
    },
  });
  const shared = path.resolve(values.share ?? root);
  if (!statSync(shared, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`--share ${shared} is not a folder.`);

  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65536))
    throw new Error(`--port ${values.port} is not a port.`);

  const table = new Table();
  // Ctrl-C reaches every process of the terminal at once, more than once through npm: the first one ends the table.
  const ended = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  try {
    const set = table.set({
      shared,
      port,
      usesInternet: values.internet === true,
    });
    const url = await Promise.race([set, ended.then(() => undefined)]);
    if (url !== undefined) {
      if (!values['no-open']) openBrowser(url);
      await ended;
    } else {
      // Cut short: what is being started now must be known before it can be ended.
      await set.catch(() => undefined);
    }
    console.log('\nClearing the table …');
  } finally {
    await table.clear();
  }
  process.exit(0); // the DHT's timers must not keep a finished table open
}

/** What is running, and how each part ends; the last one started ends first. */
class Table {
  readonly #endings: (() => Promise<void> | void)[] = [];

  /** Starts everything; answers the address of the window. */
  async set(options: { shared: string; port: number | undefined; usesInternet: boolean }): Promise<string> {
    const folder = mkdtempSync(path.join(tmpdir(), 'potluck-'));
    this.#endings.push(() => removeFolder(folder));
    const vscode = await ensureVSCode('latest');
    say('Building and packaging the extension …');
    await bundle({ target: hostTarget(), sourcemap: true });
    const profile = makeProfile(path.join(folder, 'vscode'), { 'files.hotExit': 'onExit' });
    await installExtension(vscode, profile, await packageVsix(hostTarget()));

    const bootstrap = options.usesInternet ? [] : await this.#startNetwork();
    say(`Starting another peer, Ada, who shares ${options.shared} …`);
    const ada = await this.#startPeer({ dataFolder: path.join(folder, 'ada'), bootstrap, nickname: 'Ada' });
    // On the internet nobody else shall sit down by accident: there the party's name is a random secret.
    const party = options.usesInternet
      ? await ada.client.request('parties/create', {})
      : await ada.client.request('parties/join', { name: 'demo' });
    const title = options.shared === path.resolve(root) ? 'Potluck itself' : path.basename(options.shared) || 'root';
    await shareAndScan(ada, options.shared, title);

    say('Starting your peer, with what the package has installed …');
    const home = path.join(folder, 'you');
    const you = await this.#startPeer({
      dataFolder: home,
      bootstrap,
      nickname: 'You',
      downloadFolder: path.join(folder, 'downloads'),
      script: path.join(installedFolder(profile), 'dist', 'sidecar.cjs'),
      execPath: vscode.node,
    });
    await you.client.request('parties/join', { name: party.name });
    const arrives = shareArrives(you, ada.peerId, title);
    if (options.usesInternet) await arrives.catch(() => say('Ada is not found yet; the window will show her when she is.'));
    else await arrives;

    const port = options.port ?? ((await isFree(preferredPort)) ? preferredPort : await freePort());
    const env = peerEnv({ dataFolder: home, bootstrap });
    const server = await startServer(vscode, profile, { port, env });
    this.#endings.push(() => server.stop());
    const url = workbenchUrl(server, { folder: makeWorkspace(path.join(folder, 'my things')) });
    tell({ url, party: party.name, title });
    return url;
  }

  async clear(): Promise<void> {
    for (const end of this.#endings.splice(0).reverse()) {
      try {
        await end();
      } catch (error) {
        console.error(error); // the rest must end all the same
      }
    }
  }

  async #startNetwork(): Promise<string[]> {
    say('Starting a network that only this machine can reach …');
    const network = await startLoopbackNetwork();
    this.#endings.push(() => network.close());
    return network.bootstrap;
  }

  async #startPeer(options: Parameters<typeof startPeer>[0]): Promise<LocalPeer> {
    this.#endings.push(() => stopSidecar(options.dataFolder));
    return startPeer(options);
  }
}

/** Where VS Code put the extension. */
function installedFolder(profile: string): string {
  const folder = path.join(profile, 'ext');
  const name = readdirSync(folder).find((entry) => entry.startsWith('potluck.potluck-'));
  if (name === undefined) throw new Error(`The extension was not installed into ${folder}.`);
  return path.join(folder, name);
}

/** A few files of one's own, to open and to share. */
function makeWorkspace(folder: string): string {
  mkdirSync(path.join(folder, 'photos'), { recursive: true });
  mkdirSync(path.join(folder, 'recipes'), { recursive: true });
  writeFileSync(
    path.join(folder, 'README.md'),
    '# My things\n\nRight-click a folder and choose **Share Folder…** to put it on the table.\n',
  );
  writeFileSync(path.join(folder, 'recipes', 'bread.md'), '# Bread\n\nFlour, water, salt, time.\n');
  writeFileSync(path.join(folder, 'recipes', 'lentils.md'), '# Lentils\n\nOnions first.\n');
  writeFileSync(path.join(folder, 'photos', 'list.txt'), 'summer\nautumn\n');
  writeFileSync(path.join(folder, '.env'), 'PASSWORD=never shared\n');
  return folder;
}

function tell({ url, party, title }: { url: string; party: string; title: string }): void {
  console.log(`
  VS Code is at    ${url}

  You and Ada are in the party "${party}". Try:
    · the Potluck icon in the activity bar: party, Ada, "${title}", its folders; click a file to open it, read-only
    · right-click a file or folder there: Download
    · Ctrl+Alt+P: find files of everybody as you type
    · the Explorer: right-click "recipes", Share Folder… (see what would be shared, and that .env would not)
    · the palette (F1): Potluck

  Ctrl-C ends it; nothing of it stays.
`);
}

function openBrowser(url: string): void {
  const hasDesktop = process.platform !== 'linux' || process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY'];
  if (!hasDesktop) return;
  const child = spawn(process.platform === 'darwin' ? 'open' : 'xdg-open', [url], { stdio: 'ignore', detached: true });
  child.once('error', () => undefined); // the address was printed
  child.unref();
}

function say(line: string): void {
  console.log(line);
}
