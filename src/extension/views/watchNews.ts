// Tells a person that watched searches found something new: one notification for each batch, in the window that is in front.

import * as vscode from 'vscode';
import { limits } from '../limits.ts';
import { messageName } from '../displayText.ts';
import type { Sidecar } from '../sidecar.ts';
import { t } from '../text.ts';
import type { World } from '../world.ts';
import { newsText } from './watchesModel.ts';

export function registerWatchNews(sidecar: Sidecar, world: World): vscode.Disposable {
  const pending = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  /** When the notification that still stands was shown; undefined when none does. */
  let shownAtMs: number | undefined;

  function soon(delayMs: number): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      void tell();
    }, delayMs);
  }

  async function tell(): Promise<void> {
    // Every window hears of the news: only the one in front tells them, the others once they come to the front and nobody looked.
    if (!vscode.window.state.focused || pending.size === 0) return;
    const waitMs = shownAtMs === undefined ? 0 : shownAtMs + limits.newsAgainMs - Date.now();
    if (waitMs > 0) {
      soon(waitMs);
      return;
    }
    const watches = world.watches.filter(({ watchId }) => pending.has(watchId));
    pending.clear();
    const text = newsText(watches);
    if (text === undefined) return;
    const now = Date.now();
    shownAtMs = now;
    const show = t('Show');
    const taken = await vscode.window.showInformationMessage(messageName(text), show);
    if (shownAtMs === now) shownAtMs = undefined;
    if (taken !== show) return;
    const [only] = watches;
    if (watches.length === 1 && only !== undefined) {
      await vscode.commands.executeCommand('potluck.watch.show', only);
    } else await vscode.commands.executeCommand('potluck.watches.focus');
  }

  return vscode.Disposable.from(
    sidecar.on('watches/changed', ({ watchId, hasNews }) => {
      if (!hasNews) return;
      pending.add(watchId);
      soon(limits.newsMs);
    }),
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused) soon(0);
    }),
    new vscode.Disposable(() => clearTimeout(timer)),
  );
}
