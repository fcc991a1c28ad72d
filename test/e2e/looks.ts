// Pictures of one moment in other themes and in a narrow window, for who wants to look at them: `LOOKS=shot,shot node test/e2e/main.ts …`.

import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { changeSettings } from '../vscode/profileChanges.ts';

/** Theme to the class that the workbench has then. */
const themes = { 'Default Light Modern': 'vs', 'Default Dark Modern': 'vs-dark', 'Default High Contrast': 'hc-black' } as const;
const widths = [1280, 800];

/** What is open stays open. */
export async function shootLooks(page: Page, profile: string, shot: string): Promise<void> {
  const folder = path.join(tmpdir(), 'potluck-shots', 'looks');
  mkdirSync(folder, { recursive: true });
  for (const [theme, name] of Object.entries(themes)) {
    changeSettings(profile, { 'workbench.colorTheme': theme });
    await page.locator(`.monaco-workbench.${name}`).waitFor();
    for (const width of widths) {
      await page.setViewportSize({ width, height: 800 });
      await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
      await page.screenshot({ path: path.join(folder, `${shot}-${name}-${width}.png`) });
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  }
  changeSettings(profile, { 'workbench.colorTheme': Object.keys(themes)[0] });
  await page.locator('.monaco-workbench.vs').waitFor();
}
