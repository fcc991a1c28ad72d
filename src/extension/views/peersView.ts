// The view potluck.peers: asks the world and the catalog, redraws only what changed, pages huge folders.

import * as vscode from 'vscode';
import { asAppError } from '../../protocol/errors.ts';
import type { Entry, EntryRef } from '../../protocol/model.ts';
import { failureText } from '../failures.ts';
import { limits } from '../limits.ts';
import { maxOpenBytes } from '../settings.ts';
import type { Sidecar } from '../sidecar.ts';
import { t } from '../text.ts';
import type { World } from '../world.ts';
import {
  entryNodes,
  partyChildren,
  peerChildren,
  rootNodes,
  rowOf,
  shareNote,
  type MoreNode,
  type PeerNode,
  type PeersNode,
} from './peersModel.ts';
import { treeItemOf } from './treeItem.ts';

export class PeersView implements vscode.TreeDataProvider<PeersNode> {
  readonly #sidecar: Sidecar;
  readonly #world: World;
  readonly #changes = new vscode.EventEmitter<PeersNode | PeersNode[] | undefined>();
  readonly onDidChangeTreeData = this.#changes.event;
  /** Nodes that are fired for: those that VS Code holds now. Parties and peers; entries are found through their parents. */
  readonly #drawn = new Map<string, { node: PeersNode; signature: string }>();
  /** Rows shown of folders above one page. */
  readonly #shown = new Map<string, number>();
  readonly #changedPeers = new Set<string>();
  readonly #subscriptions: { dispose(): void }[];
  #rootSignature = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(sidecar: Sidecar, world: World) {
    this.#sidecar = sidecar;
    this.#world = world;
    this.#subscriptions = [
      world.onDidChange((changed) => {
        if (changed.has('parties') || changed.has('peers')) this.#redrawChanged();
      }),
      sidecar.on('catalog/changed', ({ peerId }) => this.#catalogChanged(peerId)),
      sidecar.onDidChangeState(() => this.refresh()),
    ];
  }

  refresh(): void {
    this.#changes.fire(undefined);
  }

  showMore(node: MoreNode): void {
    const shown = this.#shown.get(node.parent.id) ?? limits.treePage;
    this.#shown.set(node.parent.id, shown + Math.min(limits.pageEntries, shown * 3));
    this.#changes.fire(node.parent);
  }

  getTreeItem(node: PeersNode): vscode.TreeItem {
    const row = rowOf(node, this.#world, Date.now());
    if (row === undefined) return new vscode.TreeItem(t('gone'));
    if (node.kind === 'party' || node.kind === 'peer') this.#drawn.set(node.id, { node, signature: JSON.stringify(row) });
    const item = treeItemOf(row, node);
    // A file that would not open is asked about before an editor tries.
    if (node.kind === 'entry' && node.info.kind === 'file' && node.info.sizeBytes > maxOpenBytes()) {
      item.command = { command: 'potluck.entry.open', title: t('Open'), arguments: [node] };
    }
    return item;
  }

  getParent(node: PeersNode): PeersNode | undefined {
    return node.parent;
  }

  async getChildren(node?: PeersNode): Promise<PeersNode[]> {
    try {
      return await this.#children(node);
    } catch (error) {
      if (node === undefined) return []; // The welcome view of the sidecar's state says what is wrong.
      const text = failureText(asAppError(error));
      return [{ kind: 'note', id: `${node.id}//failure`, parent: node, text, icon: 'warning' }];
    }
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changes.dispose();
  }

  async #children(node: PeersNode | undefined): Promise<PeersNode[]> {
    if (node === undefined) {
      await this.#world.load();
      this.#drawn.clear();
      const nodes = rootNodes(this.#world);
      this.#rootSignature = signatureOf(nodes);
      return nodes;
    }
    switch (node.kind) {
      case 'party':
        return partyChildren(this.#world, node);
      case 'peer':
        return peerChildren(this.#world.peer(node.peerId), await this.#world.catalogShares(node.peerId), node);
      case 'share': {
        const note = shareNote(node);
        return note === undefined ? this.#folder(node.entry, node) : [note];
      }
      case 'entry':
        return this.#folder(node.entry, node);
      case 'more':
      case 'note':
        return [];
    }
  }

  async #folder(folder: EntryRef, node: PeersNode): Promise<PeersNode[]> {
    const wanted = this.#shown.get(node.id) ?? limits.treePage;
    const entries: Entry[] = [];
    for (;;) {
      const limit = Math.min(wanted - entries.length, limits.pageEntries);
      const page = await this.#sidecar.request('catalog/list', { entry: folder, offset: entries.length, limit });
      entries.push(...page.entries);
      if (entries.length >= Math.min(wanted, page.total) || page.entries.length === 0) {
        return entryNodes(folder, entries, page.total, node);
      }
    }
  }

  /** Fires for the root when the list of parties and peers changed, else for each party and peer that reads differently now. */
  #redrawChanged(): void {
    if (signatureOf(rootNodes(this.#world)) !== this.#rootSignature) {
      this.refresh();
      return;
    }
    const changed: PeersNode[] = [];
    const nowMs = Date.now();
    for (const { node, signature } of this.#drawn.values()) {
      const row = rowOf(node, this.#world, nowMs);
      if (row === undefined || JSON.stringify(row) !== signature || (node.kind === 'party' && this.#lostOrGained(node)))
        changed.push(node);
    }
    if (changed.length > 0) this.#changes.fire(changed);
  }

  #lostOrGained(node: PeersNode & { kind: 'party' }): boolean {
    return partyChildren(this.#world, node).some(({ id, kind }) => kind === 'peer' && !this.#drawn.has(id));
  }

  #catalogChanged(peerId: string): void {
    this.#changedPeers.add(peerId);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const peers = new Set(this.#changedPeers);
      this.#changedPeers.clear();
      const nodes = [...this.#drawn.values()].map(({ node }) => node);
      const changed = nodes.filter((node): node is PeerNode => node.kind === 'peer' && peers.has(node.peerId));
      if (changed.length > 0) this.#changes.fire(changed);
    }, limits.redrawMs);
  }
}

function signatureOf(nodes: readonly PeersNode[]): string {
  return nodes.map(({ id }) => id).join('\n');
}
