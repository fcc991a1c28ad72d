// Context keys that menus, keybindings and welcome texts read, all under `potluck.`: set only when they change.

import * as vscode from 'vscode';

const contexts = new Map<string, unknown>();

/** Resolves once VS Code took it: a view that it shows can be opened then. */
export async function setContext(key: string, value: unknown): Promise<void> {
  if (contexts.get(key) === value) return;
  contexts.set(key, value);
  await vscode.commands.executeCommand('setContext', `potluck.${key}`, value);
}
