// The view of offers, shown while there are any: its rows, its badge, and the notification of a new one, told once in the window that is in front.

import * as vscode from 'vscode';
import { messageName } from '../displayText.ts';
import { limits } from '../limits.ts';
import { notices } from '../notices.ts';
import type { Sidecar } from '../sidecar.ts';
import { formatCount, t } from '../text.ts';
import { setContext } from '../views/contexts.ts';
import { ListView } from '../views/listView.ts';
import { stateMessage } from '../views/stateMessage.ts';
import type { World } from '../world.ts';
import { offerChildren, offerGroups, offerNews, offerRow, type OffersNode } from './offerRows.ts';
import type { Offers } from './offers.ts';

/** In `globalState`, which all windows of a person share: offers that were told. */
const toldKey = 'toldOffers';

export function registerOffers(sidecar: Sidecar, offers: Offers, world: World, state: vscode.Memento): vscode.Disposable {
  const view = new ListView<OffersNode>({
    load: () => world.load(),
    roots: () => offerGroups(offers),
    children: (node) => offerChildren(node, offers),
    row: (node) => offerRow(node, offers, world),
  });
  const tree = vscode.window.createTreeView('potluck.offers', { treeDataProvider: view });
  let openCount = 0;
  let timer: NodeJS.Timeout | undefined;
  let lastShownMs = -Infinity;

  function drawState(): void {
    tree.message = stateMessage(sidecar) ?? '';
    view.refresh();
  }

  function draw(): void {
    void setContext('hasOffers', offers.incoming.length + offers.outgoing.length + offers.dropBoxes.length > 0);
    view.refresh();
    const open = offers.incoming.filter((offer) => offer.state === 'offered').length;
    if (open !== openCount) {
      openCount = open;
      const tooltip = open === 1 ? t('1 offer to be answered') : t('{0} offers to be answered', formatCount(open));
      tree.badge = open === 0 ? undefined : { value: open, tooltip };
    }
    if (open > 0) soon(limits.newsMs);
  }

  function soon(delayMs: number): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      tell().catch(() => undefined);
    }, delayMs);
  }

  async function tell(): Promise<void> {
    // Every window hears of it: only the one in front tells.
    if (!vscode.window.state.focused) return;
    const open = offers.incoming.filter((offer) => offer.state === 'offered');
    const kept = state.get(toldKey);
    const told = new Set(Array.isArray(kept) ? kept : []);
    const key = ({ peerId, offerId }: (typeof open)[number]): string => `${peerId}/${offerId}`;
    const news = open.filter((offer) => !told.has(key(offer)));
    const text = offerNews(news);
    if (text === undefined) return;
    // Senders decide how often this comes: not more than so often, whoever sends.
    const waitMs = lastShownMs + limits.newsAgainMs - Date.now();
    if (waitMs > 0) {
      soon(waitMs);
      return;
    }
    lastShownMs = Date.now();
    // Said before it is shown: two windows must not say the same.
    await state.update(toldKey, open.map(key).slice(0, limits.offerRows));
    const [accept, decline, show] = [t('Accept to…'), t('Decline'), t('Show')];
    const [only] = news;
    const isOne = news.length === 1 && only !== undefined;
    const actions = isOne ? [accept, decline, show] : [show];
    const taken = await notices.news(messageName(text, limits.messageCharacters), ...actions);
    if (taken === show) await vscode.commands.executeCommand('potluck.offers.focus');
    if (!isOne || taken === undefined || taken === show) return;
    const command = taken === accept ? 'potluck.inbox.acceptTo' : 'potluck.inbox.decline';
    await vscode.commands.executeCommand(command, { peerId: only.peerId, offerId: only.offerId });
  }

  drawState();
  draw();
  return vscode.Disposable.from(
    tree,
    view,
    offers.onDidChange(draw),
    world.onDidChange((changed) => {
      // As whose drop boxes they are.
      if (changed.has('peers') || changed.has('parties')) view.refresh();
    }),
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused && openCount > 0) soon(0);
    }),
    sidecar.onDidChangeState(drawState),
    new vscode.Disposable(() => clearTimeout(timer)),
  );
}
