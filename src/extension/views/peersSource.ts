// Where the rows of the Peers view come from: the world's parties and peers, the catalog's shares, folders, merged tree and newest files,
// in pages. Must not know `vscode`.

import { asAppError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/ids.ts';
import type { CatalogShare, Entry, EntryRef, MergedEntry, SearchHit } from '../../protocol/model.ts';
import { failureText } from '../failures.ts';
import { limits } from '../limits.ts';
import type { Sidecar } from '../sidecar.ts';
import type { World } from '../world.ts';
import { mergedNodes, recentNodes } from './mergedModel.ts';
import { partyChildren } from './partyRow.ts';
import { blockedChildren, entryNodes, peerChildren, rootNodes, shareNote, type MoreNode, type PeersNode } from './peersModel.ts';

export class PeersSource {
  readonly #sidecar: Pick<Sidecar, 'request'>;
  readonly #world: World;
  /** Shares as they are now; nodes carry them as they were. */
  readonly #shares = new Map<string, CatalogShare>();
  /** Rows shown of folders above one page. */
  readonly #shown = new Map<string, number>();
  /** Revealed entries that lie beyond the page of their folder, by the folder's id. */
  readonly #pinned = new Map<string, Map<string, Entry>>();

  constructor(sidecar: Pick<Sidecar, 'request'>, world: World) {
    this.#sidecar = sidecar;
    this.#world = world;
  }

  async roots(): Promise<PeersNode[]> {
    await this.#world.load();
    return rootNodes(this.#world);
  }

  /** What is below a node; a failure is a row that says so. */
  async children(node: PeersNode): Promise<PeersNode[]> {
    try {
      return await this.#children(this.current(node));
    } catch (error) {
      const text = failureText(asAppError(error));
      return [{ kind: 'note', id: `${node.id}//failure`, parent: node, text, icon: 'warning' }];
    }
  }

  /** The node with its share as it is now. */
  current(node: PeersNode): PeersNode {
    if (node.kind !== 'share') return node;
    const share = this.#shares.get(`${node.share.peerId}/${node.share.shareId}`);
    return share === undefined ? node : { ...node, share };
  }

  async readShares(peerId: PeerId): Promise<CatalogShare[]> {
    const shares = await this.#world.catalogShares(peerId);
    for (const share of shares) this.#shares.set(`${share.peerId}/${share.shareId}`, share);
    return shares;
  }

  showMore(node: MoreNode): void {
    const shown = this.#shown.get(node.parent.id) ?? pageOf(node.parent);
    this.#shown.set(node.parent.id, shown + Math.min(limits.pageEntries, shown * 3));
  }

  /** From now on this entry of the folder has a row, wherever in the folder it stands. */
  pin(folder: PeersNode, info: Entry): void {
    const pinned = this.#pinned.get(folder.id) ?? new Map<string, Entry>();
    pinned.set(info.name, info);
    this.#pinned.delete(folder.id);
    this.#pinned.set(folder.id, pinned);
    dropOldest(this.#pinned, limits.pinnedFolders);
    dropOldest(pinned, limits.pinnedEntries);
  }

  async #children(node: PeersNode): Promise<PeersNode[]> {
    switch (node.kind) {
      case 'party':
        return partyChildren(this.#world, node);
      case 'peer':
        return peerChildren(this.#world.peer(node.peerId), await this.readShares(node.peerId), node);
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
      case 'blocked':
        return blockedChildren(this.#world, node);
      case 'member':
      case 'pending':
      case 'request':
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
}

/** Rows at first, before "more". */
function pageOf(node: PeersNode): number {
  return node.kind === 'recent' ? limits.recentPage : limits.treePage;
}

export function dropOldest<K, V>(map: Map<K, V>, max: number): void {
  const oldest = map.keys().next();
  if (map.size > max && oldest.done !== true) map.delete(oldest.value);
}
