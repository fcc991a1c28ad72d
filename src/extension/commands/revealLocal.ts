// Shows a file or folder of this disk: in the Explorer where it is part of the workspace, else in the system's file manager.

import * as vscode from 'vscode';
import { AppError } from '../../protocol/errors.ts';
import { longDisplayName } from '../displayText.ts';
import { t } from '../text.ts';
import { notices } from '../notices.ts';

/** `not-found` when it is gone. Resolves before a person has read where it is, where that is all that can be shown. */
export async function revealLocal(path: string): Promise<void> {
  const uri = vscode.Uri.file(path);
  try {
    await vscode.workspace.fs.stat(uri);
  } catch (error) {
    throw new AppError('not-found', t('{0} is not there any more.', longDisplayName(path)), { cause: error });
  }
  if (vscode.workspace.getWorkspaceFolder(uri) !== undefined) {
    await vscode.commands.executeCommand('revealInExplorer', uri);
    return;
  }
  // The file manager of the machine that the window is on does not show files of another one.
  const isElsewhere = vscode.env.uiKind === vscode.UIKind.Web || vscode.env.remoteName !== undefined;
  if (isElsewhere) void tellPath(path);
  else await vscode.commands.executeCommand('revealFileInOS', uri);
}

async function tellPath(path: string): Promise<void> {
  const copy = t('Copy Path');
  const taken = await notices.info(t('It is on the other machine: {0}', longDisplayName(path)), copy);
  if (taken === copy) await vscode.env.clipboard.writeText(path);
}
