// Listens to a share with one watch for the whole tree, where the system has that: macOS (FSEvents) and Windows (ReadDirectoryChangesW).

import { watch, type FSWatcher } from 'node:fs';
import type { Heard, Listening } from './listening.ts';

export class TreeWatch implements Listening {
  readonly #root: string;
  readonly #heard: Heard;
  #watcher: FSWatcher | undefined;
  #note: string | undefined;

  constructor(root: string, heard: Heard) {
    this.#root = root;
    this.#heard = heard;
  }

  get note(): string | undefined {
    return this.#note;
  }

  add(folder: string, { isAnew }: { heatMs: number; isAnew: boolean }): boolean {
    if (folder === '' && isAnew) this.close();
    if (this.#watcher === undefined) this.#open();
    return this.#watcher !== undefined;
  }

  has(): boolean {
    return this.#watcher !== undefined;
  }

  remove(): void {
    // One watch for all.
  }

  folders(): Iterable<string> {
    return [];
  }

  room(folderCount: number): number {
    return folderCount;
  }

  count(folderCount: number): number {
    return this.#watcher === undefined ? 0 : folderCount;
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #open(): void {
    try {
      const watcher = watch(this.#root, { recursive: true });
      watcher.on('change', (type, name) => this.#event(type, name));
      watcher.on('error', () => {
        if (watcher !== this.#watcher) return;
        this.close();
        this.#heard.missed();
      });
      this.#watcher = watcher;
      this.#note = undefined;
    } catch (error) {
      this.#note = `The system does not tell of changes here (${error instanceof Error ? error.message : String(error)}), so folders are looked at in turn, which takes longer.`;
    }
  }

  #event(type: string, name: string | Buffer | null): void {
    // No name: the system lost count.
    if (typeof name !== 'string' || name === '') return this.#heard.missed();
    const parts = process.platform === 'win32' ? name.split('\\') : name.split('/');
    const last = parts.pop() ?? '';
    this.#heard.name(parts.join('/'), Buffer.from(last).toString('latin1'), type === 'rename');
  }
}
