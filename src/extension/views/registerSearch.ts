// The views Search Results and Watched Searches: they are there once there is something in them.

import * as vscode from 'vscode';
import { limits } from '../limits.ts';
import type { Sidecar } from '../sidecar.ts';
import { formatCount, t } from '../text.ts';
import type { World } from '../world.ts';
import { setContext } from './contexts.ts';
import { ListView } from './listView.ts';
import {
  groupChildren,
  resultNodes,
  resultRow,
  ResultsModel,
  resultsDescription,
  resultsMessage,
  type ResultsNode,
} from './resultsModel.ts';
import { newMatches, watchChildren, watchesRow, watchNodes, type WatchesNode } from './watchesModel.ts';
import { registerWatchNews } from './watchNews.ts';

export function registerSearchViews(sidecar: Sidecar, world: World): { results: ResultsModel; disposable: vscode.Disposable } {
  const results = new ResultsModel(sidecar, drawResults);
  const resultsView = new ListView<ResultsNode>({
    load: () => Promise.resolve(),
    roots: () => resultNodes(results),
    children: (node) => (node.kind === 'group' ? groupChildren(node) : []),
    row: (node) => resultRow(node, Date.now()),
  });
  const watchesView = new ListView<WatchesNode>({
    load: () => world.load(),
    roots: () => watchNodes(world.watches),
    children: (node) => {
      const watch = node.kind === 'watch' ? world.watches.find(({ watchId }) => watchId === node.watchId) : undefined;
      return node.kind === 'watch' ? watchChildren(watch, node) : [];
    },
    row: (node) => watchesRow(node, world.watches, Date.now()),
  });
  const resultsTree = vscode.window.createTreeView('potluck.results', {
    treeDataProvider: resultsView,
    showCollapseAll: true,
    canSelectMany: true,
  });
  const watchesTree = vscode.window.createTreeView('potluck.watches', { treeDataProvider: watchesView });

  function drawResults(): void {
    void setContext('hasResults', results.query !== '');
    void setContext('areResultsGrouped', results.isGrouped);
    resultsTree.description = resultsDescription(results);
    resultsTree.message = resultsMessage(results).slice(0, limits.messageCharacters);
    resultsView.refresh();
  }

  function drawWatches(): void {
    void setContext('hasWatches', world.watches.length > 0);
    const count = newMatches(world.watches);
    watchesTree.badge = count === 0 ? undefined : { value: count, tooltip: t('{0} new in watched searches', formatCount(count)) };
    watchesView.refresh();
  }

  const disposable = vscode.Disposable.from(
    resultsTree,
    watchesTree,
    resultsView,
    watchesView,
    world.onDidChange((changed) => {
      if (changed.has('watches')) drawWatches();
    }),
    registerWatchNews(sidecar),
  );
  return { results, disposable };
}
