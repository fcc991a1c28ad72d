// How many folders may be watched at once, over all shares, and who has them. Reads what the system allows; counts events, since the kernel
// drops the ones that nobody reads in time and libuv does not say so (deps/uv/src/unix/linux.c: no watcher for IN_Q_OVERFLOW).

import { readFileSync } from 'node:fs';
import { watchLimits } from '../../limits.ts';

/** A share's watches, as the pool sees them. */
export interface PoolMember {
  readonly size: number;
  /** The folder that changed longest ago, and when. */
  coldest(): { folder: string; heatMs: number } | undefined;
  evict(folder: string): void;
  missed(): void;
}

export class WatchPool {
  readonly #members = new Set<PoolMember>();
  readonly #wanted: number;
  readonly #queued: number;
  #most: number;
  #used = 0;
  #events = 0;
  #note: string | undefined;
  #isSaid = false;
  readonly #say: (message: string) => void;

  /** `say` is told once when the system allows less than wanted. `most` is for tests. */
  constructor(say: (message: string) => void, most: number | undefined) {
    this.#say = say;
    const allowed = systemLimit('max_user_watches');
    this.#wanted = most ?? Math.min(watchLimits.watchedFolders, Math.floor((allowed ?? Infinity) / 2));
    this.#most = this.#wanted;
    this.#queued = systemLimit('max_queued_events') ?? 16_384;
  }

  get note(): string | undefined {
    return this.#note;
  }

  join(member: PoolMember): void {
    this.#members.add(member);
  }

  leave(member: PoolMember): void {
    this.#members.delete(member);
  }

  /** How many of `folderCount` folders a member may hold: what is free, or at least its part. */
  room(member: PoolMember, folderCount: number): number {
    const free = this.#most - this.#used + member.size;
    return Math.min(folderCount, Math.max(free, this.#part()));
  }

  /** Makes room for one more watch of `member`, as hot as this. False when there is none. */
  take(member: PoolMember, heatMs: number): boolean {
    if (this.#used < this.#most) {
      this.#used++;
      return true;
    }
    const giver = this.#giver(member);
    const coldest = giver?.coldest();
    if (giver === undefined || coldest === undefined) return false;
    if (giver === member && coldest.heatMs >= heatMs) return false;
    giver.evict(coldest.folder);
    if (this.#used >= this.#most) return false;
    this.#used++;
    return true;
  }

  give(): void {
    this.#used--;
  }

  /** The system refused a watch: it has no more for us. */
  refused(code: string): void {
    this.give();
    this.#most = Math.max(this.#used, 0);
    const setting = code === 'EMFILE' ? 'fs.inotify.max_user_instances' : 'fs.inotify.max_user_watches';
    this.#note = `The system allows no more folder watches (${code}), so other folders are looked at in turn, which takes longer. Raise ${setting}.`;
    if (!this.#isSaid) this.#say(this.#note);
    this.#isSaid = true;
  }

  /** Tries again for the full number, from time to time. */
  retry(): void {
    this.#most = this.#wanted;
    this.#note = undefined;
  }

  /** An event came. */
  heard(): void {
    if (this.#events++ === 0) setImmediate(() => this.#endTurn());
  }

  #endTurn(): void {
    const isFull = this.#events >= this.#queued * 0.9;
    this.#events = 0;
    if (isFull) for (const member of this.#members) member.missed();
  }

  #part(): number {
    return Math.floor(this.#most / Math.max(1, this.#members.size));
  }

  /** Who gives one up: the member itself when it has its part, else the largest. */
  #giver(member: PoolMember): PoolMember | undefined {
    if (member.size >= this.#part()) return member;
    let largest: PoolMember | undefined;
    for (const other of this.#members) if (other.size > (largest?.size ?? 0)) largest = other;
    return largest;
  }
}

function systemLimit(name: string): number | undefined {
  try {
    const value = Number(readFileSync(`/proc/sys/fs/inotify/${name}`, 'latin1'));
    return Number.isSafeInteger(value) && value > 0 ? value : undefined;
  } catch {
    // Not Linux.
    return undefined;
  }
}
