// The board's page in Chromium: no violation that axe-core finds in any theme and width, the keyboard alone is enough, forged messages change
// nothing, its policy lets nothing through, and of ten thousand rows only those in sight are elements.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import type { Counts } from '../../scripts/counts.ts';
import { root } from '../../scripts/projectRoot.ts';
import { type BoardWorld, openBoard, themes } from '../vscode/boardHarness.ts';

interface Violation {
  id: string;
  nodes: { html: string }[];
}

const checks: Readonly<Record<string, (board: BoardWorld) => Promise<void>>> = {
  'of ten thousand rows only those in sight are elements, also at the end': async ({ page }) => {
    const grid = page.locator('#grid');
    await grid.focus();
    await page.keyboard.press('End');
    await page.locator('#rows .row.active[aria-rowindex="10003"]').waitFor();
    const count = await page.locator('#rows .row').count();
    if (count > 60) throw new Error(`${count} rows are elements`);
    await page.keyboard.press('Home');
    await page.locator('#rows .row.active[aria-rowindex="2"]').waitFor();
  },
  'arrows choose a row, and its pieces and sources are shown': async ({ page, said }) => {
    await page.locator('#grid').focus();
    await page.keyboard.press('ArrowDown');
    await page.locator('#legend li').first().waitFor();
    const active = await page.locator('#grid').getAttribute('aria-activedescendant');
    if (active === null) throw new Error('the grid does not say which row is active');
    if (!said.some(({ type }) => type === 'select')) throw new Error('the host was not told');
    await page.locator('#legend li.bad').waitFor();
    await page.locator('#legend li', { hasText: 'Was here before' }).waitFor();
  },
  'rows are owned in the order in which they stand, wherever the list was scrolled to': async ({ page }) => {
    await page.evaluate("document.getElementById('grid').scrollTop = 3_617");
    await page.locator('#rows .row[aria-rowindex="103"]').waitFor();
    const indexes = await page.evaluate<number[]>(
      "document.getElementById('rows').getAttribute('aria-owns').split(' ').map((id) => Number(document.getElementById(id).getAttribute('aria-rowindex')))",
    );
    const [first = 0] = indexes;
    if (indexes.length < 10 || indexes.some((index, at) => index !== first + at)) throw new Error(indexes.join());
    await page.evaluate("document.getElementById('grid').scrollTop = 0");
  },
  'the focus stays on the buttons of a download that ends meanwhile': async ({ page, change }) => {
    await page.locator('#grid').focus();
    await page.keyboard.press('Home');
    for (let n = 0; n < 29; n++) await page.keyboard.press('ArrowDown');
    const title = await page.locator('#rows .row.active[aria-rowindex="31"] .label').textContent();
    await page.locator('#detailTitle', { hasText: title ?? '-' }).waitFor();
    await page.locator('#actions [data-action=cancel]').focus();
    change(30);
    await page.locator('#actions [data-action=open]').waitFor();
    const focused = await page.evaluate<string | undefined>('document.activeElement.dataset.action');
    if (focused !== 'open') throw new Error(`the focus is on ${focused ?? 'something else'}`);
  },
  'nothing of a download stands there once an upload is chosen, and uploads are told apart in words': async ({ page }) => {
    await page.locator('#search').locator('input').fill('lake');
    await page.locator('#count', { hasText: /^2 / }).waitFor();
    await page.locator('#detail:visible').waitFor();
    const row = page.locator('#rows .row:visible').first();
    await row.getByText('An upload').waitFor({ state: 'attached' });
    await row.click();
    await page.locator('#detail').waitFor({ state: 'hidden' });
    await page.locator('#search').locator('input').fill('');
    await page.locator('#count', { hasText: '10,002' }).waitFor();
  },
  'a page that was scrolled down stands there again when it comes again': async ({ page, theme }) => {
    await page.setViewportSize({ width: 1280, height: 600 });
    await page.locator('#grid').focus();
    await page.keyboard.press('Home');
    await page.locator('#legend li').first().waitFor();
    const left = await page.evaluate<number>('scrollTo(0, 1e6), scrollY');
    const kept = () => page.evaluate<boolean>(`JSON.parse(sessionStorage.kept ?? '{}').pageTop === ${left}`);
    for (const until = Date.now() + 5000; !(await kept()) && Date.now() < until;) await page.waitForTimeout(50);
    await page.reload();
    await theme('dark');
    await page.locator('#legend li').first().waitFor();
    await page.locator('body:not([style*="min-height"])').waitFor();
    const top = await page.evaluate<number>('scrollY');
    if (left < 500 || top !== left) throw new Error(`it stood at ${left}, and stands at ${top}`);
    await page.setViewportSize({ width: 1280, height: 1400 });
  },
  'what a person filters by is kept when the page is thrown away and comes again': async ({ page, theme }) => {
    await page.locator('#search').locator('input').fill('Recording 9999');
    await page.locator('#count', { hasText: /^1 / }).waitFor();
    const kept = () => page.evaluate<boolean>('(sessionStorage.kept ?? "").includes("9999")');
    for (const until = Date.now() + 5000; !(await kept()) && Date.now() < until;) await page.waitForTimeout(50);
    await page.reload();
    await theme('dark');
    await page.locator('#count', { hasText: /^1 / }).waitFor();
    await page.locator('#search').locator('input').fill('');
    await page.locator('#count', { hasText: '10,002' }).waitFor();
  },
  'a forged message, and one of another session, change nothing': async ({ page, forge }) => {
    const overview = { tiles: [], parties: [], shares: [], storage: [], storageSaid: 'forged', problem: 'forged' };
    await forge({ type: 'overview', overview });
    await forge({ session: 'guess', type: 'overview', overview });
    await forge({ session: 'c0ffee', type: 'overview', overview: { ...overview, problem: 1 } });
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
    if ((await page.locator('main').textContent())?.includes('forged')) throw new Error('a forged message was believed');
  },
  'names of others are shown as text only': async ({ page }) => {
    const found = await page.locator('main img, main a, main b, main script').count();
    if (found > 0) throw new Error(`${found} elements came from names`);
  },
  'axe-core finds no violation in any theme, wide and narrow': async ({ page, theme }) => {
    await page.locator('#rows .row').nth(2).click();
    await page.locator('#legend li').first().waitFor();
    await page.mouse.move(5, 5);
    await page.evaluate(readFileSync(path.join(root, 'node_modules/axe-core/axe.min.js'), 'utf8'));
    for (const name of themes)
      for (const width of [1280, 800]) {
        await theme(name);
        await page.setViewportSize({ width, height: 1400 });
        const { violations } = await page.evaluate<{ violations: Violation[] }>('axe.run()');
        const told = violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
        if (told.length > 0) throw new Error(`${name}, ${width} wide:\n${told.join('\n')}`);
      }
  },
  'nothing is stopped by the policy but an empty style of the toolkit, and nothing throws': async ({ complaints, refused }) => {
    // sha256 of nothing: a component sets a style without content.
    const others = complaints.filter((text) => !text.includes('sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='));
    if (others.length > 0) throw new Error(others.join('\n'));
    if (refused.length > 0) throw new Error(`the page said what is no message: ${JSON.stringify(refused)}`);
  },
};

/** `dist`: of a build. */
export async function runBoardChecks(browser: Browser, dist = path.join(root, 'dist')): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0 };
  const board = await openBoard(browser, dist, 10_000);
  board.page.setDefaultTimeout(10_000);
  try {
    // Rows come in slices.
    await board.page.locator('#grid[aria-rowcount="10003"]').waitFor();
    for (const [name, check] of Object.entries(checks)) {
      try {
        await check(board);
        counts.passed++;
        console.log(`✔ board: ${name}`);
      } catch (error) {
        counts.failed++;
        console.log(`✖ board: ${name}\n${error instanceof Error ? error.message : String(error)}`);
      }
    }
  } finally {
    await board.close();
  }
  return counts;
}
