// The chooser of peers, as those who may see a share: a list to tick, in which everyone and single ones exclude each other.

import * as vscode from 'vscode';
import type { Audience } from '../../protocol/model.ts';
import { displayName } from '../displayText.ts';
import type { World } from '../world.ts';
import { t } from '../text.ts';
import { audienceOf, choiceRows, settledRows, type ChoiceRow } from '../views/audienceChoice.ts';

type Choice = Exclude<ChoiceRow, { kind: 'heading' }>;
type Item = vscode.QuickPickItem & { row?: Choice };

/** The audience that was chosen, or undefined. `title`: of the share. */
export function pickAudience(world: World, title: string, audience: Audience): Promise<Audience | undefined> {
  return pickPeers(world, t('Who May See "{0}"?', displayName(title)), audience);
}

/** As an audience, for whatever the title asks. */
export function pickPeers(world: World, title: string, audience: Audience): Promise<Audience | undefined> {
  const quickPick = vscode.window.createQuickPick<Item>();
  quickPick.title = title;
  quickPick.placeholder = t('Tick everyone, or parties and peers. Nothing ticked: nobody.');
  quickPick.canSelectMany = true;
  quickPick.matchOnDescription = true;
  quickPick.matchOnDetail = true;
  quickPick.ignoreFocusOut = true;
  quickPick.items = choiceRows(audience, world).map(itemOf);
  quickPick.selectedItems = quickPick.items.filter(({ row }) => row?.isPicked === true);
  let picked = rowsIn(quickPick.selectedItems);
  const showPicked = (rows: readonly Choice[]): void => {
    quickPick.selectedItems = quickPick.items.filter(({ row }) => row !== undefined && rows.includes(row));
  };
  return new Promise((resolve) => {
    const subscriptions = [
      quickPick.onDidChangeSelection((items) => {
        const now = rowsIn(items);
        const settled = settledRows(now, picked);
        picked = settled;
        if (settled.length !== now.length) showPicked(settled);
      }),
      quickPick.onDidAccept(() => {
        resolve(audienceOf(picked));
        quickPick.hide();
      }),
      quickPick.onDidHide(() => {
        for (const subscription of subscriptions) subscription.dispose();
        quickPick.dispose();
        resolve(undefined);
      }),
    ];
    quickPick.show();
  });
}

function rowsIn(items: readonly Item[]): Choice[] {
  return items.flatMap(({ row }) => (row === undefined ? [] : [row]));
}

function itemOf(row: ChoiceRow): Item {
  if (row.kind === 'heading') return { label: row.label, kind: vscode.QuickPickItemKind.Separator };
  const item: Item = { row, label: row.label, description: row.description };
  if (row.kind !== 'party') item.detail = row.detail;
  return item;
}
