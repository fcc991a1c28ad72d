// The WebAssembly kernel (assembly/kernel.ts) with its memory: places are taken one after another and all given back at once. What lies
// where is the caller's affair.

import { kernelBase64 } from './kernelBytes.ts';

/** See assembly/kernel.ts for each. Places are addresses in `memory`. */
export interface KernelCalls {
  keep(keys: number, orders: number, homes: number, room: number, count: number, afterKey: number, afterOrder: number): void;
  offer(key: number, order: number, home: number): void;
  settle(): number;
  bound(): number;
  scan(names: number, length: number, term: number, termLength: number, classes: number, isFile: number): number;
  scanStarts(names: number, length: number, term: number, termLength: number, classes: number): void;
  scanWords(names: number, length: number, term: number, termLength: number, classes: number): void;
  scanEdits(names: number, length: number, term: number, termLength: number, classes: number, scratch: number): void;
  scanInOrder(names: number, length: number, term: number, termLength: number, classes: number, some: number): void;
  restrict(some: number, scores: number, classes: number, count: number): void;
  blocksFound(classes: number, count: number, blockShift: number, bits: number): void;
  list(classes: number, count: number, most: number, list: number): number;
  spreadAll(list: number, count: number, wordClasses: number, starts: number, occurrences: number, classes: number): void;
  spread(occurrences: number, length: number, kind: number, classes: number): void;
  letterClasses(letters: number, count: number, bits: number, classes: number): void;
  ask(classes: number, stride: number, terms: number, positive: number, negative: number, pathClass: number): void;
  share(masks: number, firstFiles: number, pathLengths: number): void;
  folders(first: number, count: number, parents: number, opened: number, scores: number): void;
  runPaths(folderCount: number, runShift: number, some: number, runCount: number): void;
  combine(first: number, count: number, folder: number, paths: number, scores: number, ready: number, anchored: number): void;
  below(scores: number, count: number, limit: number): number;
  bestScore(scores: number, count: number): number;
  filterTable(scores: number, count: number, column: number, table: number): void;
  filterTimes(scores: number, count: number, column: number, low: number, high: number): void;
  filterSizes(scores: number, count: number, column: number, low: number, high: number): void;
  clampTimes(count: number, column: number, most: number): void;
  mayOffer(scores: number, count: number, times: number): number;
  offerFiles(scores: number, first: number, count: number, folder: number, times: number, lengths: number, order: number): void;
  offerFolders(scores: number, first: number, count: number, times: number, order: number): void;
}

/** Below it lie the kernel's own tables. */
const firstPlace = 4096;
const wordTable = 1024;
const rarityTable = 1280;
/** Bytes of names from frequent to rare; all others are rarer. */
const frequent = '\0ea1iotnsr02lcdmp3u-h._g4b5f96y87wvkxzjq ';
/** The kernel may read so far behind the last place. */
const slackBytes = 1024;
const pageBytes = 65_536;
let module: WebAssembly.Module | undefined;

export class Kernel {
  readonly calls: KernelCalls;
  readonly #memory: WebAssembly.Memory;
  #next = firstPlace;
  #floor = firstPlace;
  #bytes: Buffer;

  constructor() {
    module ??= new WebAssembly.Module(Buffer.from(kernelBase64, 'base64'));
    const { exports } = new WebAssembly.Instance(module, {});
    this.calls = exports as unknown as KernelCalls;
    this.#memory = exports['memory'] as WebAssembly.Memory;
    this.#bytes = Buffer.from(this.#memory.buffer);
    for (let byte = 0; byte < 256; byte++) {
      this.#bytes[wordTable + byte] = isWordByte(byte) ? 1 : 0;
      const rank = frequent.indexOf(String.fromCharCode(byte));
      this.#bytes[rarityTable + byte] = rank < 0 ? 255 : rank;
    }
  }

  get memoryBytes(): number {
    return this.#bytes.length;
  }

  /** Room for so many bytes, 16 before and 32 after it unused, from a place divisible by 16. The content is anything. */
  take(bytes: number): number {
    const place = this.#next + 16;
    this.#next = (place + bytes + 47) & ~15;
    if (this.#next + slackBytes > this.#bytes.length) {
      this.#memory.grow(Math.ceil((this.#next + slackBytes - this.#bytes.length) / pageBytes));
      this.#bytes = Buffer.from(this.#memory.buffer);
    }
    return place;
  }

  /** As `take`, for as long as the kernel lives; only while nothing else is taken. */
  takeForGood(bytes: number): number {
    if (this.#next !== this.#floor) throw new RangeError('what is kept for good must lie below what is not');
    const place = this.take(bytes);
    this.#floor = this.#next;
    return place;
  }

  /** All places taken since `mark` are free again. */
  release(mark: number): void {
    this.#next = mark;
  }

  get mark(): number {
    return this.#next;
  }

  /** Valid until the next `take`. */
  bytes(place: number, length: number): Buffer {
    return this.#bytes.subarray(place, place + length);
  }

  u16(place: number, count: number): Uint16Array {
    return new Uint16Array(this.#memory.buffer, place, count);
  }

  u32(place: number, count: number): Uint32Array {
    return new Uint32Array(this.#memory.buffer, place, count);
  }

  f64(place: number, count: number): Float64Array {
    return new Float64Array(this.#memory.buffer, place, count);
  }
}

/** Of folded UTF-8 (or a UTF-16 unit): letters, digits, and all beyond ASCII make words; the rest parts them. */
export function isWordByte(unit: number): boolean {
  return unit >= 128 || (unit >= 48 && unit <= 57) || (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90);
}

/** The words of a folded name or term: runs of word bytes. */
export function wordsIn(bytes: Buffer): Buffer[] {
  const words: Buffer[] = [];
  let start = 0;
  for (let at = 0; at <= bytes.length; at++) {
    if (at < bytes.length && isWordByte(bytes[at] ?? 0)) continue;
    if (at > start) words.push(bytes.subarray(start, at));
    start = at + 1;
  }
  return words;
}
