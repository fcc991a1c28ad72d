// The board's editor: one at a time, made anew when it is closed and opened. Hands its page's messages, once they are checked, to the feed and to
// commands from a closed list.

import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { type ActionName, type BoardCommand, type FromBoard, parseFromBoard } from '../../protocol/board.ts';
import type { Sidecar } from '../sidecar.ts';
import { t } from '../text.ts';
import type { World } from '../world.ts';
import { BoardFeed } from './boardFeed.ts';
import { boardPage } from './boardPage.ts';
import { actionsFor, downloadIdOfRow } from './boardRows.ts';

const commandOf: Readonly<Record<BoardCommand, string>> = {
  join: 'potluck.party.join',
  share: 'potluck.share.add',
  invite: 'potluck.invite.create',
  clear: 'potluck.download.clearFinished',
  pauseAll: 'potluck.download.pauseAll',
  resumeAll: 'potluck.download.resumeAll',
  history: 'potluck.transfers.history',
  restart: 'potluck.sidecar.restart',
};

const actionCommandOf: Readonly<Record<ActionName, string>> = {
  pause: 'potluck.download.pause',
  resume: 'potluck.download.resume',
  cancel: 'potluck.download.cancel',
  retry: 'potluck.download.retry',
  top: 'potluck.download.moveTop',
  reveal: 'potluck.download.reveal',
  open: 'potluck.download.open',
};

export interface BoardParts {
  extensionUri: vscode.Uri;
  sidecar: Sidecar;
  world: World;
  log: Pick<vscode.LogOutputChannel, 'warn'>;
}

export class BoardPanel {
  readonly #parts: BoardParts;
  #panel: vscode.WebviewPanel | undefined;

  constructor(parts: BoardParts) {
    this.#parts = parts;
  }

  /** Opens it, or brings it to the front. Rejects when no sidecar can be had and nothing was ever known. */
  async show(): Promise<void> {
    if (this.#panel !== undefined) {
      this.#panel.reveal();
      return;
    }
    await this.#parts.world.load();
    if (this.#panel === undefined) this.#open();
  }

  dispose(): void {
    this.#panel?.dispose();
  }

  #open(): void {
    const { extensionUri, sidecar, world, log } = this.#parts;
    const root = vscode.Uri.joinPath(extensionUri, 'dist');
    const panel = vscode.window.createWebviewPanel('potluck.board', t('Potluck Board'), vscode.ViewColumn.Active, {
      enableScripts: true,
      enableForms: false,
      enableCommandUris: false,
      localResourceRoots: [root],
    });
    this.#panel = panel;
    const icon = (theme: string): vscode.Uri => vscode.Uri.joinPath(extensionUri, 'media', `potluck-${theme}.svg`);
    panel.iconPath = { light: icon('light'), dark: icon('dark') };
    const { webview } = panel;
    const session = randomBytes(16).toString('hex');
    const { language } = vscode.env;
    const feed = new BoardFeed({
      ...{ sidecar, world, language },
      post: (message) => webview.postMessage({ ...message, session }),
    });
    const listening = webview.onDidReceiveMessage((value: unknown) => {
      const message = parseFromBoard(value, session);
      if (message === undefined) log.warn('The board sent something that is no message of it. It was ignored.');
      else this.#take(message, feed);
    });
    const watching = panel.onDidChangeViewState(() => {
      if (!panel.visible) feed.hidden();
    });
    panel.onDidDispose(() => {
      this.#panel = undefined;
      listening.dispose();
      watching.dispose();
      feed.dispose();
    });
    const uriOf = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(root, name)).toString();
    webview.html = boardPage({
      nonce: randomBytes(16).toString('hex'),
      ...{ session, source: webview.cspSource },
      ...{ scriptUri: uriOf('board.js'), styleUri: uriOf('board.css') },
    });
  }

  #take(message: FromBoard, feed: BoardFeed): void {
    switch (message.type) {
      case 'ready':
        feed.ready();
        return;
      case 'select':
        feed.select(message.id);
        return;
      case 'run':
        void vscode.commands.executeCommand(commandOf[message.command]);
        return;
      case 'act': {
        const { downloads } = this.#parts.world;
        const download = downloads.get(downloadIdOfRow(message.id) ?? '');
        // Only what the page offers for it: it may have changed meanwhile.
        if (download === undefined) return;
        if (!actionsFor(download, downloads.placeOf(download.downloadId)).includes(message.action)) return;
        void vscode.commands.executeCommand(actionCommandOf[message.action], download.downloadId);
        return;
      }
    }
  }
}
