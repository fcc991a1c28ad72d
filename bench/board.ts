// `npm run bench -- board [--transfers N] [--seconds S] [--shots FOLDER] [--profile FILE]`: the board in a real VS Code, over a source of 10,000
// transfers with 60 updates a second, of which two end a download and start the next. It is scrolled half of the time through all rows, half of it
// where they change, with one chosen. Frames are judged beside those of an empty page before and after in the same browser: on a busy machine that one
// has long ones, too, and the longest task by its time of processor counts. The extension host's memory beside what it is in the same window under the
// same load for as long without the board: resident as it stands, and what is in use after its garbage was collected.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { hostTarget } from '../scripts/bundle.ts';
import { peerEnv, removeFolder } from '../scripts/localPeers.ts';
import { ensureVSCode } from '../scripts/vscode.ts';
import { packageVsix } from '../scripts/vsix.ts';
import * as driver from '../test/vscode/driver.ts';
import { both, type Frames, framesOf, framesSoFar, longestTask, noteFrames, received } from './parts/boardFrames.ts';
import { startBoardSource } from './parts/boardSource.ts';
import { busyPercent, extensionHostPid, megabytesOf } from './parts/extensionHost.ts';
import { Report } from './parts/report.ts';

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

/** Pixels from the top: rows that run, wait behind them and change places. */
const changing = 8_000;

/** The longest task of the window's main thread, which the page shares in the browser. A profile of it instead, where one is asked for. */
async function watchedIn<T>(browser: Browser, page: Page, run: () => Promise<T>): Promise<[taskMs: number, result: T]> {
  if (values.profile === undefined) return longestTask(browser, page, run);
  const session = await page.context().newCDPSession(page);
  await session.send('Profiler.enable');
  await session.send('Profiler.start');
  const result = await run();
  writeFileSync(values.profile, JSON.stringify((await session.send('Profiler.stop')).profile));
  return [0, result];
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
  await context.addInitScript(noteFrames);
  const bareFrames = async (): Promise<Frames> => {
    const empty = await context.newPage();
    const frames = await framesOf(empty, { seconds: seconds / 2 });
    await empty.close();
    return frames;
  };
  const bareBefore = await bareFrames();
  const window = await driver.openWindow(context, driver.workbenchUrl(server, {}), [driver.activityIcon('Potluck')]);
  await window.activityIcon('Potluck').click();
  await window.pane('Transfers').locator('.monaco-list-row').first().waitFor();
  const beganMs = performance.now();
  // As many as are due: a timer that is late, on a busy machine, makes up for it.
  timer = setInterval(
    () => source.change(Math.floor(((performance.now() - beganMs) * updates) / 1000) - source.told),
    1000 / Math.min(60, updates),
  );
  await window.page.waitForTimeout(3000);
  const pid = extensionHostPid(home);
  const [busyWithout, [taskWithout, without]] = await busyPercent(pid, () =>
    longestTask(browser, window.page, () => framesOf(window.page, { seconds })),
  );
  const before = await megabytesOf(pid);
  await window.runCommand('Potluck: Open Board');
  const frame = await window.webview('#rows .row').catch(async (error: unknown) => {
    await window.page.screenshot({ path: path.join(tmpdir(), 'potluck-bench-board-failed.png') });
    throw error;
  });
  if (values.shots === undefined) {
    await window.page.waitForTimeout(3000);
    const opening = await framesSoFar(frame);
    const sinceMs = performance.now();
    const [sentBefore, cameBefore] = [source.told, await received(frame)];
    const [busy, [task, [through, top]]] = await busyPercent(pid, () =>
      watchedIn(browser, window.page, async () => {
        const all = await framesOf(frame, { seconds: seconds / 2 });
        await frame.evaluate("document.getElementById('grid').scrollTop = 0");
        await frame.locator('#rows .row[aria-rowindex="4"]').click();
        await frame.locator('#legend li').first().waitFor();
        return [all, await framesOf(frame, { seconds: seconds / 2, bottom: changing })] as const;
      }),
    );
    const tookS = (performance.now() - sinceMs) / 1000;
    const came = await received(frame);
    const sent = source.told - sentBefore;
    const after = await megabytesOf(pid);
    const bare = both(bareBefore, await bareFrames());
    const board = both(through, top);
    const among: [string, number] = ['VS Code without it', without.longestMs];
    report.add({ name: 'updates a second at the source', value: sent / tookS, unit: '', least: 0.95 * updates });
    report.add({ name: 'rows a second that came to the page', value: (came.rows - cameBefore.rows) / tookS, unit: '' });
    report.add({ name: 'in messages a second', value: (came.messages - cameBefore.messages) / tookS, unit: '' });
    const taskOf: [string, number] = ['VS Code without it', taskWithout];
    report.add({ name: 'longest task, processor', value: task, unit: 'ms', limit: 50, baseline: taskOf });
    report.add({ name: 'longest frame of an empty page', value: bare.longestMs, unit: 'ms' });
    report.add({ name: 'frames over 50 ms of an empty page', value: bare.over50, unit: `of ${bare.count}` });
    // Where even an empty page has long frames, others keep the processors from it, and frames tell of those.
    const isQuiet = bare.over50 === 0;
    if (!isQuiet) console.log('  The machine is busy: its frames are not judged, only how long single tasks keep a processor.');
    const bar = (limit: number): { limit?: number } => (isQuiet ? { limit } : {});
    report.add({ name: 'longest frame', value: board.longestMs, unit: 'ms', ...bar(50), baseline: among });
    report.add({ name: 'frames over 50 ms', value: board.over50, unit: `of ${board.count}`, ...bar(0) });
    report.add({ name: 'of them, where rows change', value: top.over50, unit: `of ${top.count}` });
    report.add({ name: 'frames over 50 ms without it', value: without.over50, unit: `of ${without.count}` });
    report.add({ name: 'median frame', value: board.medianMs, unit: 'ms', baseline: ['an empty page', bare.medianMs] });
    report.add({ name: 'longest frame while it opens', value: opening.longestMs, unit: 'ms' });
    report.add({ name: 'frames over 50 ms while it opens', value: opening.over50, unit: `of ${opening.count}` });
    report.add({ name: 'rows as elements', value: await frame.locator('#rows .row').count(), unit: '' });
    report.add({ name: 'extension host, more with the board', value: after.resident - before.resident, unit: 'MB', limit: 30 });
    report.add({ name: 'extension host without it', value: before.resident, unit: 'MB' });
    report.add({ name: 'in use, more with the board', value: after.inUse - before.inUse, unit: 'MB', limit: 30 });
    report.add({ name: 'in use without it', value: before.inUse, unit: 'MB' });
    report.add({ name: 'of a processor, extension host', value: busy, unit: '%', baseline: ['without it', busyWithout] });
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
