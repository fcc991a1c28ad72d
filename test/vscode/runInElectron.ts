// Runs the in-host suite in desktop VS Code (Electron) by @vscode/test-electron, which downloads it: for machines that can, as the
// GitHub workflow. The same world as runInHost.ts makes for code-server.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { downloadAndUnzipVSCode, resolveCliArgsFromVSCodeExecutablePath, runTests } from '@vscode/test-electron';
import { bundleInHostTests, hostTarget } from '../../scripts/bundle.ts';
import { addCounts, type Counts } from '../../scripts/counts.ts';
import { removeFolder, startLoopbackNetwork, stopSidecar } from '../../scripts/localPeers.ts';
import { packageVsix } from '../../scripts/vsix.ts';
import { hostEnv, readResult, reportHostResult, testsPath } from './runInHost.ts';
import { startTestPeer, type TestPeer } from './testPeer.ts';

/** The oldest that engines.vscode allows, and the newest. */
const versions = ['1.106.3', 'stable'];

/** `node scripts/testElectron.mjs [VERSION…]`. VSCODE_EXECUTABLE names an installed VS Code to use instead of downloading. */
export async function main(args: string[]): Promise<void> {
  const total: Counts = { passed: 0, failed: 0 };
  await bundleInHostTests();
  const vsix = await packageVsix(hostTarget());
  for (const version of args.length > 0 ? args : versions) addCounts(total, await runVersion(version, vsix));
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);
}

async function runVersion(version: string, vsix: string): Promise<Counts> {
  const startedAt = Date.now();
  const vscodeExecutablePath = process.env['VSCODE_EXECUTABLE'] ?? (await downloadAndUnzipVSCode(version));
  const folder = mkdtempSync(path.join(tmpdir(), 'plk-'));
  const profile = [`--user-data-dir=${path.join(folder, 'd')}`, `--extensions-dir=${path.join(folder, 'x')}`];
  const home = path.join(folder, 'me');
  const resultFile = path.join(folder, 'result.json');
  const devPath = path.join(folder, 'runner');
  const workspace = path.join(folder, 'workspace');
  for (const each of [devPath, workspace]) mkdirSync(each);
  writeFileSync(path.join(workspace, 'notes.md'), '# Notes\n');
  const runner = { name: 'runner', publisher: 'test', version: '0.0.1', engines: { vscode: '^1.90.0' } };
  writeFileSync(path.join(devPath, 'package.json'), JSON.stringify(runner));
  const network = await startLoopbackNetwork();
  let peer: TestPeer | undefined;
  try {
    peer = await startTestPeer(path.join(folder, 'peer'), network.bootstrap);
    installInto(vscodeExecutablePath, profile, vsix);
    const code = await runTests({
      vscodeExecutablePath,
      extensionDevelopmentPath: devPath,
      extensionTestsPath: testsPath,
      extensionTestsEnv: hostEnv({ home, bootstrap: network.bootstrap, peer, resultFile }),
      launchArgs: [workspace, ...profile, '--disable-workspace-trust', '--skip-welcome', '--skip-release-notes', '--disable-gpu'],
    }).catch(() => 1); // which tests failed stands in the result
    return reportHostResult(`Desktop VS Code ${version}`, readResult(resultFile), code, startedAt);
  } finally {
    await stopSidecar(home);
    await peer?.close();
    await network.close();
    removeFolder(folder);
  }
}

function installInto(executable: string, profile: string[], vsix: string): void {
  const [cli = executable, ...args] = resolveCliArgsFromVSCodeExecutablePath(executable, { reuseMachineInstall: true });
  const install = [...args, ...profile, '--install-extension', vsix, '--force'];
  const { status } = spawnSync(cli, install, { stdio: 'inherit', shell: process.platform === 'win32', timeout: 120_000 });
  if (status !== 0) throw new Error(`Desktop VS Code did not install ${vsix} (${status}).`);
}
