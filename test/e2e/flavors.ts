// Runs the suites in the VS Codes side by side. They share the machine, the VSIX and this process, and nothing else: each has a browser, and each
// walk and suite makes its profile, ports, data folders and DHT.

import type { Browser } from 'playwright-core';
import { addCounts, type Counts } from '../../scripts/counts.ts';
import type { Flavor } from '../../scripts/vscode.ts';
import { launchBrowser } from '../vscode/driver.ts';

/** A browser has one clipboard, and takes all its windows along when it breaks. What rejects counts as one failure. */
export async function inEachFlavor(
  flavors: readonly Flavor[],
  run: (browser: Browser, flavor: Flavor) => Promise<Counts>,
): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0 };
  const ran = flavors.map(async (flavor) => {
    const browser = await launchBrowser();
    try {
      addCounts(counts, await run(browser, flavor));
    } catch (error) {
      counts.failed++;
      console.error(error);
    } finally {
      await browser.close();
    }
  });
  await Promise.all(ran);
  return counts;
}
