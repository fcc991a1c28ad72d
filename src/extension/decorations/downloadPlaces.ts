// Which download a row belongs to: by where it lies here, and by what it is at its owner. Must not know `vscode`.

import path from 'node:path';
import type { DownloadInfo, EntryRef } from '../../protocol/model.ts';
import { isOver } from '../downloadList.ts';
import { joinPath, parentPath } from '../files/uris.ts';

/** A path of this disk, or an entry of a peer. */
export type Place = string | EntryRef;

export interface FoundDownload {
  download: DownloadInfo;
  /** What the row itself is at its owner: the download's, or something in its folder. */
  entry: EntryRef;
}

/** A download that came, went or is another now, and every place whose mark may be another for it; of a folder, all below them too. */
export interface PlacesChange {
  download: DownloadInfo;
  places: Place[];
}

/** Ids of downloads by where they are, those of one place in the order of being added. */
type Slots = Map<string, string[]>;

/** Of several downloads of one place the one added last counts, until it leaves. A change costs the same, however many others there are. */
export class DownloadPlaces {
  readonly #byId = new Map<string, DownloadInfo>();
  readonly #byDestination: Slots = new Map();
  readonly #byEntry: Slots = new Map();

  constructor(downloads: Iterable<DownloadInfo>) {
    this.replace(downloads);
  }

  /** Takes one that is another now, or new; undefined when no mark looks different for it. */
  put(download: DownloadInfo): PlacesChange | undefined {
    const before = this.#byId.get(download.downloadId);
    if (before !== undefined && isPlacedAlike(before, download)) {
      this.#byId.set(download.downloadId, download);
      return looksAlike(before, download) ? undefined : { download, places: [download.entry, ...placesHere(download)] };
    }
    this.remove(download.downloadId);
    this.#byId.set(download.downloadId, download);
    for (const [slots, key] of this.#slotsOf(download)) this.#enter(slots, key, download);
    const left = before === undefined ? [] : placesHere(before);
    return { download, places: [download.entry, ...left, ...placesHere(download)] };
  }

  /** Undefined when it was not known. */
  remove(downloadId: string): PlacesChange | undefined {
    const download = this.#byId.get(downloadId);
    if (download === undefined) return undefined;
    this.#byId.delete(downloadId);
    for (const [slots, key] of this.#slotsOf(download)) leave(slots, key, downloadId);
    return { download, places: [download.entry, ...placesHere(download)] };
  }

  /** Takes these, and no others. */
  replace(downloads: Iterable<DownloadInfo>): PlacesChange[] {
    const ordered = [...downloads].sort((a, b) => a.addedAtMs - b.addedAtMs);
    const kept = new Set<string>(ordered.map(({ downloadId }) => downloadId));
    const gone = [...this.#byId.keys()].filter((id) => !kept.has(id));
    return [...gone.flatMap((id) => this.remove(id) ?? []), ...ordered.flatMap((download) => this.put(download) ?? [])];
  }

  /** The row's own download, else that of the nearest folder above it. */
  find(place: Place): FoundDownload | undefined {
    return typeof place === 'string' ? this.#atPath(place) : this.#ofEntry(place);
  }

  /** An entry as VS Code may show it: at its owner, and where a download puts it here. */
  both(entry: EntryRef): Place[] {
    const download = this.#ofEntry(entry)?.download;
    if (download === undefined) return [entry];
    const below = entry.path.slice(download.entry.path.length).split('/');
    return [entry, ...placesHere(download).map((here) => path.join(here, ...below))];
  }

  #atPath(here: string): FoundDownload | undefined {
    for (let at = here; ; at = path.dirname(at)) {
      const download = this.#latest(this.#byDestination.get(placeKey(at)), { isBelow: at !== here });
      if (download !== undefined) {
        const below = path.relative(at, here).split(path.sep).join('/');
        return {
          download,
          entry: below === '' ? download.entry : { ...download.entry, path: joinPath(download.entry.path, below) },
        };
      }
      if (path.dirname(at) === at) return undefined;
    }
  }

  #ofEntry(entry: EntryRef): FoundDownload | undefined {
    for (let at = entry.path; ; at = parentPath(at)) {
      const download = this.#latest(this.#byEntry.get(entryKey({ ...entry, path: at })), { isBelow: at !== entry.path });
      if (download !== undefined) return { download, entry };
      if (at === '') return undefined;
    }
  }

  /** Only a folder has something below it. */
  #latest(ids: readonly string[] | undefined, { isBelow }: { isBelow: boolean }): DownloadInfo | undefined {
    const id = ids?.findLast((each) => !isBelow || this.#byId.get(each)?.kind === 'folder');
    return id === undefined ? undefined : this.#byId.get(id);
  }

  #slotsOf(download: DownloadInfo): [Slots, string][] {
    const here = placesHere(download).map((place): [Slots, string] => [this.#byDestination, placeKey(place)]);
    return [[this.#byEntry, entryKey(download.entry)], ...here];
  }

  #enter(slots: Slots, key: string, { downloadId, addedAtMs }: DownloadInfo): void {
    const ids = slots.get(key) ?? [];
    const before = ids.findLastIndex((id) => (this.#byId.get(id)?.addedAtMs ?? 0) <= addedAtMs);
    slots.set(key, ids.toSpliced(before + 1, 0, downloadId));
  }
}

function leave(slots: Slots, key: string, downloadId: string): void {
  const left = slots.get(key)?.filter((id) => id !== downloadId) ?? [];
  if (left.length === 0) slots.delete(key);
  else slots.set(key, left);
}

/** Nowhere until its name was claimed: what lies there is the person's own, and may keep the name. */
function placesHere({ destination, isDestinationOpen }: DownloadInfo): string[] {
  return isDestinationOpen === true ? [] : [destination];
}

function isPlacedAlike(a: DownloadInfo, b: DownloadInfo): boolean {
  return entryKey(a.entry) === entryKey(b.entry) && placesHere(a).join() === placesHere(b).join();
}

/** All that is still to come bears one mark. */
function looksAlike(a: DownloadInfo, b: DownloadInfo): boolean {
  return a.state === b.state || (!isOver(a) && !isOver(b));
}

export function entryKey({ peerId, shareId, path: inside }: EntryRef): string {
  return `${peerId}/${shareId}/${inside}`;
}

/** Two spellings of one place give one key: on Windows VS Code writes drives in lower case, and we write them as the disk has them. */
export function placeKey(place: string, platform: NodeJS.Platform = process.platform): string {
  return platform === 'win32' ? place.toLowerCase() : place;
}

/** Whether a path is one of the folders or lies in one. `separator`: of this disk. */
export function isInAny(place: string, roots: readonly string[], separator: string): boolean {
  return roots.some((root) => place === root || place.startsWith(root.endsWith(separator) ? root : root + separator));
}
