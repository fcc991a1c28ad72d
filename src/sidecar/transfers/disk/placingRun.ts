// One download's files on their way to their final names, in the disk worker. Packs are verified and written to temporary names; groups of
// them are brought to the disk as a whole, only then named and journalled, and told once their names are on the disk as well. The flush of a group
// makes the names of the one before it durable. While a group is flushed, the next packs are written.

import { closeSync, fstatSync, lstatSync, mkdirSync, readdirSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { AppError } from '../../../protocol/errors.ts';
import { transferLimits } from '../../limits.ts';
import { makeFoldersBelow } from '../../storage/safePath.ts';
import { codeOf, localFailure, removeFile } from '../failures.ts';
import type { DiskCalls, DiskEvent, RunFile, RunSettings, Settled, Unpacked } from './diskCalls.ts';
import { flushAll, flushFolders, isInMemory } from './flushing.ts';
import { folderOf, GroupNaming, type NamedGroup, removeTemporaries, type Staged, type Waiting } from './groupNaming.ts';
import { Journal } from './journal.ts';
import { type Finished, finishedFile, TargetFolder } from './naming.ts';
import { leavesPathOf, setTime } from './openPartial.ts';
import { type PackItem, readPackItems } from './pack.ts';
import { rootOfBytes } from './packReading.ts';
import { type OriginMark, originMark } from './originMark.ts';
import { openNew } from './plainFiles.ts';

const temporary = /^\d+\.tmp$/;
/** Fewer files of a folder in one pack are linked one by one. */
const fewFiles = 3;
/** The pack that is being taken apart. */
const pack = Buffer.allocUnsafeSlow(transferLimits.packWireBytes);

/** Under a temporary name. */
type Written = Finished & Pick<Waiting, 'staged'>;

export class PlacingRun {
  readonly isFresh: boolean;
  readonly #settings: RunSettings;
  readonly #tell: (event: { type: 'settled'; settled: Settled } | { type: 'failed'; error: AppError }) => void;
  readonly #journal: Journal;
  readonly #naming: GroupNaming;
  readonly #isInMemory: boolean;
  readonly #mark: OriginMark;
  #temporaries = 0;
  #group: Waiting[] = [];
  /** Of the group: target folder to the folder of ours. */
  #staged = new Map<string, Staged>();
  #timer: NodeJS.Timeout | undefined;
  #settling: Promise<void> = Promise.resolve();
  /** Named, but their names may not be on the disk yet. */
  #named: NamedGroup[] = [];
  #failure: AppError | undefined;
  #isClosed = false;

  constructor(settings: RunSettings, tell: (event: DiskEvent) => void, run: number) {
    this.#settings = settings;
    this.#tell = (event) => {
      if (event.type === 'settled') tell({ run, ...event });
      else tell({ run, type: 'failed', kind: event.error.kind, message: event.error.message, data: event.error.data });
    };
    this.#isInMemory = isInMemory(settings.root);
    this.#mark = originMark(settings.origin);
    makeFoldersBelow(settings.root, settings.partials);
    let hadParts = false;
    for (const name of readdirSync(settings.partials)) {
      // Of an attempt that was cut off: fetched again.
      if (temporary.test(name)) rmSync(path.join(settings.partials, name), { recursive: true, force: true });
      else hadParts = true;
    }
    this.#journal = new Journal(settings.partials);
    this.#naming = new GroupNaming(settings, this.#journal);
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
        targets[index] = this.#naming.absolute(target);
      } else if (this.#settings.isOwnTop || this.#settings.conflict === 'skip') {
        const stats = lstatSync(this.#naming.absolute(this.#naming.nameOf(file.relative)), { throwIfNoEntry: false });
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
      for (const folder of folders) makeFoldersBelow(this.#settings.root, this.#naming.absolute(folder));
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
    const crowded = new Crowded(given.map(({ place }) => relatives[place] ?? ''));
    for (const { place, item } of given) {
      const index = ask.indexes[place] ?? 0;
      if (ask.most !== undefined && item.sizeBytes > (ask.most[place] ?? 0)) {
        answer.refused.push({ index, kind: 'too-large' });
        continue;
      }
      const content = bytes.subarray(item.at, item.at + item.sizeBytes);
      if (Buffer.compare(rootOfBytes(content), item.root) !== 0) {
        answer.wrong.push(index);
        continue;
      }
      const relative = relatives[place] ?? '';
      const staged = crowded.has(relative) ? this.#stage(relative) : undefined;
      const written = this.#write(content, { mtimeMs: item.mtimeMs, relative, staged });
      if (written.staged) written.staged.fileCount++;
      this.#group.push({ ...written, index, relative, root: Uint8Array.from(item.root) });
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
      this.#mark.closed(partialPath, lstatSync(partialPath));
      const file = finishedFile(partialPath, lstatSync(partialPath));
      const folder = new TargetFolder(this.#settings.root, path.dirname(this.#naming.absolute(this.#naming.nameOf(relative))));
      const named = this.#naming.name(file, folder, relative);
      if (named.outcome === 'placed') {
        folder.check();
        this.#journal.add([{ relative, target: named.target }]);
      }
      removeFile(partialPath);
      removeFile(leavesPathOf(partialPath));
      if (named.outcome === 'skipped') return named;
      if (!this.#isInMemory) await flushFolders(this.#settings.root, [folder.path]);
      return { outcome: 'placed' as const, target: this.#naming.absolute(named.target) };
    } catch (error) {
      throw localFailure(error, this.#naming.absolute(this.#naming.nameOf(relative)));
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
    removeTemporaries(this.#group.splice(0));
    this.#journal.close();
  }

  /** A folder of ours for files of one target folder. */
  #stage(relative: string): Staged {
    const folder = folderOf(relative);
    let staged = this.#staged.get(folder);
    if (!staged) {
      staged = { path: this.#temporaryPath(), fileCount: 0 };
      try {
        mkdirSync(staged.path);
      } catch (error) {
        throw localFailure(error, staged.path);
      }
      this.#staged.set(folder, staged);
    }
    return staged;
  }

  #temporaryPath(): string {
    return `${this.#settings.partials}${path.sep}${++this.#temporaries}.tmp`;
  }

  /** To its name in a folder of ours; beside it where this disk takes two names for one, so that the second gets a number. */
  #write(content: Uint8Array, file: { mtimeMs: number; relative: string; staged: Staged | undefined }): Written {
    const { mtimeMs, relative, staged } = file;
    const name = relative.slice(relative.lastIndexOf('/') + 1);
    const temporaryPath = staged ? `${staged.path}${path.sep}${name}` : this.#temporaryPath();
    let fd: number | undefined;
    try {
      fd = openNew(temporaryPath);
      for (let at = 0; at < content.length;) at += writeSync(fd, content, at, content.length - at);
      this.#mark.open(fd, temporaryPath);
      setTime(fd, mtimeMs);
      return { ...finishedFile(temporaryPath, fstatSync(fd)), staged };
    } catch (error) {
      if (fd === undefined && staged && codeOf(error) === 'EEXIST') return this.#write(content, { ...file, staged: undefined });
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
    this.#staged = new Map();
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
    this.#named.push(this.#naming.nameAll(group));
    if (this.#isInMemory) this.#tellNamed();
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
}

/** Target folders with so many of these files that they go there together. */
class Crowded {
  readonly #counts = new Map<string, number>();

  constructor(relatives: readonly string[]) {
    for (const relative of relatives) {
      const folder = folderOf(relative);
      this.#counts.set(folder, (this.#counts.get(folder) ?? 0) + 1);
    }
  }

  has(relative: string): boolean {
    return relative !== '' && (this.#counts.get(folderOf(relative)) ?? 0) >= fewFiles;
  }
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
