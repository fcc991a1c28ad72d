// potluck.entry.showPage: all that is known of a file or folder, on a page beside the editors. Asks the sidecar; transfers nothing.

import type * as vscode from 'vscode';
import { FilePanel } from '../filePage/filePanel.ts';
import type { CommandTable, Services } from '../services.ts';
import { t } from '../text.ts';
import { entryInQuestion } from './givenEntry.ts';

export function filePageCommands(services: Services, disposables: vscode.Disposable[]): CommandTable {
  const panel = new FilePanel(services);
  disposables.push(panel);
  return {
    'entry.showPage': async (given: unknown) => {
      const entry = await entryInQuestion(services, given, { title: t('Show the Page of What?'), wants: 'any' });
      if (entry !== undefined) await panel.show(entry);
    },
  };
}
