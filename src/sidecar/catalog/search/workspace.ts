// The kernel with what stays in its memory between queries: columns and names of folders first, then the words of names, as far as they
// have room. Everything else is read from the search files each time. Knows no query.

import { searchLimits } from '../../limits.ts';
import { kernelFence } from './groupNames.ts';
import { Kernel } from './kernel.ts';
import type { SearchFile } from './searchFile.ts';

interface Kept {
  folders: number | undefined;
  folderNames: number | undefined;
  /** By group. */
  words: Map<number, number>;
}

export class Workspace {
  #kernel = new Kernel();
  #kept = new Map<SearchFile, Kept>();
  #keptBytes = 0;

  get kernel(): Kernel {
    return this.#kernel;
  }

  /** Keeps what there is room for. To be called before anything is taken from the kernel's memory. */
  prepare(files: readonly SearchFile[]): void {
    const fresh = files.filter((file) => !this.#kept.has(file));
    for (const file of fresh) {
      const { parents, folderNameStarts, folderNames } = file.places;
      const columnsBytes = folderNameStarts.at + folderNameStarts.bytes - parents.at;
      const columns = this.#keep(columnsBytes, (target) => file.readAll('parents', 'folderNameStarts', target));
      const names = this.#keep(folderNames.bytes, (target) => file.read('folderNames', 0, target));
      this.#kept.set(file, { folders: columns, folderNames: names, words: new Map() });
    }
    for (const file of fresh)
      for (let group = 0; group < file.groupCount; group++) {
        const { words, starts } = file.group(group);
        const place = this.#keep(starts - words, (target) => file.read('groups', words, target));
        if (place === undefined) return;
        this.#kept.get(file)?.words.set(group, place);
      }
  }

  /** Where the columns from `parents` to `folderNameStarts` lie, or are read to. */
  folderColumns(file: SearchFile): number {
    const kept = this.#kept.get(file)?.folders;
    if (kept !== undefined) return kept;
    const { parents, folderNameStarts } = file.places;
    const bytes = folderNameStarts.at + folderNameStarts.bytes - parents.at;
    const place = this.#kernel.take(bytes);
    file.readAll('parents', 'folderNameStarts', this.#kernel.bytes(place, bytes));
    return place;
  }

  folderNames(file: SearchFile, offset: number, bytes: number): number {
    const kept = this.#kept.get(file)?.folderNames;
    if (kept !== undefined) return kept + offset;
    const place = this.#kernel.take(bytes);
    file.read('folderNames', offset, this.#kernel.bytes(place, bytes));
    kernelFence(this.#kernel, place, bytes);
    return place;
  }

  words(file: SearchFile, group: number): number {
    const kept = this.#kept.get(file)?.words.get(group);
    if (kept !== undefined) return kept;
    const { words, starts } = file.group(group);
    const place = this.#kernel.take(starts - words);
    file.read('groups', words, this.#kernel.bytes(place, starts - words));
    kernelFence(this.#kernel, place, starts - words);
    return place;
  }

  /** Begins anew when that file's parts are kept, or when a query took very much. Only between queries. */
  rest(gone?: SearchFile): void {
    const isTooLarge = this.#kernel.memoryBytes > this.#keptBytes + searchLimits.spareBytes;
    if (!isTooLarge && (gone === undefined || !this.#kept.has(gone))) return;
    this.#kernel = new Kernel();
    this.#kept = new Map();
    this.#keptBytes = 0;
  }

  #keep(bytes: number, fill: (target: Buffer) => void): number | undefined {
    if (this.#keptBytes + bytes > searchLimits.keptBytes) return undefined;
    const place = this.#kernel.takeForGood(bytes);
    fill(this.#kernel.bytes(place, bytes));
    kernelFence(this.#kernel, place, bytes);
    this.#keptBytes += bytes;
    return place;
  }
}
