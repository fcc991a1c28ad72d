// potluck.code.*: codes of others to accept, and our own to give.

import * as vscode from 'vscode';
import { asAppError } from '../../protocol/errors.ts';
import type { CommandTable, Services } from '../services.ts';
import { t } from '../text.ts';
import { failureText } from '../failures.ts';
import { limits } from '../limits.ts';
import { acceptCode } from './acceptCode.ts';
import { codeSummary } from './codeQuestion.ts';

export function codeCommands(services: Services): CommandTable {
  const { sidecar, codePanel } = services;

  /** Says what it is while it is typed or pasted. */
  async function look(text: string): Promise<vscode.InputBoxValidationMessage | undefined> {
    if (text.trim() === '') return undefined;
    try {
      const contents = await sidecar.request('codes/inspect', { text }, { timeoutMs: limits.connectMs });
      return { message: codeSummary(contents), severity: vscode.InputBoxValidationSeverity.Info };
    } catch (error) {
      return { message: failureText(asAppError(error)), severity: vscode.InputBoxValidationSeverity.Error };
    }
  }

  return {
    /** A given code is asked about as well: other extensions and links may call this. */
    'code.accept': async (given: unknown) => {
      const text =
        typeof given === 'string'
          ? given
          : await vscode.window.showInputBox({
              title: t('Accept an Invite or Code'),
              prompt: t('You are asked before anything happens.'),
              placeHolder: t('Paste what the other person sent: it begins with potluck-, or is a link'),
              ignoreFocusOut: true,
              validateInput: look,
            });
      return text === undefined || text.trim() === '' ? false : acceptCode(services, text);
    },

    'code.mine': async () => {
      const code = await sidecar.request('codes/own', {});
      codePanel.show({
        title: t('My Code'),
        sentences: [
          t('Whoever accepts it asks to be connected to you. You are asked before they see anything.'),
          t('It holds your key and your network addresses, and no secret.'),
        ],
        code,
      });
      await vscode.env.clipboard.writeText(code.text);
      vscode.window.setStatusBarMessage(t('Your code is on the clipboard.'), 5000);
    },

    /** The buttons of the page that shows a code. */
    'code.copyShown': async (form: unknown) => {
      const text = codePanel.form(form === 'link' ? 'link' : 'code');
      if (text === undefined) return;
      await vscode.env.clipboard.writeText(text);
      vscode.window.setStatusBarMessage(form === 'link' ? t('Link copied.') : t('Code copied.'), 3000);
    },
  };
}
