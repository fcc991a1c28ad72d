// Reads folders of a segment one after another: large reads past the page cache, and no object for an entry. A million entries take a
// tenth of a second, and no memory but one buffer.

import type { PagedFile } from './pages.ts';
import { pageBytes } from './pages.ts';
import type { IndexSink } from './rows.ts';
import { entryRecordBytes } from './segmentFormat.ts';
import { indexLimits } from '../../limits.ts';

const bufferBytes = 16 * pageBytes;
/** A folder whose block is longer is not for a scan. */
export const scannedBlockBytes = bufferBytes - pageBytes;

export class SegmentScan {
  readonly #file: PagedFile;
  readonly #buffer = Buffer.allocUnsafeSlow(bufferBytes);
  readonly #view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset, this.#buffer.byteLength);
  readonly #name = new Uint8Array(indexLimits.nameBytes);
  /** Views of the name, by length. */
  readonly #names = Array.from({ length: indexLimits.nameBytes + 1 }, (_, length) => this.#name.subarray(0, length));
  /** Bytes of the body that the buffer holds. */
  #start = 0;
  #end = 0;

  constructor(file: PagedFile) {
    this.#file = file;
  }

  /** Hands over the entries of the folder whose block of `blockBytes` (at most `scannedBlockBytes`) lies at `blockAt`. */
  entries(blockAt: number, blockBytes: number, count: number, sink: IndexSink): void {
    if (blockAt < this.#start || blockAt + blockBytes > this.#end) this.#load(blockAt);
    const view = this.#view;
    const bytes = this.#buffer;
    const namesAt = blockAt - this.#start + count * entryRecordBytes;
    let nameAt = namesAt;
    for (let record = blockAt - this.#start; record < namesAt; record += entryRecordBytes) {
      const nameEnd = namesAt + view.getUint32(record, true);
      const length = nameEnd - nameAt;
      const name = this.#names[length];
      if (name === undefined || nameEnd > bytes.length) throw new RangeError('a checked segment has names of a fair length');
      for (let at = 0; at < length; at++) name[at] = bytes[nameAt + at] ?? 0;
      nameAt = nameEnd;
      sink.entry(name, view.getFloat64(record + 4, true), view.getFloat64(record + 12, true));
    }
  }

  #load(from: number): void {
    const page = Math.floor(from / pageBytes);
    this.#start = page * pageBytes;
    this.#end = this.#start + this.#file.load(page, this.#buffer);
  }
}
