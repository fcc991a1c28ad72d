// Folder listings kept in memory, so that stat and readDirectory storms (editors ask for `.git`, `package.json` and the like in every
// folder) are answered without a round trip. The sidecar is the truth: `catalog/changed` makes a share's listings be read again.
// Must not know `vscode`.

import { AppError } from '../../protocol/errors.ts';
import type { Entry, EntryRef, ListPage } from '../../protocol/model.ts';
import { limits } from '../limits.ts';
import { baseName, joinPath, parentPath } from './uris.ts';

/** What the cache asks: `catalog/list` and `catalog/stat`. */
export interface Catalog {
  list(entry: EntryRef, offset: number, limit: number): Promise<ListPage>;
  stat(entry: EntryRef): Promise<Entry>;
}

/** A kept answer: a folder's entries, "too many to keep", or "there is no such folder". */
type Listing = { kind: 'entries'; entries: Map<string, Entry> } | { kind: 'huge' } | { kind: 'absent'; error: AppError };

interface Slot {
  folder: EntryRef;
  /** Undefined until it is there. */
  listing?: Listing;
  pending: Promise<Listing>;
  weight: number;
}

export interface EntryChange {
  path: string;
  change: 'created' | 'changed' | 'deleted';
}

function keyOf(entry: EntryRef): string {
  return `${entry.peerId}/${entry.shareId}/${entry.path}`;
}

export class ListingCache {
  readonly #catalog: Catalog;
  /** In order of use, the oldest first. */
  readonly #slots = new Map<string, Slot>();
  #weight = 0;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** The entry, or undefined when its share has none at that path. Throws AppError when the catalog cannot answer. */
  async stat(entry: EntryRef): Promise<Entry | undefined> {
    if (entry.path === '') return this.#statDirectly(entry);
    const listing = await this.#listing({ ...entry, path: parentPath(entry.path) });
    switch (listing.kind) {
      case 'entries':
        return listing.entries.get(baseName(entry.path));
      case 'huge':
        return this.#statDirectly(entry);
      case 'absent':
        if (listing.error.kind === 'not-found' || listing.error.kind === 'not-folder') return undefined;
        throw listing.error;
    }
  }

  /** All entries of a folder. Throws `not-found`, `not-folder`, or `too-large` above `limits.directoryEntries`. */
  async list(folder: EntryRef): Promise<Iterable<Entry>> {
    const listing = await this.#listing(folder);
    switch (listing.kind) {
      case 'entries':
        return listing.entries.values();
      case 'huge':
        return this.#listHuge(folder);
      case 'absent':
        throw listing.error;
    }
  }

  /** Reads the share's kept listings again; what differs, folder by folder. */
  async refresh(share: { peerId: string; shareId: string }): Promise<EntryChange[]> {
    const stale = [...this.#slots].filter(([, { folder }]) => folder.peerId === share.peerId && folder.shareId === share.shareId);
    for (const [key] of stale) this.#drop(key);
    const changes: EntryChange[] = [];
    for (const [, { folder, listing }] of stale) {
      // Listings of absent folders (probes) just go; the next probe asks again.
      if (listing?.kind !== 'entries' || changes.length >= limits.fileEvents) continue;
      const now = await this.#listing(folder);
      changes.push(...differences(folder.path, listing.entries, now.kind === 'entries' ? now.entries : new Map<string, Entry>()));
    }
    return changes;
  }

  clear(): void {
    this.#slots.clear();
    this.#weight = 0;
  }

  async #statDirectly(entry: EntryRef): Promise<Entry | undefined> {
    try {
      return await this.#catalog.stat(entry);
    } catch (error) {
      if (error instanceof AppError && (error.kind === 'not-found' || error.kind === 'not-folder')) return undefined;
      throw error;
    }
  }

  #listing(folder: EntryRef): Promise<Listing> {
    const key = keyOf(folder);
    const known = this.#slots.get(key);
    if (known !== undefined) {
      this.#slots.delete(key);
      this.#slots.set(key, known);
      return known.pending;
    }
    const slot: Slot = { folder, pending: this.#read(folder), weight: 1 };
    this.#slots.set(key, slot);
    this.#weight += slot.weight;
    slot.pending.then(
      (listing) => {
        if (this.#slots.get(key) !== slot) return;
        slot.listing = listing;
        const weight = 1 + (listing.kind === 'entries' ? listing.entries.size : 0);
        this.#weight += weight - slot.weight;
        slot.weight = weight;
        this.#evict();
      },
      () => {
        // Rejected answers are not kept; whoever waits is told by the promise itself.
        if (this.#slots.get(key) === slot) this.#drop(key);
      },
    );
    return slot.pending;
  }

  async #read(folder: EntryRef): Promise<Listing> {
    try {
      // A probe below something that is not there costs one round trip for its nearest kept ancestor, not one for each level.
      if (folder.path !== '') {
        const above = this.#slots.get(keyOf({ ...folder, path: parentPath(folder.path) }))?.listing;
        if (above?.kind === 'absent') return above;
        if (above?.kind === 'entries') {
          const self = above.entries.get(baseName(folder.path));
          if (self === undefined) return { kind: 'absent', error: noSuchEntry(folder) };
          if (self.kind === 'file') return { kind: 'absent', error: notFolder(folder) };
        }
      }
      const page = await this.#catalog.list(folder, 0, limits.pageEntries);
      if (page.total > page.entries.length) return { kind: 'huge' };
      return { kind: 'entries', entries: new Map(page.entries.map((entry) => [entry.name, entry])) };
    } catch (error) {
      if (error instanceof AppError && (error.kind === 'not-found' || error.kind === 'not-folder'))
        return { kind: 'absent', error };
      throw error;
    }
  }

  async #listHuge(folder: EntryRef): Promise<Entry[]> {
    const entries: Entry[] = [];
    for (;;) {
      const page = await this.#catalog.list(folder, entries.length, limits.pageEntries);
      if (page.total > limits.directoryEntries) throw tooManyEntries(folder, page.total);
      entries.push(...page.entries);
      if (entries.length >= page.total || page.entries.length === 0) return entries;
    }
  }

  #drop(key: string): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    this.#slots.delete(key);
    this.#weight -= slot.weight;
  }

  #evict(): void {
    for (const key of this.#slots.keys()) {
      if (this.#slots.size <= limits.cachedFolders && this.#weight <= limits.cachedEntries) return;
      this.#drop(key);
    }
  }
}

function differences(folder: string, before: Map<string, Entry>, after: Map<string, Entry>): EntryChange[] {
  const changes: EntryChange[] = [];
  for (const [name, old] of before) {
    const now = after.get(name);
    const path = joinPath(folder, name);
    if (now === undefined) changes.push({ path, change: 'deleted' });
    else if (now.kind !== old.kind) changes.push({ path, change: 'deleted' }, { path, change: 'created' });
    else if (now.sizeBytes !== old.sizeBytes || now.mtimeMs !== old.mtimeMs) changes.push({ path, change: 'changed' });
  }
  for (const name of after.keys()) if (!before.has(name)) changes.push({ path: joinPath(folder, name), change: 'created' });
  return changes;
}

function noSuchEntry(entry: EntryRef): AppError {
  return new AppError('not-found', `There is no ${entry.path} in this share.`, { data: { path: entry.path } });
}

function notFolder(entry: EntryRef): AppError {
  return new AppError('not-folder', `${entry.path} is a file.`, { data: { path: entry.path } });
}

function tooManyEntries(folder: EntryRef, total: number): AppError {
  return new AppError('too-large', `This folder has ${total} entries, too many for the Explorer. Open it in the Potluck view.`, {
    data: { path: folder.path },
  });
}
