// Reads the small text files of a folder that is about to be shared, for texts that look secret. Synchronous, for the walk worker; bounded in
// files, bytes and time. What it reads leaves this machine in no form: only paths, kinds and lines are told, to the client that asked.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import type { Suspect, SuspectReport } from '../../protocol/model.ts';
import { previewLimits as limits } from '../limits.ts';
import { secretsIn } from './secretContents.ts';

/** Names of files that are no text whatever their size, so that no turn is spent on them. */
const binary =
  /\.(?:png|jpe?g|gif|webp|avif|heic|ico|bmp|tiff?|psd|mp[34]|m4[av]|ogg|opus|flac|wav|webm|mkv|avi|mov|zip|gz|t?xz|bz2|zst|7z|rar|jar|class|pyc|wasm|exe|dll|so|dylib|o|a|pdf|docx?|xlsx?|pptx?|od[tsp]|woff2?|ttf|otf|eot|sqlite3?|db)$/i;

/** By its name and size: small, not empty, and not known to be no text. */
export function isWorthReading(name: string, sizeBytes: number): boolean {
  return sizeBytes > 0 && sizeBytes <= limits.secretFileBytes && !binary.test(name);
}

/** Files that are worth reading, as many as a preview reads, and how many are past that. */
export interface ReadingList {
  files: { path: string; sizeBytes: number }[];
  unreadFiles: number;
}

/** What makes such a list of the files that a walk meets. */
export class ReadingLister {
  readonly list: ReadingList = { files: [], unreadFiles: 0 };
  #bytes = 0;

  add(path: string, sizeBytes: number): void {
    if (!isWorthReading(path, sizeBytes)) return;
    if (this.list.files.length >= limits.secretFiles || this.#bytes + sizeBytes > limits.secretBytes) {
      this.list.unreadFiles += 1;
      return;
    }
    this.#bytes += sizeBytes;
    this.list.files.push({ path, sizeBytes });
  }
}

/** Files to be read, as the walk meets them. */
export class SuspectSearch {
  readonly #root: string;
  readonly #lister = new ReadingLister();

  constructor(root: string) {
    this.#root = root;
  }

  /** A file that would be shared. */
  add(relative: string, sizeBytes: number): void {
    this.#lister.add(relative, sizeBytes);
  }

  /** Reads them all, or as many as there is time for. */
  run(onRead: () => void = () => undefined): SuspectReport {
    const { files, unreadFiles } = this.#lister.list;
    const report: SuspectReport = { suspects: [], found: 0, readFiles: 0, unreadFiles };
    const buffer = Buffer.allocUnsafe(limits.secretFileBytes);
    const untilMs = performance.now() + limits.secretMs;
    for (const [at, { path: relative }] of files.entries()) {
      if (performance.now() > untilMs) {
        report.unreadFiles += files.length - at;
        break;
      }
      onRead();
      const suspect = look(this.#root, relative, buffer);
      report.readFiles += 1;
      if (suspect === undefined) continue;
      report.found += 1;
      if (report.suspects.length < limits.suspects) report.suspects.push(suspect);
    }
    return report;
  }
}

function look(root: string, relative: string, buffer: Buffer): Suspect | undefined {
  let descriptor: number | undefined;
  try {
    // Neither a link nor a FIFO that took the file's place is followed or waited for. Windows has neither flag.
    descriptor = openSync(
      path.join(root, relative),
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    );
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return undefined;
    const head = readSync(descriptor, buffer, 0, limits.headBytes, 0);
    const text = textIn(buffer.subarray(0, head), () => {
      let length = head;
      for (let count = head; count > 0 && length < buffer.length; length += count)
        count = readSync(descriptor ?? -1, buffer, length, buffer.length - length, length);
      return buffer.subarray(0, length);
    });
    const found = text === undefined ? undefined : secretsIn(text);
    return found && { path: relative, sizeBytes: stats.size, ...found };
  } catch {
    return undefined; // What cannot be read cannot be served either.
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Undefined for what is no text. UTF-16, which some Windows tools write, has its mark and NULs. */
export function textIn(head: Buffer, whole: () => Buffer = () => head): string | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return whole().toString('utf16le');
  return head.includes(0) ? undefined : whole().toString('latin1');
}
