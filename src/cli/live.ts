// A table that follows what goes on, until Ctrl-C: drawn over itself on a terminal, printed again when it changed elsewhere.

import { setTimeout as delay } from 'node:timers/promises';
import type { SidecarClient } from '../client/sidecarClient.ts';
import type { NotificationMethod } from '../protocol/rpc.ts';
import type { Context } from './command.ts';
import { interrupted } from './errors.ts';
import type { Terminal } from './terminal.ts';
import { waitFor } from './wait.ts';

/** Between two drawings, and between two printed tables. */
const drawMs = 250;
const printMs = 1000;

export interface LiveOptions {
  /** The notifications after which it may look different. */
  on: NotificationMethod[];
  /** Safe lines of how it is now; with --json what it prints by itself, and nothing here. */
  look(): Promise<string[]>;
}

/** Never resolves but when the reader went away. Rejects with Interrupted on Ctrl-C, and as `waitFor`. */
export async function follow(client: SidecarClient, context: Context, options: LiveOptions): Promise<void> {
  const { terminal, signal } = context;
  const screen = terminal.stdout.isTTY === true && !terminal.isJson ? new Screen(terminal) : undefined;
  let printed = '';
  screen?.open();
  try {
    await waitFor(client, context, {
      on: options.on,
      goesOn: 'The sidecar goes on.',
      look: async () => {
        const lines = await options.look();
        const text = lines.join('\n');
        if (screen) screen.draw(lines);
        else if (text !== printed) terminal.raw(printed === '' ? text : `\n${text}`);
        printed = text;
        await terminal.drained();
        await delay(screen || terminal.isJson ? drawMs : printMs, undefined, { signal });
        return terminal.isGone;
      },
    });
  } catch (error) {
    if (signal.aborted) throw interrupted(''); // Ctrl-C is how one ends it: nothing to say.
    throw error;
  } finally {
    screen?.close();
  }
}

/** The other screen of a terminal, so that what was there comes back; long lines are cut, not wrapped. */
class Screen {
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  open(): void {
    this.#write('\u001b[?1049h\u001b[?25l\u001b[?7l');
  }

  draw(lines: string[]): void {
    const room = Math.max(2, (this.#terminal.stdout.rows ?? 24) - 1);
    const shown = lines.length > room ? [...lines.slice(0, room - 1), `… and ${lines.length - room + 1} more`] : lines;
    this.#write(`\u001b[H${shown.map((line) => `${line}\u001b[K\r\n`).join('')}\u001b[J`);
  }

  close(): void {
    this.#write('\u001b[?7h\u001b[?25h\u001b[?1049l');
  }

  #write(text: string): void {
    if (!this.#terminal.isGone) this.#terminal.stdout.write(text);
  }
}
