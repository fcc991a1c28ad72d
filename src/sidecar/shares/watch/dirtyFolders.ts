// What changed in one share and was not looked at yet: folders, and names in them. Collects events until they settle, and holds back names
// that change all the time. Knows nothing of the disk.

import { watchLimits } from '../../limits.ts';
import { ruleFileNames } from '../ignoreRules.ts';

export interface Dirty {
  /** Names as bytes (latin1), and whether they came, went or moved rather than were written to. */
  names: Map<string, boolean> | 'all';
  /** All that is below it is looked at as well. */
  isDeep: boolean;
  /** The folder's own watch may be of a folder that is gone. */
  isReplaced: boolean;
  /** It changed, rather than being looked at to be sure: worth a watch. */
  isHot: boolean;
}

/** They decide what is shared, and are never held back. */
const ruleFiles = new Set<string>(ruleFileNames);

export class DirtyFolders {
  #folders = new Map<string, Dirty>();
  /** Folders and names whose turn comes later, by folder and name. */
  readonly #later = new Map<string, { folder: string; latin1: string | undefined; isRenamed: boolean; dueMs: number }>();
  readonly #recent = new Map<string, { lookedAtMs: number; times: number }>();
  readonly #restUntilMs = new Map<string, number>();
  /** More folders changed than are remembered: `clear`, and look at everything. */
  isOverflowing = false;
  #firstMs = 0;
  #lastMs = 0;
  #wake: (() => void) | undefined;

  get size(): number {
    return this.#folders.size;
  }

  get isEmpty(): boolean {
    return this.#folders.size === 0 && this.#later.size === 0;
  }

  /** A name in a folder changed. Answers whether it was held back, because it changes all the time. */
  name(folder: string, latin1: string, isRenamed: boolean): boolean {
    const nowMs = performance.now();
    const key = keyOf(folder, latin1);
    const recent = this.#recent.get(key);
    if (recent !== undefined && !ruleFiles.has(latin1)) {
      const sinceMs = nowMs - recent.lookedAtMs;
      if (sinceMs > 2 * watchLimits.repeatedMs) this.#recent.delete(key);
      else if (recent.times >= watchLimits.repeats && sinceMs < watchLimits.repeatedMs) {
        const known = this.#later.get(key);
        if (known === undefined)
          this.#later.set(key, { folder, latin1, isRenamed, dueMs: recent.lookedAtMs + watchLimits.repeatedMs });
        else known.isRenamed ||= isRenamed;
        this.#wake?.();
        return true;
      }
    }
    const dirty = this.#dirty(folder, nowMs);
    dirty.isHot = true;
    if (dirty.names === 'all') return false;
    dirty.names.set(latin1, isRenamed || dirty.names.get(latin1) === true);
    if (dirty.names.size > watchLimits.namesAtOnce) dirty.names = 'all';
    return false;
  }

  /** A folder is to be looked at as a whole. */
  all(folder: string, how: { isDeep?: boolean; isReplaced?: boolean; isHot?: boolean } = {}): void {
    const dirty = this.#dirty(folder, performance.now());
    dirty.names = 'all';
    dirty.isDeep ||= how.isDeep === true;
    dirty.isReplaced ||= how.isReplaced === true;
    dirty.isHot ||= how.isHot === true;
  }

  /** As `all`, after a while. */
  allLater(folder: string, delayMs: number): void {
    const key = keyOf(folder, '');
    const dueMs = performance.now() + delayMs;
    const known = this.#later.get(key);
    if (known === undefined || known.dueMs > dueMs) this.#later.set(key, { folder, latin1: undefined, isRenamed: false, dueMs });
    this.#wake?.();
  }

  /** Looking at a whole folder took so long: it rests in proportion, so that a large one that changes all the time costs little. */
  looked(folder: string, tookMs: number): void {
    if (tookMs > 5) remember(this.#restUntilMs, folder, performance.now() + tookMs / watchLimits.lookShare);
  }

  /** Resolves when there is something to look at. Rejects when the signal is aborted. */
  async due(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const waitMs = this.#waitMs();
      if (waitMs <= 0) return;
      await new Promise<void>((resolve) => {
        const timer = waitMs === Infinity ? undefined : setTimeout(done, waitMs);
        function done(): void {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          resolve();
        }
        signal.addEventListener('abort', done, { once: true });
        this.#wake = done;
      });
      this.#wake = undefined;
    }
  }

  /** What is due; it is no longer dirty. */
  take(): Map<string, Dirty> {
    const nowMs = performance.now();
    for (const [key, { folder, latin1, isRenamed, dueMs }] of this.#later) {
      if (dueMs > nowMs) continue;
      this.#later.delete(key);
      this.#recent.delete(key);
      if (latin1 === undefined) this.all(folder, { isHot: true });
      else this.name(folder, latin1, isRenamed);
      // It stays one that changes all the time.
      if (latin1 !== undefined) remember(this.#recent, key, { lookedAtMs: nowMs, times: watchLimits.repeats - 1 });
    }
    const taken = this.#folders;
    this.#folders = new Map();
    for (const [folder, { names }] of taken) {
      if (names === 'all') this.#putOff(folder, taken, nowMs);
      else for (const latin1 of names.keys()) this.#note(keyOf(folder, latin1), nowMs);
    }
    return taken;
  }

  /** Puts back what was taken and not looked at. */
  restore(taken: ReadonlyMap<string, Dirty>): void {
    for (const [folder, dirty] of taken) {
      if (dirty.names === 'all') this.all(folder, dirty);
      else for (const [latin1, isRenamed] of dirty.names) this.name(folder, latin1, isRenamed);
      if (dirty.isDeep || dirty.isReplaced) this.all(folder, dirty);
    }
  }

  clear(): void {
    this.#folders.clear();
    this.#later.clear();
    this.isOverflowing = false;
  }

  #dirty(folder: string, nowMs: number): Dirty {
    if (this.#folders.size === 0) this.#firstMs = nowMs;
    this.#lastMs = nowMs;
    let dirty = this.#folders.get(folder);
    if (dirty === undefined) {
      dirty = { names: new Map(), isDeep: false, isReplaced: false, isHot: false };
      if (this.#folders.size >= watchLimits.dirtyFolders) {
        this.isOverflowing = true;
        return dirty;
      }
      this.#folders.set(folder, dirty);
      if (this.#folders.size === 1) this.#wake?.();
    }
    return dirty;
  }

  #waitMs(): number {
    const nowMs = performance.now();
    let dueMs = Infinity;
    if (this.#folders.size > 0) dueMs = Math.min(this.#lastMs + watchLimits.settleMs, this.#firstMs + watchLimits.settleMaxMs);
    for (const later of this.#later.values()) dueMs = Math.min(dueMs, later.dueMs);
    return dueMs - nowMs;
  }

  /** A whole folder that rests stays for later, unless something is there that must not wait. */
  #putOff(folder: string, taken: Map<string, Dirty>, nowMs: number): void {
    const restUntilMs = this.#restUntilMs.get(folder);
    if (restUntilMs === undefined) return;
    const dirty = taken.get(folder);
    if (restUntilMs <= nowMs || dirty?.isDeep === true || dirty?.isReplaced === true) this.#restUntilMs.delete(folder);
    else {
      taken.delete(folder);
      this.allLater(folder, restUntilMs - nowMs);
    }
  }

  #note(key: string, nowMs: number): void {
    const recent = this.#recent.get(key);
    this.#recent.delete(key);
    remember(this.#recent, key, { lookedAtMs: nowMs, times: (recent?.times ?? 0) + 1 });
  }
}

function keyOf(folder: string, latin1: string): string {
  return `${folder}\0${latin1}`;
}

/** Sets, and forgets the oldest past the limit. */
function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.set(key, value);
  if (map.size <= watchLimits.rememberedNames) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
