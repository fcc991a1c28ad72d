// Walks a folder that is (or might be) shared and hands what may be shown to a sink, in index order. Synchronous, for workers. Only
// names, sizes and times are read, and the rule files; links are never followed, nothing special is opened.

import { isUtf8 } from 'node:buffer';
import { lstatSync, readdirSync, realpathSync, type Stats } from 'node:fs';
import path from 'node:path';
import type { Entry, SkippedEntry, SkipReason } from '../../protocol/model.ts';
import type { IndexSink } from '../catalog/index/rows.ts';
import { indexLimits, localLimits } from '../limits.ts';
import { nameProblem } from '../storage/safePath.ts';
import { IgnoreRules, readRules, ruleFileNames } from './ignoreRules.ts';
import { secretReason } from './secrets.ts';

export interface WalkResult {
  skippedCounts: Partial<Record<SkipReason, number>>;
  /** The first ones, secrets first. */
  skipped: SkippedEntry[];
  /** First level of what is shared. */
  topLevel: Entry[];
  fileCount: number;
  folderCount: number;
  totalBytes: number;
}

interface Found {
  /** One character a byte: sorts in byte order. */
  latin1: string;
  name: string;
  sizeBytes: number;
  mtimeMs: number;
  /** Of a folder, to notice that another one took its place. */
  identity: string;
}

interface Visit {
  relative: string;
  relativeBytes: number;
  depth: number;
  rules: IgnoreRules;
  identity: string | undefined;
}

const nonAscii = /[^\x00-\x7f]/;

/**
 * Walks `root`, an absolute path without links. Throws what `readdir` throws when the root itself cannot be read, and RangeError when
 * it has more entries than an index may hold; all else that goes wrong is a skipped entry.
 */
export function walk(root: string, sink: IndexSink, options: { onProgress: (entries: number) => void }): WalkResult {
  return new Walk(root, sink, options.onProgress).run();
}

class Walk {
  readonly #root: string;
  readonly #sink: IndexSink;
  readonly #onProgress: (entries: number) => void;
  readonly #secrets: SkippedEntry[] = [];
  readonly #others: SkippedEntry[] = [];
  readonly #skippedCounts: Partial<Record<SkipReason, number>> = {};
  #topLevel: Entry[] = [];
  #fileCount = 0;
  #folderCount = 0;
  #totalBytes = 0;
  #namesBytes = 0;
  #seen = 0;

  constructor(root: string, sink: IndexSink, onProgress: (entries: number) => void) {
    this.#root = root;
    this.#sink = sink;
    this.#onProgress = onProgress;
  }

  run(): WalkResult {
    const pending: Visit[] = [{ relative: '', relativeBytes: -1, depth: 0, rules: new IgnoreRules(), identity: undefined }];
    for (let visit = pending.pop(); visit !== undefined; visit = pending.pop()) {
      const below = this.#visit(visit);
      for (let child = below.pop(); child !== undefined; child = below.pop()) pending.push(child);
    }
    this.#onProgress(this.#seen);
    return {
      skippedCounts: this.#skippedCounts,
      skipped: [...this.#secrets, ...this.#others].slice(0, localLimits.skippedShown),
      topLevel: this.#topLevel,
      fileCount: this.#fileCount,
      folderCount: this.#folderCount,
      totalBytes: this.#totalBytes,
    };
  }

  /** Hands the folder to the sink and answers its folders, in order. */
  #visit(visit: Visit): Visit[] {
    const absolute = visit.relative === '' ? this.#root : path.join(this.#root, visit.relative);
    const names = this.#names(absolute, visit);
    let rules = visit.rules;
    try {
      const held = new Set(ruleFileNames.filter((name) => names.includes(name)));
      if (held.size > 0) rules = rules.with(visit.relative, readRules(absolute, held));
    } catch {
      this.#skip(visit.relative, 'unreadable');
      names.length = 0;
    }
    const folders: Found[] = [];
    const files: Found[] = [];
    for (const latin1 of names.sort()) {
      if (++this.#seen % 512 === 0) this.#onProgress(this.#seen);
      this.#look(latin1, absolute, { ...visit, rules }, { folders, files });
    }
    this.#emit(visit, folders, files);
    return folders.map((folder) => ({
      relative: join(visit.relative, folder.name),
      relativeBytes: visit.relativeBytes + 1 + folder.latin1.length,
      depth: visit.depth + 1,
      rules,
      identity: folder.identity,
    }));
  }

  /** Names as bytes. A folder that is gone, closed to us, or not the one that was looked at before has none. */
  #names(absolute: string, visit: Visit): string[] {
    if (visit.identity === undefined) {
      // What was a folder when it was shared must not be followed as a link now.
      if (realpathSync.native(absolute) !== absolute) throw Object.assign(new Error('a link took its place'), { code: 'ELOOP' });
      return readdirSync(absolute, { encoding: 'latin1' });
    }
    try {
      const names = readdirSync(absolute, { encoding: 'latin1' });
      // Between the look and the read, a link may have been put in the folder's place.
      const stats = lstatSync(absolute);
      if (stats.isDirectory() && identityOf(stats) === visit.identity) return names;
    } catch {
      // Said below.
    }
    this.#skip(visit.relative, 'unreadable');
    return [];
  }

  #look(latin1: string, absolute: string, visit: Visit, found: { folders: Found[]; files: Found[] }): void {
    const bytes = nonAscii.test(latin1) ? Buffer.from(latin1, 'latin1') : undefined;
    const name = bytes === undefined ? latin1 : bytes.toString();
    const relative = join(visit.relative, name);
    if (bytes !== undefined && !isUtf8(bytes)) return this.#skip(relative, 'name-not-utf8');
    let stats: Stats | undefined;
    try {
      stats = lstatSync(path.join(absolute, name), { throwIfNoEntry: false });
    } catch {
      return this.#skip(relative, 'unreadable');
    }
    if (stats === undefined) return;
    const isFolder = stats.isDirectory();
    if (secretReason(name, parentName(visit.relative, this.#root), isFolder) !== undefined) return this.#skip(relative, 'secret');
    if (visit.rules.ignores(relative, isFolder)) return this.#skip(relative, 'ignored');
    if (stats.isSymbolicLink()) return this.#skip(relative, 'symlink');
    if (!isFolder && !stats.isFile()) return this.#skip(relative, 'special');
    if (nameProblem(name) !== undefined) return this.#skip(relative, 'name-not-portable');
    if (visit.depth + 1 > indexLimits.depth || visit.relativeBytes + 1 + latin1.length > indexLimits.pathBytes)
      return this.#skip(relative, 'too-deep');
    const entry = {
      latin1,
      name,
      sizeBytes: isFolder ? 0 : stats.size,
      mtimeMs: indexTime(stats.mtimeMs),
      identity: identityOf(stats),
    };
    (isFolder ? found.folders : found.files).push(entry);
  }

  #emit(visit: Visit, folders: Found[], files: Found[]): void {
    this.#folderCount += folders.length;
    this.#fileCount += files.length;
    if (this.#folderCount + this.#fileCount > indexLimits.entries)
      throw new RangeError(`it holds more than ${indexLimits.entries} files and folders`);
    for (const { latin1 } of [...folders, ...files]) this.#namesBytes += latin1.length;
    if (this.#namesBytes > indexLimits.namesBytes)
      throw new RangeError(`its names take more than ${indexLimits.namesBytes} bytes`);
    this.#sink.folder(folders.length, files.length);
    for (const entry of folders) this.#sink.entry(Buffer.from(entry.latin1, 'latin1'), 0, entry.mtimeMs);
    for (const entry of files) {
      this.#totalBytes += entry.sizeBytes;
      this.#sink.entry(Buffer.from(entry.latin1, 'latin1'), entry.sizeBytes, entry.mtimeMs);
    }
    if (this.#totalBytes > indexLimits.sizeBytes) throw new RangeError('its sizes add up to more than 2^53 bytes');
    if (visit.relative === '') {
      const shown = (kind: Entry['kind']) => (entry: Found) => ({
        name: entry.name,
        kind,
        sizeBytes: entry.sizeBytes,
        mtimeMs: entry.mtimeMs,
      });
      this.#topLevel = [...folders.map(shown('folder')), ...files.map(shown('file'))].slice(0, localLimits.skippedShown);
    }
  }

  #skip(relative: string, reason: SkipReason): void {
    this.#skippedCounts[reason] = (this.#skippedCounts[reason] ?? 0) + 1;
    const list = reason === 'secret' ? this.#secrets : this.#others;
    if (list.length < localLimits.skippedShown) list.push({ path: relative === '' ? '.' : relative, reason });
  }
}

/** A file's time as indexes carry it: whole milliseconds, in range. */
export function indexTime(mtimeMs: number): number {
  return Math.min(Math.max(Math.floor(mtimeMs), indexLimits.mtimeMinMs), indexLimits.mtimeMs);
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

function parentName(relative: string, root: string): string {
  return relative === '' ? path.basename(root) : relative.slice(relative.lastIndexOf('/') + 1);
}

function identityOf(stats: Stats): string {
  return `${stats.dev}:${stats.ino}`;
}
