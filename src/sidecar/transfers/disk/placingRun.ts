// One download's files on their way to their final names, in the disk worker. Packs are verified and written to temporary names; groups of
// them are brought to the disk as a whole, only then named and journalled, and told once their names are on the disk as well. The flush of a group
// makes the names of the one before it durable. While a group is flushed, the next packs are written.

import { closeSync, fstatSync, lstatSync, readdirSync, writeSync } from 'node:fs';
import path from 'node:path';
import { asAppError, type AppError } from '../../../protocol/errors.ts';
import { transferLimits } from '../../limits.ts';
import { makeFoldersBelow } from '../../storage/safePath.ts';
import { localFailure, removeFile } from '../failures.ts';
import { hashBytes } from '../content/merkle.ts';
import type { DiskCalls, DiskEvent, RunFile, RunSettings, Settled, Unpacked } from './diskCalls.ts';
import { flushAll, flushFolders, isInMemory } from './flushing.ts';
import { Journal } from './journal.ts';
import { type Finished, finishedFile, giveName, TargetFolder } from './naming.ts';
import { leavesPathOf, setTime } from './openPartial.ts';
import { type PackItem, readPackItems } from './pack.ts';
import { rootOfBytes } from './packReading.ts';
import { openNew } from './plainFiles.ts';

/** A verified small file under its temporary name. */
interface Waiting extends Finished {
  index: number;
  relative: string;
  root: Uint8Array;
}

const temporary = /^\d+\.tmp$/;
/** The pack that is being taken apart. */
const pack = Buffer.allocUnsafeSlow(transferLimits.packWireBytes);

export class PlacingRun {
  readonly isFresh: boolean;
  readonly #settings: RunSettings;
  readonly #tell: (event: { type: 'settled'; settled: Settled } | { type: 'failed'; error: AppError }) => void;
  readonly #journal: Journal;
  readonly #isInMemory: boolean;
  #temporaries = 0;
  #group: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #settling: Promise<void> = Promise.resolve();
  /** Named, but their names may not be on the disk yet. */
  #named: { settled: Settled; folders: Set<string> }[] = [];
  #failure: AppError | undefined;
  #isClosed = false;

  constructor(settings: RunSettings, tell: (event: DiskEvent) => void, run: number) {
    this.#settings = settings;
    this.#tell = (event) => {
      if (event.type === 'settled') tell({ run, ...event });
      else tell({ run, type: 'failed', kind: event.error.kind, message: event.error.message, data: event.error.data });
    };
    this.#isInMemory = isInMemory(settings.root);
    makeFoldersBelow(settings.root, settings.partials);
    let hadParts = false;
    for (const name of readdirSync(settings.partials)) {
      if (temporary.test(name))
        removeFile(path.join(settings.partials, name)); // of an attempt that was cut off: fetched again
      else hadParts = true;
    }
    this.#journal = new Journal(settings.partials);
    this.#journal.open();
    this.isFresh = this.#journal.size === 0 && !hadParts;
  }

  sift(files: readonly RunFile[]): { states: Uint8Array; targets: Record<number, string> } {
    const states = new Uint8Array(files.length);
    const targets: Record<number, string> = {};
    for (const [index, file] of files.entries()) {
      const target = this.#journal.placed(file.relative);
      if (target !== undefined) {
        states[index] = 1;
        targets[index] = this.#absolute(target);
      } else if (this.#settings.isOwnTop || this.#settings.conflict === 'skip') {
        const stats = lstatSync(this.#absolute(this.#nameOf(file.relative)), { throwIfNoEntry: false });
        if (stats === undefined) continue;
        const isIt =
          this.#settings.isOwnTop &&
          stats.isFile() &&
          stats.size === file.sizeBytes &&
          Math.abs(stats.mtimeMs - file.mtimeMs) < 2;
        if (isIt) states[index] = 1;
        else if (this.#settings.conflict === 'skip') states[index] = 2;
      }
    }
    return { states, targets };
  }

  makeFolders(folders: readonly string[]): void {
    try {
      for (const folder of folders) makeFoldersBelow(this.#settings.root, this.#absolute(folder));
    } catch (error) {
      throw localFailure(error, this.#settings.top);
    }
  }

  /** Throws `protocol` when the bytes are no pack of so many files, before anything of it is kept; `disk-full` and the like from writing. */
  unpack(ask: DiskCalls['runUnpack']['ask']): Unpacked {
    if (this.#failure) throw this.#failure;
    const bytes = gather(ask.chunks);
    const relatives = ask.relatives.split('\0');
    const answer: Unpacked = { goodBytes: 0, good: 0, wrong: [], refused: [] };
    const given: { place: number; item: PackItem }[] = [];
    readPackItems(bytes, ask.indexes.length, {
      given: (place, item) => given.push({ place, item }),
      refused: (place, kind) => answer.refused.push({ index: ask.indexes[place] ?? 0, kind }),
    });
    for (const { place, item } of given) {
      const index = ask.indexes[place] ?? 0;
      const content = bytes.subarray(item.at, item.at + item.sizeBytes);
      if (Buffer.compare(rootOfBytes(content), item.root) !== 0) {
        answer.wrong.push(index);
        continue;
      }
      const written = this.#write(content, item.mtimeMs);
      this.#group.push({ ...written, index, relative: relatives[place] ?? '', root: Uint8Array.from(item.root) });
      answer.goodBytes += item.sizeBytes;
      answer.good++;
    }
    if (this.#group.length >= transferLimits.groupFiles) this.#settle();
    else if (this.#group.length > 0) this.#timer ??= setTimeout(() => this.#settle(), transferLimits.groupMs);
    return answer;
  }

  /** A finished partial file (flushed already) gets its name. */
  async place({ relative, partialPath }: { relative: string; partialPath: string }) {
    try {
      const file = finishedFile(partialPath, lstatSync(partialPath));
      const folder = new TargetFolder(this.#settings.root, path.dirname(this.#absolute(this.#nameOf(relative))));
      const named = this.#name(file, folder, relative);
      if (named.outcome === 'placed') {
        folder.check();
        this.#journal.add([{ relative, target: named.target }]);
      }
      removeFile(partialPath);
      removeFile(leavesPathOf(partialPath));
      if (named.outcome === 'skipped') return named;
      if (!this.#isInMemory) await flushFolders(this.#settings.root, [folder.path]);
      return { outcome: 'placed' as const, target: this.#absolute(named.target) };
    } catch (error) {
      throw localFailure(error, this.#absolute(this.#nameOf(relative)));
    }
  }

  /** Everything that was unpacked is at its place for good, and told. */
  async flush(): Promise<void> {
    this.#settle();
    await this.#settling;
    await this.#makeNamesDurable();
    if (this.#failure) throw this.#failure;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#settling;
    for (const file of this.#group.splice(0)) removeFile(file.path);
    this.#journal.close();
  }

  #write(content: Uint8Array, mtimeMs: number): Finished {
    const temporaryPath = `${this.#settings.partials}${path.sep}${++this.#temporaries}.tmp`;
    let fd: number | undefined;
    try {
      fd = openNew(temporaryPath);
      for (let at = 0; at < content.length;) at += writeSync(fd, content, at, content.length - at);
      setTime(fd, mtimeMs);
      return finishedFile(temporaryPath, fstatSync(fd));
    } catch (error) {
      if (fd !== undefined) removeFile(temporaryPath);
      throw localFailure(error, temporaryPath);
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  /** The group so far goes its way; the next one begins. */
  #settle(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const group = this.#group;
    if (group.length === 0) return;
    this.#group = [];
    this.#settling = this.#settling.then(async () => {
      try {
        if (this.#failure === undefined && !this.#isClosed) await this.#settleGroup(group);
      } catch (error) {
        this.#fail(error);
      }
      // Nothing came meanwhile: these names need not wait for the next group.
      if (this.#group.length === 0 && this.#timer === undefined) await this.#makeNamesDurable();
    });
  }

  async #settleGroup(group: Waiting[]): Promise<void> {
    const named = [...this.#named];
    const paths = group.map((file) => file.path);
    const isAllFlushed = this.#isInMemory || (await flushAll(this.#settings.root, paths));
    if (isAllFlushed) {
      this.#named = this.#named.filter((one) => !named.includes(one));
      this.#tellNamed(named);
    }
    this.#named.push(this.#nameAll(group));
    if (this.#isInMemory) this.#tellNamed();
  }

  /** All of them in one go: nothing else of this thread runs between the looks at their folders. */
  #nameAll(group: Waiting[]): { settled: Settled; folders: Set<string> } {
    const settled = new Settling();
    const folders = new Map<string, TargetFolder | AppError>();
    const journalled: { relative: string; target: string }[] = [];
    for (const file of group) {
      try {
        const folder = this.#folder(file.relative, folders);
        const named = this.#name(file, folder, file.relative);
        if (named.outcome === 'placed') {
          settled.placed.push({ file, target: named.target });
          journalled.push({ relative: file.relative, target: named.target });
        } else settled.skipped.push(file.index);
      } catch (error) {
        settled.fail(file, localFailure(error, this.#absolute(this.#nameOf(file.relative))));
      }
    }
    for (const folder of folders.values()) {
      if (!(folder instanceof TargetFolder)) continue;
      try {
        folder.check();
      } catch (error) {
        settled.takeBack(folder.path, asAppError(error), (target) => this.#absolute(target));
      }
    }
    this.#journal.add(settled.placed.length === journalled.length ? journalled : settled.lines());
    for (const file of group) removeFile(file.path);
    return {
      settled: settled.done(),
      folders: new Set([...folders].filter(([, folder]) => folder instanceof TargetFolder).map(([name]) => name)),
    };
  }

  /** Each folder is made and looked at once a group; a bad one fails its files alone. */
  #folder(relative: string, folders: Map<string, TargetFolder | AppError>): TargetFolder {
    const folderPath = path.dirname(this.#absolute(this.#nameOf(relative)));
    let folder = folders.get(folderPath);
    if (folder === undefined) {
      try {
        folder = new TargetFolder(this.#settings.root, folderPath);
      } catch (error) {
        folder = localFailure(error, folderPath);
      }
      folders.set(folderPath, folder);
    }
    if (folder instanceof TargetFolder) return folder;
    throw folder;
  }

  /** Answers the name below the top. */
  #name(file: Finished, folder: TargetFolder, relative: string) {
    const planned = this.#nameOf(relative);
    const cut = planned.lastIndexOf('/') + 1;
    const named = giveName(file, folder.path, { name: planned.slice(cut), conflict: this.#settings.conflict });
    if (named.outcome === 'skipped') return named;
    return { outcome: named.outcome, target: planned.slice(0, cut) + path.basename(named.target) };
  }

  async #makeNamesDurable(): Promise<void> {
    const named = this.#named.splice(0);
    const folders = new Set(named.flatMap(({ folders }) => [...folders]));
    if (folders.size > 0 && !this.#isInMemory) await flushFolders(this.#settings.root, [this.#settings.partials, ...folders]);
    this.#tellNamed(named);
  }

  #tellNamed(named = this.#named.splice(0)): void {
    for (const { settled } of named) this.#tell({ type: 'settled', settled });
  }

  #fail(error: unknown): void {
    this.#failure ??= localFailure(error, this.#settings.top);
    this.#tell({ type: 'failed', error: this.#failure });
  }

  /** The single file of a run has its name from the settings. */
  #nameOf(relative: string): string {
    return relative === '' ? (this.#settings.name ?? '') : relative;
  }

  #absolute(relative: string): string {
    return path.join(this.#settings.top, relative);
  }
}

/** What becomes of a group. */
class Settling {
  placed: { file: Waiting; target: string }[] = [];
  readonly skipped: number[] = [];
  readonly #failed: Settled['failed'] = [];

  fail(file: Waiting, { kind, message }: AppError): void {
    this.#failed.push({ index: file.index, sizeBytes: file.sizeBytes, kind, message });
  }

  /** Its folder went elsewhere meanwhile: what was named through it must not stay there. */
  takeBack(folder: string, error: AppError, absolute: (target: string) => string): void {
    this.placed = this.placed.filter(({ file, target }) => {
      if (path.dirname(absolute(target)) !== folder) return true;
      removeOwn(absolute(target), file);
      this.fail(file, error);
      return false;
    });
  }

  lines(): { relative: string; target: string }[] {
    return this.placed.map(({ file, target }) => ({ relative: file.relative, target }));
  }

  done(): Settled {
    const settled: Settled = {
      placed: new Uint32Array(this.placed.length),
      sizes: new Uint32Array(this.placed.length),
      mtimes: new Float64Array(this.placed.length),
      roots: new Uint8Array(this.placed.length * hashBytes),
      renamed: {},
      skipped: this.skipped,
      failed: this.#failed,
    };
    for (const [at, { file, target }] of this.placed.entries()) {
      settled.placed[at] = file.index;
      settled.sizes[at] = file.sizeBytes;
      settled.mtimes[at] = file.mtimeMs;
      settled.roots.set(file.root, at * hashBytes);
      if (target !== file.relative) settled.renamed[file.index] = target;
    }
    return settled;
  }
}

function removeOwn(target: string, file: Finished): void {
  if (lstatSync(target, { throwIfNoEntry: false })?.ino === file.ino) removeFile(target);
}

function gather(chunks: readonly Uint8Array[]): Buffer {
  let at = 0;
  for (const chunk of chunks) {
    // What is longer than any pack is cut, and so no pack.
    const part = chunk.subarray(0, pack.length - at);
    pack.set(part, at);
    at += part.length;
  }
  return pack.subarray(0, at);
}
