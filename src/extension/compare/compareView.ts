// The Compare view: one comparison at a time, there once something was compared.

import * as vscode from 'vscode';
import { randomUUID } from 'node:crypto';
import type { CompareState } from '../../protocol/compare.ts';
import { withDelayedProgress } from '../delayedProgress.ts';
import { limits } from '../limits.ts';
import type { Sidecar } from '../sidecar.ts';
import { formatCount, t } from '../text.ts';
import { setContext } from '../views/contexts.ts';
import { ListView } from '../views/listView.ts';
import { stateMessage } from '../views/stateMessage.ts';
import {
  compareChildren,
  compareGroups,
  compareMessage,
  compareRow,
  compareStates,
  type CompareNode,
  type ShownComparison,
  type ShownSide,
} from './compareModel.ts';

export class CompareView {
  readonly #sidecar: Sidecar;
  readonly #list: ListView<CompareNode>;
  readonly #tree: vscode.TreeView<CompareNode>;
  readonly #subscription: vscode.Disposable;
  #shown: ShownComparison | undefined;

  constructor(sidecar: Sidecar) {
    this.#sidecar = sidecar;
    this.#list = new ListView<CompareNode>({
      load: () => Promise.resolve(),
      roots: () => compareGroups(this.#shown),
      children: (node) => (node.kind === 'compareGroup' ? compareChildren(this.#shown, node) : []),
      row: (node) => compareRow(node, this.#shown),
    });
    this.#tree = vscode.window.createTreeView('potluck.compare', {
      treeDataProvider: this.#list,
      showCollapseAll: true,
      canSelectMany: true,
    });
    this.#subscription = sidecar.onDidChangeState(() => this.#draw());
  }

  get shown(): ShownComparison | undefined {
    return this.#shown;
  }

  /** Compares and shows; the one before is let go of. */
  async compare(left: ShownSide, right: ShownSide, { isExact }: { isExact: boolean }): Promise<ShownComparison> {
    const progressToken = randomUUID();
    const shown = await withDelayedProgress(t('Comparing {0} with {1}', left.name, right.name), async (signal, report) => {
      const subscription = this.#sidecar.on('progress', ({ progressToken: token, done }) => {
        if (token === progressToken) report(formatCount(done));
      });
      try {
        const params = { left: left.side, right: right.side, isExact, progressToken };
        const options = { signal, timeoutMs: isExact ? limits.compareExactMs : limits.compareMs };
        const comparison = await this.#sidecar.request('compare/start', params, options);
        const pages = await Promise.all(
          compareStates.map(async (state): Promise<[CompareState, Awaited<ReturnType<CompareView['page']>>]> => [
            state,
            await this.page(comparison.compareId, state, 0),
          ]),
        );
        return { comparison, left, right, pages: new Map(pages) };
      } finally {
        subscription.dispose();
      }
    });
    this.#letGo();
    this.#shown = shown;
    await setContext('hasComparison', true);
    await setContext(
      'comparisonDownloads',
      'entry' in right.side && right.side.entry.peerId !== this.#sidecar.connection?.peerId,
    );
    this.#draw();
    await vscode.commands.executeCommand('potluck.compare.focus');
    return shown;
  }

  page(compareId: string, state: CompareState, offset: number) {
    return this.#sidecar.request('compare/page', { compareId, states: [state], offset, limit: limits.comparePage });
  }

  /** One more page of a group. */
  async more(state: CompareState): Promise<void> {
    const shown = this.#shown;
    const known = shown?.pages.get(state);
    if (shown === undefined || known === undefined) return;
    const next = await this.page(shown.comparison.compareId, state, known.entries.length);
    shown.pages.set(state, { entries: [...known.entries, ...next.entries], total: next.total });
    this.#draw();
  }

  async close(): Promise<void> {
    this.#letGo();
    this.#shown = undefined;
    this.#draw();
    await setContext('hasComparison', false);
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#tree.dispose();
    this.#list.dispose();
  }

  #letGo(): void {
    if (this.#shown === undefined || this.#sidecar.state !== 'running') return;
    const { compareId } = this.#shown.comparison;
    // It goes by itself after ten minutes.
    this.#sidecar.request('compare/close', { compareId }).catch(() => undefined);
  }

  #draw(): void {
    const shown = this.#shown;
    this.#tree.description = shown === undefined ? '' : `${shown.left.name} ↔ ${shown.right.name}`;
    const found = shown === undefined ? '' : compareMessage(shown).slice(0, limits.messageCharacters);
    this.#tree.message = stateMessage(this.#sidecar) ?? found;
    this.#list.refresh();
  }
}
