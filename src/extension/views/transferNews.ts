// Tells a person that downloads ended: one notification for all that end close together, in the window that is in front, never twice.

import * as vscode from 'vscode';
import type { DownloadInfo } from '../../protocol/model.ts';
import { messageName } from '../displayText.ts';
import { limits } from '../limits.ts';
import type { Sidecar } from '../sidecar.ts';
import { t } from '../text.ts';
import { endedNews, endKey, isIncomplete, isNews, untold, withTold } from './downloadNews.ts';
import { notices } from '../notices.ts';

/** In `globalState`, which all windows of a person share. */
const toldKey = 'toldDownloads';

export function registerTransferNews(sidecar: Sidecar, state: vscode.Memento): vscode.Disposable {
  const sinceMs = Date.now();
  const pending = new Map<string, DownloadInfo>();
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
    // Every window hears of it: only the one in front tells, the others once they come to the front and none did.
    if (!vscode.window.state.focused || pending.size === 0) return;
    const waitMs = shownAtMs === undefined ? 0 : shownAtMs + limits.newsAgainMs - Date.now();
    if (waitMs > 0) {
      soon(waitMs);
      return;
    }
    const ended = untold([...pending.values()], state.get(toldKey));
    pending.clear();
    const news = endedNews(ended);
    if (news === undefined) return;
    const now = Date.now();
    shownAtMs = now;
    // Said before it is shown: two windows must not say the same.
    await state.update(toldKey, withTold(state.get(toldKey), ended.map(endKey)));
    const taken = await showNews(messageName(news.text), news.isFailure, actionsOf(ended));
    if (shownAtMs === now) shownAtMs = undefined;
    await taken?.run();
  }

  return vscode.Disposable.from(
    sidecar.on('downloads/changed', ({ download }) => {
      if (!isNews(download, sinceMs)) {
        // Asked for again, or going on: what was said of it before is over.
        for (const [key, { downloadId }] of pending) if (downloadId === download.downloadId) pending.delete(key);
        return;
      }
      pending.set(endKey(download), download);
      if (pending.size > limits.toldDownloads) pending.delete(pending.keys().next().value ?? '');
      soon(limits.newsMs);
    }),
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused) soon(0);
    }),
    new vscode.Disposable(() => clearTimeout(timer)),
  );
}

interface Action {
  title: string;
  run: () => Promise<void>;
}

/** Notifications are shown by VS Code with the sentence as text: links in it are split by `messageName`. */
async function showNews(text: string, isFailure: boolean, actions: Action[]): Promise<Action | undefined> {
  const titles = actions.map(({ title }) => title);
  const taken = isFailure ? await notices.badNews(text, ...titles) : await notices.news(text, ...titles);
  return actions.find(({ title }) => title === taken);
}

function actionsOf(ended: readonly DownloadInfo[]): Action[] {
  const run = async (command: string, ...args: unknown[]): Promise<void> => {
    await vscode.commands.executeCommand(`potluck.${command}`, ...args);
  };
  const show: Action = { title: t('Show'), run: () => run('transfers.focus') };
  const incomplete = ended.filter(isIncomplete);
  if (incomplete.length > 0) {
    const ids = incomplete.map(({ downloadId }) => ({ downloadId }));
    return [{ title: t('Retry'), run: () => run('download.retry', ids[0], ids) }, show];
  }
  const [only] = ended;
  if (ended.length !== 1 || only === undefined) return [show];
  const given = { downloadId: only.downloadId };
  const reveal: Action = { title: t('Reveal'), run: () => run('download.reveal', given) };
  return only.kind === 'file' ? [{ title: t('Open'), run: () => run('download.open', given) }, reveal] : [reveal];
}
