// Runs inside the extension host of a real VS Code: how long Potluck takes to activate, and an empty extension beside it.

import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import * as vscode from 'vscode';

export async function run(): Promise<void> {
  const potluck = vscode.extensions.getExtension<{ activationMs: number; sidecarPid: number | undefined }>('potluck.potluck');
  const empty = vscode.extensions.getExtension('bench.empty');
  if (!potluck || !empty) throw new Error('The extensions are not installed.');
  const emptyMs = await activateMs(empty);
  const loadMs = loadCold(path.join(potluck.extensionPath, 'dist', 'extension.cjs'));
  const wholeMs = await activateMs(potluck);
  const { activationMs, sidecarPid } = potluck.exports;
  const hasSidecar = sidecarPid !== undefined || existsSync(process.env['POTLUCK_HOME'] ?? '');
  writeFileSync(process.env['E2E_RESULT'] ?? '', JSON.stringify({ activationMs, loadMs, wholeMs, emptyMs, hasSidecar }));
}

/** Reads and runs the bundle once, as the host will; the module registers nothing before activate(). */
function loadCold(file: string): number {
  const require = createRequire(file);
  const startedMs = performance.now();
  require(file);
  const loadMs = performance.now() - startedMs;
  Reflect.deleteProperty(require.cache, file);
  return loadMs;
}

async function activateMs(extension: vscode.Extension<unknown>): Promise<number> {
  const startedMs = performance.now();
  await extension.activate();
  return performance.now() - startedMs;
}
