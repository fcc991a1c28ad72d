// The order of what is not finished: by priority, then as added or moved. Knows nothing of downloads but that.

import type { Priority } from '../../../protocol/model.ts';

export interface Ordered {
  readonly record: { priority: Priority; order: number };
  /** From 1, kept by QueueOrder; 0 outside it. */
  place: number;
}

export type Move = 'top' | 'up' | 'down' | 'bottom';

const ranks: readonly Priority[] = ['high', 'normal', 'low'];

/** 0 goes first. */
export function rankOf(priority: Priority): number {
  return ranks.indexOf(priority);
}

export class QueueOrder<T extends Ordered> {
  readonly #lists: Record<Priority, T[]> = { high: [], normal: [], low: [] };
  #lowest = 0;
  #highest = 0;

  /** Adds many at once, in whatever order. */
  load(items: readonly T[]): void {
    for (const item of items) {
      this.note(item);
      this.#lists[item.record.priority].push(item);
    }
    for (const list of Object.values(this.#lists)) list.sort((a, b) => a.record.order - b.record.order);
    this.#number();
  }

  /** An order number in use, also by something outside the queue that may come back into it. */
  note(item: Pick<T, 'record'>): void {
    this.#lowest = Math.min(this.#lowest, item.record.order);
    this.#highest = Math.max(this.#highest, item.record.order);
  }

  /** The number of what comes last. */
  next(): number {
    return ++this.#highest;
  }

  /** Puts it where its number says. */
  add(item: T): void {
    this.note(item);
    const list = this.#lists[item.record.priority];
    let at = list.length;
    while (at > 0 && (list[at - 1]?.record.order ?? 0) > item.record.order) at--;
    list.splice(at, 0, item);
    this.#number();
  }

  remove(item: T): void {
    const list = this.#lists[item.record.priority];
    const at = list.indexOf(item);
    if (at < 0) return;
    list.splice(at, 1);
    item.place = 0;
    this.#number();
  }

  /** Within its priority. Answers those whose numbers changed: to be kept. */
  move(item: T, to: Move): T[] {
    const list = this.#lists[item.record.priority];
    const at = list.indexOf(item);
    const target = { top: 0, up: at - 1, down: at + 1, bottom: list.length - 1 }[to];
    const other = list[target];
    if (at < 0 || target === at || other === undefined) return [];
    if (to === 'up' || to === 'down') {
      [item.record.order, other.record.order] = [other.record.order, item.record.order];
      [list[at], list[target]] = [other, item];
      this.#number();
      return [item, other];
    }
    item.record.order = to === 'top' ? --this.#lowest : ++this.#highest;
    list.splice(at, 1);
    list.splice(target, 0, item);
    this.#number();
    return [item];
  }

  /** Behind the others of that priority. */
  prioritize(item: T, priority: Priority): void {
    this.remove(item);
    item.record.priority = priority;
    item.record.order = this.next();
    this.add(item);
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (const priority of ranks) yield* this.#lists[priority];
  }

  #number(): void {
    let place = 0;
    for (const priority of ranks) for (const item of this.#lists[priority]) item.place = ++place;
  }
}
