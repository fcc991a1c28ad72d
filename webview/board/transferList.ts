// The list of transfers: any number of rows, of which only those in sight are elements. A grid for keyboard and screen reader: one stop of the
// tab key, arrows move the active row, Enter chooses it.

import type { RowId, RowState, TransferRow } from '../../src/protocol/board.ts';
import { element } from '../elements.ts';
import { perFrame, say } from './dom.ts';
import { text } from './texts.ts';

/** As in board.css. */
const rowHeight = 36;
/** Rows kept above and below what is in sight, so that a quick scroll does not show gaps. */
const spare = 6;

export type Filter = 'all' | 'active' | 'waiting' | 'ended';
const shownStates: Readonly<Record<Exclude<Filter, 'all'>, readonly RowState[]>> = {
  active: ['running', 'queued'],
  waiting: ['waiting', 'paused'],
  ended: ['done', 'failed', 'cancelled'],
};

export interface TransferListOptions {
  /** Scrolls. */
  grid: HTMLElement;
  /** As high as all rows together. */
  body: HTMLElement;
  onSelect: (id: RowId) => void;
  /** How many rows there are, and how many pass the filter. */
  onCount: (total: number, shown: number) => void;
}

interface RowElement {
  row: HTMLElement;
  mark: HTMLElement;
  /** What the mark says to eyes. */
  direction: HTMLElement;
  name: HTMLElement;
  peer: HTMLElement;
  bar: HTMLElement;
  fill: HTMLElement;
  said: HTMLElement;
  size: HTMLElement;
  /** What it shows: what stands still is not written again. */
  shown: { row: TransferRow; index: number; isActive: boolean } | undefined;
}

const marks: Readonly<Record<RowState, string>> = {
  ...{ running: '↓', queued: '…', waiting: '◷', paused: '‖' },
  ...{ done: '✓', failed: '✕', cancelled: '–' },
};

export class TransferList {
  readonly #options: TransferListOptions;
  readonly #rows = new Map<RowId, TransferRow>();
  readonly #pool: RowElement[] = [];
  readonly #draw = perFrame(() => this.#drawNow());
  /** Ids that pass the filter, in order. */
  #order: RowId[] = [];
  /** Asked of the page only when it may be another: asking makes the browser lay everything out. */
  #height = 0;
  #isOrderOld = false;
  #filter: Filter = 'all';
  #words: string[] = [];
  #active: RowId = '';

  constructor(options: TransferListOptions) {
    this.#options = options;
    const { grid } = options;
    grid.addEventListener('scroll', this.#draw, { passive: true });
    grid.addEventListener('keydown', (event) => this.#key(event));
    grid.addEventListener('click', (event) => this.#click(event));
    new ResizeObserver(() => {
      this.#height = grid.clientHeight;
      this.#draw();
    }).observe(grid);
  }

  get scrollTop(): number {
    return this.#options.grid.scrollTop;
  }

  set scrollTop(top: number) {
    this.#orderNow(); // as high as it will be
    this.#options.grid.scrollTop = top;
  }

  row(id: RowId): TransferRow | undefined {
    return this.#rows.get(id);
  }

  /** How many there are of each state. */
  counts(): Partial<Record<RowState, number>> {
    const counts: Partial<Record<RowState, number>> = {};
    for (const { state } of this.#rows.values()) counts[state] = (counts[state] ?? 0) + 1;
    return counts;
  }

  update({ rows, removed, isFirst }: { rows: readonly TransferRow[]; removed: readonly RowId[]; isFirst: boolean }): void {
    if (isFirst) this.#rows.clear();
    for (const row of rows) {
      const before = this.#rows.get(row.id);
      this.#isOrderOld ||= before?.rank !== row.rank || before.state !== row.state || before.name !== row.name;
      this.#rows.set(row.id, row);
    }
    for (const id of removed) this.#rows.delete(id);
    this.#isOrderOld ||= isFirst || removed.length > 0;
    this.#draw();
  }

  setFilter(filter: Filter, search: string): void {
    this.#filter = filter;
    this.#words = search
      .toLocaleLowerCase()
      .split(/\s+/)
      .filter((part) => part !== '');
    this.#isOrderOld = true;
    this.#draw();
  }

  activate(id: RowId, { isScrolled }: { isScrolled: boolean }): void {
    this.#active = id;
    const index = this.#order.indexOf(id);
    const { grid } = this.#options;
    if (isScrolled && index >= 0) {
      const head = this.#headHeight();
      const room = grid.clientHeight - head;
      const top = index * rowHeight;
      if (top < grid.scrollTop) grid.scrollTop = top;
      else if (top + rowHeight > grid.scrollTop + room) grid.scrollTop = top + rowHeight - room;
    }
    this.#draw();
    this.#options.onSelect(id);
  }

  #orderNow(): void {
    if (!this.#isOrderOld) return;
    this.#isOrderOld = false;
    const shown = [...this.#rows.values()].filter((row) => this.#passes(row));
    shown.sort((a, b) => a.rank - b.rank || (a.id < b.id ? -1 : 1));
    this.#order = shown.map(({ id }) => id);
    const { grid, body, onCount } = this.#options;
    const height = `${this.#order.length * rowHeight}px`;
    if (body.style.height !== height) {
      body.style.height = height;
      grid.style.setProperty('--rows', String(this.#order.length));
    }
    setAttribute(grid, 'aria-rowcount', String(this.#order.length + 1));
    onCount(this.#rows.size, this.#order.length);
  }

  #passes({ state, name, peer }: TransferRow): boolean {
    if (this.#filter !== 'all' && !shownStates[this.#filter].includes(state)) return false;
    if (this.#words.length === 0) return true;
    const searched = `${name} ${peer}`.toLocaleLowerCase();
    return this.#words.every((word) => searched.includes(word));
  }

  #headHeight(): number {
    return this.#options.body.offsetTop;
  }

  #drawNow(): void {
    const { grid, body } = this.#options;
    const { scrollTop } = grid; // read before anything is written
    this.#orderNow();
    const first = Math.max(0, Math.floor(scrollTop / rowHeight) - spare);
    const count = Math.ceil(this.#height / rowHeight) + 2 * spare;
    const end = Math.min(this.#order.length, first + count);
    let activeId = '';
    const owned: string[] = [];
    for (let index = first; index < end; index++) {
      const place = this.#place(index % count);
      const row = this.#rows.get(this.#order[index] ?? '');
      if (row === undefined) continue;
      owned.push(place.row.id);
      if (row.id === this.#active) activeId = place.row.id;
      show(place, row, { index, isActive: row.id === this.#active });
    }
    for (const [slot, { row }] of this.#pool.entries()) {
      const isHidden = slot >= count || firstIn(slot, first, count) >= end;
      if (row.hidden !== isHidden) row.hidden = isHidden;
    }
    // Who has the page read aloud meets the rows as they stand, not as their elements came to be.
    setAttribute(body, 'aria-owns', owned.join(' '));
    if (activeId === '') grid.removeAttribute('aria-activedescendant');
    else setAttribute(grid, 'aria-activedescendant', activeId);
  }

  /** Each index has its place in the pool, so that a scroll by one row changes one element. */
  #place(slot: number): RowElement {
    while (this.#pool.length <= slot) {
      const made = makeRow(this.#pool.length);
      this.#pool.push(made);
      this.#options.body.append(made.row);
    }
    return this.#pool[slot] ?? makeRow(slot);
  }

  #click(event: Event): void {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>('[role=row][data-id]') : null;
    if (row?.dataset['id'] !== undefined) this.activate(row.dataset['id'], { isScrolled: false });
  }

  #key(event: KeyboardEvent): void {
    const page = Math.max(1, Math.floor((this.#options.grid.clientHeight - this.#headHeight()) / rowHeight) - 1);
    const steps: Readonly<Record<string, number>> = {
      ...{ ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page },
      ...{ Home: -Infinity, End: Infinity },
    };
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey || this.#order.length === 0) return;
    event.preventDefault();
    const from = this.#order.indexOf(this.#active);
    const wanted = from < 0 ? (step === Infinity ? Infinity : 0) : from + step;
    const to = Math.min(this.#order.length - 1, Math.max(0, wanted));
    this.activate(this.#order[to] ?? '', { isScrolled: true });
  }
}

/** Written only where it is another. */
function setAttribute(of: HTMLElement, name: string, value: string): void {
  if (of.getAttribute(name) !== value) of.setAttribute(name, value);
}

/** The first index from `first` on that has this place in a pool of `count`. */
function firstIn(slot: number, first: number, count: number): number {
  return first + ((((slot - first) % count) + count) % count);
}

function makeRow(slot: number): RowElement {
  const row = element('div', { class: 'row', role: 'row', id: `row${slot}` });
  const cell = (name: string): HTMLElement => element('div', { class: `cell ${name}`, role: 'gridcell' });
  const mark = element('span', { class: 'mark', 'aria-hidden': 'true' });
  const label = element('span', { class: 'label' });
  const nameCell = cell('name');
  const direction = element('span', { class: 'unseen' });
  nameCell.append(mark, direction, label);
  const fill = element('div', { class: 'fill' });
  const bar = element('div', { class: 'bar', 'aria-hidden': 'true' });
  bar.append(fill);
  const barCell = cell('progress');
  const percent = element('span', { class: 'unseen' });
  barCell.append(bar, percent);
  const [peer, said, size] = [cell('peer'), cell('said'), cell('size')];
  row.append(nameCell, peer, barCell, said, size);
  return { row, mark, direction, name: label, peer, bar: percent, fill, said, size, shown: undefined };
}

function show(place: RowElement, row: TransferRow, { index, isActive }: { index: number; isActive: boolean }): void {
  const { shown } = place;
  place.shown = { row, index, isActive };
  if (shown?.index !== index) {
    place.row.style.transform = `translateY(${index * rowHeight}px)`;
    place.row.setAttribute('aria-rowindex', String(index + 2));
  }
  if (shown?.isActive !== isActive) {
    place.row.classList.toggle('active', isActive);
    place.row.setAttribute('aria-selected', String(isActive));
  }
  if (shown?.row === row) return;
  const before = shown?.row;
  if (before?.id !== row.id) place.row.dataset['id'] = row.id;
  if (before?.state !== row.state || before.isUpload !== row.isUpload) {
    place.row.dataset['state'] = row.state;
    say(place.mark, row.isUpload && row.state === 'running' ? '↑' : marks[row.state]);
  }
  if (before?.isUpload !== row.isUpload) say(place.direction, text(row.isUpload ? 'upload' : 'download'));
  if (before?.name !== row.name) [place.name.textContent, place.name.title] = [row.name, row.name];
  if (before?.peer !== row.peer) place.peer.textContent = row.peer;
  if (before?.said !== row.said) [place.said.textContent, place.said.title] = [row.said, row.said];
  if (before?.size !== row.size) place.size.textContent = row.size;
  if (before?.permille === row.permille) return;
  say(place.bar, text('percent', Math.floor(row.permille / 10)));
  place.fill.style.transform = `scaleX(${row.permille / 1000})`;
}
