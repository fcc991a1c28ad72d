// `potluck` in every terminal of VS Code: bin/ goes to the front of PATH, and the launchers there are told which Node to use.

import * as vscode from 'vscode';
import { t } from './text.ts';
import { delimiter } from 'node:path';
import { dataFolder } from './settings.ts';

export function registerTerminals(context: vscode.ExtensionContext): vscode.Disposable {
  const variables = context.environmentVariableCollection;
  function set(): void {
    variables.description = t('Adds the {0} command.', '`potluck`');
    variables.prepend('PATH', context.asAbsolutePath('bin') + delimiter);
    variables.replace('POTLUCK_NODE', process.execPath);
    // The command line must meet the same sidecar as this window.
    variables.replace('POTLUCK_HOME', dataFolder());
  }
  set();
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration('potluck.sidecar.dataFolder')) set();
  });
}
