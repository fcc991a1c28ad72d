// The list of files that look secret: what is ticked is shared all the same. Nothing is ticked by itself.

import * as vscode from 'vscode';
import type { Suspect } from '../../protocol/model.ts';
import { iconSafeName } from '../displayText.ts';
import { secretKindText } from '../secretText.ts';
import { t } from '../text.ts';

/** The paths to leave out, or undefined when it was left without an answer. */
export async function pickSecrets(
  suspects: readonly Suspect[],
  leftOut: ReadonlySet<string>,
): Promise<ReadonlySet<string> | undefined> {
  const items = suspects.map(({ path, kinds, line }) => ({
    label: `$(key) ${iconSafeName(path)}`,
    description: t('{0}, line {1}', kinds.map(secretKindText).join(', '), line),
    picked: !leftOut.has(path),
    path,
  }));
  const ticked = await vscode.window.showQuickPick(items, {
    title: t('These Look Secret: Tick What Is Shared All the Same'),
    placeHolder: t('What is not ticked gets a line in the .potluckignore of the folder.'),
    canPickMany: true,
    matchOnDescription: true,
    ignoreFocusOut: true,
  });
  if (ticked === undefined) return undefined;
  const shared = new Set(ticked.map(({ path }) => path));
  return new Set(suspects.map(({ path }) => path).filter((path) => !shared.has(path)));
}
