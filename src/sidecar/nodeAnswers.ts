// What answers clients from the catalog, put together: sorted listings, the merged tree, search, live search and watched searches. Shares and
// catalog tell it of every index; it exists before both.

import type { PeerId, ShareId } from '../protocol/ids.ts';
import type { Notifications } from '../protocol/rpc.ts';
import type { CatalogAnswers } from './api/catalog.ts';
import type { SearchAnswers } from './api/search.ts';
import type { Catalog } from './catalog/catalog.ts';
import { DetailAnswers } from './catalog/details/detailAnswers.ts';
import type { DetailStore } from './catalog/details/detailStore.ts';
import type { IndexListener } from './catalog/index/indexListener.ts';
import type { IndexView } from './catalog/index/indexView.ts';
import type { Delta } from './catalog/index/rows.ts';
import { MergedTree, type MergedSource } from './catalog/mergedTree.ts';
import { DetailSearch } from './catalog/search/detailSearch.ts';
import { SearchEngine } from './catalog/search/engine.ts';
import { LiveSearch } from './catalog/search/live.ts';
import { Search } from './catalog/search/search.ts';
import { Watches } from './catalog/search/watches.ts';
import { WatchTable } from './catalog/search/watchTable.ts';
import { SortedListing } from './catalog/sortedListing.ts';
import type { Log } from './log.ts';
import type { Parties } from './parties/parties.ts';
import type { Peers } from './peers/peers.ts';
import type { Database } from './storage/database.ts';
import type { PeerSession } from './wire/services.ts';

export interface AnswersOptions {
  database: Database;
  own: { peerId: PeerId; name(): string };
  /** These exist by the time that anything is asked. */
  catalog(): Catalog;
  peers(): Peers;
  parties(): Parties;
  source(peerId: PeerId): PeerSession | undefined;
  log: Log;
  details: DetailStore;
  broadcast<N extends 'catalog/changed' | 'watches/changed'>(method: N, params: Notifications[N]): void;
}

export class Answers implements IndexListener {
  readonly search: Search;
  readonly #catalog: () => Catalog;
  readonly #engine: SearchEngine;
  readonly #live: LiveSearch;
  readonly #watches: Watches;
  readonly #sorted: SortedListing;
  readonly #merged: MergedTree;
  readonly #details: DetailAnswers;

  constructor(options: AnswersOptions) {
    const { log, own } = options;
    this.#catalog = () => options.catalog();
    this.#engine = new SearchEngine({ log });
    this.search = new Search({
      ...{
        engine: new DetailSearch({ engine: this.#engine, store: options.details, stat: (ref) => this.#catalog().stat(ref) }),
        own,
      },
      catalog: { shares: () => this.#catalog().shares() },
      peers: { get: (peerId) => options.peers().get(peerId) },
      parties: { list: () => options.parties().list() },
      onSearchable: (peerId, shareId) => options.broadcast('catalog/changed', { peerId, shareId }),
    });
    this.#live = new LiveSearch({ search: this.search, source: (peerId) => options.source(peerId), log });
    this.#watches = new Watches({
      ...{ table: new WatchTable(options.database), search: this.search, log },
      onChange: (watchId, hasNews) => options.broadcast('watches/changed', { watchId, hasNews }),
    });
    const reader: MergedSource = {
      shares: () => this.#catalog().shares(),
      list: (ref, page) => this.#catalog().list(ref, page),
      stat: (ref) => this.#catalog().stat(ref),
    };
    this.#details = new DetailAnswers({ store: options.details, stat: (ref) => this.#catalog().stat(ref) });
    this.#sorted = new SortedListing(reader);
    this.#merged = new MergedTree(reader);
  }

  /** After the catalog: every index that is on this disk was told. */
  open(): void {
    this.#watches.open();
  }

  async close(): Promise<void> {
    this.#live.close();
    await Promise.all([this.#watches.close(), this.#engine.close()]);
    this.#sorted.close();
    this.#merged.close();
  }

  get details(): DetailAnswers {
    return this.#details;
  }

  /** What the handlers of requests take. */
  get parts(): CatalogAnswers & SearchAnswers {
    return {
      ...{ catalog: this.#catalog(), sorted: this.#sorted, merged: this.#merged, details: this.#details },
      ...{ search: this.search, live: this.#live, watches: this.#watches },
    };
  }

  indexed(peerId: PeerId, shareId: ShareId, view: IndexView): void {
    for (const each of this.#listeners()) each.indexed(peerId, shareId, view);
  }

  changed(peerId: PeerId, shareId: ShareId, delta: Delta): void {
    for (const each of this.#listeners()) each.changed(peerId, shareId, delta);
  }

  gone(peerId: PeerId, shareId: ShareId): void {
    for (const each of this.#listeners()) each.gone(peerId, shareId);
  }

  #listeners(): IndexListener[] {
    return [this.#sorted, this.#merged, this.search, this.#watches];
  }
}
