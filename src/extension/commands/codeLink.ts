// Links that open the editor with a code (`vscode://potluck.potluck/code#…`). They may come from any web page, so that each asks before it does
// anything, one at a time.

import * as vscode from 'vscode';
import type { Services } from '../services.ts';
import { t } from '../text.ts';
import { acceptCode } from './acceptCode.ts';
import { linkedCode } from './linkedCode.ts';

export function registerCodeLinks(services: Services): vscode.Disposable {
  let isAsking = false;

  async function open(uri: vscode.Uri): Promise<void> {
    if (isAsking) {
      // A page that sends many gets one question.
      services.log.warn(t('A link was dropped: another one is being asked about.'));
      return;
    }
    isAsking = true;
    try {
      await acceptCode(services, linkedCode(uri));
    } catch (error) {
      services.messages.failure(error);
    } finally {
      isAsking = false;
    }
  }

  return vscode.window.registerUriHandler({ handleUri: open });
}
