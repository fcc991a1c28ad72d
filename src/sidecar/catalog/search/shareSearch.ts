// One question to one share's search file, over the kernel: folders first (which terms their paths hold), then the files, group by
// group. Counts exactly and offers every match to the kernel's selection. What changed over the segment is left out here.

import type { Kernel } from './kernel.ts';
import type { Plan, PlannedTerm } from './plan.ts';
import type { SearchFile } from './searchFile.ts';
import { GroupNames, isLoneLetter, roomFor, type Files, type FilesAt } from './groupNames.ts';
import { folderChunk, groupFiles, otherExtension, runFiles, runShift, secondsOf, type Section } from './searchFormat.ts';
import { SlashTerms } from './slashTerms.ts';
import { inOrder, scoreUnit } from './ranking.ts';
import type { Workspace } from './workspace.ts';

/** Numbers [from, to) that the share does not have any more, ascending. */
export type Ranges = readonly (readonly [from: number, to: number])[];

export interface ShareQuestion {
  file: SearchFile;
  /** When its owner wrote the index. */
  updatedAtMs: number;
  hidden: { folders: Ranges; files: Ranges };
  /** `order` of its first folder and first file. */
  orders: { folders: number; files: number };
  /** Asked when nearly equal names count: whether those with only the letters of a term still do. */
  wantsLetters(): boolean;
  /** Throws when nobody waits any more. */
  checkCancelled(): void;
}

const absent = 255;
/** Of a term that only the path has. */
const pathClass = { exact: 5, near: 8 } as const;

export interface Matches {
  total: number;
  /** Those not by letters alone. */
  certain: number;
}

/** Tells how many entries match, part by part. */
export function searchShare(
  workspace: Workspace,
  plan: Plan,
  question: ShareQuestion,
  onMatches: (matches: Matches) => void,
): void {
  const { mark } = workspace.kernel;
  try {
    new ShareSearch(workspace, plan, question, onMatches).run();
  } finally {
    workspace.kernel.release(mark);
  }
}

class ShareSearch {
  readonly #workspace: Workspace;
  readonly #kernel: Kernel;
  readonly #onMatches: (matches: Matches) => void;
  readonly #plan: Plan;
  readonly #question: ShareQuestion;
  readonly #file: SearchFile;
  readonly #needles: number[];
  readonly #masks: number;
  readonly #parents: number;
  readonly #firstFiles: number;
  readonly #pathLengths: number;
  readonly #letters: number;
  readonly #nameStarts: number;
  readonly #slash: SlashTerms | undefined;

  constructor(workspace: Workspace, plan: Plan, question: ShareQuestion, onMatches: (matches: Matches) => void) {
    const { kernel } = workspace;
    this.#workspace = workspace;
    this.#kernel = kernel;
    this.#onMatches = onMatches;
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
    const { parents, firstFiles, pathLengths, folderLetters, folderNameStarts } = question.file.places;
    const columns = workspace.folderColumns(question.file);
    this.#parents = columns;
    this.#firstFiles = columns + firstFiles.at - parents.at;
    this.#pathLengths = columns + pathLengths.at - parents.at;
    this.#letters = columns + folderLetters.at - parents.at;
    this.#nameStarts = columns + folderNameStarts.at - parents.at;
    this.#slash = plan.anchored === 0 ? undefined : new SlashTerms(plan, folders);
  }

  run(): void {
    const { calls } = this.#kernel;
    calls.share(this.#masks, this.#firstFiles, this.#pathLengths);
    if (this.#plan.terms.length === 0 && !this.#plan.wantsFolders)
      this.#kernel.bytes(this.#masks, this.#file.header.folders * 2).fill(0);
    else this.#folders();
    if (this.#plan.wantsFiles) this.#files();
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
    const [from = 0, to = 0] = kernel.u32(this.#nameStarts + (first / folderChunk) * 4, 2);
    const length = to - from;
    const names = this.#workspace.folderNames(this.#file, from, length);
    const parents = this.#parents + first * 4;
    const stride = roomFor(count);
    const classes = kernel.take(stride * Math.max(1, plan.terms.length));
    kernel.bytes(classes, stride * plan.terms.length).fill(absent);
    this.#scanFolders({ names, length, classes, stride, first, count });
    const opened = this.#slash && this.#followSlashes(first, count, { names, length, parents, classes, stride });
    const scores = kernel.take(stride);
    calls.ask(classes, stride, plan.terms.length, plan.positive, plan.negative, plan.isNear ? pathClass.near : pathClass.exact);
    calls.folders(first, count, parents, opened ?? 0, scores);
    if (!plan.wantsFolders) return;
    strike(kernel.bytes(scores, count), first, this.#question.hidden.folders);
    const best = calls.bestScore(scores, count);
    if (best === absent) return;
    if (plan.times === undefined && best * scoreUnit >= calls.bound()) return this.#count(scores, count);
    const times = this.#load('folderTimes', first * 4, count * 4);
    if (plan.times) calls.filterTimes(scores, count, times, plan.times.low, plan.times.high);
    this.#count(scores, count);
    calls.offerFolders(scores, first, count, times, this.#question.orders.folders + first);
  }

  #scanFolders({ names, length, classes, stride, first, count }: FolderNames): void {
    const kernel = this.#kernel;
    const { terms, isNear } = this.#plan;
    const withLetters = isNear && this.#question.wantsLetters();
    for (const [term, { needle, mayBeNear, letters }] of terms.entries()) {
      const place = this.#needles[term] ?? 0;
      const own = classes + term * stride;
      if (needle.length === 1 && needle[0] === 0) continue;
      if (isLoneLetter(needle)) {
        kernel.calls.letterClasses(this.#letters + first * 4, count, letters, own);
        kernel.calls.scanStarts(names, length, place, needle.length, own);
      } else if (!isNear || !mayBeNear) kernel.calls.scan(names, length, place, needle.length, own, 0);
      else kernel.calls.scanEdits(names, length, place, needle.length, own, kernel.take(needle.length));
      if (!withLetters || !mayBeNear) continue;
      const some = kernel.take(stride);
      kernel.calls.letterClasses(this.#letters + first * 4, count, letters, some);
      kernel.calls.scanInOrder(names, length, place, needle.length, own, some);
    }
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
    if (files === 0) return;
    const kernel = this.#kernel;
    const runs = Math.ceil(files / runFiles);
    const some = kernel.take(runs * 2);
    kernel.calls.runPaths(folders, runShift, some, runs);
    const places = this.#groupPlaces();
    for (let first = 0; first < files; first += groupFiles) {
      this.#question.checkCancelled();
      const mark = kernel.mark;
      const count = Math.min(groupFiles, files - first);
      let inPaths = 0;
      const masks = kernel.u16(some, runs);
      for (let run = first / runFiles; run < runs && run * runFiles < first + count; run++) inPaths |= masks[run] ?? 0;
      const names = new GroupNames(this.#workspace, this.#file, first / groupFiles);
      if (this.#findNames(names, inPaths, { ...places, first, count })) this.#score({ ...places, first, count });
      kernel.release(mark);
    }
  }

  #groupPlaces(): GroupPlaces {
    const kernel = this.#kernel;
    const stride = roomFor(Math.min(groupFiles, this.#file.header.files));
    const terms = Math.max(1, this.#plan.terms.length);
    return {
      stride,
      classes: kernel.take(stride * terms),
      paths: kernel.take(stride * terms),
      scores: kernel.take(stride),
      allowed: this.#allowedExtensions(),
      ready: this.#slash === undefined ? 0 : this.#readyPlace(this.#slash),
    };
  }

  #readyPlace(slash: SlashTerms): number {
    const place = this.#kernel.take(slash.ready.length * 2);
    this.#kernel.u16(place, slash.ready.length).set(slash.ready);
    return place;
  }

  /** Fills the classes of a group's files. False when some term is neither in the names nor (`inPaths`) in the paths: nothing matches. */
  #findNames(names: GroupNames, inPaths: number, group: GroupPlaces & Files): boolean {
    const { classes, stride, first, count } = group;
    const { terms, positive, isNear } = this.#plan;
    this.#kernel.bytes(classes, stride * terms.length).fill(absent);
    const withLetters = isNear && this.#question.wantsLetters();
    let missing = positive & ~inPaths;
    let settled = 0;
    const isMissing = (term: number, planned: PlannedTerm, isThere: boolean): boolean => {
      if (isThere) missing &= ~(1 << term);
      return (missing & (1 << term)) !== 0 && !(withLetters && planned.mayBeNear);
    };
    for (const [term, planned] of terms.entries()) {
      if (!planned.isWord) continue;
      const at = { classes: classes + term * stride, first, count };
      if (isMissing(term, planned, this.#findWord(names, planned, at))) return false;
      if (!(withLetters && planned.mayBeNear)) settled |= positive & (1 << term);
    }
    // Names are read only where the terms that are settled leave something to find.
    let scores: number | undefined;
    if (settled !== 0 && terms.some(({ isWord }) => !isWord)) {
      this.#combine(group, settled);
      scores = group.scores;
    }
    for (const [term, planned] of terms.entries()) {
      if (planned.isWord) continue;
      const at = { classes: classes + term * stride, first, count };
      const isAnyName = planned.needle.length === 1 && planned.needle[0] === 0;
      if (isMissing(term, planned, !isAnyName && names.findText(planned, at, scores))) return false;
    }
    if (withLetters) this.#findLetters(names, missing, group);
    return true;
  }

  /** Of a group's files that match but for one term, those with its letters in order. */
  #findLetters(names: GroupNames, missing: number, group: GroupPlaces & Files): void {
    const { classes, stride, first, count, scores } = group;
    for (const [term, planned] of this.#plan.terms.entries()) {
      const bit = 1 << term;
      if (!planned.mayBeNear || (missing & ~bit) !== 0) continue;
      this.#combine(group, this.#plan.positive & ~bit);
      names.findInOrder(planned, { classes: classes + term * stride, first, count }, scores);
    }
  }

  /** False when no name holds the term. */
  #findWord(names: GroupNames, { needle, mayBeNear }: PlannedTerm, at: FilesAt): boolean {
    return this.#plan.isNear && mayBeNear ? names.findNearWord(needle, at) : names.findWord(needle, at);
  }

  /** Scores of a group's files as far as the terms in `positive` go. */
  #combine({ stride, classes, paths, scores, ready, first, count }: GroupPlaces & Files, positive: number): void {
    const { calls } = this.#kernel;
    const { terms, negative, isNear, anchored } = this.#plan;
    calls.ask(classes, stride, terms.length, positive, negative, isNear ? pathClass.near : pathClass.exact);
    calls.combine(first, count, this.#folderOf(first), paths, scores, ready, anchored);
  }

  #count(scores: number, count: number): void {
    const { calls } = this.#kernel;
    const total = calls.below(scores, count, absent);
    this.#onMatches({ total, certain: this.#plan.isNear ? calls.below(scores, count, inOrder) : total });
  }

  /** Scores a group's files, counts and offers those that match. */
  #score(group: GroupPlaces & Files): void {
    const kernel = this.#kernel;
    const { calls } = kernel;
    const { scores, first, count } = group;
    this.#combine(group, this.#plan.positive);
    strike(kernel.bytes(scores, count), first, this.#question.hidden.files);
    this.#filter(group);
    this.#count(scores, count);
    for (let at = 0; at < count; at += runFiles) {
      const inRun = Math.min(runFiles, count - at);
      const best = calls.bestScore(scores + at, inRun);
      if (best === absent || best * scoreUnit >= calls.bound()) continue;
      const mark = kernel.mark;
      const times = this.#times(first + at, inRun);
      if (calls.mayOffer(scores + at, inRun, times) !== 0) {
        const lengths = this.#load('nameLengths', first + at, inRun);
        const order = this.#question.orders.files + first + at;
        calls.offerFiles(scores + at, first + at, inRun, this.#folderOf(first + at), times, lengths, order);
      }
      kernel.release(mark);
    }
  }

  /** Strikes out what the columns do not allow. */
  #filter({ scores, allowed, first, count }: GroupPlaces & Files): void {
    const { calls } = this.#kernel;
    const { sizes, times } = this.#plan;
    if (allowed !== undefined) calls.filterTable(scores, count, this.#load('fileExtensions', first * 2, count * 2), allowed);
    if (sizes !== undefined)
      calls.filterSizes(scores, count, this.#load('fileSizes', first * 8, count * 8), sizes.min, sizes.max);
    if (times !== undefined) calls.filterTimes(scores, count, this.#times(first, count), times.low, times.high);
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

  #load(section: Section, offset: number, bytes: number): number {
    const place = this.#kernel.take(bytes);
    this.#file.read(section, offset, this.#kernel.bytes(place, bytes));
    return place;
  }
}

interface FolderNames extends Files {
  names: number;
  length: number;
  classes: number;
  stride: number;
}

interface GroupPlaces {
  stride: number;
  classes: number;
  paths: number;
  scores: number;
  allowed: number | undefined;
  ready: number;
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
