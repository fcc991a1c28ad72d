// Pictures of one moment in other themes and in a narrow window, for who wants to look at them: `LOOKS=shot,shot` or
// `LOOKS=all node test/e2e/main.ts …`.

import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';

/** VS Code follows the system in these, which the browser plays. */
export const lookSettings = { 'window.autoDetectColorScheme': true, 'window.autoDetectHighContrast': true };

/** The class that the workbench has, and what the system asks for. */
const looks = [
  { name: 'vs', colorScheme: 'light', forcedColors: 'none' },
  { name: 'vs-dark', colorScheme: 'dark', forcedColors: 'none' },
  { name: 'hc-black', colorScheme: 'dark', forcedColors: 'active' },
  { name: 'hc-light', colorScheme: 'light', forcedColors: 'active' },
] as const;
const widths = [800, 1280];

export function isLookedAt(shot: string): boolean {
  const wanted = process.env['LOOKS']?.split(',') ?? [];
  return wanted.includes(shot) || wanted.includes('all');
}

/** What is open stays open. */
export async function shootLooks(page: Page, shot: string): Promise<void> {
  const folder = path.join(tmpdir(), 'potluck-shots', 'looks');
  mkdirSync(folder, { recursive: true });
  for (const { name, ...media } of [...looks, looks[0]]) {
    await page.emulateMedia(media);
    await page.locator(`.monaco-workbench.${name}`).waitFor();
    for (const width of widths) {
      await page.setViewportSize({ width, height: 800 });
      await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
      await page.screenshot({ path: path.join(folder, `${shot}-${name}-${width}.png`) });
    }
  }
}
