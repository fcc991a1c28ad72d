// The lists of offers, unpacked as they are needed: by path for whoever asks for a file, and as a catalog for downloads. A few are held.

import type { OfferId, PeerId, ShareId } from '../../protocol/ids.ts';
import type { Entry, EntryRef } from '../../protocol/model.ts';
import type { OfferEntry } from '../../protocol/sending.ts';
import { sendingLimits } from '../limits.ts';
import type { SafePath } from '../storage/safePath.ts';
import { decodeManifest } from './manifest.ts';
import { keyOf, type OfferRow, type OfferState, type OfferTable } from './offerTable.ts';

/** An offer's list. */
export interface OfferList {
  entries: readonly OfferEntry[];
  byPath: ReadonlyMap<string, OfferEntry>;
}

export class OfferLists<S extends OfferState> {
  readonly #table: OfferTable<S>;
  /** The one used last at the end. */
  readonly #open = new Map<string, OfferList>();

  constructor(table: OfferTable<S>) {
    this.#table = table;
  }

  /** Undefined when there is no such offer, or it has ended. */
  of(peerId: PeerId, offerId: string): OfferList | undefined {
    const row = this.row(peerId, offerId);
    const key = keyOf(peerId, offerId);
    const list = row && this.#table.isOpen(row) ? (this.#open.get(key) ?? this.#unpack(row)) : undefined;
    if (list === undefined) {
      this.#open.delete(key);
      return undefined;
    }
    this.#open.delete(key);
    this.#open.set(key, list);
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= sendingLimits.openLists) break;
      this.#open.delete(oldest);
    }
    return list;
  }

  row(peerId: PeerId, offerId: string): OfferRow<S> | undefined {
    return this.#table.get(peerId, offerId as OfferId); // An id that no offer has finds nothing.
  }

  #unpack(row: OfferRow<S>): OfferList | undefined {
    const manifest = this.#table.manifest(row);
    if (manifest === undefined) return undefined;
    const entries = decodeManifest(manifest, row);
    return { entries, byPath: new Map(entries.map((entry) => [entry.path, entry])) };
  }

  /** What downloads see of it: as a share of its sender with its id. */
  stat({ peerId, shareId, path }: EntryRef): Entry | undefined {
    const found = this.of(peerId, shareId)?.byPath.get(path);
    return found && entryOf(found);
  }

  *files({ peerId, shareId, path }: EntryRef): Generator<{ path: SafePath; entry: Entry }> {
    const prefix = path === '' ? '' : `${path}/`;
    for (const found of this.of(peerId, shareId)?.entries ?? [])
      // Checked when it was unpacked.
      if (found.path.startsWith(prefix)) yield { path: found.path as SafePath, entry: entryOf(found) };
  }

  titleOf(peerId: PeerId, shareId: ShareId): string | undefined {
    const row = this.row(peerId, shareId);
    return row && this.#table.isOpen(row) ? (row.items[0]?.name ?? '') : undefined;
  }
}

export function entryOf({ path, kind, sizeBytes, mtimeMs }: OfferEntry): Entry {
  return { name: path.slice(path.lastIndexOf('/') + 1), kind, sizeBytes, mtimeMs };
}
