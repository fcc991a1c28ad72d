// `node test/e2e/main.ts [min] [latest] [--host] [--shots]`: only the walk (or, with --host, only the in-host suite), against the newest
// build. For work on the UI; `npm run test:e2e` runs all of it.

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
await bundle({ target: hostTarget(), sourcemap: true });
await bundleInHostTests();
const vsix = await packageVsix(hostTarget());
const browser = await launchBrowser();
const shotsFolder = args.includes('--shots') ? path.join(root, 'docs', 'images') : undefined;
const { passed, failed } = args.includes('--host')
  ? await runInHostSuite(browser, vsix, wanted)
  : await runWalk(browser, vsix, { flavors: wanted, shotsFolder });
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
