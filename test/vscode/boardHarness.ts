// The board's page in Chromium without a VS Code around it: the page, script, style and feed of the product, over a source that seems to transfer.
// For its accessibility test and pictures, which need every theme and width in little time.

import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { startBoardSource } from '../../bench/parts/boardSource.ts';
import { removeFolder } from '../../scripts/localPeers.ts';
import { SidecarClient } from '../../src/client/sidecarClient.ts';
import { BoardFeed } from '../../src/extension/board/boardFeed.ts';
import { boardPage } from '../../src/extension/board/boardPage.ts';
import { Sidecar } from '../../src/extension/sidecar.ts';
import { World } from '../../src/extension/world.ts';
import { type FromBoard, parseFromBoard } from '../../src/protocol/board.ts';

export type Theme = 'dark' | 'light' | 'high-contrast' | 'high-contrast-light';
export const themes: readonly Theme[] = ['dark', 'light', 'high-contrast', 'high-contrast-light'];

/** What VS Code's own themes give the names that the page and the toolkit use. */
const colors: Readonly<Record<Theme, Readonly<Record<string, string>>>> = {
  dark: palette({
    back: '#1f1f1f',
    side: '#181818',
    text: '#cccccc',
    dim: '#9d9d9d',
    line: '#2b2b2b',
    accent: '#0078d4',
    select: '#04395e',
  }),
  light: palette({
    back: '#ffffff',
    side: '#f8f8f8',
    text: '#3b3b3b',
    dim: '#3b3b3b',
    line: '#e5e5e5',
    accent: '#005fb8',
    select: '#e8e8e8',
  }),
  'high-contrast': {
    ...palette({
      back: '#000000',
      side: '#000000',
      text: '#ffffff',
      dim: '#ffffff',
      line: '#6fc3df',
      accent: '#000000',
      select: '#000000',
    }),
    contrastBorder: '#6fc3df',
    contrastActiveBorder: '#f38518',
  },
  'high-contrast-light': {
    ...palette({
      back: '#ffffff',
      side: '#ffffff',
      text: '#292929',
      dim: '#292929',
      line: '#0f4a85',
      accent: '#0f4a85',
      select: '#ffffff',
    }),
    contrastBorder: '#0f4a85',
    contrastActiveBorder: '#006bbd',
  },
};

function palette(of: { back: string; side: string; text: string; dim: string; line: string; accent: string; select: string }) {
  const { back, side, text, dim, line, accent, select } = of;
  return {
    ...{
      'editor-background': back,
      'sideBar-background': side,
      foreground: text,
      descriptionForeground: dim,
      'panel-border': line,
      focusBorder: '#0078d4',
    },
    ...{
      'button-background': accent,
      'button-foreground': '#ffffff',
      'button-secondaryBackground': back,
      'button-secondaryForeground': text,
      'button-secondaryHoverBackground': side,
      'button-hoverBackground': accent,
      'button-border': line,
    },
    ...{
      'input-background': back,
      'input-foreground': text,
      'input-placeholderForeground': dim,
      'settings-dropdownListBorder': line,
    },
    ...{
      'dropdown-background': back,
      'dropdown-foreground': text,
      'dropdown-border': line,
      'settings-textInputForeground': text,
    },
    ...{
      'list-activeSelectionBackground': select,
      'list-activeSelectionForeground': text === '#cccccc' ? '#ffffff' : text,
      'list-inactiveSelectionBackground': select,
    },
    ...{
      'charts-blue': '#3794ff',
      'charts-green': '#89d185',
      'charts-orange': '#d18616',
      'charts-purple': '#b180d7',
      'charts-yellow': '#cca700',
      'charts-red': '#f14c4c',
    },
    ...{
      errorForeground: back === '#ffffff' ? '#a1260d' : '#f88070',
      'progressBar-background': '#0078d4',
      'font-family': 'system-ui, sans-serif',
      'font-size': '13px',
    },
  };
}

export interface BoardWorld {
  page: Page;
  /** What the page said, checked. */
  said: FromBoard[];
  /** What it said that was refused. */
  refused: unknown[];
  /** What the console and the page complained of: a breach of the policy stands there. */
  complaints: string[];
  theme: (theme: Theme) => Promise<void>;
  change: (count: number) => void;
  /** Hands the page anything as a message of its host. */
  forge: (message: unknown) => Promise<void>;
  close(): Promise<void>;
}

/** `dist`: where board.js and board.css lie. */
export async function openBoard(browser: Browser, dist: string, transfers: number): Promise<BoardWorld> {
  const folder = mkdtempSync(path.join(tmpdir(), 'plh-'));
  const source = await startBoardSource(folder, transfers);
  const connection = await SidecarClient.connect({ dataFolder: folder, client: 'test', clientVersion: '0.0.0' });
  const sidecar = new Sidecar(() => Promise.resolve(connection));
  const world = new World(sidecar);
  await world.load();
  const context = await browser.newContext({ viewport: { width: 1280, height: 1400 } });
  const page = await context.newPage();
  const session = 'c0ffee';
  const [said, refused, complaints]: [FromBoard[], unknown[], string[]] = [[], [], []];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  // The page may be gone already.
  const deliver = (message: unknown): Promise<void> =>
    page.evaluate<void>(`postMessage(${JSON.stringify(message)}, '*')`).catch(() => undefined);
  const feed = new BoardFeed({
    ...{ sidecar, world, language: 'en' },
    post: (message) => deliver({ ...message, session }),
  });
  await page.exposeFunction('hostTakes', (value: unknown) => {
    const message = parseFromBoard(value, session);
    if (message === undefined) refused.push(value);
    else said.push(message);
    if (message?.type === 'ready') feed.ready();
    if (message?.type === 'select') feed.select(message.id);
  });
  await page.addInitScript(
    `window.acquireVsCodeApi = () => ({ postMessage: (m) => window.hostTakes(m), getState: () => JSON.parse(sessionStorage.kept ?? 'null'), setState: (s) => { sessionStorage.kept = JSON.stringify(s); } });`,
  );
  const origin = 'http://board.test';
  const html = boardPage({
    nonce: 'n0nce',
    session,
    source: origin,
    scriptUri: `${origin}/board.js`,
    styleUri: `${origin}/board.css`,
  });
  await page.route(`${origin}/**`, (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === '/') return route.fulfill({ contentType: 'text/html', body: html });
    const type = pathname.endsWith('.css') ? 'text/css' : 'text/javascript';
    return route.fulfill({ contentType: type, body: readFileSync(path.join(dist, path.basename(pathname))) });
  });
  await page.goto(`${origin}/`);
  const setTheme = async (theme: Theme): Promise<void> => {
    const declarations = Object.entries(colors[theme]).map(([name, value]) => [`--vscode-${name}`, value]);
    await page.evaluate(
      `document.documentElement.removeAttribute('style'); for (const [n, v] of ${JSON.stringify(declarations)}) document.documentElement.style.setProperty(n, v); document.body.className = ${JSON.stringify(`vscode-${theme}`)};`,
    );
  };
  await setTheme('dark');
  return {
    ...{ page, said, refused, complaints, theme: setTheme, forge: deliver },
    change: (count) => source.change(count),
    async close() {
      feed.dispose();
      world.dispose();
      sidecar.dispose();
      await context.close();
      await source.close();
      removeFolder(folder);
    },
  };
}
