// One question to one share's search file, over the kernel: folders first (which terms their paths hold), then the files of those blocks that
// can match. Counts exactly and offers every match to the kernel's selection. What changed over the segment is left out here.

import type { Kernel } from './kernel.ts';
import type { Plan } from './plan.ts';
import type { SearchFile } from './searchFile.ts';
import {
  blockFiles,
  blockShift,
  filterRows,
  folderChunk,
  groupBlocks,
  otherExtension,
  rowBytesOf,
  secondsOf,
} from './searchFormat.ts';
import { SlashTerms } from './slashTerms.ts';

/** Numbers [from, to) that the share does not have any more, ascending. */
export type Ranges = readonly (readonly [from: number, to: number])[];

export interface ShareQuestion {
  file: SearchFile;
  /** When its owner wrote the index. */
  updatedAtMs: number;
  hidden: { folders: Ranges; files: Ranges };
  /** `order` of its first folder and first file. */
  orders: { folders: number; files: number };
  /** Throws when nobody waits any more. */
  checkCancelled(): void;
}

const absent = 255;
const scoreUnit = 2 ** 45;
/** Blocks read and scanned at once: 8,192 files, about 150 KB of names. */
const runBlocks = 64;

/** How many entries match. */
export function searchShare(kernel: Kernel, plan: Plan, question: ShareQuestion): number {
  const mark = kernel.mark;
  try {
    return new ShareSearch(kernel, plan, question).run();
  } finally {
    kernel.release(mark);
  }
}

class ShareSearch {
  readonly #kernel: Kernel;
  readonly #plan: Plan;
  readonly #question: ShareQuestion;
  readonly #file: SearchFile;
  readonly #needles: number[];
  readonly #masks: number;
  readonly #firstFiles: number;
  readonly #pathLengths: number;
  readonly #slash: SlashTerms | undefined;
  #total = 0;

  constructor(kernel: Kernel, plan: Plan, question: ShareQuestion) {
    this.#kernel = kernel;
    this.#plan = plan;
    this.#question = question;
    this.#file = question.file;
    const { folders } = question.file.header;
    this.#needles = plan.terms.map(({ needle }) => {
      const place = kernel.take(needle.length);
      needle.copy(kernel.bytes(place, needle.length));
      return place;
    });
    this.#masks = kernel.take(folders * 2);
    this.#firstFiles = this.#load('firstFiles', 0, (folders + 1) * 4);
    this.#pathLengths = this.#load('pathLengths', 0, folders * 2);
    this.#slash = plan.anchored === 0 ? undefined : new SlashTerms(plan, folders);
  }

  run(): number {
    const { calls } = this.#kernel;
    calls.share(this.#masks, this.#firstFiles, this.#pathLengths);
    if (this.#plan.terms.length === 0 && !this.#plan.wantsFolders)
      this.#kernel.bytes(this.#masks, this.#file.header.folders * 2).fill(0);
    else this.#folders();
    if (this.#plan.wantsFiles) this.#files();
    return this.#total;
  }

  #folders(): void {
    const { folders } = this.#file.header;
    for (let first = 0; first < folders; first += folderChunk) {
      this.#question.checkCancelled();
      const mark = this.#kernel.mark;
      this.#folderChunk(first, Math.min(folderChunk, folders - first));
      this.#kernel.release(mark);
    }
  }

  #folderChunk(first: number, count: number): void {
    const kernel = this.#kernel;
    const { calls } = kernel;
    const plan = this.#plan;
    const starts = this.#file.bytes('folderNameStarts', (first / folderChunk) * 4, 8);
    const from = starts.readUInt32LE(0);
    const length = starts.readUInt32LE(4) - from;
    const names = this.#loadNames('folderNames', from, length);
    const parents = this.#load('parents', first * 4, count * 4);
    const stride = roomFor(count);
    const classes = kernel.take(stride * Math.max(1, plan.terms.length));
    kernel.bytes(classes, stride * plan.terms.length).fill(absent);
    for (const [term, { needle }] of plan.terms.entries()) {
      if (needle.length > 1 || needle[0] !== 0)
        calls.scan(names, length, this.#needles[term] ?? 0, needle.length, classes + term * stride, 0);
    }
    const opened = this.#slash && this.#followSlashes(first, count, { names, length, parents, classes, stride });
    const scores = kernel.take(stride);
    calls.ask(classes, stride, plan.terms.length, plan.positive, plan.negative);
    calls.folders(first, count, parents, opened ?? 0, scores);
    if (!plan.wantsFolders) return;
    strike(kernel.bytes(scores, count), first, this.#question.hidden.folders);
    const times = this.#load('folderTimes', first * 4, count * 4);
    if (plan.times) calls.filterTimes(scores, count, times, plan.times.low, plan.times.high);
    this.#total += calls.matches(scores, count);
    calls.offerFolders(scores, first, count, times, this.#question.orders.folders + first);
  }

  /** Strikes out what does not lie in the right folder. Gives the place of `opened`, such that the kernel may index it by folder. */
  #followSlashes(
    first: number,
    count: number,
    chunk: { names: number; length: number; parents: number; classes: number; stride: number },
  ): number | undefined {
    const slash = this.#slash;
    if (slash === undefined) return undefined;
    const kernel = this.#kernel;
    const place = kernel.take(count * 2);
    const parents = kernel.u32(chunk.parents, count);
    slash.folders(first, kernel.bytes(chunk.names, chunk.length), parents);
    for (const [term, { above }] of this.#plan.terms.entries()) {
      if (above.length === 0) continue;
      const classes = kernel.bytes(chunk.classes + term * chunk.stride, count);
      for (let at = 0; at < count; at++) if (((slash.ready[parents[at] ?? 0] ?? 0) & (1 << term)) === 0) classes[at] = absent;
    }
    kernel.u16(place, count).set(slash.opened.subarray(first, first + count));
    return place - first * 2;
  }

  #files(): void {
    const { files, folders } = this.#file.header;
    const kernel = this.#kernel;
    const blocks = Math.ceil(files / blockFiles);
    if (blocks === 0) return;
    const some = kernel.take(blocks * 2);
    const every = kernel.take(blocks * 2);
    kernel.calls.blockPaths(folders, blockShift, some, every, blocks);
    const ready = this.#slash && this.#readyPlace(this.#slash);
    const hints = this.#plan.terms.map(({ needle }) => this.#blocksWith(needle, blocks));
    const needed = neededBits(hints, kernel.u16(some, blocks), this.#plan);
    const run = this.#runPlaces(blocks);
    for (let first = 0; first < blocks;) {
      if (needed[first] === notNeeded) {
        first++;
        continue;
      }
      let end = first + 1;
      let terms = needed[first] ?? 0;
      while (end < blocks && end - first < runBlocks && needed[end] !== notNeeded) terms |= needed[end++] ?? 0;
      this.#question.checkCancelled();
      this.#run(first, end, terms, run, ready ?? 0);
      first = end;
    }
  }

  #readyPlace(slash: SlashTerms): number {
    const place = this.#kernel.take(slash.ready.length * 2);
    this.#kernel.u16(place, slash.ready.length).set(slash.ready);
    return place;
  }

  /** A bit for each block whose names may hold the term; undefined = all may. */
  #blocksWith(needle: Buffer, blocks: number): Uint8Array | undefined {
    const text = needle[0] === 0 ? needle.subarray(1) : needle;
    if (text.length < 3) return undefined;
    const rows = new Set<number>();
    const place = this.#kernel.take(text.length);
    text.copy(this.#kernel.bytes(place, text.length));
    for (let at = 0; at + 3 <= text.length; at++) rows.add(this.#kernel.calls.rowAt(place + at, filterRows));
    const bits = new Uint8Array(rowBytesOf(blocks)).fill(255);
    for (let group = 0; group * groupBlocks < blocks; group++) {
      const rowBytes = rowBytesOf(Math.min(groupBlocks, blocks - group * groupBlocks));
      const row = Buffer.allocUnsafe(rowBytes);
      const start = (group * groupBlocks) / 8;
      for (const number of rows) {
        this.#file.read('filter', start * filterRows + number * rowBytes, row);
        for (let at = 0; at < rowBytes; at++) bits[start + at] = (bits[start + at] ?? 0) & (row[at] ?? 0);
      }
    }
    return bits;
  }

  #runPlaces(blocks: number): RunPlaces {
    const kernel = this.#kernel;
    const stride = roomFor(Math.min(runBlocks, blocks) * blockFiles);
    const terms = Math.max(1, this.#plan.terms.length);
    return {
      stride,
      classes: kernel.take(stride * terms),
      paths: kernel.take(stride * terms),
      scores: kernel.take(stride),
      allowed: this.#allowedExtensions(),
      starts: this.#file.bytes('blockNames', 0, (blocks + 1) * 4),
    };
  }

  /** Files of blocks [firstBlock, endBlock); `terms`: those that their names may hold. */
  #run(firstBlock: number, endBlock: number, terms: number, places: RunPlaces, ready: number): void {
    const kernel = this.#kernel;
    const { calls } = kernel;
    const plan = this.#plan;
    const { stride, classes, scores } = places;
    const first = firstBlock * blockFiles;
    const count = Math.min(endBlock * blockFiles, this.#file.header.files) - first;
    const mark = kernel.mark;
    kernel.bytes(classes, stride * plan.terms.length).fill(absent);
    if (terms !== 0) {
      const from = places.starts.readUInt32LE(firstBlock * 4);
      const length = places.starts.readUInt32LE(endBlock * 4) - from;
      const names = this.#loadNames('names', from, length);
      for (const [term, { needle }] of plan.terms.entries()) {
        if ((terms & (1 << term)) === 0 || (needle.length === 1 && needle[0] === 0)) continue;
        calls.scan(names, length, this.#needles[term] ?? 0, needle.length, classes + term * stride, 1);
      }
    }
    const folder = this.#folderOf(first);
    calls.ask(classes, stride, plan.terms.length, plan.positive, plan.negative);
    calls.combine(first, count, folder, places.paths, scores, ready, plan.anchored);
    strike(kernel.bytes(scores, count), first, this.#question.hidden.files);
    const times = this.#filter(first, count, places);
    this.#total += calls.matches(scores, count);
    if (calls.bestScore(scores, count) * scoreUnit < calls.bound()) {
      const lengths = this.#load('nameLengths', first, count);
      calls.offerFiles(
        scores,
        first,
        count,
        folder,
        times ?? this.#times(first, count),
        lengths,
        this.#question.orders.files + first,
      );
    }
    kernel.release(mark);
  }

  /** Strikes out what the columns do not allow. Gives the place of the times when they were needed. */
  #filter(first: number, count: number, { scores, allowed }: RunPlaces): number | undefined {
    const { calls } = this.#kernel;
    const { sizes, times } = this.#plan;
    if (allowed !== undefined) calls.filterTable(scores, count, this.#load('fileExtensions', first * 2, count * 2), allowed);
    if (sizes !== undefined)
      calls.filterSizes(scores, count, this.#load('fileSizes', first * 8, count * 8), sizes.min, sizes.max);
    if (times === undefined) return undefined;
    const column = this.#times(first, count);
    calls.filterTimes(scores, count, column, times.low, times.high);
    return column;
  }

  #times(first: number, count: number): number {
    const place = this.#load('fileTimes', first * 4, count * 4);
    if (this.#plan.isRecent) this.#kernel.calls.clampTimes(count, place, secondsOf(this.#question.updatedAtMs));
    return place;
  }

  /** A byte for each number of an extension: may it be. */
  #allowedExtensions(): number | undefined {
    const { extensions, excludedExtensions } = this.#plan;
    if (extensions === undefined && excludedExtensions.size === 0) return undefined;
    const place = this.#kernel.take(otherExtension + 1);
    const { bytes } = this.#file.places.extensions;
    const known = this.#file.bytes('extensions', 0, bytes).toString().split('\0');
    const table = this.#kernel.bytes(place, otherExtension + 1).fill(extensions === undefined ? 1 : 0);
    for (const [at, extension] of known.slice(0, -1).entries())
      table[at + 1] = (extensions?.has(extension) ?? true) && !excludedExtensions.has(extension) ? 1 : 0;
    return place;
  }

  /** The folder that a file lies in. */
  #folderOf(file: number): number {
    const firstFiles = this.#kernel.u32(this.#firstFiles, this.#file.header.folders + 1);
    let low = 0;
    let high = this.#file.header.folders - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((firstFiles[middle] ?? 0) <= file) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #load(section: Parameters<SearchFile['read']>[0], offset: number, bytes: number): number {
    const place = this.#kernel.take(bytes);
    this.#file.read(section, offset, this.#kernel.bytes(place, bytes));
    return place;
  }

  #loadNames(section: 'names' | 'folderNames', offset: number, bytes: number): number {
    const place = this.#load(section, offset, bytes);
    this.#kernel.bytes(place - 1, 1)[0] = 0;
    this.#kernel.bytes(place + bytes, 32).fill(1);
    return place;
  }
}

interface RunPlaces {
  stride: number;
  classes: number;
  paths: number;
  scores: number;
  allowed: number | undefined;
  starts: Buffer;
}

const notNeeded = 0xffff_ffff;

/** For each block the terms to look for in its names, or `notNeeded` when some term can neither be in its names nor in its paths. */
function neededBits(hints: readonly (Uint8Array | undefined)[], some: Uint16Array, plan: Plan): Uint32Array {
  const needed = new Uint32Array(some.length);
  for (let block = 0; block < some.length; block++) {
    let mayHold = 0;
    for (let term = 0; term < hints.length; term++) {
      const hint = hints[term];
      if (hint === undefined || ((hint[block >> 3] ?? 0) >> (block & 7)) & 1) mayHold |= 1 << term;
    }
    const reachable = (mayHold | (some[block] ?? 0)) & plan.positive;
    needed[block] = reachable === plan.positive ? mayHold : notNeeded;
  }
  return needed;
}

/** Room for so many bytes, in whole SIMD steps. */
function roomFor(count: number): number {
  return (count + 31) & ~15;
}

/** No match in these ranges; `scores` are of numbers from `first` on. */
function strike(scores: Buffer, first: number, ranges: Ranges): void {
  const end = first + scores.length;
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle]?.[1] ?? 0) <= first) low = middle + 1;
    else high = middle;
  }
  for (let at = low; at < ranges.length; at++) {
    const [from, to] = ranges[at] ?? [end, end];
    if (from >= end) return;
    scores.fill(absent, Math.max(from, first) - first, Math.min(to, end) - first);
  }
}
