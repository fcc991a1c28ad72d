// A view over lists that the world holds (own shares, transfers): draws rows, redraws when told, at most four times a second.

import * as vscode from 'vscode';
import { limits } from '../limits.ts';
import { t } from '../text.ts';
import { ChangeGate } from './changeGate.ts';
import type { Row } from './row.ts';
import { treeItemOf } from './treeItem.ts';

interface Node {
  id: string;
  parent?: Node;
}

/** What VS Code was given of a row. */
interface Drawn<N> {
  node: N;
  signature: string;
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
  readonly #gate = new ChangeGate<N>((changed) => this.#changes.fire(changed));
  readonly #drawn = new Map<string, Drawn<N>>();
  /** The rows that VS Code has below a node. */
  readonly #below = new Map<string, readonly N[]>();
  #ids = '';
  /** Rows that are looked at with the next redraw; undefined: all. */
  #looked: Set<string> | undefined = new Set();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ListViewOptions<N>) {
    this.#options = options;
  }

  /** Redraws soon: rows that read differently, rows below which others came or went, or all. */
  refresh(): void {
    this.#looked = undefined;
    this.#soon();
  }

  /** As above, but only these rows and what is below them may read differently, and the rows that have none above them. */
  refreshRows(ids: Iterable<string>): void {
    for (const id of ids) this.#looked?.add(id);
    this.#soon();
  }

  #soon(): void {
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

  getChildren(node?: N): Promise<N[]> {
    return this.#gate.ask(() => (node === undefined ? this.#roots() : Promise.resolve(this.#childrenOf(node))));
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#changes.dispose();
  }

  async #roots(): Promise<N[]> {
    try {
      await this.#options.load();
    } catch {
      return []; // The welcome view of the sidecar's state says what is wrong.
    }
    this.#drawn.clear();
    this.#below.clear();
    const roots = this.#options.roots();
    this.#ids = idsOf(roots);
    return roots;
  }

  #childrenOf(node: N): N[] {
    for (const { id } of this.#below.get(node.id) ?? []) this.#forget(id);
    const children = this.#options.children(node);
    this.#below.set(node.id, children);
    return children;
  }

  #forget(id: string): void {
    this.#drawn.delete(id);
    for (const child of this.#below.get(id) ?? []) this.#forget(child.id);
    this.#below.delete(id);
  }

  #redraw(): void {
    const looked = this.#looked;
    this.#looked = new Set();
    const roots = this.#options.roots();
    if (idsOf(roots) !== this.#ids) {
      void this.#gate.change();
      return;
    }
    const changed = new Map<string, N>();
    const drawn = looked === undefined ? this.#drawn.values() : this.#drawnOf([...roots.map(({ id }) => id), ...looked], roots);
    for (const { node, signature } of drawn) {
      const row = this.#options.row(node);
      if (row === undefined) continue;
      const below = this.#below.get(node.id);
      const differs = JSON.stringify(row) !== signature;
      if (differs || (below !== undefined && this.#hasOthers(node, below))) changed.set(node.id, node);
    }
    // VS Code asks for all below a changed row anyway.
    const told = [...changed.values()].filter((node) => node.parent === undefined || !changed.has(node.parent.id));
    if (told.length > 0) void this.#gate.change(told);
  }

  /** Those of these rows that are drawn, and what is below them; of roots, nothing below. */
  #drawnOf(ids: readonly string[], roots: readonly N[]): Drawn<N>[] {
    const withBelow = (id: string): Drawn<N>[] => {
      const drawn = this.#drawn.get(id);
      if (drawn === undefined) return [];
      const below = roots.some((root) => root.id === id) ? [] : (this.#below.get(id) ?? []);
      return [drawn, ...below.flatMap((child) => withBelow(child.id))];
    };
    return ids.flatMap(withBelow);
  }

  /** A list that is the same list is not compared. */
  #hasOthers(node: N, below: readonly N[]): boolean {
    const children = this.#options.children(node);
    return children !== below && idsOf(children) !== idsOf(below);
  }
}

function idsOf(nodes: readonly { id: string }[]): string {
  return nodes.map(({ id }) => id).join('\n');
}
