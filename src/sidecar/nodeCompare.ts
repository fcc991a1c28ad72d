// Comparing put together with the indexes, the files and the sessions that it reads from.

import type { PeerId } from '../protocol/ids.ts';
import { compareHandlers } from './api/compare.ts';
import type { Catalog } from './catalog/catalog.ts';
import type { DetailStore } from './catalog/details/detailStore.ts';
import { Comparisons } from './compare/comparisons.ts';
import type { Transfers } from './nodeTransfers.ts';
import type { Sessions } from './sessions.ts';
import type { Shares } from './shares/shares.ts';

export interface NodeCompareOptions {
  ownPeerId: PeerId;
  details: DetailStore;
  transfers: Transfers;
  /** These exist by the time that anything is asked. */
  catalog: () => Catalog;
  shares: () => Shares;
  sessions: () => Sessions;
}

export class NodeCompare {
  readonly #comparisons: Comparisons;

  constructor({ ownPeerId, details, transfers, catalog, shares, sessions }: NodeCompareOptions) {
    this.#comparisons = new Comparisons({
      ...{ ownPeerId, details, trees: transfers.trees, catalog },
      rootOf: (located, path, options) => transfers.uploads.rootOf(located, path, options),
      locate: (shareId, path) => shares().locate(shareId, path),
      source: (peerId) => sessions().source(peerId),
      download: (ref, wanted) => transfers.downloads.add(ref, wanted),
    });
  }

  open(): void {
    // Nothing is kept from before.
  }

  close(): void {
    this.#comparisons.close();
  }

  handlers(): ReturnType<typeof compareHandlers> {
    return compareHandlers(this.#comparisons);
  }
}
