// The settings a person makes in VS Code. Only values from the user's or the machine's own settings count: never a workspace's, which may
// come from a peer. What was set explicitly is handed to the sidecar; everything else the sidecar keeps by itself.

import * as vscode from 'vscode';
import path from 'node:path';
import { defaultDataFolder } from '../protocol/locations.ts';
import type { Settings } from '../protocol/model.ts';
import { asAppError } from '../protocol/errors.ts';
import { settingsOf } from './explicitSettings.ts';
import type { Sidecar } from './sidecar.ts';

const section = 'potluck';

/** The value from user or machine settings, or undefined where none was made. */
function explicit(key: string): unknown {
  return vscode.workspace.getConfiguration(section).inspect(key)?.globalValue;
}

/** The largest file that opens without asking. */
export function maxOpenBytes(): number {
  const value = explicit('open.maxSizeMiB');
  const mebibytes = typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : 32;
  return mebibytes * 1024 * 1024;
}

/** The data folder: the setting, else what the environment and the platform say. */
export function dataFolder(): string {
  const value = explicit('sidecar.dataFolder');
  return typeof value === 'string' && path.isAbsolute(value) ? value : defaultDataFolder();
}

/** What a person configured for the sidecar; unset and malformed values are left out. */
export function explicitSettings(): Partial<Settings> {
  return settingsOf(explicit);
}

export async function updateSetting(key: string, value: unknown): Promise<void> {
  await vscode.workspace.getConfiguration(section).update(key, value, vscode.ConfigurationTarget.Global);
}

/** Hands explicit settings over after every connect and every change. `onProblem` gets what the sidecar refused. */
export function registerSettings(sidecar: Sidecar, onProblem: (error: unknown) => void): vscode.Disposable {
  const push = async (): Promise<void> => {
    const settings = explicitSettings();
    if (Object.keys(settings).length === 0) return;
    try {
      await sidecar.request('settings/set', settings);
    } catch (error) {
      if (asAppError(error).kind !== 'invalid-argument') throw error;
      // The sidecar takes all or nothing: one that it does not take must not keep the others back.
      for (const [name, value] of Object.entries(settings))
        await sidecar.request('settings/set', { [name]: value }).catch(onProblem);
    }
  };
  const connects = sidecar.onDidConnect(() => void push().catch(onProblem));
  const changes = vscode.workspace.onDidChangeConfiguration((event) => {
    // Nothing is started for a setting: a sidecar that starts later is told then.
    if (event.affectsConfiguration(section) && sidecar.state === 'running') push().catch(onProblem);
  });
  return vscode.Disposable.from(connects, changes);
}
