// Whether files of peers may be put into a folder of this machine.

import * as vscode from 'vscode';
import { t } from '../text.ts';

/** Files of peers inside a trusted workspace would be trusted with it: ask. */
export async function isFineInside(folder: string): Promise<boolean> {
  const inside = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(folder));
  if (inside === undefined || !vscode.workspace.isTrusted) return true;
  const action = t('Use It Anyway');
  const detail = t(
    'VS Code trusts everything in {0}, so it would trust what peers send as well: tasks, settings, scripts.',
    inside.name,
  );
  const taken = await vscode.window.showWarningMessage(
    t('This folder is part of a trusted workspace.'),
    { modal: true, detail },
    action,
  );
  return taken === action;
}
