// A view over lists that the world holds (own shares, transfers): draws rows, redraws when told, at most four times a second.

import * as vscode from 'vscode';
import { limits } from '../limits.ts';
import { t } from '../text.ts';
import type { Row } from './row.ts';
import { treeItemOf } from './treeItem.ts';

interface Node {
  id: string;
  parent?: Node;
}

export interface ListViewOptions<N extends Node> {
  load(): Promise<void>;
  roots(): N[];
  children(node: N): N[];
  row(node: N): Row | undefined;
}

export class ListView<N extends Node> implements vscode.TreeDataProvider<N> {
  readonly #options: ListViewOptions<N>;
  readonly #changes = new vscode.EventEmitter<N | N[] | undefined>();
  readonly onDidChangeTreeData = this.#changes.event;
  readonly #drawn = new Map<string, { node: N; signature: string }>();
  #ids = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ListViewOptions<N>) {
    this.#options = options;
  }

  /** Redraws soon: rows that read differently, or all when rows came or went. */
  refresh(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#redraw();
    }, limits.redrawMs);
  }

  getTreeItem(node: N): vscode.TreeItem {
    const row = this.#options.row(node);
    if (row === undefined) return new vscode.TreeItem(t('gone'));
    this.#drawn.set(node.id, { node, signature: JSON.stringify(row) });
    return treeItemOf(row, node);
  }

  getParent(node: N): N | undefined {
    return node.parent as N | undefined;
  }

  async getChildren(node?: N): Promise<N[]> {
    if (node !== undefined) return this.#options.children(node);
    try {
      await this.#options.load();
    } catch {
      return []; // The welcome view of the sidecar's state says what is wrong.
    }
    this.#drawn.clear();
    const roots = this.#options.roots();
    this.#ids = roots.map(({ id }) => id).join('\n');
    return roots;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#changes.dispose();
  }

  #redraw(): void {
    const roots = this.#options.roots();
    if (roots.map(({ id }) => id).join('\n') !== this.#ids) {
      this.#changes.fire(undefined);
      return;
    }
    const changed: N[] = [];
    for (const { node, signature } of this.#drawn.values()) {
      const row = this.#options.row(node);
      if (row !== undefined && JSON.stringify(row) !== signature) changed.push(node);
    }
    if (changed.length > 0) this.#changes.fire(changed);
  }
}
