// Text and bytes: draws the rows in sight and asks for what is missing around them. The place is an offset in the file, so that a file of
// any length scrolls alike.

import { filled, parsePlace, sizeText } from './place.ts';
import { blockBytes, Blocks, type Span } from './blocks.ts';
import { element } from './elements.ts';
import type { Host } from './host.ts';
import { Reads } from './reads.ts';
import { hexRowBytes, hexRows, linesBegun, rowsBefore, rowsFrom, textRows, type Row, type RowForm } from './rows.ts';
import { drawRow, type Mark } from './rowElement.ts';
import { Scroller } from './scroller.ts';
import { makeToolbar, type Toolbar } from './toolbar.ts';

export interface RowsOptions {
  kind: 'text' | 'hex';
  name: string;
  sizeBytes: number;
  texts: Record<string, string>;
  host: Host;
}

/** Rows above what was gone to, so that it does not stand at the very top. */
const contextRows = 3;
/** About what a line of text takes. */
const lineBytes = 60;

export class RowsView {
  readonly #options: RowsOptions;
  readonly #form: RowForm;
  readonly #blocks: Blocks;
  readonly #rows = element('div', { className: 'rows', role: 'document' });
  readonly #scroller: Scroller;
  readonly #status = element('div', { className: 'status', role: 'status' });
  readonly #toolbar: Toolbar;
  readonly #reads: Reads;
  /** Where the first row begins. */
  #top = 0;
  /** Number of its line: from the start, or (negative) from the end; undefined when nobody counted. */
  #line: number | undefined = 1;
  #mark: Mark | undefined;
  #lastSeen = 0;
  #wheel = 0;
  #fetched = 0;
  #job: number | undefined;
  /** Where one wants to be, while its bytes are not here. */
  #target: { offset: number; arrive: (span: Span) => void } | undefined;
  /** Bytes did not come, and are not asked for again before somebody does something. */
  #isFailed = false;
  /** What stands in the status until one goes elsewhere; and what takes long. */
  #said = '';
  #slow = '';

  constructor(root: HTMLElement, options: RowsOptions) {
    this.#options = options;
    this.#form = options.kind === 'hex' ? hexRows : textRows;
    this.#blocks = new Blocks(options.sizeBytes);
    this.#reads = new Reads({
      ...{ host: options.host, blocks: this.#blocks },
      onBytes: (fetchedBytes) => this.#took(fetchedBytes),
      onFailed: (message) => this.#lacks(message ?? options.texts['cancelled'] ?? ''),
      onProgress: (text) => {
        this.#slow = text;
        this.#showStatus();
      },
    });
    this.#rows.tabIndex = 0;
    this.#rows.setAttribute('aria-label', filled(options.texts['content'] ?? '', options.name));
    this.#scroller = new Scroller((part) => (part === 1 ? this.#toEnd() : this.goTo(Math.floor(part * options.sizeBytes))));
    this.#toolbar = makeToolbar(options, {
      toStart: () => this.goTo(0, 1),
      toEnd: () => this.#toEnd(),
      goTo: (text) => this.#goToText(text),
      find: (query, isBackwards) => void this.#find(query, isBackwards),
      stop: () => this.#job !== undefined && options.host.cancel(this.#job),
    });
    const body = element('div', { className: `body ${options.kind}` }, this.#rows, this.#scroller.element);
    root.replaceChildren(this.#toolbar.element, body, this.#status);
    this.#listen(root);
    const { top, line } = options.host.state;
    if (typeof top === 'number' && top < options.sizeBytes) this.#set(top, typeof line === 'number' ? line : undefined);
    this.#draw();
    this.#rows.focus();
  }

  /** Shows the row that holds this place; `line` is its number, where it is known. */
  goTo(offset: number, line?: number): void {
    this.#goWhenHere(offset, (span) => {
      const start = this.#form.startOf(span, offset);
      const above = rowsBefore(this.#form, span, start, offset === 0 ? 0 : contextRows);
      const begun = linesBegun([...above.slice(1), ...rowsFrom(this.#form, span, start, 1)]);
      const [first] = above;
      this.#set(first?.offset ?? start, line === undefined ? undefined : first === undefined ? line : line - begun);
    });
  }

  #toEnd(): void {
    const { sizeBytes } = this.#options;
    if (sizeBytes === 0) return;
    this.#goWhenHere(sizeBytes - 1, (span) => {
      const rows = rowsBefore(this.#form, span, sizeBytes, this.#count());
      this.#set(rows[0]?.offset ?? 0, -1 - linesBegun(rows.slice(1)));
    });
  }

  /** Rows up or down. */
  #move(by: number): void {
    this.#target = undefined;
    this.#resume();
    const span = this.#span(this.#top);
    if (span === undefined) return;
    if (by < 0) {
      const rows = rowsBefore(this.#form, span, this.#top, -by);
      const [first] = rows;
      if (first === undefined) return;
      const passed = [...rows.slice(1), ...rowsFrom(this.#form, span, this.#top, 1)];
      this.#set(first.offset, this.#counted(-linesBegun(passed)));
      return;
    }
    const rows = rowsFrom(this.#form, span, this.#top, by + this.#count());
    const isEnd = rows.at(-1)?.end === this.#options.sizeBytes;
    const at = Math.min(by, isEnd ? Math.max(0, rows.length - this.#count()) : rows.length - 1);
    const target = rows[at];
    if (target === undefined || at === 0) return;
    this.#set(target.offset, this.#counted(linesBegun(rows.slice(1, at + 1))));
  }

  #counted(by: number): number | undefined {
    return this.#line === undefined ? undefined : this.#line + by;
  }

  #set(top: number, line: number | undefined): void {
    this.#place(top, line);
    this.#draw();
  }

  #place(top: number, line: number | undefined): void {
    this.#top = top;
    this.#line = top === 0 ? 1 : line;
    this.#options.host.state = { top, line: this.#line };
  }

  /** Now, or when its bytes are here, unless one goes elsewhere before. */
  #goWhenHere(offset: number, arrive: (span: Span) => void): void {
    this.#target = { offset, arrive };
    this.#resume();
    this.#settle();
  }

  /** Arrives where one wants to be if that is here, and draws. */
  #settle(): void {
    const target = this.#target;
    const span = target === undefined || this.#isMissingAround(target.offset) ? undefined : this.#span(target.offset);
    if (target === undefined || span === undefined) {
      this.#draw();
      return;
    }
    this.#target = undefined;
    target.arrive(span);
  }

  #around(offset: number): { from: number; to: number } {
    const { before, after } = this.#form.reach(this.#count());
    return { from: offset - before, to: offset + after };
  }

  #isMissingAround(offset: number): boolean {
    const { from, to } = this.#around(offset);
    return this.#blocks.missing(from, to).length > 0;
  }

  /** What is here of all that a window there may show, and of a page before and after it. */
  #span(offset: number): Span | undefined {
    const { before, after } = this.#form.reach(this.#count());
    const longest = (this.#count() + 1) * this.#form.longestBytes;
    const from = offset - Math.max(before, longest) - blockBytes;
    return this.#blocks.span(from, Math.max(0, offset), offset + 2 * Math.max(after, longest) + blockBytes);
  }

  #count(): number {
    return Math.max(1, Math.floor(this.#rows.clientHeight / this.#rowHeight()));
  }

  #rowHeight(): number {
    return Math.max(10, parseFloat(getComputedStyle(this.#rows).lineHeight) || 20);
  }

  #draw(): void {
    const { kind, sizeBytes } = this.#options;
    if (sizeBytes === 0) {
      this.#showStatus();
      return;
    }
    const span = this.#span(this.#top);
    const rows = span === undefined ? [] : this.#rowsInSight(span);
    if (span !== undefined) {
      let line = this.#line;
      const drawn = rows.map((row, at) => {
        if (at > 0 && row.beginsLine && line !== undefined) line += 1;
        return drawRow(span, row, { kind, line: row.beginsLine ? line : undefined, mark: this.#mark });
      });
      this.#rows.replaceChildren(...drawn);
    }
    this.#lastSeen = rows.at(-1)?.end ?? this.#top;
    // Its thumb stays where somebody put it, until that is here.
    if (this.#target === undefined) this.#showPlace(rows);
    this.#fetch(rows);
    this.#showStatus();
  }

  /** From the top on. At the end of the file the top goes up: no room stays empty below while there are rows above. */
  #rowsInSight(span: Span): Row[] {
    const count = this.#count();
    const rows = rowsFrom(this.#form, span, this.#top, count + 1);
    if (rows.length >= count || rows.at(-1)?.end !== this.#options.sizeBytes) return rows;
    const above = rowsBefore(this.#form, span, this.#top, count - rows.length);
    const all = [...above, ...rows];
    const [first] = above;
    if (first !== undefined) this.#place(first.offset, this.#counted(-linesBegun(all.slice(1, above.length + 1))));
    return all;
  }

  /** Asks for what is missing where one wants to be and is, and for what long lines leave empty of the window. */
  #fetch(rows: readonly Row[]): void {
    if (this.#isFailed) return;
    const { sizeBytes } = this.#options;
    const places = this.#target === undefined ? [] : [this.#around(this.#target.offset)];
    places.push(this.#around(this.#top));
    const lacking = this.#count() + 1 - rows.length;
    if (lacking > 0 && !this.#isMissingAround(this.#top)) {
      const bytes = lacking * this.#form.longestBytes;
      const end = rows.at(-1)?.end ?? this.#top;
      places.push(end < sizeBytes ? { from: end, to: end + bytes } : { from: this.#top - bytes, to: this.#top });
    }
    this.#reads.want(places);
  }

  #took(fetchedBytes: number): void {
    this.#fetched = fetchedBytes;
    this.#slow = '';
    this.#settle();
  }

  #lacks(message: string): void {
    this.#isFailed = true;
    this.#slow = '';
    this.#showStatus();
    this.#toolbar.failed(message, () => {
      this.#resume();
      this.#settle();
    });
  }

  /** Somebody did something: what was told of before is over. */
  #resume(): void {
    this.#isFailed = false;
    this.#said = '';
    if (this.#job === undefined) this.#toolbar.well();
  }

  #say(message: string | undefined): void {
    this.#said = message ?? '';
    this.#showStatus();
  }

  #showStatus(): void {
    const { sizeBytes, texts } = this.#options;
    const language = navigator.language;
    const seen = Math.min(sizeBytes, this.#lastSeen);
    const percent = `${Math.floor((seen / sizeBytes) * 100)} %`;
    const place = filled(texts['place'] ?? '', sizeText(seen, language), sizeText(sizeBytes, language), percent);
    const fetched = filled(texts['fetched'] ?? '', sizeText(this.#fetched, language));
    const loading = this.#slow === '' ? (texts['loading'] ?? '') : this.#slow;
    const parts = sizeBytes === 0 ? [texts['empty'] ?? ''] : [this.#said, place, fetched, this.#reads.isRunning ? loading : ''];
    this.#status.textContent = parts.filter((part) => part !== '').join(' · ');
  }

  #goToText(text: string): void {
    const { kind, sizeBytes, texts } = this.#options;
    const place = parsePlace(text, kind, sizeBytes);
    if (place === undefined) this.#say(texts['notANumber']);
    else if ('offset' in place) this.goTo(place.offset);
    else void this.#goToLine(place.line);
  }

  async #goToLine(line: number): Promise<void> {
    const answer = await this.#run({ type: 'goToLine', line });
    if (answer?.type !== 'line') return;
    this.#mark = undefined;
    this.goTo(answer.offset, answer.line);
    if (answer.line !== line) this.#say(this.#options.texts['lastLine']);
  }

  async #find(query: string, isBackwards: boolean): Promise<void> {
    const { kind, texts } = this.#options;
    const isHex = kind === 'hex' && /^0x/i.test(query);
    // From what is in sight, or on from what was found.
    const inSight = isBackwards ? this.#lastSeen : this.#top;
    const from = this.#mark === undefined ? inSight : this.#mark.offset + (isBackwards ? 0 : 1);
    const answer = await this.#run({
      type: 'find',
      query: isHex ? query.slice(2) : query,
      from,
      isBackwards,
      isCaseSensitive: this.#toolbar.isCaseSensitive(),
      isHex,
    });
    if (answer?.type !== 'found') return;
    if (answer.offset === undefined) {
      this.#say(texts['notFound']);
      return;
    }
    this.#mark = { offset: answer.offset, length: answer.length };
    this.goTo(answer.offset);
    if (answer.isWrapped) this.#say(texts['wrapped']);
  }

  /** One long job at a time: the next one ends it. */
  async #run(question: Parameters<Host['ask']>[0]) {
    const { host, texts } = this.#options;
    if (this.#job !== undefined) host.cancel(this.#job);
    const { id, answer } = host.ask(question, (text) => this.#job === id && this.#toolbar.working(text));
    this.#job = id;
    this.#resume();
    this.#toolbar.working(texts['loading'] ?? '');
    const answered = await answer;
    if (this.#job !== id) return undefined;
    this.#job = undefined;
    this.#toolbar.well();
    if (answered.type === 'failed') this.#toolbar.failed(answered.message);
    if (answered.type === 'cancelled') this.#say(texts['cancelled']);
    return answered;
  }

  #showPlace(rows: readonly Row[]): void {
    const { sizeBytes, kind } = this.#options;
    const isEnd = rows.at(-1)?.end === sizeBytes && rows.length <= this.#count();
    const rowCount = sizeBytes / (kind === 'hex' ? hexRowBytes : lineBytes);
    const isAll = isEnd && this.#top === 0;
    this.#scroller.show(isEnd ? 1 : this.#top / sizeBytes, isAll ? undefined : rowCount * this.#rowHeight());
  }

  #listen(root: HTMLElement): void {
    this.#rows.addEventListener(
      'wheel',
      (event) => {
        if (event.ctrlKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
        event.preventDefault();
        this.#wheel += event.deltaMode === 1 ? event.deltaY : event.deltaY / this.#rowHeight();
        const by = Math.trunc(this.#wheel);
        this.#wheel -= by;
        if (by !== 0) this.#move(by);
      },
      { passive: false },
    );
    this.#rows.addEventListener('keydown', (event) => this.#key(event));
    root.addEventListener('keydown', (event) => {
      const isCommand = event.ctrlKey || event.metaKey;
      if (isCommand && event.key === 'f') this.#toolbar.focusFind();
      else if (isCommand && event.key === 'g') this.#toolbar.focusGoTo();
      else if (event.key === 'F3') this.#toolbar.findAgain(event.shiftKey);
      else if (event.key === 'Escape' && this.#job !== undefined) this.#options.host.cancel(this.#job);
      else if (event.key === 'Escape') this.#rows.focus();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    new ResizeObserver(() => this.#draw()).observe(this.#rows);
  }

  #key(event: KeyboardEvent): void {
    const page = Math.max(1, this.#count() - 1);
    const moves: Record<string, () => void> = {
      ArrowDown: () => this.#move(1),
      ArrowUp: () => this.#move(-1),
      PageDown: () => this.#move(page),
      PageUp: () => this.#move(-page),
      ' ': () => this.#move(event.shiftKey ? -page : page),
      Home: () => this.goTo(0, 1),
      End: () => this.#toEnd(),
    };
    const move = event.altKey || event.metaKey ? undefined : moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  }
}
