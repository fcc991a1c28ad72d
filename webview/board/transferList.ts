// The list of transfers: any number of rows, of which only those in sight are elements. A grid for keyboard and screen reader: one stop of the
// tab key, arrows move the active row, Enter chooses it.

import type { RowId, RowState, TransferRow } from '../../src/protocol/board.ts';
import { make, perFrame, say } from './dom.ts';
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

  get active(): RowId {
    return this.#active;
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
    const rowCount = String(this.#order.length + 1);
    if (grid.getAttribute('aria-rowcount') !== rowCount) grid.setAttribute('aria-rowcount', rowCount);
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
    const { grid } = this.#options;
    const { scrollTop } = grid; // read before anything is written
    this.#orderNow();
    const first = Math.max(0, Math.floor(scrollTop / rowHeight) - spare);
    const count = Math.ceil(this.#height / rowHeight) + 2 * spare;
    const end = Math.min(this.#order.length, first + count);
    let activeId = '';
    for (let index = first; index < end; index++) {
      const element = this.#element(index % count);
      const row = this.#rows.get(this.#order[index] ?? '');
      if (row === undefined) continue;
      if (row.id === this.#active) activeId = element.row.id;
      show(element, row, { index, isActive: row.id === this.#active });
    }
    for (const [slot, { row }] of this.#pool.entries()) {
      const isHidden = slot >= count || firstIn(slot, first, count) >= end;
      if (row.hidden !== isHidden) row.hidden = isHidden;
    }
    if (activeId === '') grid.removeAttribute('aria-activedescendant');
    else if (grid.getAttribute('aria-activedescendant') !== activeId) grid.setAttribute('aria-activedescendant', activeId);
  }

  /** Each index has its place in the pool, so that a scroll by one row changes one element. */
  #element(slot: number): RowElement {
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

/** The first index from `first` on that has this place in a pool of `count`. */
function firstIn(slot: number, first: number, count: number): number {
  return first + ((((slot - first) % count) + count) % count);
}

function makeRow(slot: number): RowElement {
  const row = make('div', { class: 'row', attributes: { role: 'row', id: `row${slot}` } });
  const cell = (name: string): HTMLElement => make('div', { class: `cell ${name}`, attributes: { role: 'gridcell' } });
  const mark = make('span', { class: 'mark', attributes: { 'aria-hidden': 'true' } });
  const label = make('span', { class: 'label' });
  const nameCell = cell('name');
  nameCell.append(mark, label);
  const fill = make('div', { class: 'fill' });
  const bar = make('div', { class: 'bar', attributes: { 'aria-hidden': 'true' } });
  bar.append(fill);
  const barCell = cell('progress');
  const percent = make('span', { class: 'unseen' });
  barCell.append(bar, percent);
  const [peer, said, size] = [cell('peer'), cell('said'), cell('size')];
  row.append(nameCell, peer, barCell, said, size);
  return { row, mark, name: label, peer, bar: percent, fill, said, size, shown: undefined };
}

function show(element: RowElement, row: TransferRow, { index, isActive }: { index: number; isActive: boolean }): void {
  const { shown } = element;
  element.shown = { row, index, isActive };
  if (shown?.index !== index) {
    element.row.style.transform = `translateY(${index * rowHeight}px)`;
    element.row.setAttribute('aria-rowindex', String(index + 2));
  }
  if (shown?.isActive !== isActive) {
    element.row.classList.toggle('active', isActive);
    element.row.setAttribute('aria-selected', String(isActive));
  }
  if (shown?.row === row) return;
  const before = shown?.row;
  if (before?.id !== row.id) element.row.dataset['id'] = row.id;
  if (before?.state !== row.state || before.isUpload !== row.isUpload) {
    element.row.dataset['state'] = row.state;
    say(element.mark, row.isUpload && row.state === 'running' ? '↑' : marks[row.state]);
  }
  if (before?.name !== row.name) [element.name.textContent, element.name.title] = [row.name, row.name];
  if (before?.peer !== row.peer) element.peer.textContent = row.peer;
  if (before?.said !== row.said) [element.said.textContent, element.said.title] = [row.said, row.said];
  if (before?.size !== row.size) element.size.textContent = row.size;
  if (before?.permille === row.permille) return;
  say(element.bar, text('percent', Math.floor(row.permille / 10)));
  element.fill.style.transform = `scaleX(${row.permille / 1000})`;
}
