// Shows reports as read-only documents. One document a title, replaced by the next report.

import * as vscode from 'vscode';
import { t } from './text.ts';
import { settingLinks } from './views/networkReport.ts';

const scheme = 'potluck-report';

/** `linksSettings`: the settings of ours that the text names can be opened from it. */
export type ShowReport = (text: string, title: string, options?: { linksSettings?: boolean }) => Promise<void>;

export function registerReports(): { showReport: ShowReport; disposable: vscode.Disposable } {
  /** By path of the document; there are as many as titles. */
  const shown = new Map<string, { text: string; linksSettings: boolean }>();
  const changes = new vscode.EventEmitter<vscode.Uri>();
  const disposable = vscode.Disposable.from(
    changes,
    vscode.workspace.registerTextDocumentContentProvider(scheme, {
      onDidChange: changes.event,
      provideTextDocumentContent: ({ path }) => shown.get(path)?.text ?? '',
    }),
    vscode.languages.registerDocumentLinkProvider(
      { scheme },
      {
        provideDocumentLinks: (document) => (shown.get(document.uri.path)?.linksSettings === true ? linksIn(document) : []),
      },
    ),
  );
  return {
    disposable,
    async showReport(text, title, { linksSettings = false } = {}) {
      const uri = vscode.Uri.from({ scheme, path: `/${title}` });
      shown.set(uri.path, { text, linksSettings });
      changes.fire(uri);
      const document = await vscode.workspace.openTextDocument(uri);
      await vscode.window.showTextDocument(document, { preview: true });
    },
  };
}

/** Settings of ours only: whatever a peer calls itself, a click opens no more than VS Code's settings. */
function linksIn(document: vscode.TextDocument): vscode.DocumentLink[] {
  return settingLinks(document.getText()).map(({ start, end, key }) => {
    const range = new vscode.Range(document.positionAt(start), document.positionAt(end));
    const query = encodeURIComponent(JSON.stringify([key]));
    const link = new vscode.DocumentLink(range, vscode.Uri.parse(`command:workbench.action.openSettings?${query}`));
    link.tooltip = t('Open this setting');
    return link;
  });
}
