// A real folder, its index on disk, the watch worker following it, and a second view of the index that takes each step as peers do.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ShareId } from '../../../../../src/protocol/ids.ts';
import { IndexView } from '../../../../../src/sidecar/catalog/index/indexView.ts';
import type { Delta, IndexSink } from '../../../../../src/sidecar/catalog/index/rows.ts';
import { Segment } from '../../../../../src/sidecar/catalog/index/segment.ts';
import { SegmentWriter } from '../../../../../src/sidecar/catalog/index/segmentWriter.ts';
import { createLog, type Log } from '../../../../../src/sidecar/log.ts';
import { walk } from '../../../../../src/sidecar/shares/walk.ts';
import { Watcher, type FollowState } from '../../../../../src/sidecar/shares/watch/watcher.ts';
import type { SafePath } from '../../../../../src/sidecar/storage/safePath.ts';

export interface WatchWorldOptions {
  backend?: 'folders' | 'tree';
  watchedFolders?: number;
  /** What each step is answered with; the default takes it. */
  readonly onChanged?: (delta: Delta) => Promise<void>;
}

const deadlineMs = 10_000;

export class WatchWorld {
  readonly folder: string;
  readonly root: string;
  readonly shareId: ShareId = shareIdOf('a');
  readonly states: FollowState[] = [];
  readonly steps: Delta[] = [];
  readonly logged: string[] = [];
  readonly watcher: Watcher;
  view: IndexView | undefined;
  #segments = 0;
  #onNews = new Set<() => void>();

  constructor(name: string, options: WatchWorldOptions = {}) {
    this.folder = realpathSync(mkdtempSync(path.join(tmpdir(), `potluck-watch-${name}-`)));
    this.root = path.join(this.folder, 'Shared');
    mkdirSync(this.root);
    const log: Log = createLog(({ message }) => this.logged.push(message));
    const { onChanged, ...data } = options;
    this.watcher = new Watcher(
      {
        changed: async (_shareId, delta) => {
          try {
            await onChanged?.(delta);
            this.view?.apply(delta);
            this.steps.push(delta);
          } finally {
            this.#news();
          }
        },
        state: (_shareId, state) => {
          this.states.push(state);
          this.#news();
        },
      },
      log,
      data,
    );
    this.watcher.open();
  }

  get state(): FollowState['kind'] | undefined {
    return this.states.at(-1)?.kind;
  }

  path(relative: string): string {
    return path.join(this.root, ...relative.split('/'));
  }

  /** Walks the folder into a new segment, which the view then is. */
  scan(): { segmentPath: string; scannedAtMs: number } {
    const segmentPath = path.join(this.folder, `${++this.#segments}.segment`);
    const scannedAtMs = Date.now();
    const writer = new SegmentWriter(segmentPath);
    walk(this.root, writer, { onProgress: () => undefined });
    writer.finish(scannedAtMs);
    writer.close();
    this.view?.close();
    this.view = new IndexView(Segment.open(segmentPath));
    return { segmentPath, scannedAtMs };
  }

  /** Follows the share from the view's state on. */
  watch(scannedAtMs: number): void {
    const { segment, overlay } = this.#view;
    this.watcher.watch({ shareId: this.shareId, root: this.root, segmentPath: segment.path, overlay, scannedAtMs });
  }

  /** Scans, follows, and waits until it is followed. */
  async start(): Promise<void> {
    this.watch(this.scan().scannedAtMs);
    await this.until(() => this.state === 'watching', 'it is watched');
  }

  /** Writes the view to a segment of its own, as a compaction does. */
  packed(): string {
    const segmentPath = path.join(this.folder, `${++this.#segments}.segment`);
    const writer = new SegmentWriter(segmentPath);
    this.#view.replay(writer);
    writer.finish(this.#view.updatedAtMs);
    writer.close();
    return segmentPath;
  }

  /** Resolves when the index is as a walk of the folder says. */
  async follows(): Promise<void> {
    try {
      await this.until(() => isDeepStrictEqual(this.indexed(), this.walked()), 'the index is as the folder');
    } catch (error) {
      assert.deepEqual(this.indexed(), this.walked());
      throw error;
    }
  }

  /** Resolves when something is so, looking each time that something was told. */
  until(isSo: () => boolean, what: string): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const look = (): void => {
        try {
          if (!isSo()) return;
          end();
          resolve();
        } catch (error) {
          end();
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`Not within ${deadlineMs} ms: ${what}. States: ${JSON.stringify(this.states.slice(-3))}`));
      }, deadlineMs);
      const end = (): void => {
        clearTimeout(timer);
        this.#onNews.delete(look);
      };
      this.#onNews.add(look);
      look();
    });
  }

  /** Path, size and time of all entries; folders end in `/`. */
  indexed(): string[] {
    const lines = [...this.#view.walk('' as SafePath)].map(({ path: at, entry }) =>
      entry.kind === 'folder' ? `${at}/ ${entry.mtimeMs}` : `${at} ${entry.sizeBytes} ${entry.mtimeMs}`,
    );
    return lines.sort();
  }

  walked(): string[] {
    const lines: string[] = [];
    walk(this.root, new Lines(lines), { onProgress: () => undefined });
    return lines.sort();
  }

  async close(): Promise<void> {
    await this.watcher.close();
    this.view?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #view(): IndexView {
    if (this.view === undefined) throw new Error('not scanned yet');
    return this.view;
  }

  #news(): void {
    for (const look of [...this.#onNews]) look();
  }
}

/** A world for one test. */
export async function inWorld(
  name: string,
  work: (world: WatchWorld) => Promise<void>,
  options: WatchWorldOptions = {},
): Promise<void> {
  const world = new WatchWorld(name, options);
  try {
    await work(world);
  } finally {
    await world.close();
  }
}

/** A share's id that begins with a letter. */
export function shareIdOf(letter: string): ShareId {
  // Made here, so it needs no check.
  return letter.padEnd(26, 'y') as ShareId;
}

class Lines implements IndexSink {
  readonly #lines: string[];
  readonly #pending = [''];
  #children: string[] = [];
  #prefix = '';
  #foldersLeft = 0;

  constructor(lines: string[]) {
    this.#lines = lines;
  }

  folder(folderCount: number): void {
    this.#pending.push(...this.#children.toReversed());
    this.#children = [];
    this.#prefix = this.#pending.pop() ?? '';
    this.#foldersLeft = folderCount;
  }

  entry(name: Uint8Array, sizeBytes: number, mtimeMs: number): void {
    const at = `${this.#prefix}${Buffer.from(name).toString()}`;
    if (this.#foldersLeft-- > 0) {
      this.#lines.push(`${at}/ ${mtimeMs}`);
      this.#children.push(`${at}/`);
    } else this.#lines.push(`${at} ${sizeBytes} ${mtimeMs}`);
  }
}
