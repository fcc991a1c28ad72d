// The editor of `.p2p` files: what a link leads to, who has it, and what can be done with it. Opening reads the file and nothing else; what is known
// here is looked up when the sidecar runs anyway or after a click.

import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { asAppError } from '../../protocol/errors.ts';
import type { OfSession, ToLinkPage } from '../../protocol/linkPage.ts';
import { displayName } from '../displayText.ts';
import { baseName, parentPath } from '../files/uris.ts';
import type { Services } from '../services.ts';
import { readLink, type ReadLink } from './linkDocument.ts';
import { linkEditorPage } from './linkEditorPage.ts';
import { LinkPage } from './linkPageHost.ts';
import { readLinkText } from './linkWork.ts';
import { openPanel } from './openPanel.ts';

export const linkEditorId = 'potluck.link';

class LinkDocument implements vscode.CustomDocument {
  readonly uri: vscode.Uri;
  readonly onDidChange: vscode.Event<void>;
  read: ReadLink = { text: '', warnings: [] };
  readonly #changes = new vscode.EventEmitter<void>();
  readonly #subscriptions: vscode.Disposable[];

  constructor(uri: vscode.Uri) {
    this.uri = uri;
    this.onDidChange = this.#changes.event;
    const folder = uri.with({ path: parentPath(uri.path) || '/' });
    // Of one file: its name may hold what a pattern acts on.
    const pattern = new vscode.RelativePattern(folder, baseName(uri.path).replace(/[[\]{}*?!]/g, '?'));
    const watcher = vscode.workspace.createFileSystemWatcher(pattern);
    const look = (): void => void this.load().then(() => this.#changes.fire());
    this.#subscriptions = [
      this.#changes,
      watcher,
      watcher.onDidChange(look),
      watcher.onDidCreate(look),
      // Beside it, the same as text: what is typed shows at once when it is saved.
      vscode.workspace.onDidSaveTextDocument((document) => {
        if (document.uri.toString() === uri.toString()) look();
      }),
    ];
  }

  /** Never rejects: what is wrong is what is shown. */
  async load(): Promise<void> {
    try {
      this.read = readLink(await readLinkText(this.uri));
    } catch (error) {
      this.read = { text: '', warnings: [], problem: displayName(asAppError(error).message, 500) };
    }
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }
}

export function registerLinkEditor(services: Services, extensionUri: vscode.Uri): vscode.Disposable {
  const folder = vscode.Uri.joinPath(extensionUri, 'dist');

  async function openCustomDocument(uri: vscode.Uri): Promise<LinkDocument> {
    const document = new LinkDocument(uri);
    await document.load();
    return document;
  }

  function resolveCustomEditor(document: LinkDocument, panel: vscode.WebviewPanel): void {
    const { webview } = panel;
    webview.options = { enableScripts: true, enableForms: false, localResourceRoots: [folder] };
    const session = randomBytes(16).toString('hex');
    const { post, isVisible } = openPanel<OfSession<ToLinkPage>>(panel);
    const page = new LinkPage(services, {
      uri: document.uri,
      session,
      read: () => document.read,
      post: (message) => post({ ...message, session }),
      isVisible,
    });
    const subscriptions = [
      page,
      webview.onDidReceiveMessage((message: unknown) => page.receive(message)),
      document.onDidChange(() => page.changed()),
      panel.onDidChangeViewState(() => page.shown()),
    ];
    panel.onDidDispose(() => {
      for (const subscription of subscriptions) subscription.dispose();
    });
    webview.html = linkEditorPage({
      nonce: randomBytes(16).toString('hex'),
      session,
      scriptUri: webview.asWebviewUri(vscode.Uri.joinPath(folder, 'link.js')).toString(),
      styleUri: webview.asWebviewUri(vscode.Uri.joinPath(folder, 'link.css')).toString(),
      source: webview.cspSource,
    });
  }

  return vscode.window.registerCustomEditorProvider(
    linkEditorId,
    { openCustomDocument, resolveCustomEditor },
    { supportsMultipleEditorsPerDocument: true, webviewOptions: { retainContextWhenHidden: false } },
  );
}
