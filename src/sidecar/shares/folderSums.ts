// What lies below the folders of the first two levels of a walk. Pure.

import type { FolderTotals } from '../../protocol/model.ts';
import { previewLimits } from '../limits.ts';

export class FolderSums {
  readonly #sums = new Map<string, FolderTotals>();

  /** A file, by its path inside the folder that is walked. */
  add(relative: string, sizeBytes: number): void {
    const first = relative.indexOf('/');
    if (first < 0) return;
    this.#count(relative.slice(0, first), sizeBytes);
    const second = relative.indexOf('/', first + 1);
    if (second >= 0) this.#count(relative.slice(0, second), sizeBytes);
  }

  /** In the order of their paths. */
  list(): FolderTotals[] {
    return [...this.#sums.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  #count(path: string, sizeBytes: number): void {
    let sum = this.#sums.get(path);
    if (sum === undefined) {
      if (this.#sums.size >= previewLimits.folders) return;
      sum = { path, fileCount: 0, totalBytes: 0 };
      this.#sums.set(path, sum);
    }
    sum.fileCount += 1;
    sum.totalBytes += sizeBytes;
  }
}
