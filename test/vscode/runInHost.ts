// Runs the in-host suite (test/inHost) inside the extension host of real VS Codes, against the installed VSIX, with a second peer on a
// loopback DHT that shares a small real tree. What the suite is told stands in `hostEnv`.

import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { startLoopbackNetwork, removeFolder, stopSidecar } from '../../scripts/localPeers.ts';
import { root } from '../../scripts/projectRoot.ts';
import { ensureVSCode, type Flavor } from '../../scripts/vscode.ts';
import { installExtension, makeProfile, newContext, runInHost, startServer, type Server } from './driver.ts';
import { addCounts, type Counts } from '../../scripts/counts.ts';
import { startTestPeer, type TestPeer } from './testPeer.ts';

/** What test/inHost/index.ts writes to E2E_RESULT. */
export interface HostResult {
  passed: string[];
  pending?: string[];
  failed: { title: string; error: string }[];
}

/** The bundled suite (scripts/bundle.ts). */
export const testsPath = path.join(root, 'dist-test', 'inHost', 'index.cjs');

/** Environment of the host: where its own sidecar lives, and whom it will meet. */
export function hostEnv(options: { home: string; bootstrap: string[]; peer: TestPeer; resultFile: string }): NodeJS.ProcessEnv {
  return {
    POTLUCK_HOME: options.home,
    POTLUCK_BOOTSTRAP: options.bootstrap.join(','),
    POTLUCK_TEST_PARTY: options.peer.party,
    POTLUCK_TEST_TREE: options.peer.tree,
    POTLUCK_TEST_PEER: options.peer.peerId,
    E2E_RESULT: options.resultFile,
  };
}

/** Runs the suite in each flavor with the VSIX. */
export async function runInHostSuite(browser: Browser, vsix: string, flavors: readonly Flavor[]): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0 };
  for (const flavor of flavors) addCounts(counts, await runInFlavor(browser, vsix, flavor));
  return counts;
}

async function runInFlavor(browser: Browser, vsix: string, flavor: Flavor): Promise<Counts> {
  const vscode = await ensureVSCode(flavor);
  const startedAt = Date.now();
  const folder = mkdtempSync(path.join(tmpdir(), 'plk-'));
  const profile = makeProfile(path.join(folder, 'p'));
  const home = path.join(folder, 'me');
  const resultFile = path.join(folder, 'result.json');
  const workspace = path.join(folder, 'workspace');
  mkdirSync(workspace);
  writeFileSync(path.join(workspace, 'notes.md'), '# Notes\n');
  // The suite runs beside some extension under development; this one is empty, ours is the installed one.
  const devPath = path.join(folder, 'runner');
  mkdirSync(devPath);
  writeFileSync(
    path.join(devPath, 'package.json'),
    '{"name":"runner","publisher":"test","version":"0.0.1","engines":{"vscode":"^1.90.0"}}',
  );
  const network = await startLoopbackNetwork();
  let peer: TestPeer | undefined;
  let server: Server | undefined;
  const lines: string[] = [];
  try {
    const installing = installExtension(vscode, profile, vsix);
    installing.catch(() => undefined); // told where it is awaited
    peer = await startTestPeer(path.join(folder, 'peer'), network.bootstrap);
    await installing;
    const env = hostEnv({ home, bootstrap: network.bootstrap, peer, resultFile });
    server = await startServer(vscode, profile, { smokeDriver: true, env });
    const context = await newContext(browser);
    const options = { folder: workspace, devPath, testsPath, onLog: (line: string) => lines.push(line) };
    const code = await runInHost(context, server, options).finally(() => context.close());
    if (code !== 0) tellLog(lines);
    return reportHostResult(`VS Code ${vscode.version}`, readResult(resultFile), code, startedAt);
  } catch (error) {
    console.log(`✖ VS Code ${vscode.version}: ${error instanceof Error ? error.message : String(error)}`);
    tellLog(lines);
    return { passed: 0, failed: 1 };
  } finally {
    await server?.stop();
    await stopSidecar(home);
    await peer?.close();
    await network.close();
    if (process.env['KEEP']) console.log(`Kept ${folder}`);
    else removeFolder(folder);
  }
}

/** The end of what the host and the workbench said. */
function tellLog(lines: readonly string[]): void {
  for (const line of lines.slice(-30)) console.log(`    ${line.slice(0, 400)}`);
}

export function readResult(file: string): HostResult {
  if (!existsSync(file)) return { passed: [], failed: [{ title: 'the suite', error: 'wrote no result' }] };
  return JSON.parse(readFileSync(file, 'utf8')) as HostResult;
}

/** Prints the result and counts it. A suite that ended with an error but names no failure counts as one. */
export function reportHostResult(where: string, result: HostResult, code: number, startedAt: number): Counts {
  for (const title of result.passed) console.log(`✔ ${title}`);
  for (const { title, error } of result.failed) console.log(`✖ ${title}\n${error.replace(/^/gm, '    ')}`);
  const silent = code !== 0 && result.failed.length === 0 ? 1 : 0;
  const counts = { passed: result.passed.length, failed: result.failed.length + silent };
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  console.log(`${where}, in the host: ${counts.passed} passed, ${counts.failed} failed, ${seconds} s (exit ${code})`);
  return counts;
}
