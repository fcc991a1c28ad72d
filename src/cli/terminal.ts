// Where output goes: standard output for results, standard error for all else; escapes, colours, tables, JSON. A reader that
// went away (EPIPE) ends the output and nothing else. Knows no command.

import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { safeJson, safeLines, textWidth } from './terminalText.ts';

/** A stream that may be a terminal. */
export type Output = Writable & { isTTY?: boolean; columns?: number; rows?: number };

export interface TerminalOptions {
  stdout: Output;
  stderr: Output;
  env: NodeJS.ProcessEnv;
  isJson: boolean;
  isQuiet: boolean;
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';
const codes: Readonly<Record<Style, [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
};

export interface Cell {
  /** Safe text. */
  text: string;
  style?: Style;
}

export interface Column {
  title: string;
  align?: 'right';
}

export class Terminal {
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly #env: NodeJS.ProcessEnv;
  #isGone = false;

  constructor(options: TerminalOptions) {
    this.stdout = options.stdout;
    this.stderr = options.stderr;
    this.isJson = options.isJson;
    this.isQuiet = options.isQuiet;
    this.#env = options.env;
    this.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') throw error;
      this.#isGone = true;
    });
    this.stderr.on('error', () => undefined); // Nobody is left to be told.
  }

  /** The reader of standard output went away; more need not be made. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Whether progress may be drawn over itself. */
  get isInteractive(): boolean {
    return this.stderr.isTTY === true && !this.isQuiet && !this.isJson && this.#env['TERM'] !== 'dumb';
  }

  /** A result. Made safe; line breaks stay. */
  line(text: string): void {
    this.#write(`${safeLines(text)}\n`);
  }

  /** A word about what was done; left out with --quiet and --json. */
  note(text: string): void {
    if (!this.isQuiet && !this.isJson) this.stderr.write(`${safeLines(text)}\n`);
  }

  /** The one result of a command with --json. */
  json(value: unknown): void {
    this.#write(`${safeJson(value, this.stdout.isTTY ? 2 : 0)}\n`);
  }

  /** One of a stream of results with --json. */
  jsonLine(value: unknown): void {
    this.#write(`${safeJson(value)}\n`);
  }

  /** Resolves when more may be written: a slow reader sets the pace. */
  async drained(): Promise<void> {
    if (this.#isGone || !this.stdout.writableNeedDrain) return;
    await Promise.race([once(this.stdout, 'drain'), once(this.stdout, 'close')]).catch(() => undefined); // An error is seen above.
  }

  /** Columns aligned, the last one not padded. No rows: only `whenEmpty`. */
  table(columns: Column[], rows: Cell[][], whenEmpty: string): void {
    if (rows.length === 0) this.note(whenEmpty);
    for (const line of this.tableLines(columns, rows)) this.#write(`${line}\n`);
  }

  /** The lines of a table, safe and styled; none without rows. */
  tableLines(columns: Column[], rows: Cell[][]): string[] {
    if (rows.length === 0) return [];
    const header = columns.map(({ title }): Cell => ({ text: title, style: 'dim' }));
    const all = [header, ...rows];
    const widths = columns.map((_, at) => all.reduce((width, row) => Math.max(width, textWidth(row[at]?.text ?? '')), 0));
    return all.map((row) => {
      const cells = columns.map((column, at) => {
        const cell = row[at] ?? { text: '' };
        const room = ' '.repeat((widths[at] ?? 0) - textWidth(cell.text));
        const text = this.styled(cell.text, cell.style);
        if (column.align === 'right') return room + text;
        return at === columns.length - 1 ? text : text + room;
      });
      return cells.join('  ').trimEnd();
    });
  }

  /** With colour where standard output is a terminal and NO_COLOR (no-color.org) is not set. */
  styled(text: string, style: Style | undefined): string {
    const isPlain = !this.stdout.isTTY || Boolean(this.#env['NO_COLOR']) || this.#env['TERM'] === 'dumb';
    if (style === undefined || isPlain || text === '') return text;
    const [on, off] = codes[style];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  }

  /** Text that is safe already, with its line break. */
  raw(text: string): void {
    this.#write(`${text}\n`);
  }

  #write(text: string): void {
    if (!this.#isGone) this.stdout.write(text);
  }
}
