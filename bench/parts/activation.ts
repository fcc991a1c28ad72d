// Activation of the packaged extension in a real VS Code, each time in a fresh profile and a fresh window.

import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as esbuild from 'esbuild';
import { removeFolder } from '../../scripts/localPeers.ts';
import { root } from '../../scripts/projectRoot.ts';
import { ensureVSCode } from '../../scripts/vscode.ts';
import { installExtension, launchBrowser, makeProfile, newContext, runInHost, startServer } from '../../test/vscode/driver.ts';

export interface Activation {
  /** What the extension's own activate() took. */
  activationMs: number;
  /** Reading and running its code, the first time. */
  loadMs: number;
  /** What whoever activates it waits, the code being in memory. */
  wholeMs: number;
  /** The same, with its code, of an extension that does nothing. */
  emptyMs: number;
  hasSidecar: boolean;
}

export async function measureActivation(vsix: string, runs: number): Promise<Activation[]> {
  const vscode = await ensureVSCode('latest');
  const folder = mkdtempSync(path.join(tmpdir(), 'pl-a-'));
  const browser = await launchBrowser();
  const results: Activation[] = [];
  try {
    const testsPath = await bundleInHost(folder);
    const devPath = makeEmptyExtension(folder);
    for (let run = 0; run < runs; run++) {
      const profile = makeProfile(path.join(folder, `p${run}`));
      const workspace = path.join(folder, `w${run}`);
      mkdirSync(workspace);
      await installExtension(vscode, profile, vsix);
      const resultFile = path.join(folder, `result${run}.json`);
      const env = { POTLUCK_HOME: path.join(folder, `home${run}`), POTLUCK_BOOTSTRAP: '127.0.0.1:9', E2E_RESULT: resultFile };
      const server = await startServer(vscode, profile, { smokeDriver: true, env });
      const context = await newContext(browser);
      try {
        const code = await runInHost(context, server, { folder: workspace, devPath, testsPath });
        if (code !== 0) throw new Error(`The measurement in the host ended with ${code}.`);
        results.push(JSON.parse(readFileSync(resultFile, 'utf8')) as Activation);
      } finally {
        await context.close();
        await server.stop();
      }
    }
  } finally {
    await browser.close();
    removeFolder(folder);
  }
  return results;
}

async function bundleInHost(folder: string): Promise<string> {
  const outfile = path.join(folder, 'activation.cjs');
  await esbuild.build({
    entryPoints: [path.join(root, 'bench', 'inHost', 'activation.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['vscode'],
    logLevel: 'warning',
  });
  return outfile;
}

function makeEmptyExtension(folder: string): string {
  const devPath = path.join(folder, 'empty');
  mkdirSync(devPath);
  const manifest = { name: 'empty', publisher: 'bench', version: '0.0.1', engines: { vscode: '^1.90.0' }, main: './main.js' };
  writeFileSync(path.join(devPath, 'package.json'), JSON.stringify({ ...manifest, activationEvents: [] }));
  writeFileSync(path.join(devPath, 'main.js'), 'exports.activate = () => {};\n');
  return devPath;
}
