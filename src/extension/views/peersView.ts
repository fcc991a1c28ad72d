// The view potluck.peers: asks the world and the catalog, redraws only what changed, pages huge folders.

import * as vscode from 'vscode';
import { asAppError } from '../../protocol/errors.ts';
import type { Entry, EntryRef, MergedEntry, SearchHit } from '../../protocol/model.ts';
import { failureText, notInPeers } from '../failures.ts';
import { baseName } from '../files/uris.ts';
import { limits } from '../limits.ts';
import { maxOpenBytes } from '../settings.ts';
import type { Sidecar } from '../sidecar.ts';
import { t } from '../text.ts';
import type { World } from '../world.ts';
import { ChangeGate } from './changeGate.ts';
import { mergedNodes, recentNodes } from './mergedModel.ts';
import { chainTo } from './peersPath.ts';
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
  readonly #gate = new ChangeGate<PeersNode>((changed) => this.#changes.fire(changed));
  /** Nodes that are fired for: those that VS Code holds now. Parties and peers; entries are found through their parents. */
  readonly #drawn = new Map<string, { node: PeersNode; signature: string }>();
  /** Nodes whose children VS Code asked for, by id, and the ids that it was given. */
  readonly #asked = new Map<string, { node: PeersNode; given: ReadonlySet<string> }>();
  /** Rows shown of folders above one page. */
  readonly #shown = new Map<string, number>();
  /** Revealed entries that lie beyond the page of their folder, by the folder's id. */
  readonly #pinned = new Map<string, Map<string, Entry>>();
  readonly #changedPeers = new Set<string>();
  readonly #subscriptions: { dispose(): void }[];
  #rootSignature = '';
  #timer: NodeJS.Timeout | undefined;
  #topTimer: NodeJS.Timeout | undefined;

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
    void this.#gate.change();
  }

  showMore(node: MoreNode): void {
    const shown = this.#shown.get(node.parent.id) ?? pageOf(node.parent);
    this.#shown.set(node.parent.id, shown + Math.min(limits.pageEntries, shown * 3));
    void this.#gate.change([node.parent]);
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
      const children = await this.#gate.ask(() => this.#children(node));
      if (node !== undefined) this.#remember(node, children);
      return children;
    } catch (error) {
      if (node === undefined) return []; // The welcome view of the sidecar's state says what is wrong.
      const text = failureText(asAppError(error));
      return [{ kind: 'note', id: `${node.id}//failure`, parent: node, text, icon: 'warning' }];
    }
  }

  /** The node of an entry, for TreeView.reveal: rows are made for what lies beyond a page. Throws `not-found` where it has no row. */
  async locate(entry: EntryRef, info: Entry): Promise<PeersNode> {
    await this.#world.load();
    const shares = await this.#world.catalogShares(entry.peerId);
    const chain = chainTo(entry, this.#world, { shares, info });
    const last = chain?.at(-1);
    if (chain === undefined || last === undefined) throw notInPeers(baseName(entry.path));
    for (const node of chain) {
      if (node.kind === 'entry' && node.parent !== undefined) this.#pin(node.parent, node.info);
      const asked = node.parent === undefined ? undefined : this.#asked.get(node.parent.id);
      if (asked !== undefined && !asked.given.has(node.id)) await this.#gate.change([asked.node]);
    }
    return last;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#topTimer);
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changes.dispose();
  }

  async #children(node: PeersNode | undefined): Promise<PeersNode[]> {
    if (node === undefined) {
      await this.#world.load();
      this.#drawn.clear();
      this.#asked.clear();
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
      case 'everybody':
        return this.#merged('', node);
      case 'merged':
        return this.#merged(node.path, node);
      case 'recent': {
        const { items, total } = await this.#pages<SearchHit>(node, limits.searchPage, async (offset, limit) => {
          const { hits, total } = await this.#sidecar.request('catalog/recent', { offset, limit });
          return { items: hits, total };
        });
        return recentNodes(items, total, node);
      }
      case 'hit':
      case 'more':
      case 'note':
        return [];
    }
  }

  async #folder(folder: EntryRef, node: PeersNode): Promise<PeersNode[]> {
    const { items, total } = await this.#pages<Entry>(node, limits.pageEntries, async (offset, limit) => {
      const page = await this.#sidecar.request('catalog/list', { entry: folder, offset, limit, order: 'editor' });
      return { items: page.entries, total: page.total };
    });
    const pinned = items.length < total ? await this.#stillThere(folder, node) : [];
    return entryNodes(folder, { entries: items, total }, node, pinned);
  }

  async #merged(path: string, node: PeersNode): Promise<PeersNode[]> {
    const { items, total } = await this.#pages<MergedEntry>(node, limits.pageEntries, async (offset, limit) => {
      const page = await this.#sidecar.request('catalog/merged', { path, offset, limit });
      return { items: page.entries, total: page.total };
    });
    return mergedNodes(path, { entries: items, total }, node);
  }

  /** As many rows as are shown of the node, asked for in pages. */
  async #pages<T>(
    node: PeersNode,
    maxPage: number,
    ask: (offset: number, limit: number) => Promise<{ items: T[]; total: number }>,
  ): Promise<{ items: T[]; total: number }> {
    const wanted = this.#shown.get(node.id) ?? pageOf(node);
    const items: T[] = [];
    for (;;) {
      const page = await ask(items.length, Math.min(wanted - items.length, maxPage));
      items.push(...page.items);
      if (items.length >= Math.min(wanted, page.total) || page.items.length === 0) return { items, total: page.total };
    }
  }

  #remember(node: PeersNode, children: readonly PeersNode[]): void {
    this.#asked.delete(node.id);
    this.#asked.set(node.id, { node, given: new Set(children.map(({ id }) => id)) });
    const oldest = this.#asked.keys().next();
    if (this.#asked.size > limits.cachedFolders && oldest.done !== true) this.#asked.delete(oldest.value);
  }

  #pin(folder: PeersNode, info: Entry): void {
    const pinned = this.#pinned.get(folder.id) ?? new Map<string, Entry>();
    pinned.set(info.name, info);
    this.#pinned.delete(folder.id);
    this.#pinned.set(folder.id, pinned);
    const oldest = this.#pinned.keys().next();
    if (this.#pinned.size > limits.pinnedFolders && oldest.done !== true) this.#pinned.delete(oldest.value);
    const first = pinned.keys().next();
    if (pinned.size > limits.pinnedEntries && first.done !== true) pinned.delete(first.value);
  }

  /** The pinned entries of a folder as they are now; those that are gone are dropped. */
  async #stillThere(folder: EntryRef, node: PeersNode): Promise<Entry[]> {
    const pinned = this.#pinned.get(node.id);
    if (pinned === undefined) return [];
    for (const name of [...pinned.keys()]) {
      const path = folder.path === '' ? name : `${folder.path}/${name}`;
      try {
        pinned.set(name, await this.#sidecar.request('catalog/stat', { entry: { ...folder, path } }));
      } catch {
        pinned.delete(name); // Gone, or nobody can say: it is not shown then.
      }
    }
    return [...pinned.values()];
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
    if (changed.length > 0) void this.#gate.change(changed);
  }

  #lostOrGained(node: PeersNode & { kind: 'party' }): boolean {
    return partyChildren(this.#world, node).some(({ id, kind }) => kind === 'peer' && !this.#drawn.has(id));
  }

  #catalogChanged(peerId: string): void {
    this.#changedPeers.add(peerId);
    this.#topTimer ??= setTimeout(() => {
      this.#topTimer = undefined;
      const top = ['everybody', 'recent'].flatMap((id) => this.#asked.get(id)?.node ?? []);
      if (top.length > 0) void this.#gate.change(top);
    }, limits.mergedRedrawMs);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const peers = new Set(this.#changedPeers);
      this.#changedPeers.clear();
      const nodes = [...this.#drawn.values()].map(({ node }) => node);
      const changed = nodes.filter((node): node is PeerNode => node.kind === 'peer' && peers.has(node.peerId));
      if (changed.length > 0) void this.#gate.change(changed);
    }, limits.redrawMs);
  }
}

/** Rows at first, before "more". */
function pageOf(node: PeersNode): number {
  return node.kind === 'recent' ? limits.recentPage : limits.treePage;
}

function signatureOf(nodes: readonly PeersNode[]): string {
  return nodes.map(({ id }) => id).join('\n');
}
