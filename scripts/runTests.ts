// Runs the suites one after the other: check, lint, unit, integration, namespaces, e2e. Installs what the last one needs while the first two run.
// Prints each suite's time, and on the last line the sum over all.

import { spawn } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { whyNot } from '../test/namespaces/world.ts';
import { bundle, bundleInHostTests, hostTarget } from './bundle.ts';
import { addCounts, type Counts } from './counts.ts';
import { removeFolder } from './localPeers.ts';
import { root } from './projectRoot.ts';
import { packageVsix } from './vsix.ts';
import { ensureChromium, ensureVSCode, flavors } from './vscode.ts';

const suites = ['check', 'lint', 'unit', 'integration', 'namespaces', 'e2e'] as const;
type Suite = (typeof suites)[number];

/** One test, and one suite, may not take longer than this: what hangs fails. */
const testMs = 2 * 60_000;
const suiteMs = 10 * 60_000;
/** Each test file is a process of its own: with what others compiled before it starts in half the time. */
const compileCache = path.join(root, 'node_modules', '.cache', 'compiled');

/** `node scripts/test.mjs [check] [lint] [unit] [integration] [namespaces] [e2e] [--shots]`, all by default. */
export async function main(args: string[]): Promise<void> {
  const unknown = args.filter((arg) => arg !== '--shots' && !suites.some((suite) => suite === arg));
  if (unknown.length > 0) throw new Error(`Unknown: ${unknown.join(', ')}. Suites: ${suites.join(', ')}.`);
  const wanted = suites.filter((suite) => args.includes(suite) || !args.some((arg) => arg !== '--shots'));
  const editors = wanted.includes('e2e') ? prepareEditors() : Promise.resolve();
  editors.catch(() => undefined); // told where it is awaited
  const total: Counts = { passed: 0, failed: 0 };
  let built = false;
  for (const suite of wanted) {
    const startedAt = Date.now();
    console.log(`\n━━ ${suite}`);
    const counts: Counts = { passed: 0, failed: 0 };
    try {
      // Installing takes a whole core: no test with a deadline runs beside it.
      if (suite !== 'check' && suite !== 'lint') await editors;
      if (!built && (suite === 'integration' || suite === 'namespaces' || suite === 'e2e')) {
        await bundle({ target: hostTarget(), sourcemap: true });
        built = true;
      }
      addCounts(counts, await run(suite, args.includes('--shots')));
    } catch (error) {
      counts.failed++;
      console.error(error);
    }
    addCounts(total, counts);
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    console.log(`${suite}: ${counts.passed} passed, ${counts.failed} failed, ${seconds} s`);
  }
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
}

async function prepareEditors(): Promise<void> {
  for (const flavor of flavors) await ensureVSCode(flavor);
  await ensureChromium();
}

function run(suite: Suite, shots: boolean): Promise<Counts> {
  switch (suite) {
    case 'check':
      return checkTypes();
    case 'lint':
      return lint();
    case 'unit':
      return nodeTests('test/unit/**/*.test.ts', 4);
    case 'integration':
      return nodeTests('test/integration/**/*.test.ts');
    case 'namespaces':
      return namespaces();
    case 'e2e':
      return endToEnd(shots);
  }
}

/** They wait for networks most of the time: all files at once. */
function namespaces(): Promise<Counts> {
  const reason = whyNot();
  if (reason === undefined) return nodeTests('test/namespaces/**/*.test.ts', 4);
  console.log(`Skipped, no networks can be made here: ${reason}.`);
  return Promise.resolve({ passed: 0, failed: 0 });
}

/** Pages of webviews know a DOM, nothing else does. */
function checkTypes(): Promise<Counts> {
  return commands(['node_modules/typescript/bin/tsc', '-p', '.'], ['node_modules/typescript/bin/tsc', '-p', 'webview']);
}

function lint(): Promise<Counts> {
  return commands(
    ['node_modules/eslint/bin/eslint.js', '.'],
    ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'],
  );
}

/** Runs node with each of the arguments, at the same time: tests that pass when they exit with 0. */
async function commands(...all: string[][]): Promise<Counts> {
  const codes = await Promise.all(all.map((args) => runNode(args)));
  const passed = codes.filter((code) => code === 0).length;
  return { passed, failed: codes.length - passed };
}

function runNode(args: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    // SIGTERM has node:test report what it was waiting for.
    const env = { ...process.env, NODE_COMPILE_CACHE: compileCache };
    const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit', timeout: suiteMs, env });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (signal) console.log(`Ended by ${signal}: it took longer than ${suiteMs / 60_000} minutes.`);
      resolve(code ?? 1);
    });
  });
}

/** Half of the time of most tests is waiting: three files at once keep two cores busy; four, where no sidecars run. */
async function nodeTests(pattern: string, concurrency = 3): Promise<Counts> {
  const files = globSync(pattern, { cwd: root }).sort();
  if (files.length === 0) {
    console.log(`No test matches ${pattern}.`);
    return { passed: 0, failed: 1 };
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'potluck-test-'));
  const result = path.join(folder, 'counts.json');
  const reporters = ['--test-reporter=spec', '--test-reporter-destination=stdout'];
  reporters.push('--test-reporter=./scripts/countReporter.mjs', `--test-reporter-destination=${result}`);
  try {
    const code = await runNode([
      '--test',
      `--test-concurrency=${concurrency}`,
      `--test-timeout=${testMs}`,
      ...reporters,
      ...files,
    ]);
    const counts = existsSync(result) ? parseCounts(readFileSync(result, 'utf8')) : { passed: 0, failed: 0 };
    if (code !== 0 && counts.failed === 0) counts.failed = 1;
    return counts;
  } finally {
    removeFolder(folder);
  }
}

function parseCounts(text: string): Counts {
  return text === '' ? { passed: 0, failed: 0 } : (JSON.parse(text) as Counts);
}

async function endToEnd(shots: boolean): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0 };
  await bundleInHostTests();
  const vsix = await packageVsix(hostTarget());
  counts.passed++;
  const { launchBrowser } = await import('../test/vscode/driver.ts');
  const { runInHostSuite } = await import('../test/vscode/runInHost.ts');
  const { runBoardChecks } = await import('../test/e2e/boardPage.ts');
  const { runViewerChecks } = await import('../test/e2e/viewerPage.ts');
  const { inEachFlavor } = await import('../test/e2e/flavors.ts');
  const { runWalk } = await import('../test/e2e/walk.ts');
  const browser = await launchBrowser();
  try {
    addCounts(counts, await runBoardChecks(browser));
    addCounts(counts, await runViewerChecks(browser));
  } finally {
    await browser.close();
  }
  const shotsFolder = shots ? path.join(root, 'docs', 'images') : undefined;
  const inEditors = await inEachFlavor(flavors, async (own, flavor) => {
    const inHost = await runInHostSuite(own, vsix, [flavor]);
    addCounts(inHost, await runWalk(own, vsix, { flavors: [flavor], shotsFolder }));
    return inHost;
  });
  addCounts(counts, inEditors);
  return counts;
}
