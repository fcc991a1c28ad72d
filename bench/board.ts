// `npm run bench -- board [--transfers N] [--seconds S] [--shots FOLDER] [--profile FILE]`: the board in a real VS Code, over a source of 10,000 transfers with 60
// updates a second, while it is scrolled. Frames beside those of an empty page in the same browser. The extension host's memory beside what it is
// in the same window under the same load for as long without the board: resident as it stands, and what is in use after its garbage was collected.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Frame, Page } from 'playwright-core';
import { hostTarget } from '../scripts/bundle.ts';
import { peerEnv, removeFolder } from '../scripts/localPeers.ts';
import { ensureVSCode } from '../scripts/vscode.ts';
import { packageVsix } from '../scripts/vsix.ts';
import * as driver from '../test/vscode/driver.ts';
import { startBoardSource } from './parts/boardSource.ts';
import { usedBytes } from './parts/heapOf.ts';
import { median, Report } from './parts/report.ts';

const { values } = parseArgs({
  options: {
    transfers: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '20' },
    updates: { type: 'string', default: '60' },
    shots: { type: 'string' },
    theme: { type: 'string', default: '' },
    profile: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const updates = Number(values.updates);
const report = new Report('board');

interface Frames {
  count: number;
  longestMs: number;
  medianMs: number;
  over50: number;
}

/** Runs inside the page (a text, for there is no DOM here): waits for each frame, scrolls the list up and down, and notes how long each took. */
const watchFrames = `new Promise((resolve) => {
  const grid = document.getElementById('grid');
  const times = [];
  const endMs = performance.now() + ${seconds * 1000};
  let lastMs = performance.now();
  let direction = 1;
  const frame = () => {
    const nowMs = performance.now();
    times.push(nowMs - lastMs);
    lastMs = nowMs;
    if (grid) {
      if (grid.scrollTop + grid.clientHeight >= grid.scrollHeight - 1) direction = -1;
      if (grid.scrollTop <= 0) direction = 1;
      grid.scrollTop += direction * 220;
    }
    if (nowMs < endMs) return requestAnimationFrame(frame);
    const counted = times.slice(2).sort((a, b) => a - b);
    resolve({
      count: counted.length,
      longestMs: counted.at(-1) ?? 0,
      medianMs: counted[Math.floor(counted.length / 2)] ?? 0,
      over50: counted.filter((ms) => ms > 50).length,
    });
  };
  requestAnimationFrame(frame);
})`;

const framesOf = (where: Page | Frame): Promise<Frames> => where.evaluate<Frames>(watchFrames);

/** The extension host that was given this data folder. */
function hostPid(home: string): number {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('extensionHost')) continue;
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`POTLUCK_HOME=${home}\0`)) continue;
      return Number(pid);
    } catch {
      continue; // it ended
    }
  }
  throw new Error('There is no extension host.');
}

interface Megabytes {
  resident: number;
  inUse: number;
}

/** What is in use once garbage is collected, then the middle of the ten seconds after it. */
async function hostMegabytes(home: string, page: Page): Promise<Megabytes> {
  const pid = hostPid(home);
  const inUse = (await usedBytes(pid)) / 1024 / 1024;
  const seen: number[] = [];
  for (let n = 0; n < 10; n++) {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    seen.push(Number(kilobytes) / 1024);
    await page.waitForTimeout(1000);
  }
  return { resident: median(seen), inUse };
}

/** Writes what the window's main thread did meanwhile, where it is asked for: the page shares it in the browser. */
async function profiled<T>(page: Page, run: () => Promise<T>): Promise<T> {
  if (values.profile === undefined) return run();
  const session = await page.context().newCDPSession(page);
  await session.send('Profiler.enable');
  await session.send('Profiler.start');
  const result = await run();
  writeFileSync(values.profile, JSON.stringify((await session.send('Profiler.stop')).profile));
  return result;
}

const folder = mkdtempSync(path.join(tmpdir(), 'plb-'));
const home = path.join(folder, 'home');
const closings: (() => Promise<unknown>)[] = [];
let timer: NodeJS.Timeout | undefined;
try {
  const vsix = await packageVsix(hostTarget(), folder);
  const vscode = await ensureVSCode('latest');
  const source = await startBoardSource(home, Number(values.transfers));
  closings.push(() => source.close());
  const theme = values.theme === '' ? {} : { 'workbench.colorTheme': values.theme };
  const profile = driver.makeProfile(path.join(folder, 'p'), { 'workbench.reduceMotion': 'off', ...theme });
  await driver.installExtension(vscode, profile, vsix);
  const server = await driver.startServer(vscode, profile, { env: peerEnv({ dataFolder: home, bootstrap: [] }) });
  closings.push(() => server.stop());
  const browser = await driver.launchBrowser();
  closings.push(() => browser.close());
  const context = await driver.newContext(browser);
  const empty = await context.newPage();
  const bare = await framesOf(empty);
  await empty.close();
  const window = await driver.openWindow(context, driver.workbenchUrl(server, {}), [driver.activityIcon('Potluck')]);
  await window.activityIcon('Potluck').click();
  await window.pane('Transfers').locator('.monaco-list-row').first().waitFor();
  timer = setInterval(() => source.change(Math.max(1, Math.round(updates / 60))), 1000 / Math.min(60, updates));
  await window.page.waitForTimeout(3000);
  const without = await framesOf(window.page);
  const before = await hostMegabytes(home, window.page);
  await window.runCommand('Potluck: Open Board');
  const frame = await window.webview('#rows .row').catch(async (error: unknown) => {
    await window.page.screenshot({ path: path.join(tmpdir(), 'potluck-bench-board-failed.png') });
    throw error;
  });
  if (values.shots === undefined) {
    await window.page.waitForTimeout(3000);
    const board = await profiled(window.page, () => framesOf(frame));
    const after = await hostMegabytes(home, window.page);
    const among: [string, number] = ['VS Code without it', without.longestMs];
    report.add({ name: 'longest frame while scrolling', value: board.longestMs, unit: 'ms', limit: 50, baseline: among });
    report.add({ name: 'longest frame of an empty page', value: bare.longestMs, unit: 'ms' });
    report.add({ name: 'frames over 50 ms without it', value: without.over50, unit: `of ${without.count}` });
    report.add({ name: 'frames over 50 ms', value: board.over50, unit: `of ${board.count}`, limit: 0 });
    report.add({ name: 'median frame', value: board.medianMs, unit: 'ms', baseline: ['an empty page', bare.medianMs] });
    report.add({ name: 'rows as elements', value: await frame.locator('#rows .row').count(), unit: '' });
    report.add({ name: 'extension host, more with the board', value: after.resident - before.resident, unit: 'MB', limit: 30 });
    report.add({ name: 'extension host without it', value: before.resident, unit: 'MB' });
    report.add({ name: 'in use, more with the board', value: after.inUse - before.inUse, unit: 'MB', limit: 30 });
    report.add({ name: 'in use without it', value: before.inUse, unit: 'MB' });
    report.end();
  } else {
    mkdirSync(values.shots, { recursive: true });
    await frame.locator('#rows .row').nth(2).click();
    await frame.locator('#legend li').first().waitFor();
    await window.page.waitForTimeout(12_000);
    await window.page.keyboard.press('Control+b');
    for (const width of [1280, 800]) {
      await window.page.setViewportSize({ width, height: 1500 });
      await window.page.waitForTimeout(1500);
      await window.page.screenshot({ path: path.join(values.shots, `board-${width}.png`) });
    }
  }
} finally {
  clearInterval(timer);
  for (const close of closings.reverse()) await close().catch((error: unknown) => console.log(error));
  removeFolder(folder);
}
