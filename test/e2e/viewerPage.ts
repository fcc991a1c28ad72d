// A viewer's page in Chromium: with an owner who is slow or away one gets where one wants to be, and nowhere else; windows are full whatever the lines
// are; forged messages change nothing; axe-core finds nothing in it.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { Counts } from '../../scripts/counts.ts';
import { root } from '../../scripts/projectRoot.ts';
import { openViewer, type ViewerWorld } from '../vscode/viewerHarness.ts';

/** Lines of 64 bytes: 16 MiB. */
const lineBytes = 64;
const lineCount = 2 ** 18;
const lines = Buffer.from(
  Array.from({ length: lineCount }, (_, at) => `line ${at + 1} of the log`.padEnd(lineBytes - 1, '.')).join('\n'),
);
/** One line, with no end. */
const oneLine = Buffer.alloc(1024 * 1024, 'wide ');

const line = (page: Page, number: number) => page.locator('.row', { hasText: `line ${number} of` });
const quiet = (page: Page) => page.locator('.status:not(:has-text("Fetching"))').waitFor();

/** As a person who drags the thumb there. */
async function scrollTo(page: Page, part: number): Promise<void> {
  const scroller = "document.querySelector('.scroller')";
  await page.evaluate(`${scroller}.scrollTop = (${scroller}.scrollHeight - ${scroller}.clientHeight) * ${part}`);
  await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
}

/** Whether the rows reach down to the end of their window. */
const isFull = `(() => {
  const rows = document.querySelector('.rows');
  const last = rows.lastElementChild.getBoundingClientRect();
  return last.bottom + last.height > rows.getBoundingClientRect().bottom;
})()`;

interface Violation {
  id: string;
  nodes: { html: string }[];
}

const checks: Readonly<Record<string, { bytes: Uint8Array; check: (viewer: ViewerWorld) => Promise<void> }>> = {
  'where one lets go of the scrollbar is shown, however many places it passed while nothing came': {
    bytes: lines,
    async check({ page, ranges, hold }) {
      await quiet(page);
      const before = ranges.length;
      const release = hold();
      for (let at = 1; at <= 70; at++) await scrollTo(page, at / 140);
      const waiting = ranges.slice(before).filter(({ signal }) => !signal.aborted).length;
      if (waiting > 8) throw new Error(`${waiting} ranges are waited for`);
      release();
      await line(page, lineCount / 2 + 1).waitFor();
      await quiet(page);
    },
  },
  'a place that could not be gone to is gone to by Retry': {
    bytes: lines,
    async check({ page, fail }) {
      await quiet(page);
      const mend = fail();
      await page.locator('button', { hasText: /^End$/ }).click();
      await page.locator('.news', { hasText: 'Ada is away.' }).waitFor();
      mend();
      await page.locator('.news button', { hasText: 'Retry' }).click();
      await line(page, lineCount).waitFor();
      await page.locator('.news').waitFor({ state: 'hidden' });
    },
  },
  'a place that is slow to come does not take the view over when one went on': {
    bytes: lines,
    async check({ page, hold }) {
      await quiet(page);
      const release = hold();
      await page.locator('button', { hasText: /^End$/ }).click();
      await page.locator('.rows').focus();
      await page.keyboard.press('ArrowDown');
      await page.locator('.row:first-child', { hasText: 'line 2 of' }).waitFor();
      release();
      await quiet(page);
      await page.locator('.row:first-child', { hasText: 'line 2 of' }).waitFor();
    },
  },
  'lines without an end fill the window, at the start and at the end of the file': {
    bytes: oneLine,
    async check({ page }) {
      await quiet(page);
      if (!(await page.evaluate<boolean>(isFull))) throw new Error('the window is not full at the start');
      await page.locator('button', { hasText: /^End$/ }).click();
      await page.locator('.status', { hasText: '100 %' }).waitFor();
      await quiet(page);
      if (!(await page.evaluate<boolean>(isFull))) throw new Error('the window is not full at the end');
    },
  },
  'a forged message, and one of another session, change nothing': {
    bytes: lines,
    async check({ page, forge }) {
      await quiet(page);
      const opening = { type: 'open', kind: 'text', name: 'n', mime: '', sizeBytes: 0, wholeBytes: 1, texts: {} };
      const failed = { type: 'failed', message: 'forged' };
      for (const message of [opening, { ...opening, session: 'guess' }]) await forge(message);
      await page.locator('input.find').fill('line 9 of');
      for (let id = 1; id < 10; id++) await forge({ ...failed, id, session: 'guess' });
      await page.locator('input.find').press('Enter');
      await page.locator('mark').waitFor();
      if ((await page.locator('body').textContent())?.includes('forged')) throw new Error('a forged message was believed');
    },
  },
  'axe-core finds no violation, and nothing is stopped by the policy': {
    bytes: lines,
    async check({ page, complaints }) {
      await quiet(page);
      await page.evaluate(readFileSync(path.join(root, 'node_modules/axe-core/axe.min.js'), 'utf8'));
      // There are no colours without a theme.
      const { violations } = await page.evaluate<{ violations: Violation[] }>(
        "axe.run({ rules: { 'color-contrast': { enabled: false } } })",
      );
      const told = violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
      if (told.length + complaints.length > 0) throw new Error([...told, ...complaints].join('\n'));
    },
  },
};

/** `dist`: of a build. */
export async function runViewerChecks(browser: Browser, dist = path.join(root, 'dist')): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0 };
  for (const [name, { bytes, check }] of Object.entries(checks)) {
    const viewer = await openViewer(browser, dist, { bytes, kind: 'text' });
    try {
      await check(viewer);
      counts.passed++;
      console.log(`✔ viewer: ${name}`);
    } catch (error) {
      counts.failed++;
      console.log(`✖ viewer: ${name}\n${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await viewer.close();
    }
  }
  return counts;
}
