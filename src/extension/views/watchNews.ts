// Tells a person that watched searches found something new: one notification for each batch, in the window that is in front.

import * as vscode from 'vscode';
import { limits } from '../limits.ts';
import { messageName } from '../displayText.ts';
import type { Sidecar } from '../sidecar.ts';
import { t } from '../text.ts';
import { newsText } from './watchesModel.ts';
import { notices } from '../notices.ts';

export function registerWatchNews(sidecar: Sidecar): vscode.Disposable {
  const pending = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  /** When the notification that still stands was shown; undefined when none does. */
  let shownAtMs: number | undefined;

  function soon(delayMs: number): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      // Without a sidecar there is nothing to tell; the view shows what is new once it is back.
      tell().catch(() => undefined);
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
    const told = new Set(pending);
    pending.clear();
    // Asked for rather than read from the world, which may be a moment behind.
    const watches = (await sidecar.request('watches/list', {})).filter(({ watchId }) => told.has(watchId));
    const text = newsText(watches);
    if (text === undefined) return;
    const now = Date.now();
    shownAtMs = now;
    const show = t('Show');
    const taken = await notices.news(messageName(text), show);
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
