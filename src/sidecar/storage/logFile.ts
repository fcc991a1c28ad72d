// The rotating log file: sidecar.log, and up to limits.logFiles older ones. Mode 0600.

import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { LogEntry } from '../../protocol/model.ts';
import { localLimits } from '../limits.ts';

export class LogFile {
  readonly #folder: string;
  #descriptor: number | undefined;
  #sizeBytes = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.#open();
  }

  /** Appends a line. A full disk loses log lines, nothing else. */
  write(entry: LogEntry): void {
    if (this.#descriptor === undefined) return;
    const line = `${new Date(entry.timeMs).toISOString()} ${entry.level.toUpperCase().padEnd(5)} [${entry.area}] ${entry.message}\n`;
    try {
      this.#sizeBytes += writeSync(this.#descriptor, line);
      if (this.#sizeBytes > localLimits.logBytes) this.#rotate();
    } catch {
      // A log that cannot be written has nobody to tell.
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #open(): void {
    this.#descriptor = openSync(this.#name(0), 'a', 0o600);
    this.#sizeBytes = fstatSync(this.#descriptor).size;
  }

  #rotate(): void {
    this.close();
    rmSync(this.#name(localLimits.logFiles), { force: true });
    for (let age = localLimits.logFiles - 1; age >= 0; age--) {
      try {
        renameSync(this.#name(age), this.#name(age + 1));
      } catch {
        // Not every age exists yet.
      }
    }
    this.#open();
  }

  #name(age: number): string {
    return path.join(this.#folder, age === 0 ? 'sidecar.log' : `sidecar.${age}.log`);
  }
}
