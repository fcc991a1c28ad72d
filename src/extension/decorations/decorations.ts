// Marks in the Explorer and in our trees: folders that are shared, what of them is left out, what is in the queue, downloaded, or changed since.
// Starts no sidecar, and asks it only about paths in own shares.

import path from 'node:path';
import * as vscode from 'vscode';
import type { DownloadInfo } from '../../protocol/model.ts';
import { entryRefOfUri, scheme, uriPartsOf } from '../files/uris.ts';
import { limits } from '../limits.ts';
import type { Sidecar } from '../sidecar.ts';
import type { World } from '../world.ts';
import { MarkBatches } from './markBatches.ts';
import { downloadMark, DownloadPlaces, isInAny, isStale, shareMark, sharesSignature, type Mark } from './marks.ts';

const setting = 'potluck.explorer.marks';

export function registerDecorations(sidecar: Sidecar, world: World): vscode.Disposable {
  const provider = new Decorations(sidecar, world);
  return vscode.Disposable.from(provider, vscode.window.registerFileDecorationProvider(provider));
}

class Decorations implements vscode.FileDecorationProvider {
  readonly #sidecar: Sidecar;
  readonly #world: World;
  readonly #marks: MarkBatches;
  readonly #changes = new vscode.EventEmitter<vscode.Uri[] | undefined>();
  readonly onDidChangeFileDecorations = this.#changes.event;
  readonly #subscription: vscode.Disposable;
  #isOn = isOn();
  #places = new DownloadPlaces([]);
  #roots: readonly string[] = [];
  #signature = '';
  /** By download. */
  readonly #stale = new Map<string, Promise<boolean>>();

  constructor(sidecar: Sidecar, world: World) {
    this.#sidecar = sidecar;
    this.#world = world;
    this.#marks = new MarkBatches((paths) => sidecar.request('shares/marks', { paths }));
    this.#subscription = vscode.Disposable.from(
      world.onDidChange((changed, downloads) => {
        if (changed.has('shares')) this.#readShares();
        if (changed.has('downloads')) this.#readDownloads(downloads);
      }),
      sidecar.on('catalog/changed', ({ peerId, shareId }) => this.#forgetStale(peerId, shareId)),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (!event.affectsConfiguration(setting)) return;
        this.#isOn = isOn();
        this.#changes.fire(undefined);
      }),
    );
  }

  async provideFileDecoration(uri: vscode.Uri): Promise<vscode.FileDecoration | undefined> {
    if (!this.#isOn || this.#sidecar.state !== 'running') return undefined;
    if (uri.scheme === 'file') return decorationOf(await this.#localMark(uri.fsPath));
    if (uri.scheme !== scheme) return undefined;
    const entry = entryRefOfUri(uri);
    const download = entry && this.#places.ofEntry(entry);
    return decorationOf(download && (await this.#downloadMark(download)));
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changes.dispose();
    this.#marks.dispose();
  }

  async #localMark(fsPath: string): Promise<Mark | undefined> {
    const download = this.#places.atPath(fsPath);
    const mark = download && (await this.#downloadMark(download));
    if (mark !== undefined || !isInAny(fsPath, this.#roots, path.sep)) return mark;
    const found = await this.#marks.of(fsPath);
    return found && shareMark(found);
  }

  async #downloadMark(download: DownloadInfo): Promise<Mark | undefined> {
    const mayBeStale = download.state === 'done' && download.kind === 'file';
    return downloadMark(download, mayBeStale && (await this.#isStale(download)));
  }

  /** From the catalog, never from the network. */
  #isStale(download: DownloadInfo): Promise<boolean> {
    let known = this.#stale.get(download.downloadId);
    if (known === undefined) {
      // Of what is not listed any more nothing can be said.
      known = this.#sidecar.request('catalog/stat', { entry: download.entry }).then(
        (now) => isStale(download, now),
        () => false,
      );
      this.#stale.set(download.downloadId, known);
      if (this.#stale.size > limits.marksKept) this.#stale.delete(this.#stale.keys().next().value ?? '');
    }
    return known;
  }

  #forgetStale(peerId: string, shareId: string): void {
    const changed = this.#world.downloads.filter(
      ({ entry, downloadId }) => entry.peerId === peerId && entry.shareId === shareId && this.#stale.delete(downloadId),
    );
    this.#fireOf(changed);
  }

  #readShares(): void {
    const signature = sharesSignature(this.#world.shares);
    if (signature === this.#signature) return;
    this.#signature = signature;
    const before = this.#roots;
    this.#roots = this.#world.shares.map((share) => share.path);
    const roots = new Set([...before, ...this.#roots]);
    const known = this.#marks.clear();
    // A folder that is shared now may be on the screen, with rows below it that were never asked about.
    if (before.length !== this.#roots.length || before.some((root, at) => root !== this.#roots[at]))
      this.#changes.fire(undefined);
    else this.#fire([...new Set([...known, ...roots])].map((each) => vscode.Uri.file(each)));
  }

  /** Progress comes often: only what is another is looked at, unless something went. */
  #readDownloads(ids: ReadonlySet<string> | undefined): void {
    const known = ids === undefined ? [] : [...ids].flatMap((id) => this.#world.download(id) ?? []);
    if (ids !== undefined && known.length === ids.size) {
      this.#fireOf(known.filter((download) => this.#places.put(download)));
      return;
    }
    const before = this.#places;
    this.#places = new DownloadPlaces(this.#world.downloads);
    this.#fireOf(this.#places.changedSince(before));
  }

  #fireOf(downloads: readonly DownloadInfo[]): void {
    // Of a folder, the rows below it change as well.
    if (downloads.some(({ kind }) => kind === 'folder')) this.#changes.fire(undefined);
    else
      this.#fire(
        downloads.flatMap(({ destination, entry }) => [vscode.Uri.file(destination), vscode.Uri.from(uriPartsOf(entry))]),
      );
  }

  /** VS Code takes many at once badly: then it asks again for all that it shows. */
  #fire(uris: vscode.Uri[]): void {
    if (uris.length > 0) this.#changes.fire(uris.length > limits.markedUris ? undefined : uris);
  }
}

function isOn(): boolean {
  return vscode.workspace.getConfiguration().get(setting) !== false;
}

function decorationOf(mark: Mark | undefined): vscode.FileDecoration | undefined {
  if (mark === undefined) return undefined;
  return new vscode.FileDecoration(
    mark.badge,
    mark.tooltip,
    mark.color === undefined ? undefined : new vscode.ThemeColor(mark.color),
  );
}
