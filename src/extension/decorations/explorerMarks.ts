// Marks of single places, and when they may be others: what is shared, what of it is left out, what is in the queue, downloaded, changed since.
// Starts no sidecar, and asks it only about paths in own shares and entries of downloads. Must not know `vscode`.

import path from 'node:path';
import { asAppError } from '../../protocol/errors.ts';
import type { DownloadMark, EntryRef, ShareMark } from '../../protocol/model.ts';
import { pathProblem } from '../../protocol/pathRules.ts';
import { isOver } from '../downloadList.ts';
import { isInside, isSameEntry } from '../files/uris.ts';
import { limits } from '../limits.ts';
import type { Sidecar } from '../sidecar.ts';
import type { World } from '../world.ts';
import {
  DownloadPlaces,
  entryKey,
  isInAny,
  placeKey,
  type FoundDownload,
  type Place,
  type PlacesChange,
} from './downloadPlaces.ts';
import { MarkBatches } from './markBatches.ts';
import { folderMark, heldMark, queuedMark, shareMark, type Mark } from './marks.ts';

/** Undefined: all may have changed. */
export type MarksListener = (changed: readonly Place[] | undefined) => void;

export class ExplorerMarks {
  readonly #world: World;
  readonly #tell: MarksListener;
  readonly #shared: MarkBatches<string, ShareMark>;
  readonly #held: MarkBatches<EntryRef, DownloadMark>;
  readonly #subscriptions: { dispose(): void }[];
  #isRunning: boolean;
  readonly #places: DownloadPlaces;
  /** As keys. */
  #roots: readonly string[];
  /** Changes that come all the time are told together, and then none for a while. */
  #rest: NodeJS.Timeout | undefined;
  #areSharesChanged = false;
  readonly #changedShares = new Set<string>();
  #unanswered: Place[] = [];

  constructor(sidecar: Sidecar, world: World, tell: MarksListener) {
    this.#world = world;
    this.#tell = tell;
    const onFailed = (places: readonly Place[], error: unknown): void => this.#failed(places, error);
    this.#shared = new MarkBatches<string, ShareMark>({
      ask: (paths) => sidecar.request('shares/marks', { paths }),
      keyOf: (each) => placeKey(each),
      onFailed,
    });
    this.#held = new MarkBatches<EntryRef, DownloadMark>({
      ask: (entries) => sidecar.request('downloads/marks', { entries }),
      keyOf: entryKey,
      onFailed,
    });
    this.#isRunning = sidecar.state === 'running';
    this.#places = new DownloadPlaces(world.downloads);
    this.#roots = this.#rootsOfNow();
    this.#subscriptions = [
      world.onDidChange((changed, downloads) => {
        if (changed.has('shares')) this.#readShares();
        if (changed.has('downloads')) this.#readDownloads(downloads);
      }),
      sidecar.on('catalog/changed', ({ peerId, shareId }) => {
        this.#changedShares.add(`${peerId}/${shareId}`);
        this.#later();
      }),
      sidecar.onDidChangeState((state) => {
        if ((state === 'running') === this.#isRunning) return;
        this.#isRunning = state === 'running';
        this.#shared.forget();
        this.#held.forget();
        this.#tell(undefined);
      }),
    ];
  }

  /** Undefined where nothing is to be said, also because the sidecar is away: it is told when that changes. */
  async of(place: Place): Promise<Mark | undefined> {
    if (!this.#isRunning) return undefined;
    const found = this.#places.find(place);
    const mark = found && (await this.#ofDownload(found, place));
    if (mark !== undefined || typeof place !== 'string' || !isInAny(placeKey(place), this.#roots, path.sep)) return mark;
    const shared = await this.#shared.of(place);
    return shared && shareMark(shared);
  }

  /** A file of this disk is another one now. */
  changedHere(file: string): void {
    const found = this.#places.find(file);
    if (found !== undefined && this.#held.drop(found.entry)) this.#told([found.entry, file]);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    clearTimeout(this.#rest);
    this.#shared.dispose();
    this.#held.dispose();
  }

  async #ofDownload({ download, entry }: FoundDownload, place: Place): Promise<Mark | undefined> {
    if (!isOver(download)) return queuedMark();
    if (download.kind === 'folder' && isSameEntry(entry, download.entry)) return folderMark(download);
    // No download brought it, and no path is told of it.
    if (pathProblem(entry.path) !== undefined) return undefined;
    const held = await this.#held.of(entry);
    if (held === undefined || held.state === 'none') return undefined;
    // A file that lay there before keeps its name, and what was downloaded lies beside it.
    const isMeant = typeof place !== 'string' || placeKey(held.localPath) === placeKey(place);
    return isMeant ? heldMark(held) : undefined;
  }

  #rootsOfNow(): string[] {
    return this.#world.shares.map((share) => placeKey(share.path)).sort();
  }

  #readShares(): void {
    const roots = this.#rootsOfNow();
    if (roots.length === this.#roots.length && roots.every((root, at) => root === this.#roots[at])) {
      this.#areSharesChanged = true;
      this.#later();
      return;
    }
    this.#roots = roots;
    this.#shared.forget();
    // A folder that is shared now may be on the screen, with rows below it that were never asked about.
    this.#tell(undefined);
  }

  /** Progress comes often: only what is another is looked at. */
  #readDownloads(ids: ReadonlySet<string> | undefined): void {
    if (ids === undefined) {
      this.#changed(this.#places.replace(this.#world.downloads));
      return;
    }
    const change = (id: string): PlacesChange | undefined => {
      const download = this.#world.download(id);
      return download === undefined ? this.#places.remove(id) : this.#places.put(download);
    };
    this.#changed([...ids].flatMap((id) => change(id) ?? []));
  }

  #changed(changes: readonly PlacesChange[]): void {
    for (const { download } of changes) {
      if (download.kind === 'folder') this.#held.forget((each) => isInside(each, download.entry));
      else this.#held.drop(download.entry);
    }
    // Of a folder, the rows below it change as well.
    if (changes.some(({ download }) => download.kind === 'folder')) this.#tell(undefined);
    else this.#told(changes.flatMap(({ places }) => places));
  }

  /** What passes is asked again later; of what makes no sense nothing more is asked. */
  #failed(places: readonly Place[], error: unknown): void {
    const { kind } = asAppError(error);
    if (kind !== 'unavailable' && kind !== 'busy') return;
    this.#unanswered.push(...places);
    this.#later();
  }

  #later(): void {
    if (this.#rest === undefined) this.#tellGathered();
  }

  #tellGathered(): void {
    const paths = this.#areSharesChanged ? this.#shared.forget() : [];
    const shares = new Set(this.#changedShares);
    const entries = this.#held.forget(({ peerId, shareId }) => shares.has(`${peerId}/${shareId}`));
    const places = [...this.#unanswered, ...paths, ...entries].flatMap((place) =>
      typeof place === 'string' ? [place] : this.#places.both(place),
    );
    this.#areSharesChanged = false;
    this.#changedShares.clear();
    this.#unanswered = [];
    if (places.length === 0) return;
    this.#rest = setTimeout(() => {
      this.#rest = undefined;
      this.#tellGathered();
    }, limits.marksRedrawMs);
    this.#told(places);
  }

  /** Of more than VS Code takes at once it would drop the rest. */
  #told(places: readonly Place[]): void {
    if (places.length > 0) this.#tell(places.length > limits.markedUris ? undefined : places);
  }
}
