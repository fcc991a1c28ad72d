// The list of past transfers: a quick pick, newest first. Enter asks what to do, the buttons do it at once.

import * as vscode from 'vscode';
import type { HistoryEntry } from '../../protocol/model.ts';
import { displayName } from '../displayText.ts';
import { limits } from '../limits.ts';
import type { Services } from '../services.ts';
import { formatBytes, formatCount, t } from '../text.ts';
import { historyActions, historyName, historyRow, type HistoryAction } from './historyRows.ts';
import { localPathOf } from './ownEntries.ts';
import { revealLocal } from './revealLocal.ts';
import { notices } from '../notices.ts';

interface ActionButton extends vscode.QuickInputButton {
  action: HistoryAction;
}
type Item = vscode.QuickPickItem & { entry: HistoryEntry; actions: HistoryAction[] };

const icons: Record<HistoryAction, string> = { reveal: 'folder-opened', show: 'list-tree', again: 'cloud-download' };

function titleOf(action: HistoryAction): string {
  return { reveal: t('Reveal'), show: t('Reveal in Peers'), again: t('Download Again') }[action];
}

/** Resolves once the list is closed and what was chosen is done. */
export async function showHistory(services: Services): Promise<void> {
  const { sidecar } = services;
  const [{ entries, total }, totals, shares] = await Promise.all([
    sidecar.request('transfers/history', { limit: limits.historyRows }),
    sidecar.request('transfers/totals', {}),
    sidecar.request('catalog/shares', {}),
  ]);
  const now = Date.now();
  const items = entries.map((entry): Item & { buttons: ActionButton[] } => {
    const actions = historyActions(entry, shares);
    const buttons = actions.map((action) => {
      return { action, iconPath: new vscode.ThemeIcon(icons[action]), tooltip: titleOf(action) };
    });
    return { ...historyRow(entry, now), entry, actions, buttons };
  });
  const title =
    total > entries.length
      ? t('Transfers, the newest {0} of {1}', formatCount(entries.length), formatCount(total))
      : t('Transfers');
  const down = formatBytes(totals.downloadedBytes);
  const placeholder =
    total === 0 ? t('Nothing was transferred yet.') : t('In all: {0} down, {1} up', down, formatBytes(totals.uploadedBytes));
  const chosen = await choose(items, { title, placeholder });
  if (chosen === undefined) return;
  const action = chosen.action ?? (await pickAction(chosen.item));
  if (action !== undefined) await act(services, chosen.item.entry, action);
}

function choose(
  items: readonly Item[],
  texts: { title: string; placeholder: string },
): Promise<{ item: Item; action?: HistoryAction } | undefined> {
  const pick = vscode.window.createQuickPick<Item>();
  Object.assign(pick, { ...texts, items, matchOnDescription: true, matchOnDetail: true });
  return new Promise((resolve) => {
    pick.onDidAccept(() => {
      const [item] = pick.activeItems;
      if (item !== undefined) resolve({ item });
      pick.hide();
    });
    pick.onDidTriggerItemButton(({ item, button }) => {
      const action = item.actions.find((one) => 'action' in button && button.action === one);
      if (action !== undefined) resolve({ item, action });
      pick.hide();
    });
    pick.onDidHide(() => {
      resolve(undefined); // after an answer, this is without effect
      pick.dispose();
    });
    pick.show();
  });
}

async function pickAction({ entry, actions }: Item): Promise<HistoryAction | undefined> {
  if (actions.length === 0) return undefined;
  const items = actions.map((action) => ({ label: `$(${icons[action]}) ${titleOf(action)}`, action }));
  const title = displayName(historyName(entry));
  return (await vscode.window.showQuickPick(items, { title }))?.action;
}

async function act(services: Services, entry: HistoryEntry, action: HistoryAction): Promise<void> {
  const ref = { peerId: entry.peerId, shareId: entry.shareId, path: entry.path };
  switch (action) {
    case 'reveal':
      if (entry.destination !== undefined) await revealLocal(entry.destination);
      else await revealUploaded(services, entry);
      return;
    case 'show':
      await vscode.commands.executeCommand('potluck.entry.reveal', ref);
      return;
    case 'again':
      await vscode.commands.executeCommand('potluck.entry.download', ref);
      return;
  }
}

/** What was given is a file of our own share, or a download that was passed on: then its row in the Peers view is gone from this list. */
async function revealUploaded(services: Services, { shareId, path }: HistoryEntry): Promise<void> {
  const { peerId } = await services.sidecar.connected();
  const own = await localPathOf(services, { peerId, shareId, path });
  if (own !== undefined) await revealLocal(own);
  else void notices.info(t('It is not in a folder that you share.'));
}
