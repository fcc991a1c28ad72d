// The views of the Potluck container, their badges, messages and the context keys that menus and welcome texts use.

import * as vscode from 'vscode';
import type { Entry, EntryRef } from '../../protocol/model.ts';
import { peersDragDrop, sharesDragDrop } from '../sending/dragDrop.ts';
import type { Offers } from '../sending/offers.ts';
import type { Sidecar } from '../sidecar.ts';
import { formatCount, t } from '../text.ts';
import type { World } from '../world.ts';
import { setContext } from './contexts.ts';
import { ListView } from './listView.ts';
import { PeersView } from './peersView.ts';
import { registerSearchViews } from './registerSearch.ts';
import { registerRequestNews } from './requestNews.ts';
import type { ResultsModel } from './resultsModel.ts';
import { detailNodes, ownShareNodes, sharesRow, type SharesNode } from './sharesModel.ts';
import { stateMessage } from './stateMessage.ts';
import { downloadNodeId, transferChildren, transferGroups, transferRow, type TransfersNode } from './transfersModel.ts';
import { registerTransferNews } from './transferNews.ts';

export interface Views {
  peersView: PeersView;
  results: ResultsModel;
  reveal: (entry: EntryRef, info: Entry) => Promise<void>;
  disposable: vscode.Disposable;
}

export function registerViews(
  sidecar: Sidecar,
  world: World,
  { state, offers }: { state: vscode.Memento; offers: Offers },
): Views {
  const peersView = new PeersView(sidecar, world);
  const { results, disposable: searchViews } = registerSearchViews(sidecar, world);
  const shares = new ListView<SharesNode>({
    load: () => world.load(),
    roots: () => ownShareNodes(world.shares),
    children: (node) => (node.kind === 'ownShare' ? detailNodes(node, world, Date.now()) : []),
    row: (node) => {
      // Nodes carry the share as it was; rows read the newest.
      const share = node.kind === 'ownShare' ? world.shares.find(({ shareId }) => shareId === node.share.shareId) : undefined;
      return sharesRow(node.kind === 'ownShare' && share !== undefined ? { ...node, share } : node, world);
    },
  });
  const transfers = new ListView<TransfersNode>({
    load: () => world.load(),
    roots: () => transferGroups(world),
    children: (node) => transferChildren(node, world),
    row: (node) => transferRow(node, world, Date.now(), (entry) => offers.hasIncoming(entry)),
  });

  const options = { showCollapseAll: true, canSelectMany: true } as const;
  const peersTree = vscode.window.createTreeView('potluck.peers', {
    treeDataProvider: peersView,
    dragAndDropController: peersDragDrop(sidecar),
    ...options,
  });
  const sharesTree = vscode.window.createTreeView('potluck.shares', {
    treeDataProvider: shares,
    dragAndDropController: sharesDragDrop(),
  });
  const transfersTree = vscode.window.createTreeView('potluck.transfers', { treeDataProvider: transfers, canSelectMany: true });

  let transfersHead = '';
  let requestsHead = 0;

  function drawState(): void {
    const message = stateMessage(sidecar);
    for (const view of [peersTree, sharesTree, transfersTree]) view.message = message ?? '';
    void setContext('sidecarState', sidecar.state);
    shares.refresh();
    transfers.refresh();
  }

  function drawWorld(): void {
    void setContext('isLoaded', world.isLoaded);
    void setContext('hasParties', world.parties.length > 0);
    void setContext('hasPeers', world.peers.length > 0);
    void setContext('hasShares', world.shares.length > 0);
    void setContext('hasFinishedDownloads', world.downloads.count('done', 'failed', 'cancelled') > 0);
    void setContext('hasPausedDownloads', world.downloads.count('paused') > 0);
    void setContext('hasGoingDownloads', world.downloads.count('queued', 'running', 'waiting') > 0);
    drawRequests(world.requests.length);
    const isSlow = world.rates?.isSlow === true;
    void setContext('isSlow', isSlow);
    const active = world.downloads.count('queued', 'running');
    // Progress comes often: VS Code is told only of what reads differently.
    if (transfersHead === `${active} ${isSlow}`) return;
    transfersHead = `${active} ${isSlow}`;
    transfersTree.description = isSlow ? t('slow mode') : '';
    const tooltip = active === 1 ? t('1 download') : t('{0} downloads', formatCount(active));
    transfersTree.badge = active === 0 ? undefined : { value: active, tooltip };
  }

  /** Who asks to be let in waits for an answer: a number on the container. */
  function drawRequests(count: number): void {
    if (count === requestsHead) return;
    requestsHead = count;
    const tooltip = count === 1 ? t('1 peer asks to be let in') : t('{0} peers ask to be let in', formatCount(count));
    peersTree.badge = count === 0 ? undefined : { value: count, tooltip };
  }

  drawState();
  drawWorld();
  const disposable = vscode.Disposable.from(
    searchViews,
    peersTree,
    sharesTree,
    transfersTree,
    peersView,
    shares,
    transfers,
    sidecar.onDidChangeState(drawState),
    world.onDidChange((changed, downloads) => {
      drawWorld();
      // Parties and peers are named as who may see a share.
      if (changed.has('shares') || changed.has('parties') || changed.has('peers')) shares.refresh();
      const isAny = (changed.has('downloads') && downloads === undefined) || changed.has('uploads') || changed.has('peers');
      if (isAny) transfers.refresh();
      else if (downloads !== undefined) transfers.refreshRows([...downloads].map(downloadNodeId));
    }),
    sidecar.on('shares/changed', () => shares.refresh()),
    registerTransferNews(sidecar, state),
    registerRequestNews(sidecar, state),
  );
  const reveal = async (entry: EntryRef, info: Entry): Promise<void> => {
    // Opened first: a tree that was never drawn has no rows to be found in.
    await vscode.commands.executeCommand('potluck.peers.focus');
    await peersTree.reveal(await peersView.locate(entry, info), { select: true, focus: true, expand: info.kind === 'folder' });
  };
  return { peersView, results, reveal, disposable };
}
