// The view potluck.peers for VS Code: draws what peersSource.ts gives, and tells of what changed, no more and no more often than needed.

import * as vscode from 'vscode';
import type { PeerId } from '../../protocol/ids.ts';
import type { Entry, EntryRef } from '../../protocol/model.ts';
import { notInPeers } from '../failures.ts';
import { baseName } from '../files/uris.ts';
import { limits } from '../limits.ts';
import { maxOpenBytes } from '../settings.ts';
import type { Sidecar } from '../sidecar.ts';
import { t } from '../text.ts';
import type { Part, World } from '../world.ts';
import { ChangeGate } from './changeGate.ts';
import { entryTooltip } from './entryTooltip.ts';
import { partyChildren } from './partyRow.ts';
import { rootNodes, rowOf, type MoreNode, type PeersNode } from './peersModel.ts';
import { chainTo } from './peersPath.ts';
import { childrenSignature, steadySignature, withoutRates } from './peersRedraw.ts';
import { dropOldest, PeersSource } from './peersSource.ts';
import { treeItemOf } from './treeItem.ts';

/** Of the world, what this view's rows are made of. */
const drawnParts: readonly Part[] = ['parties', 'members', 'peers', 'pending', 'requests'];

/** A party's, peer's or share's row as VS Code has it. */
interface Drawn {
  node: PeersNode;
  signature: string;
  steady: string;
}

/** A node whose children VS Code asked for, and what it was given. */
interface Asked {
  node: PeersNode;
  given: ReadonlySet<string>;
  signature: string;
}

export class PeersView implements vscode.TreeDataProvider<PeersNode> {
  readonly #sidecar: Sidecar;
  readonly #world: World;
  readonly #source: PeersSource;
  readonly #changes = new vscode.EventEmitter<PeersNode | PeersNode[] | undefined>();
  readonly onDidChangeTreeData = this.#changes.event;
  readonly #gate = new ChangeGate<PeersNode>((changed) => this.#changes.fire(changed));
  readonly #drawn = new Map<string, Drawn>();
  readonly #asked = new Map<string, Asked>();
  readonly #subscriptions: { dispose(): void }[];
  #rootSignature = '';
  /** Shares that changed, by their peer, until they are looked at. */
  #changedShares = new Map<PeerId, Set<string>>();
  /** The rows above the parties show all shares, and are looked at less often. */
  #isTopStale = false;
  #topReadMs = 0;
  #isLooking = false;
  #isDisposed = false;
  #timer: NodeJS.Timeout | undefined;
  #countsTimer: NodeJS.Timeout | undefined;

  constructor(sidecar: Sidecar, world: World) {
    this.#sidecar = sidecar;
    this.#world = world;
    this.#source = new PeersSource(sidecar, world);
    this.#subscriptions = [
      world.onDidChange((changed) => {
        if (drawnParts.some((part) => changed.has(part))) this.#redrawRows();
      }),
      sidecar.on('catalog/changed', ({ peerId, shareId }) => {
        this.#changedShares.set(peerId, (this.#changedShares.get(peerId) ?? new Set()).add(shareId));
        this.#isTopStale = true;
        if (!this.#isLooking) this.#lookSoon(limits.redrawMs);
      }),
      sidecar.onDidChangeState(() => this.refresh()),
    ];
  }

  async resolveTreeItem(item: vscode.TreeItem, node: PeersNode): Promise<vscode.TreeItem> {
    if (node.kind === 'peer') {
      const tooltip = rowOf(node, this.#world, Date.now())?.tooltip;
      if (tooltip !== undefined) item.tooltip = tooltip;
    }
    if (node.kind !== 'entry') return item;
    const known = rowOf(node, this.#world, Date.now())?.tooltip ?? '';
    // Without it, the tooltip says what the row knows.
    const details = await this.#sidecar.request('catalog/details', { entry: node.entry }).catch(() => ({ fields: {} }));
    item.tooltip = entryTooltip(known, details);
    return item;
  }

  refresh(): void {
    void this.#gate.change();
  }

  showMore(node: MoreNode): void {
    this.#source.showMore(node);
    void this.#gate.change([node.parent]);
  }

  getTreeItem(node: PeersNode): vscode.TreeItem {
    const current = this.#source.current(node);
    const row = rowOf(current, this.#world, Date.now());
    if (row === undefined) return new vscode.TreeItem(t('gone'));
    if (isWatched(node)) {
      this.#drawn.set(node.id, { node, signature: this.#signature(current), steady: steadySignature(current, this.#world) });
    }
    const item = treeItemOf(row, node);
    // Asked for when the pointer rests on it: what the file is, how fast the peer is.
    if (node.kind === 'peer' || (node.kind === 'entry' && node.info.kind === 'file')) delete item.tooltip;
    // A file that would not open is asked about before an editor tries.
    if (node.kind === 'entry' && node.info.kind === 'file' && node.info.sizeBytes > maxOpenBytes()) {
      item.command = { command: 'potluck.entry.open', title: t('Open'), arguments: [node] };
    }
    return item;
  }

  getParent(node: PeersNode): PeersNode | undefined {
    return node.parent;
  }

  getChildren(node?: PeersNode): Promise<PeersNode[]> {
    return this.#gate.ask(() => (node === undefined ? this.#roots() : this.#childrenOf(node)));
  }

  /** The node of an entry, for TreeView.reveal: rows are made for what lies beyond a page. Throws `not-found` where it has no row. */
  async locate(entry: EntryRef, info: Entry): Promise<PeersNode> {
    await this.#world.load();
    const shares = await this.#source.readShares(entry.peerId);
    const chain = chainTo(entry, this.#world, { shares, info });
    const last = chain?.at(-1);
    if (chain === undefined || last === undefined) throw notInPeers(baseName(entry.path));
    for (const node of chain) {
      if (node.kind === 'entry' && node.parent !== undefined) this.#source.pin(node.parent, node.info);
      const asked = node.parent === undefined ? undefined : this.#asked.get(node.parent.id);
      if (asked !== undefined && !asked.given.has(node.id)) await this.#gate.change([asked.node]);
    }
    return last;
  }

  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#countsTimer);
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changes.dispose();
  }

  async #roots(): Promise<PeersNode[]> {
    try {
      const nodes = await this.#source.roots();
      this.#drawn.clear();
      this.#asked.clear();
      this.#rootSignature = signatureOf(nodes);
      return nodes;
    } catch {
      return []; // The welcome view of the sidecar's state says what is wrong.
    }
  }

  async #childrenOf(node: PeersNode): Promise<PeersNode[]> {
    const children = await this.#source.children(node);
    const given = new Set(children.map(({ id }) => id));
    this.#asked.delete(node.id);
    this.#asked.set(node.id, { node, given, signature: childrenSignature(children) });
    dropOldest(this.#asked, limits.treeFolders);
    return children;
  }

  /** Tells of the root when the list of parties and peers changed, else of each row that says something else now. */
  #redrawRows(): void {
    if (signatureOf(rootNodes(this.#world)) !== this.#rootSignature) {
      this.refresh();
      return;
    }
    const drawn = [...this.#drawn.values()];
    const changed = drawn.filter(({ node, steady }) => {
      return steadySignature(this.#source.current(node), this.#world) !== steady || this.#lostOrGained(node);
    });
    if (changed.length > 0) void this.#gate.change(changed.map(({ node }) => node));
    this.#countsTimer ??= setTimeout(() => {
      this.#countsTimer = undefined;
      const counts = [...this.#drawn.values()].filter(({ node, signature }) => {
        return this.#signature(this.#source.current(node)) !== signature;
      });
      if (counts.length > 0) void this.#gate.change(counts.map(({ node }) => node));
    }, limits.countsRedrawMs);
  }

  /** What the row says, but for what only its tooltip does. */
  #signature(node: PeersNode): string {
    const { parties, peers, members, pending, requests } = this.#world;
    const shown = node.kind === 'peer' ? peers.filter(({ peerId }) => peerId === node.peerId).map(withoutRates) : peers;
    return JSON.stringify(rowOf(node, { parties, members, pending, requests, peers: shown }, Date.now())) ?? '';
  }

  #lostOrGained(node: PeersNode): boolean {
    return (
      node.kind === 'party' && partyChildren(this.#world, node).some(({ id, kind }) => kind === 'peer' && !this.#drawn.has(id))
    );
  }

  #lookSoon(delayMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#look();
    }, delayMs);
  }

  /** Reads again what VS Code has of the changed shares, and tells of the folders that differ, of nothing else. One round at a time. */
  async #look(): Promise<void> {
    const startedMs = performance.now();
    this.#isLooking = true;
    const changed = this.#changedShares;
    this.#changedShares = new Map();
    const readsTop = this.#isTopStale && startedMs - this.#topReadMs >= limits.mergedRedrawMs;
    if (readsTop) {
      this.#isTopStale = false;
      this.#topReadMs = startedMs;
    }
    // Without its shares a peer's rows stay as they are: what failed is told where a person asks for it.
    for (const peerId of changed.keys()) {
      if (this.#world.peer(peerId) !== undefined) await this.#source.readShares(peerId).catch(() => undefined);
    }
    const stale: PeersNode[] = [];
    for (const { node, signature } of [...this.#asked.values()]) {
      if (!isConcerned(node, changed, readsTop)) continue;
      if (childrenSignature(await this.#source.children(node)) !== signature) stale.push(node);
    }
    if (this.#isDisposed) return;
    if (stale.length > 0) await this.#gate.change(stale);
    this.#redrawRows();
    this.#isLooking = false;
    if (this.#isDisposed) return;
    const pauseMs = Math.min(limits.refreshPauseMs, 4 * (performance.now() - startedMs));
    if (this.#changedShares.size > 0 || this.#isTopStale) this.#lookSoon(Math.max(limits.redrawMs, pauseMs));
  }
}

/** Rows that say something else as the world changes; the others are read again with their folder. */
function isWatched({ kind }: PeersNode): boolean {
  return ['party', 'peer', 'member', 'pending', 'request', 'blocked', 'share'].includes(kind);
}

function isConcerned(node: PeersNode, changed: ReadonlyMap<PeerId, ReadonlySet<string>>, readsTop: boolean): boolean {
  switch (node.kind) {
    case 'peer':
      return changed.has(node.peerId);
    case 'share':
    case 'entry':
      return changed.get(node.entry.peerId)?.has(node.entry.shareId) === true;
    case 'everybody':
    case 'merged':
    case 'recent':
      return readsTop;
    case 'party':
    case 'member':
    case 'pending':
    case 'request':
    case 'blocked':
    case 'hit':
    case 'more':
    case 'note':
      return false;
  }
}

function signatureOf(nodes: readonly PeersNode[]): string {
  return nodes.map(({ id }) => id).join('\n');
}
