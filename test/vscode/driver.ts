// Drives a real VS Code (scripts/vscode.ts installs it) in a headless Chromium: a profile, a server, a window, and the few moves of a
// person's hands. Selectors hold on VS Code 1.106 and 1.139. Knows nothing of Potluck.

import { spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { type Browser, type BrowserContext, chromium, type Frame, type Locator, type Page } from 'playwright-core';
import { ensureChromium, type VSCodeInstall } from '../../scripts/vscode.ts';

const serverStartMs = 30_000;
const stepMs = 20_000;
const loadMs = 15_000;

/** Settings of a profile under test: nothing asks, nothing moves, nothing is fetched. */
const quietSettings = {
  'telemetry.telemetryLevel': 'off',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.reduceMotion': 'on',
  'workbench.hover.delay': 3_600_000, // a tooltip takes the clicks on what lies under it
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'update.mode': 'none',
  'update.showReleaseNotes': false,
  'security.workspace.trust.enabled': false,
  'git.enabled': false,
  'npm.fetchOnlinePackageInfo': false,
  'typescript.disableAutomaticTypeAcquisition': true,
  'chat.disableAIFeatures': true,
  'chat.commandCenter.enabled': false,
  'window.dialogStyle': 'custom',
  'editor.cursorBlinking': 'solid',
  'files.hotExit': 'off',
};

/** Makes an isolated profile in `folder`: user data, extensions, home. Keep the path short: sockets lie in it. */
export function makeProfile(folder: string, settings: Record<string, unknown> = {}): string {
  for (const part of ['data/User', 'data/Machine', 'ext', 'home', 'run'])
    mkdirSync(path.join(folder, part), { recursive: true, mode: 0o700 });
  writeFileSync(path.join(folder, 'config.yaml'), '');
  writeFileSync(path.join(folder, 'data/User/settings.json'), JSON.stringify({ ...quietSettings, ...settings }, null, 2));
  // A window in a browser is remote: settings of the machine are the server's. Those among the user's count, if at all, until VS Code knows
  // their scope, which is a race.
  writeFileSync(path.join(folder, 'data/Machine/settings.json'), JSON.stringify(settings, null, 2));
  return folder;
}

function profileArgs(profile: string): string[] {
  const at = (name: string) => path.join(profile, name);
  return ['--config', at('config.yaml'), '--user-data-dir', at('data'), '--extensions-dir', at('ext')];
}

function profileEnv(profile: string, extra: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env };
  // Inside a VS Code terminal, code-server would only talk to that one; and a test's Node options are not the editor's.
  for (const name of ['VSCODE_IPC_HOOK_CLI', 'NODE_OPTIONS', 'NODE_TEST_CONTEXT']) delete env[name];
  const home = path.join(profile, 'home');
  return {
    ...env,
    HOME: home,
    XDG_CONFIG_HOME: path.join(home, '.config'),
    XDG_DATA_HOME: path.join(home, '.local/share'),
    XDG_CACHE_HOME: path.join(home, '.cache'),
    XDG_RUNTIME_DIR: path.join(profile, 'run'),
    EXTENSIONS_GALLERY: '{"serviceUrl":"","itemUrl":"","resourceUrlTemplate":""}',
    ...extra,
  };
}

/** Installs a VSIX into the profile. */
export function installExtension(vscode: VSCodeInstall, profile: string, vsix: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const args = [vscode.entry, ...profileArgs(profile), '--install-extension', vsix, '--force'];
    const child = spawn(vscode.node, args, { env: profileEnv(profile, {}), stdio: ['ignore', 'pipe', 'pipe'], timeout: 120_000 });
    let output = '';
    const collect = (chunk: Buffer) => (output += chunk.toString());
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`VS Code ${vscode.version} did not install ${vsix} (${code}):\n${output}`)),
    );
  });
}

/** Ports that were given out: servers that start at the same time must not be told the same one. */
const givenPorts = new Set<number>();

export async function freePort(): Promise<number> {
  const port = await new Promise<number>((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
  if (givenPorts.has(port)) return freePort();
  givenPorts.add(port);
  return port;
}

/** Whether nothing listens on this port of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

export interface Server {
  port: number;
  url: string;
  /** Ends the server and its extension hosts. */
  stop(): Promise<void>;
}

export interface ServerOptions {
  port?: number;
  /** Reaches the extension hosts. */
  env?: NodeJS.ProcessEnv;
  /** Needed by runInHost() on newer versions. It hides notifications and skips some dialogs: leave it off when the UI is looked at. */
  smokeDriver?: boolean;
  /** Workspaces are trusted only once a person trusts them. */
  asksForTrust?: boolean;
  /** Of what VS Code shows, such as `de`; see profileChanges.ts. */
  locale?: string;
}

/** Starts the server of a profile on 127.0.0.1. Its output goes to server.log in the profile. */
export async function startServer(vscode: VSCodeInstall, profile: string, options: ServerOptions = {}): Promise<Server> {
  const port = options.port ?? (await freePort());
  const args = [vscode.entry, ...profileArgs(profile), '--bind-addr', `127.0.0.1:${port}`, '--auth', 'none'];
  args.push('--disable-telemetry', '--disable-update-check', '--disable-getting-started-override');
  if (!options.asksForTrust) args.push('--disable-workspace-trust');
  if (options.locale !== undefined) args.push('--locale', options.locale);
  if (vscode.hasOptions) args.push('--reconnection-grace-time', '1');
  if (vscode.hasOptions && options.smokeDriver) args.push('--vscode-option', 'enable-smoke-test-driver');
  const child = spawn(vscode.node, args, {
    env: profileEnv(profile, options.env ?? {}),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // its own process group, so that its children end with it
  });
  const logFile = path.join(profile, 'server.log');
  const log = createWriteStream(logFile, { flags: 'a' });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const signal = (name: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // gone already
    }
  };
  const stop = async () => {
    signal('SIGTERM');
    const timer = setTimeout(() => signal('SIGKILL'), 5000);
    await exited;
    clearTimeout(timer);
    signal('SIGKILL');
    log.end();
  };
  const url = `http://127.0.0.1:${port}`;
  for (const until = Date.now() + serverStartMs; ;) {
    if (await isHealthy(url)) return { port, url, stop };
    if (child.exitCode !== null || Date.now() > until) {
      await stop();
      throw new Error(`VS Code ${vscode.version} did not come up on port ${port}. See ${logFile}.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/healthz`)).ok;
  } catch {
    return false; // not listening yet
  }
}

export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: await ensureChromium(),
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A context is a fresh user: VS Code's secrets and states live in it. */
export function newContext(browser: Browser): Promise<BrowserContext> {
  return browser.newContext({ viewport: { width: 1280, height: 800 }, permissions: ['clipboard-read', 'clipboard-write'] });
}

/** What to open: absolute paths on this machine. */
export interface Where {
  folder?: string;
  workspace?: string;
  /** An extension under development; tests need one, and any folder with a package.json will do. */
  devPath?: string;
  /** A module that exports `run()`. */
  testsPath?: string;
}

export function workbenchUrl(server: Server, where: Where): string {
  const remote = (file: string) => `vscode-remote://127.0.0.1:${server.port}${path.resolve(file)}`;
  const payload: [string, string][] = [];
  if (where.devPath) payload.push(['extensionDevelopmentPath', remote(where.devPath)]);
  if (where.testsPath) payload.push(['extensionTestsPath', remote(where.testsPath)]);
  const query = new URLSearchParams();
  if (where.workspace) query.set('workspace', path.resolve(where.workspace));
  else if (where.folder) query.set('folder', path.resolve(where.folder));
  else query.set('ew', 'true');
  if (payload.length > 0) query.set('payload', JSON.stringify(payload));
  return `${server.url}/?${query.toString()}`;
}

/** Runs `run()` of testsPath inside the extension host of a real window. Answers its exit code: 0 resolved, 1 rejected. */
export async function runInHost(
  context: BrowserContext,
  server: Server,
  options: Where & { timeoutMs?: number; onLog?: (line: string) => void },
): Promise<number> {
  const page = await context.newPage();
  let timer: NodeJS.Timeout | undefined;
  try {
    let exit: (code: number) => void = () => undefined;
    const ended = new Promise<number>((resolve, reject) => {
      exit = resolve;
      timer = setTimeout(() => reject(new Error('the tests in the host did not end')), options.timeoutMs ?? 180_000);
    });
    // VS Code calls these two in a window whose tests it runs; @vscode/test-web listens to the same.
    await page.exposeFunction('codeAutomationLog', (_type: string, args: unknown[]) =>
      options.onLog?.(args.map(String).join(' ')),
    );
    await page.exposeFunction('codeAutomationExit', (code: number) => exit(code));
    await page.goto(workbenchUrl(server, options));
    return await ended;
  } finally {
    clearTimeout(timer);
    await page.close();
  }
}

/** Opens a window and waits until `ready` (selectors) are there: contributions come seconds after the first paint. */
export async function openWindow(context: BrowserContext, url: string, ready: readonly string[]): Promise<Window> {
  const page = await context.newPage();
  page.setDefaultTimeout(stepMs);
  await page.goto(url);
  // The first load of a fresh profile on the web sometimes has an empty workspace (a race of the workbench): a reload repairs it.
  for (let attempt = 0; ; attempt++) {
    try {
      for (const selector of ready) await page.locator(selector).first().waitFor({ timeout: loadMs });
      return new Window(page);
    } catch (error) {
      if (attempt === 2) throw error;
      await page.reload();
    }
  }
}

/** A file or folder shown in the Explorer, any. */
export const explorerRows = '.explorer-folders-view .monaco-list-row';
export const activityIcon = (title: string) => `.activitybar a.action-label[aria-label^="${title}"]`;

/** The moves that a walk needs. */
export class Window {
  readonly page: Page;
  readonly quickInput: Locator;
  readonly #input: Locator;

  constructor(page: Page) {
    this.page = page;
    this.quickInput = page.locator('.quick-input-widget');
    this.#input = this.quickInput.locator('input.input, .quick-input-box input').first();
  }

  /** Runs a command by the title that the palette shows, `Category: Title`. */
  async runCommand(title: string): Promise<void> {
    // The palette does not refresh while it is open: reopen it until the command is registered.
    for (let attempt = 0; ; attempt++) {
      await this.page.keyboard.press('F1');
      await this.#input.waitFor();
      await this.#input.fill(`>${title}`);
      try {
        await this.quickRow(title).first().waitFor({ timeout: 3000 });
        break;
      } catch (error) {
        if (attempt === 4) throw error;
        await this.page.keyboard.press('Escape');
      }
    }
    await this.page.keyboard.press('Enter');
  }

  /** A row of the open quick pick. */
  quickRow(text: string | RegExp): Locator {
    return this.quickInput.locator('.monaco-list-row', { hasText: text });
  }

  /** Types into the open input box and accepts. */
  async answer(text: string): Promise<void> {
    await this.#input.waitFor();
    await this.#input.fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** A row of the Explorer, by absolute path. Names repeat in windows of many roots, paths do not. */
  explorerRow(file: string): Locator {
    return this.page.locator(
      `.explorer-folders-view .monaco-list-row:has([aria-label="${file}"], [aria-label^="${file} "], [aria-label^="${file},"])`,
    );
  }

  /** A pane of the side bar, by its title. */
  pane(title: string): Locator {
    return this.page.locator('.sidebar .pane', { has: this.page.locator(`.pane-header h3.title`, { hasText: title }) });
  }

  /** Opens or closes a pane of the side bar; closed ones leave their room to the others. */
  async togglePane(title: string, open: boolean): Promise<void> {
    const header = this.pane(title).locator('.pane-header');
    if ((await header.getAttribute('aria-expanded')) !== String(open)) await header.click();
    await header.and(this.page.locator(`[aria-expanded="${open}"]`)).waitFor();
  }

  /** Opens a row of a tree, if it is closed. A tree that is drawn anew in that moment loses the click. */
  async expand(row: Locator): Promise<void> {
    await row.waitFor();
    const open = row.and(this.page.locator('[aria-expanded="true"]'));
    await this.#atLast(async (timeout) => {
      if ((await row.getAttribute('aria-expanded', { timeout })) === 'false')
        await row.locator('.monaco-tl-twistie').click({ timeout });
      await open.waitFor({ timeout });
    });
  }

  /** Does it again until it succeeds within three seconds; the seventh time its failure counts. */
  async #atLast(attempt: (timeoutMs: number) => Promise<void>): Promise<void> {
    for (let left = 6; ; left--) {
      try {
        return await attempt(3000);
      } catch (error) {
        if (left === 0) throw error;
      }
    }
  }

  /** Right-clicks a row (or a line of an editor) and picks an item of its menu: of this row, not of one that came under the mouse meanwhile. */
  async contextMenu(row: Locator, item: string): Promise<void> {
    const action = this.page.locator('.monaco-menu .action-item', { hasText: item }).first();
    await this.#atLast(async (timeout) => {
      await row.click({ button: 'right', timeout });
      try {
        await row.and(this.page.locator('.focused, :not(.monaco-list-row)')).waitFor({ timeout });
        await action.waitFor({ timeout });
      } catch (error) {
        await this.page.keyboard.press('Escape');
        throw error;
      }
    });
    // A menu takes no click while it comes up.
    await this.#atLast(async (timeout) => {
      if (await action.isVisible()) await action.click({ timeout });
      await action.waitFor({ state: 'hidden', timeout });
    });
  }

  /**
   * The same, until it leads to what is seen then. While a tree is drawn anew VS Code does not know which row a menu was of, and runs the command as from
   * the palette: that question is closed.
   */
  async contextMenuTo(row: Locator, item: string, seen: Locator): Promise<void> {
    await this.#atLast(async (timeout) => {
      await this.contextMenu(row, item);
      try {
        await seen.waitFor({ timeout });
      } catch (error) {
        await this.page.keyboard.press('Escape');
        throw error;
      }
    });
  }

  /** A modal dialog's button. */
  dialogButton(text: string): Locator {
    return this.page.locator('.monaco-dialog-box .monaco-button', { hasText: text });
  }

  toast(text: string | RegExp): Locator {
    return this.page.locator('.notification-toast', { hasText: text });
  }

  /** Clears all notifications away. */
  async clearToasts(): Promise<void> {
    await this.runCommand('Notifications: Clear All Notifications');
    await this.page.locator('.notification-toast').first().waitFor({ state: 'hidden' });
  }

  activeTab(text: string): Locator {
    return this.page.locator('.tab.active', { hasText: text });
  }

  activityIcon(title: string): Locator {
    return this.page.locator(activityIcon(title));
  }

  /** Waits until an editor shows this text. */
  async editorText(text: string): Promise<void> {
    await this.page
      .locator('.editor-instance .view-lines')
      .filter({ hasText: new RegExp(escapePattern(text).replace(/ /g, '[\\s\\u00a0]')) })
      .first()
      .waitFor();
  }

  /** The content frame of the webview that holds something: iframe.webview > iframe#active-frame. */
  async webview(selector: string): Promise<Frame> {
    for (const until = Date.now() + stepMs; Date.now() < until; await this.page.waitForTimeout(100))
      for (const frame of this.page.frames())
        if (frame.url().includes('/fake.html') && (await countIn(frame, selector)) > 0) return frame;
    throw new Error(`no webview holds ${selector}`);
  }
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

async function countIn(frame: Frame, selector: string): Promise<number> {
  try {
    return await frame.locator(selector).count();
  } catch {
    return 0; // the frame went away
  }
}
