// `node test/e2e/main.ts [min] [latest] [--host] [--PART] [--shots]`: only the walk, or the one of its parts (or, with --host, only the in-host
// suite), against the newest build, made in the folder that POTLUCK_TEST_BUILD names. For work on the UI; `npm run test:e2e` runs all of it.

import path from 'node:path';
import { bundleInHostTests, hostTarget } from '../../scripts/bundle.ts';
import { root } from '../../scripts/projectRoot.ts';
import { bundle } from '../../scripts/bundle.ts';
import { packageVsix } from '../../scripts/vsix.ts';
import { flavors } from '../../scripts/vscode.ts';
import { runInHostSuite } from '../vscode/runInHost.ts';
import { inEachFlavor } from './flavors.ts';
import { runWalk } from './walk.ts';

const args = process.argv.slice(2);
const chosen = flavors.filter((flavor) => args.includes(flavor));
const wanted = chosen.length > 0 ? chosen : flavors;
const outFolder = process.env['POTLUCK_TEST_BUILD'] ?? root;
await bundle({ target: hostTarget(), sourcemap: true, outFolder });
if (args.includes('--host')) await bundleInHostTests();
const vsix = await packageVsix(hostTarget(), outFolder);
const shotsFolder = args.includes('--shots') ? path.join(root, 'docs', 'images') : undefined;
const part = (['meeting', 'access', 'links', 'viewers', 'board', 'preview', 'together', 'trust', 'german'] as const).find(
  (name) => args.includes(`--${name}`),
);
const { passed, failed } = await inEachFlavor(wanted, (browser, flavor) =>
  args.includes('--host')
    ? runInHostSuite(browser, vsix, [flavor])
    : runWalk(browser, vsix, { flavors: [flavor], shotsFolder, part }),
);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
