// What a download has put in its final place, so that nothing is fetched twice after a crash, even if it was moved or edited since.
// One JSON line a file, appended before its partial or temporary name goes: where it lies in the plan, and its name if that is another one.

import { closeSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { localFailure } from '../failures.ts';
import { openPlain } from './plainFiles.ts';

export class Journal {
  readonly #path: string;
  readonly #placed = new Map<string, string>();
  #fd: number | undefined;
  #end = 0;

  constructor(partialFolder: string) {
    this.#path = path.join(partialFolder, 'placed.jsonl');
  }

  open(): void {
    try {
      this.#fd = openPlain(this.#path).fd;
      const text = readFileSync(this.#fd, 'utf8');
      for (const line of text.split('\n')) this.#read(line);
      this.#end = Buffer.byteLength(text);
      if (text !== '' && !text.endsWith('\n')) this.#append('\n');
    } catch (error) {
      this.close();
      throw localFailure(error, this.#path);
    }
  }

  /** How many files it knows. */
  get size(): number {
    return this.#placed.size;
  }

  /** The name under which a file of the plan was placed, both below the top folder. */
  placed(relative: string): string | undefined {
    return this.#placed.get(relative);
  }

  /** Many in one write. Throws as a local failure. */
  add(files: readonly { relative: string; target: string }[]): void {
    let lines = '';
    for (const { relative, target } of files) {
      lines += `${JSON.stringify(relative === target ? [relative] : [relative, target])}\n`;
    }
    try {
      this.#append(lines);
    } catch (error) {
      throw localFailure(error, this.#path);
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #append(lines: string): void {
    if (this.#fd === undefined) throw new Error('it is not open');
    const bytes = Buffer.from(lines);
    for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at, bytes.length - at, this.#end + at);
    this.#end += bytes.length;
  }

  #read(line: string): void {
    try {
      const value: unknown = JSON.parse(line);
      const [relative, target] = Array.isArray(value) ? (value as unknown[]) : [];
      if (typeof relative === 'string') this.#placed.set(relative, typeof target === 'string' ? target : relative);
    } catch {
      // The line that a crash cut: its file is found again by size and time.
    }
  }
}
