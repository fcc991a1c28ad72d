// What a download has put in its final place, so that nothing is fetched twice after a crash, even if it was moved or edited since.
// One JSON line a file, appended before the partial file goes.

import { closeSync, constants, fstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { localFailure } from '../failures.ts';

export class Journal {
  readonly #path: string;
  readonly #placed = new Map<string, string>();
  #fd: number | undefined;

  constructor(partialFolder: string) {
    this.#path = path.join(partialFolder, 'placed.jsonl');
  }

  open(): void {
    try {
      const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0);
      this.#fd = openSync(this.#path, flags, 0o600);
      const stats = fstatSync(this.#fd);
      if (!stats.isFile() || stats.nlink !== 1) throw new Error('it is not a plain file');
      const text = readFileSync(this.#fd, 'utf8');
      for (const line of text.split('\n')) this.#read(line);
      if (text !== '' && !text.endsWith('\n')) writeSync(this.#fd, '\n');
    } catch (error) {
      this.close();
      throw localFailure(error, this.#path);
    }
  }

  /** The name under which an entry was placed, relative to the download's folder. */
  placed(entryPath: string): string | undefined {
    return this.#placed.get(entryPath);
  }

  add(entryPath: string, target: string): void {
    this.#placed.set(entryPath, target);
    if (this.#fd !== undefined) writeSync(this.#fd, `${JSON.stringify([entryPath, target])}\n`);
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #read(line: string): void {
    try {
      const value: unknown = JSON.parse(line);
      const [entryPath, target] = Array.isArray(value) ? (value as unknown[]) : [];
      if (typeof entryPath === 'string' && typeof target === 'string') this.#placed.set(entryPath, target);
    } catch {
      // The line that a crash cut: its file is found again by size and time.
    }
  }
}
