// `node test/e2e/main.ts [min] [latest] [--host] [--meeting | --access] [--shots]`: only the walk, or its meeting part (or, with --host, only the in-host
// suite), against the newest build, made in the folder that POTLUCK_TEST_BUILD names. For work on the UI; `npm run test:e2e` runs all of it.

import path from 'node:path';
import { bundleInHostTests, hostTarget } from '../../scripts/bundle.ts';
import { root } from '../../scripts/projectRoot.ts';
import { bundle } from '../../scripts/bundle.ts';
import { packageVsix } from '../../scripts/vsix.ts';
import { flavors } from '../../scripts/vscode.ts';
import { launchBrowser } from '../vscode/driver.ts';
import { runInHostSuite } from '../vscode/runInHost.ts';
import { runWalk } from './walk.ts';

const args = process.argv.slice(2);
const chosen = flavors.filter((flavor) => args.includes(flavor));
const wanted = chosen.length > 0 ? chosen : flavors;
const outFolder = process.env['POTLUCK_TEST_BUILD'] ?? root;
await bundle({ target: hostTarget(), sourcemap: true, outFolder });
if (args.includes('--host')) await bundleInHostTests();
const vsix = await packageVsix(hostTarget(), outFolder);
const browser = await launchBrowser();
const shotsFolder = args.includes('--shots') ? path.join(root, 'docs', 'images') : undefined;
const { passed, failed } = args.includes('--host')
  ? await runInHostSuite(browser, vsix, wanted)
  : await runWalk(browser, vsix, {
      flavors: wanted,
      shotsFolder,
      part: (['meeting', 'access'] as const).find((name) => args.includes(`--${name}`)),
    });
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
