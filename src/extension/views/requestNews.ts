// Tells a person that somebody asks to be let in: one notification for all that ask close together, in the window that is in front, each
// peer once until it was answered. Rows in the Peers view say the same and wait.

import * as vscode from 'vscode';
import type { AccessRequest } from '../../protocol/model.ts';
import { messageName } from '../displayText.ts';
import { limits } from '../limits.ts';
import type { Sidecar } from '../sidecar.ts';
import { t } from '../text.ts';
import { requestNews, untoldRequests, withToldRequests } from './requestRow.ts';

/** In `globalState`, which all windows of a person share. */
const toldKey = 'toldRequests';

export function registerRequestNews(sidecar: Sidecar, state: vscode.Memento): vscode.Disposable {
  let timer: NodeJS.Timeout | undefined;
  let lastShownMs = -Infinity;

  function soon(delayMs: number): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      // Without a sidecar nobody asks; once it is back, it is looked at again.
      tell().catch(() => undefined);
    }, delayMs);
  }

  async function tell(): Promise<void> {
    // Every window hears of it: only the one in front tells.
    if (!vscode.window.state.focused || sidecar.state !== 'running') return;
    const requests = await sidecar.request('access/list', {});
    const told = state.get(toldKey);
    const news = untoldRequests(requests, told);
    const text = requestNews(news);
    if (text === undefined) {
      // Who was answered may be told of again.
      const kept = withToldRequests(told, requests, []);
      if (Array.isArray(told) && kept.length < told.length) await state.update(toldKey, kept);
      return;
    }
    // Strangers decide how often this comes: not more than so often, whoever asks.
    const waitMs = lastShownMs + limits.newsAgainMs - Date.now();
    if (waitMs > 0) {
      soon(waitMs);
      return;
    }
    lastShownMs = Date.now();
    // Said before it is shown: two windows must not say the same.
    await state.update(toldKey, withToldRequests(told, requests, news));
    await ask(messageName(text, limits.messageCharacters), news);
  }

  async function ask(text: string, news: readonly AccessRequest[]): Promise<void> {
    const [only] = news;
    if (news.length !== 1 || only === undefined) {
      const show = t('Show');
      if ((await vscode.window.showInformationMessage(text, show)) === show)
        await vscode.commands.executeCommand('potluck.peers.focus');
      return;
    }
    const [letIn, ignore, block] = [t('Let In…'), t('Ignore'), t('Block…')];
    const taken = await vscode.window.showInformationMessage(text, letIn, ignore, block);
    const { peerId } = only;
    if (taken === letIn) await vscode.commands.executeCommand('potluck.access.grant', { peerId });
    else if (taken === ignore) await vscode.commands.executeCommand('potluck.access.deny', { peerId });
    else if (taken === block) await vscode.commands.executeCommand('potluck.peer.block', { peerId });
  }

  return vscode.Disposable.from(
    sidecar.on('access/changed', () => soon(limits.newsMs)),
    sidecar.onDidConnect(() => soon(limits.newsMs)),
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused) soon(0);
    }),
    new vscode.Disposable(() => clearTimeout(timer)),
  );
}
