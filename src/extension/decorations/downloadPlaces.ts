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

/** Of several downloads of one place the one added last counts. */
export class DownloadPlaces {
  readonly #byDestination = new Map<string, DownloadInfo>();
  readonly #byEntry = new Map<string, DownloadInfo>();

  constructor(downloads: Iterable<DownloadInfo>) {
    for (const download of [...downloads].sort((a, b) => a.addedAtMs - b.addedAtMs)) this.put(download);
  }

  /** Takes one that is another now, or new; tells whether its marks may look different. */
  put(download: DownloadInfo): boolean {
    const key = entryKey(download.entry);
    const before = this.#byEntry.get(key);
    const here = placeKey(download.destination);
    const isLater = (known: DownloadInfo | undefined): boolean => known === undefined || known.addedAtMs <= download.addedAtMs;
    if (isLater(this.#byDestination.get(here))) this.#byDestination.set(here, download);
    if (!isLater(before)) return false;
    if (before?.downloadId === download.downloadId && placeKey(before.destination) !== here)
      this.#byDestination.delete(placeKey(before.destination));
    this.#byEntry.set(key, download);
    return before === undefined || !looksAlike(before, download);
  }

  /** The row's own download, else that of the nearest folder above it. */
  find(place: Place): FoundDownload | undefined {
    return typeof place === 'string' ? this.#atPath(place) : this.#ofEntry(place);
  }

  /** An entry as VS Code may show it: at its owner, and where a download puts it here. */
  both(entry: EntryRef): Place[] {
    const download = this.#ofEntry(entry)?.download;
    if (download === undefined || download.destination === '') return [entry];
    const below = entry.path.slice(download.entry.path.length).split('/');
    return [entry, path.join(download.destination, ...below)];
  }

  /** Those whose mark may look different than in `before`. */
  changedSince(before: DownloadPlaces): DownloadInfo[] {
    const changed = [...this.#byEntry].filter(([key, download]) => {
      const known = before.#byEntry.get(key);
      return known === undefined || !looksAlike(known, download);
    });
    const gone = [...before.#byEntry].filter(([key]) => !this.#byEntry.has(key));
    return [...changed, ...gone].map(([, download]) => download);
  }

  #atPath(here: string): FoundDownload | undefined {
    for (let at = here; ; at = path.dirname(at)) {
      const download = this.#byDestination.get(placeKey(at));
      if (download !== undefined && (at === here || download.kind === 'folder')) {
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
      const download = this.#byEntry.get(entryKey({ ...entry, path: at }));
      if (download !== undefined && (at === entry.path || download.kind === 'folder')) return { download, entry };
      if (at === '') return undefined;
    }
  }
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
