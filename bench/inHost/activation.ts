// Runs inside the extension host of a real VS Code: how long Potluck takes to activate, and an empty extension beside it.

import { existsSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';

export async function run(): Promise<void> {
  const potluck = vscode.extensions.getExtension<{ activationMs: number; sidecarPid: number | undefined }>('potluck.potluck');
  const empty = vscode.extensions.getExtension('bench.empty');
  if (!potluck || !empty) throw new Error('The extensions are not installed.');
  const emptyMs = await activateMs(empty);
  const wholeMs = await activateMs(potluck);
  const { activationMs, sidecarPid } = potluck.exports;
  const hasSidecar = sidecarPid !== undefined || existsSync(process.env['POTLUCK_HOME'] ?? '');
  writeFileSync(process.env['E2E_RESULT'] ?? '', JSON.stringify({ activationMs, wholeMs, emptyMs, hasSidecar }));
}

async function activateMs(extension: vscode.Extension<unknown>): Promise<number> {
  const startedMs = performance.now();
  await extension.activate();
  return performance.now() - startedMs;
}
