// Writes a search file (searchFormat.ts) from an index in order, in one pass. Memory grows with the number of folders, not of files. The
// file counts only after the caller renamed it.

import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { IndexCounts, IndexSink } from '../index/rows.ts';
import { Column, Extensions, writeAll } from './columns.ts';
import { fold } from './fold.ts';
import {
  blockFiles,
  checkedPageBytes,
  encodeGroup,
  encodeHeader,
  folderChunk,
  groupFiles,
  headerBytes,
  letterBits,
  noExtension,
  secondsOf,
  sectionsOf,
  type Section,
} from './searchFormat.ts';
import { WordGroup } from './wordGroup.ts';

/** Sections written as the index comes, a column each. */
const columnSections = [
  'parents',
  'firstFiles',
  'folderTimes',
  'pathLengths',
  'folderLetters',
  'fileTimes',
  'nameLengths',
  'fileExtensions',
  'letters',
  'fileSizes',
  'blockNames',
  'folderNameStarts',
  'groupTable',
  'groups',
] as const satisfies Section[];

/** Of the writer before, whose memory is used again. */
let spareGroup: WordGroup | undefined;
/** A name becomes at most this many times as long by folding. */
const foldingGrowth = 9;
const dot = 46;

const page = Buffer.alloc(checkedPageBytes);

interface Coming {
  /** Folded, as latin1: a byte a character. */
  name: string;
  parent: number;
  seconds: number;
  pathLength: number;
}

export class SearchWriter implements IndexSink {
  readonly #descriptor: number;
  readonly #counts: Pick<IndexCounts, 'folderCount' | 'fileCount'>;
  readonly #columns: Record<(typeof columnSections)[number], Column>;
  readonly #group = spareGroup ?? new WordGroup();
  #groupsBytes = 0;
  readonly #folderNames = new Pieces();
  readonly #extensions = new Extensions();
  /** Folders that still come, the next one last. */
  readonly #coming: Coming[] = [{ name: '', parent: 0, seconds: 0, pathLength: 0 }];
  #children: Coming[] = [];
  #folders = 0;
  #files = 0;
  #foldersLeft = 0;
  #pathLength = 0;
  #isClosed = false;

  /** Creates the file; it must not exist. `counts` must be those of the index that follows. */
  constructor(path: string, counts: Pick<IndexCounts, 'folderCount' | 'fileCount'>) {
    this.#counts = counts;
    const sizes = { folders: counts.folderCount + 1, files: counts.fileCount };
    const { places } = sectionsOf({ ...sizes, folderNamesBytes: 0, groupsBytes: 0, extensionsBytes: 0 });
    spareGroup = undefined;
    this.#descriptor = openSync(path, 'wx+', 0o600);
    const columns = columnSections.map((section) => [section, new Column(this.#descriptor, headerBytes + places[section].at)]);
    this.#columns = Object.fromEntries(columns) as Record<(typeof columnSections)[number], Column>;
  }

  folder(folderCount: number): void {
    this.#endFolder();
    const own = this.#coming.pop();
    if (own === undefined) throw new RangeError('a folder that none lists');
    const { parents, firstFiles, folderTimes, pathLengths, folderLetters, folderNameStarts } = this.#columns;
    if (this.#folders % folderChunk === 0) folderNameStarts.u32(this.#folderNames.length);
    this.#folderNames.add(own.name);
    parents.u32(own.parent);
    firstFiles.u32(this.#files);
    folderTimes.u32(own.seconds);
    pathLengths.u16(own.pathLength);
    folderLetters.u32(lettersOf(own.name));
    this.#pathLength = own.pathLength;
    this.#foldersLeft = folderCount;
    this.#folders++;
  }

  entry(name: Uint8Array, sizeBytes: number, mtimeMs: number): void {
    if (this.#foldersLeft > 0) {
      this.#foldersLeft--;
      const pathLength = this.#pathLength + (this.#pathLength > 0 ? 1 : 0) + name.length;
      const folded = Buffer.from(fold(utf8(name))).toString('latin1');
      this.#children.push({ name: folded, parent: this.#folders - 1, seconds: secondsOf(mtimeMs), pathLength });
      return;
    }
    if (this.#files % blockFiles === 0) this.#columns.blockNames.u32(this.#group.namesLength);
    this.#name(name);
    this.#columns.fileTimes.u32(secondsOf(mtimeMs));
    this.#columns.nameLengths.u8(name.length);
    this.#columns.fileSizes.f64(sizeBytes);
    this.#files++;
    if (this.#group.files === groupFiles) this.#endGroup();
  }

  /** Completes the file. `contentHash` is that of the segment with the same index. */
  finish(contentHash: Uint8Array): void {
    this.#endFolder();
    if (this.#folders !== this.#counts.folderCount + 1 || this.#files !== this.#counts.fileCount)
      throw new RangeError('the index holds other numbers than were told');
    if (this.#group.files > 0) this.#endGroup();
    this.#columns.firstFiles.u32(this.#files);
    this.#columns.folderNameStarts.u32(this.#folderNames.length);
    for (const column of Object.values(this.#columns)) column.flush();
    const extensions = this.#extensions.bytes();
    const sizes = {
      folders: this.#folders,
      files: this.#files,
      folderNamesBytes: this.#folderNames.length,
      groupsBytes: this.#groupsBytes,
      extensionsBytes: extensions.length,
    };
    const { places, bodyBytes } = sectionsOf(sizes);
    const folderNames = new Column(this.#descriptor, headerBytes + places.folderNames.at);
    for (const piece of this.#folderNames.all()) folderNames.raw(piece);
    folderNames.flush();
    folderNames.close();
    writeAll(this.#descriptor, extensions, headerBytes + places.extensions.at);
    const pageTable = this.#checksums(bodyBytes);
    writeAll(this.#descriptor, pageTable, headerBytes + bodyBytes);
    writeAll(this.#descriptor, encodeHeader({ ...sizes, contentHash, pageTableCrc: crc32(pageTable) }), 0);
    this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#descriptor);
    for (const column of Object.values(this.#columns)) column.close();
    this.#group.clear();
    spareGroup = this.#group;
  }

  #endFolder(): void {
    for (let at = this.#children.length - 1; at >= 0; at--) {
      const child = this.#children[at];
      if (child !== undefined) this.#coming.push(child);
    }
    this.#children = [];
  }

  /** Folds the name into the group; its letters and extension go into their columns. */
  #name(name: Uint8Array): void {
    const { names, start } = this.#group.place(name.length * foldingGrowth);
    let end = start;
    let letters = 0;
    let lastDot = -1;
    for (let at = 0; at < name.length; at++) {
      let byte = name[at] ?? 0;
      if (byte >= 65 && byte <= 90) byte += 32;
      else if (byte === dot) lastDot = end;
      else if (byte >= 128) {
        end = start + names.write(fold(utf8(name)), start);
        lastDot = names.lastIndexOf(dot, end - 1);
        letters = 0;
        for (let place = start; place < end; place++) letters |= letterBits[names[place] ?? 0] ?? 0;
        break;
      }
      letters |= letterBits[byte] ?? 0;
      names[end++] = byte;
    }
    const hasStem = lastDot > start;
    const hasExtension = hasStem && lastDot < end - 1;
    this.#columns.letters.u32(letters);
    this.#columns.fileExtensions.u16(hasExtension ? this.#extensions.number(names, lastDot + 1, end) : noExtension);
    this.#group.add(end, hasStem ? lastDot : end);
  }

  #endGroup(): void {
    const { threes, words, starts, occurrences, names, wordCount } = this.#group.take();
    let next = this.#groupsBytes;
    const place = (part: Buffer): number => (next += part.length) - part.length;
    const places = {
      threes: place(threes),
      words: place(words),
      starts: place(starts),
      occurrences: place(occurrences),
      names: place(names),
      end: next,
      wordCount,
    };
    this.#columns.groupTable.raw(encodeGroup(places));
    for (const part of [threes, words, starts, occurrences, names]) this.#columns.groups.raw(part);
    this.#groupsBytes = places.end;
  }

  #checksums(bodyBytes: number): Buffer {
    const table = Buffer.alloc(Math.ceil(bodyBytes / checkedPageBytes) * 4);
    for (let at = 0; at < bodyBytes; at += checkedPageBytes) {
      const length = Math.min(checkedPageBytes, bodyBytes - at);
      page.fill(0); // gaps at the end of the file were never written
      readSync(this.#descriptor, page, 0, length, headerBytes + at);
      table.writeUInt32LE(crc32(page.subarray(0, length)), (at / checkedPageBytes) * 4);
    }
    return table;
  }
}

/** Many short byte strings one after another, each ended by 0. */
class Pieces {
  readonly #full: Buffer[] = [];
  #last = Buffer.allocUnsafeSlow(65_536);
  #fill = 0;
  length = 0;

  /** `text` is latin1: a byte a character. */
  add(text: string): void {
    if (this.#fill + text.length + 1 > this.#last.length) {
      this.#full.push(this.#last.subarray(0, this.#fill));
      this.#last = Buffer.allocUnsafeSlow(65_536);
      this.#fill = 0;
    }
    this.#fill += this.#last.write(text, this.#fill, 'latin1');
    this.#last[this.#fill++] = 0;
    this.length += text.length + 1;
  }

  all(): Buffer[] {
    return [...this.#full, this.#last.subarray(0, this.#fill)];
  }
}

/** `text` is latin1: a byte a character. */
function lettersOf(text: string): number {
  let letters = 0;
  for (let at = 0; at < text.length; at++) letters |= letterBits[text.charCodeAt(at)] ?? 0;
  return letters;
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}
