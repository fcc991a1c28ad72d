// Which names of one group of files hold a term: by the group's dictionary of words where the term lies within one, else by reading the
// names. Fills the kernel's classes; knows nothing of folders, scores or whole queries.

import type { Kernel } from './kernel.ts';
import type { PlannedTerm } from './plan.ts';
import type { SearchFile } from './searchFile.ts';
import type { Workspace } from './workspace.ts';
import { blockFiles, blockShift, groupFiles, letterBits, threesBit, threesBytes, type GroupPlaces } from './searchFormat.ts';

/** Files [first, first + count) of a share. */
export interface Files {
  first: number;
  count: number;
}

/** And where their classes lie. */
export interface FilesAt extends Files {
  classes: number;
}

const absent = 255;
/** Of words: one edit away. */
const mostClass = 6;
const bitsOf = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);
/** Reading the occurrences of so many words one by one costs as much as reading all. */
const singleReads = 10;

const threes = Buffer.alloc(threesBytes);

export class GroupNames {
  readonly #workspace: Workspace;
  readonly #kernel: Kernel;
  readonly #group: number;
  readonly #file: SearchFile;
  readonly #places: GroupPlaces;
  #words: number | undefined;
  #starts: number | undefined;
  #occurrences: number | undefined;
  /** A class and a number for each word. */
  #wordClasses = 0;
  #list = 0;

  /** The kernel's memory is used until the caller releases it. */
  constructor(workspace: Workspace, file: SearchFile, group: number) {
    this.#workspace = workspace;
    this.#kernel = workspace.kernel;
    this.#file = file;
    this.#group = group;
    this.#places = file.group(group);
  }

  /** Lowers the classes of the files that hold `needle`, which parts no words. False when there are none. */
  findWord(needle: Buffer, at: FilesAt): boolean {
    const { calls } = this.#kernel;
    if (!this.#mayHold(needle)) return false;
    const isLetter = isLoneLetter(needle);
    // Where a lone letter is, the column tells; only words that are it or begin with it must be looked up.
    const count = this.#listWords(isLetter ? Buffer.concat([Buffer.of(0), needle]) : needle);
    if (isLetter) calls.letterClasses(this.#letters(at), at.count, letterBits[needle[0] ?? 0] ?? 0, at.classes);
    if (count > 0) this.#spread(count, at.classes);
    return isLetter || count > 0;
  }

  /** The same where a word holds it, or is one edit away from that; all count alike. */
  findNearWord(needle: Buffer, at: FilesAt): boolean {
    const count = this.#listWords(needle, { isNear: true });
    if (count > 0) this.#spread(count, at.classes);
    return count > 0;
  }

  /** Gives classes to those files without one that have a score and whose names have the letters of `needle` in its order. */
  findInOrder({ needle, letters }: PlannedTerm, at: FilesAt, scores: number): void {
    this.#passing(() => {
      const kernel = this.#kernel;
      const some = kernel.take(roomFor(at.count));
      kernel.calls.letterClasses(this.#letters(at), at.count, letters, some);
      kernel.calls.restrict(some, scores, at.classes, at.count);
      const place = this.#copy(needle);
      this.#inBlocks(some, at, (names, length, from) =>
        kernel.calls.scanInOrder(names, length, place, needle.length, at.classes + from, some + from),
      );
    });
  }

  /** Lowers the classes of the files that hold a term of any characters. Reads only names that hold its longest word, of files with a score. */
  findText(term: PlannedTerm, at: FilesAt, scores: number | undefined): boolean {
    return this.#passing(() => this.#findText(term, at, scores));
  }

  #findText({ needle, wordParts }: PlannedTerm, at: FilesAt, scores: number | undefined): boolean {
    const kernel = this.#kernel;
    const longest = wordParts.reduce((one, other) => (other.length > one.length ? other : one), Buffer.alloc(0));
    const some = kernel.take(roomFor(at.count));
    kernel.bytes(some, roomFor(at.count)).fill(longest.length > 1 ? absent : 0);
    if (longest.length > 1 && !this.findWord(longest, { ...at, classes: some })) return false;
    if (scores !== undefined) kernel.calls.restrict(some, scores, at.classes, at.count);
    const place = this.#copy(needle);
    return this.#inBlocks(some, at, (names, length, from) =>
      kernel.calls.scan(names, length, place, needle.length, at.classes + from, 1),
    );
  }

  /** Gives back the memory that was taken meanwhile, and forgets what of the group was read into it. */
  #passing<T>(body: () => T): T {
    const { mark } = this.#kernel;
    const [words, starts, occurrences] = [this.#words, this.#starts, this.#occurrences];
    try {
      return body();
    } finally {
      this.#kernel.release(mark);
      [this.#words, this.#starts, this.#occurrences] = [words, starts, occurrences];
    }
  }

  /** Hands on the names of the blocks that hold a file whose class in `some` is not absent, with the number of their first file here. */
  #inBlocks(some: number, at: FilesAt, use: (names: number, length: number, from: number) => void): boolean {
    const kernel = this.#kernel;
    const blocks = Math.ceil(at.count / blockFiles);
    const place = kernel.take(blocks + 16);
    kernel.calls.blocksFound(some, at.count, blockShift, place);
    const bits = kernel.bytes(place, Math.ceil(blocks / 8));
    const wanted = bits.reduce((sum, byte) => sum + (bitsOf[byte] ?? 0), 0);
    if (wanted === 0) return false;
    const starts = kernel.take(blocks * 4);
    this.#file.read('blockNames', (at.first / blockFiles) * 4, kernel.bytes(starts, blocks * 4));
    const startOf = (block: number): number =>
      block < blocks ? (kernel.u32(starts + block * 4, 1)[0] ?? 0) : this.#places.end - this.#places.names;
    const runs: [number, number][] = [];
    for (let block = 0; block < blocks; block++) {
      if ((((bits[block >> 3] ?? 0) >> (block & 7)) & 1) === 0) continue;
      const last = runs.at(-1);
      if (last?.[1] === block) last[1] = block + 1;
      else runs.push([block, block + 1]);
    }
    const all = runs.length > singleReads * 8 ? this.#load(this.#places.names, startOf(blocks)) : undefined;
    for (const [from, to] of runs) {
      const mark = kernel.mark;
      const length = startOf(to) - startOf(from);
      const names = all === undefined ? this.#load(this.#places.names + startOf(from), length) : all + startOf(from);
      use(names, length, from * blockFiles);
      kernel.release(mark);
    }
    return true;
  }

  /** False when no word can hold the needle, which is told without the words. */
  #mayHold(needle: Buffer): boolean {
    if (needle.length < 3 || this.#words !== undefined) return true;
    this.#file.read('groups', this.#places.threes, threes);
    for (let at = 2; at < needle.length; at++) {
      const bit = threesBit(needle[at - 2] ?? 0, needle[at - 1] ?? 0, needle[at] ?? 0);
      if (((threes[bit >> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
    }
    return true;
  }

  /** Lists the words that hold the needle, with their classes. */
  #listWords(needle: Buffer, options: { isNear?: boolean } = {}): number {
    const kernel = this.#kernel;
    const { words: from, starts: to, wordCount } = this.#places;
    if (this.#words === undefined) {
      this.#words = this.#workspace.words(this.#file, this.#group);
      this.#wordClasses = kernel.take(roomFor(wordCount));
      this.#list = kernel.take(wordCount * 4);
    }
    const mark = kernel.mark;
    const place = this.#copy(needle);
    const length = to - from;
    kernel.bytes(this.#wordClasses, roomFor(wordCount)).fill(absent);
    if (options.isNear)
      kernel.calls.scanEdits(this.#words, length, place, needle.length, this.#wordClasses, kernel.take(needle.length));
    else kernel.calls.scanWords(this.#words, length, place, needle.length, this.#wordClasses);
    const count = kernel.calls.list(this.#wordClasses, wordCount, mostClass, this.#list);
    kernel.release(mark);
    return count;
  }

  #copy(needle: Buffer): number {
    const place = this.#kernel.take(needle.length);
    needle.copy(this.#kernel.bytes(place, needle.length));
    return place;
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

/** One from a to z: the letter columns tell of each by itself. */
export function isLoneLetter(needle: Buffer): boolean {
  const [byte = 0] = needle;
  return needle.length === 1 && byte >= 97 && byte <= 122;
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
