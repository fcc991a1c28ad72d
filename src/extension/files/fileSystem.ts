// The read-only file system `potluck:`. stat and readDirectory are answered from the catalog by way of the listing cache, never from the
// network, so they are as fast with the peer offline. readFile returns whole, verified files up to a size, or fails. Writes are refused.

import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { AppError, asAppError } from '../../protocol/errors.ts';
import type { PeerId, ShareId } from '../../protocol/ids.ts';
import type { Entry, EntryRef } from '../../protocol/model.ts';
import { displayName } from '../displayText.ts';
import { tooLargeToOpen } from '../failures.ts';
import { limits } from '../limits.ts';
import type { Sidecar } from '../sidecar.ts';
import { formatBytes, t } from '../text.ts';
import { fetchVerified } from './fetch.ts';
import { fileSystemError } from './fileSystemErrors.ts';
import { isHiddenName, isHiddenPath } from './hiddenConfiguration.ts';
import { ListingCache } from './listingCache.ts';
import { isMounted } from './mounts.ts';
import type { OpenAllowance } from './openAllowance.ts';
import { baseName, entryRefOfUri, isAboveShares, revealedQuery, uriPartsOf } from './uris.ts';

export interface FileSystemOptions {
  allowance: OpenAllowance;
  /** The setting potluck.open.maxSizeMiB, in bytes. */
  maxOpenBytes(): number;
  /** Called when readFile refused a file for its size, to offer the choice. */
  onTooLarge(entry: EntryRef, sizeBytes: number): void;
}

/** Catalog changes are gathered this long before files events go out (VSCODE.md: 100 to 200 ms). */
const coalesceMs = 150;

export class PotluckFileSystem implements vscode.FileSystemProvider {
  readonly cache: ListingCache;
  readonly #sidecar: Sidecar;
  readonly #options: FileSystemOptions;
  readonly #changes = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.#changes.event;
  readonly #changedShares = new Map<string, { peerId: PeerId; shareId: ShareId }>();
  readonly #subscriptions: { dispose(): void }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isRefreshing = false;
  #isDisposed = false;

  constructor(sidecar: Sidecar, options: FileSystemOptions) {
    this.#sidecar = sidecar;
    this.#options = options;
    this.cache = new ListingCache({
      list: (entry, offset, limit) => sidecar.request('catalog/list', { entry, offset, limit }),
      stat: (entry) => sidecar.request('catalog/stat', { entry }),
    });
    this.#subscriptions.push(
      sidecar.on('catalog/changed', (share) => this.#shareChanged(share)),
      // What a sidecar that is gone would have told is unknown: ask again.
      sidecar.onDidConnect(() => this.cache.clear()),
    );
  }

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    if (isAboveShares(uri)) {
      return { type: vscode.FileType.Directory, ctime: 0, mtime: 0, size: 0, permissions: vscode.FilePermission.Readonly };
    }
    const { entry } = await this.#find(uri);
    const type = entry.kind === 'folder' ? vscode.FileType.Directory : vscode.FileType.File;
    return {
      type,
      ctime: entry.mtimeMs,
      mtime: entry.mtimeMs,
      size: entry.sizeBytes,
      permissions: vscode.FilePermission.Readonly,
    };
  }

  async readDirectory(uri: vscode.Uri): Promise<[string, vscode.FileType][]> {
    try {
      if (isAboveShares(uri)) {
        const shares = await this.#sidecar.request('catalog/shares', { peerId: uri.authority as PeerId });
        return shares.map(({ shareId }) => [shareId, vscode.FileType.Directory]);
      }
      const ref = this.#visibleRef(uri);
      const entries: [string, vscode.FileType][] = [];
      const folderName = baseName(ref.path);
      const showsHidden = isRevealed(uri, ref);
      for (const { name, kind } of await this.cache.list(ref)) {
        if (!showsHidden && isHiddenName(name, folderName)) continue;
        entries.push([name, kind === 'folder' ? vscode.FileType.Directory : vscode.FileType.File]);
      }
      return entries;
    } catch (error) {
      throw fileSystemError(error, uri);
    }
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const { ref, entry } = await this.#find(uri);
    if (entry.kind === 'folder') throw vscode.FileSystemError.FileIsADirectory(uri);
    try {
      const maxBytes = this.#options.allowance.maxBytes(ref, this.#options.maxOpenBytes());
      if (entry.sizeBytes > maxBytes) {
        this.#options.onTooLarge(ref, entry.sizeBytes);
        throw tooLargeToOpen(displayName(entry.name), formatBytes(entry.sizeBytes), formatBytes(maxBytes));
      }
      return await this.#fetch(ref, entry, maxBytes);
    } catch (error) {
      throw fileSystemError(error, uri);
    }
  }

  watch(): vscode.Disposable {
    // Events come for every share whose listings are kept, watched or not: the sidecar tells about all of them anyway.
    return new vscode.Disposable(() => undefined);
  }

  createDirectory(uri: vscode.Uri): never {
    throw readOnly(uri);
  }

  writeFile(uri: vscode.Uri): never {
    throw readOnly(uri);
  }

  delete(uri: vscode.Uri): never {
    throw readOnly(uri);
  }

  rename(oldUri: vscode.Uri): never {
    throw readOnly(oldUri);
  }

  copy(_source: vscode.Uri, destination: vscode.Uri): never {
    throw readOnly(destination);
  }

  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#changes.dispose();
  }

  #visibleRef(uri: vscode.Uri): EntryRef {
    const ref = entryRefOfUri(uri);
    if (ref === undefined) throw vscode.FileSystemError.FileNotFound(uri);
    if (isHiddenPath(ref.path) && !isRevealed(uri, ref)) throw vscode.FileSystemError.FileNotFound(uri);
    return ref;
  }

  async #find(uri: vscode.Uri): Promise<{ ref: EntryRef; entry: Entry }> {
    const ref = this.#visibleRef(uri);
    try {
      const entry = await this.cache.stat(ref);
      if (entry === undefined) throw vscode.FileSystemError.FileNotFound(uri);
      return { ref, entry };
    } catch (error) {
      throw fileSystemError(error, uri);
    }
  }

  async #fetch(ref: EntryRef, entry: Entry, maxBytes: number): Promise<Uint8Array> {
    for (let attempt = 1; ; attempt++) {
      const fetched = await fetchVerified(this.#sidecar, ref, entry, maxBytes);
      let bytes: Buffer;
      try {
        bytes = await readFile(fetched.localPath);
      } catch (error) {
        // Evicted from the sidecar's cache between its answer and our reading.
        if (attempt === 1 && (error as NodeJS.ErrnoException).code === 'ENOENT') continue;
        throw new AppError('io', asAppError(error).message, { cause: error });
      }
      if (bytes.byteLength === fetched.sizeBytes) return bytes;
      if (attempt > 1) throw new AppError('io', t('The cached copy of {0} is damaged.', displayName(entry.name)));
    }
  }

  #shareChanged(share: { peerId: PeerId; shareId: ShareId }): void {
    this.#changedShares.set(`${share.peerId}/${share.shareId}`, share);
    if (!this.#isRefreshing) this.#refreshSoon(coalesceMs);
  }

  #refreshSoon(delayMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#refreshChanged();
    }, delayMs);
  }

  /** One round at a time, with a pause as long as the work calls for: a share may change many times a second, and have many kept listings. */
  async #refreshChanged(): Promise<void> {
    const startedMs = performance.now();
    const shares = [...this.#changedShares.values()];
    this.#changedShares.clear();
    this.#isRefreshing = true;
    // A read that fails here fails for whoever asks next, and says why there.
    for (const share of shares) await this.#refresh(share).catch(() => undefined);
    this.#isRefreshing = false;
    const pauseMs = Math.min(limits.refreshPauseMs, 4 * (performance.now() - startedMs));
    if (this.#changedShares.size > 0 && !this.#isDisposed) this.#refreshSoon(Math.max(coalesceMs, pauseMs));
  }

  async #refresh(share: { peerId: PeerId; shareId: ShareId }): Promise<void> {
    const changes = await this.cache.refresh(share);
    const events = changes.slice(0, limits.fileEvents).flatMap(({ path, change }): vscode.FileChangeEvent[] => {
      if (isHiddenPath(path)) return [];
      return [{ type: changeTypes[change], uri: vscode.Uri.from(uriPartsOf({ ...share, path })) }];
    });
    if (changes.length > limits.fileEvents) {
      events.push({ type: vscode.FileChangeType.Changed, uri: vscode.Uri.from(uriPartsOf({ ...share, path: '' })) });
    }
    if (events.length > 0) this.#changes.fire(events);
  }
}

const changeTypes = {
  created: vscode.FileChangeType.Created,
  changed: vscode.FileChangeType.Changed,
  deleted: vscode.FileChangeType.Deleted,
} as const;

/** A click in our own view asked for this configuration file, and nothing mounted would be fed with it. */
function isRevealed(uri: vscode.Uri, ref: EntryRef): boolean {
  return uri.query === revealedQuery && !isMounted(ref);
}

function readOnly(uri: vscode.Uri): vscode.FileSystemError {
  return vscode.FileSystemError.NoPermissions(
    t('{0} belongs to a peer and is read-only. Download a copy to change it.', displayName(baseName(uri.path))),
  );
}
