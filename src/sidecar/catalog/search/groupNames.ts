// Which names of one group of files hold a term: by the group's dictionary of words where the term lies within one, else by reading the
// names. Fills the kernel's classes; knows nothing of folders, scores or whole queries.

import type { Kernel } from './kernel.ts';
import type { PlannedTerm } from './plan.ts';
import type { SearchFile } from './searchFile.ts';
import { decodeGroup, groupFiles, groupRecordBytes, runFiles, type GroupPlaces } from './searchFormat.ts';

/** Files [first, first + count) of a share. */
export interface Files {
  first: number;
  count: number;
}

const absent = 255;
const mostClass = 4;
/** Reading the occurrences of so many words one by one costs as much as reading all. */
const singleReads = 10;

export class GroupNames {
  readonly #kernel: Kernel;
  readonly #file: SearchFile;
  readonly #places: GroupPlaces;
  #words: number | undefined;
  #starts: number | undefined;
  #occurrences: number | undefined;
  /** A class and a number for each word. */
  #wordClasses = 0;
  #list = 0;

  /** The kernel's memory is used until the caller releases it. */
  constructor(kernel: Kernel, file: SearchFile, group: number) {
    this.#kernel = kernel;
    this.#file = file;
    this.#places = decodeGroup(file.bytes('groupTable', group * groupRecordBytes, groupRecordBytes));
  }

  /** Lowers the classes of the files that hold `needle`, which parts no words. False when there are none. */
  findWord(needle: Buffer, classes: number, files: Files): boolean {
    const { calls } = this.#kernel;
    const letter = needle.length === 1 ? (needle[0] ?? 0) - 97 : -1;
    const isLetter = letter >= 0 && letter < 26;
    // Where a lone letter is, the column tells; only words that are it or begin with it must be looked up.
    const count = this.#listWords(isLetter ? Buffer.concat([Buffer.of(0), needle]) : needle);
    if (isLetter) calls.letterClasses(this.#letters(files), files.count, 1 << letter, classes);
    if (count > 0) this.#spread(count, classes);
    return isLetter || count > 0;
  }

  /** Whether the term can be in a name at all. */
  mayHold({ wordParts }: PlannedTerm): boolean {
    return wordParts.every((part) => this.#listWords(part) > 0);
  }

  /** Lowers the classes of the files that hold a needle, by reading all names. */
  findText(
    needles: readonly { place: number; length: number; classes: number }[],
    files: Files,
    checkCancelled: () => void,
  ): void {
    const kernel = this.#kernel;
    const firstRun = files.first / runFiles;
    const runs = Math.ceil(files.count / runFiles);
    const starts = this.#file.bytes('runNames', firstRun * 4, runs * 4);
    for (let run = 0; run < runs; run++) {
      checkCancelled();
      const mark = kernel.mark;
      const from = starts.readUInt32LE(run * 4);
      const to = run + 1 < runs ? starts.readUInt32LE(run * 4 + 4) : this.#places.end - this.#places.names;
      const names = this.#load(this.#places.names + from, to - from);
      for (const { place, length, classes } of needles)
        kernel.calls.scan(names, to - from, place, length, classes + run * runFiles, 1);
      kernel.release(mark);
    }
  }

  /** Lists the words that hold the needle, with their classes. */
  #listWords(needle: Buffer): number {
    const kernel = this.#kernel;
    const { words: from, starts: to, wordCount } = this.#places;
    if (this.#words === undefined) {
      this.#words = this.#load(from, to - from);
      this.#wordClasses = kernel.take(roomFor(wordCount));
      this.#list = kernel.take(wordCount * 4);
    }
    const mark = kernel.mark;
    const place = kernel.take(needle.length);
    needle.copy(kernel.bytes(place, needle.length));
    kernel.bytes(this.#wordClasses, roomFor(wordCount)).fill(absent);
    kernel.calls.scan(this.#words, to - from, place, needle.length, this.#wordClasses, 0);
    const count = kernel.calls.list(this.#wordClasses, wordCount, mostClass, this.#list);
    kernel.release(mark);
    return count;
  }

  /** The files of the listed words. */
  #spread(count: number, classes: number): void {
    const kernel = this.#kernel;
    const { starts, occurrences, names } = this.#places;
    if (count <= singleReads && this.#occurrences === undefined) {
      for (const word of kernel.u32(this.#list, count).slice()) {
        const ends = this.#file.bytes('groups', starts + word * 4, 8);
        const from = ends.readUInt32LE(0);
        const length = ends.readUInt32LE(4) - from;
        const mark = kernel.mark;
        const place = this.#load(occurrences + from, length);
        kernel.calls.spread(place, length, kernel.bytes(this.#wordClasses + word, 1)[0] ?? 4, classes);
        kernel.release(mark);
      }
      return;
    }
    this.#starts ??= this.#load(starts, occurrences - starts);
    this.#occurrences ??= this.#load(occurrences, names - occurrences);
    kernel.calls.spreadAll(this.#list, count, this.#wordClasses, this.#starts, this.#occurrences, classes);
  }

  #letters({ first, count }: Files): number {
    const place = this.#kernel.take(groupFiles * 4);
    this.#file.read('letters', first * 4, this.#kernel.bytes(place, count * 4));
    return place;
  }

  #load(offset: number, bytes: number): number {
    const place = this.#kernel.take(bytes);
    this.#file.read('groups', offset, this.#kernel.bytes(place, bytes));
    kernelFence(this.#kernel, place, bytes);
    return place;
  }
}

/** What the kernel may read around names: a 0 before, and no end of a name after. */
export function kernelFence(kernel: Kernel, place: number, bytes: number): void {
  kernel.bytes(place - 1, 1)[0] = 0;
  kernel.bytes(place + bytes, 32).fill(1);
}

/** Room for so many bytes, in whole SIMD steps. */
export function roomFor(count: number): number {
  return (count + 31) & ~15;
}
