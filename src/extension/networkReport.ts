// Shows a report as a read-only document, in which the settings that it names can be opened. One document, replaced by the next report.

import * as vscode from 'vscode';
import { t } from './text.ts';
import { settingLinks } from './views/networkReport.ts';

const scheme = 'potluck-report';

export function registerNetworkReport(): { showReport: (text: string) => Promise<void>; disposable: vscode.Disposable } {
  let shown = '';
  const changes = new vscode.EventEmitter<vscode.Uri>();
  const uri = vscode.Uri.from({ scheme, path: `/${t('Potluck Network')}` });
  const disposable = vscode.Disposable.from(
    changes,
    vscode.workspace.registerTextDocumentContentProvider(scheme, {
      onDidChange: changes.event,
      provideTextDocumentContent: () => shown,
    }),
    vscode.languages.registerDocumentLinkProvider({ scheme }, { provideDocumentLinks: linksIn }),
  );
  return {
    disposable,
    async showReport(text) {
      shown = text;
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
