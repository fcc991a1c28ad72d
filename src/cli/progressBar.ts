// One line on a terminal that is drawn over itself while something goes on. Elsewhere it says nothing: commands print plain lines.

import { formatPercent, formatSize, formatDuration } from './format.ts';
import type { Terminal } from './terminal.ts';
import { fitText, safeText, textWidth } from './terminalText.ts';

/** Between two drawings. */
const drawMs = 100;

export interface Progress {
  label: string;
  doneBytes: number;
  /** 0 = unknown. */
  totalBytes: number;
  bytesPerSecond?: number;
  /** At the rate of now; worked out of it when left out. */
  secondsLeft?: number;
  /** After the numbers: from whom, the place in a queue. */
  note?: string;
  /** Instead of bytes: `1,200 entries`. */
  text?: string;
}

export class ProgressBar {
  readonly #terminal: Terminal;
  #drawnAtMs = 0;
  #isShown = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Draws, at most ten times a second. */
  show(progress: Progress): void {
    if (!this.#terminal.isInteractive || Date.now() - this.#drawnAtMs < drawMs) return;
    this.#drawnAtMs = Date.now();
    this.#isShown = true;
    this.#terminal.stderr.write(`\r\u001b[K${progressLine(progress, this.#terminal.stderr.columns ?? 80)}`);
  }

  /** Takes the line away, before anything else is printed. */
  clear(): void {
    if (this.#isShown) this.#terminal.stderr.write('\r\u001b[K');
    this.#isShown = false;
  }
}

/** The line, never wider than the terminal less one column (a full line would wrap). */
export function progressLine(progress: Progress, columns: number): string {
  const facts = progress.text ?? factsOf(progress);
  const room = Math.max(8, columns - 1 - textWidth(facts) - 1);
  const barWidth = progress.text === undefined && progress.totalBytes > 0 && room > 40 ? 20 : 0;
  const label = fitText(safeText(progress.label), room - (barWidth > 0 ? barWidth + 3 : 0));
  const bar = barWidth > 0 ? ` ${barOf(progress.doneBytes / progress.totalBytes, barWidth)}` : '';
  return fitText(`${label}${bar} ${facts}`, columns - 1);
}

function barOf(ratio: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, ratio)) * width);
  return `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}]`;
}

function factsOf({ doneBytes, totalBytes, bytesPerSecond, secondsLeft, note }: Progress): string {
  const facts = [];
  if (totalBytes > 0) facts.push(`${formatPercent(doneBytes, totalBytes)} of ${formatSize(totalBytes)}`);
  else facts.push(formatSize(doneBytes));
  if (bytesPerSecond !== undefined && bytesPerSecond > 0) {
    facts.push(`${formatSize(bytesPerSecond)}/s`);
    const left = secondsLeft ?? (totalBytes - doneBytes) / bytesPerSecond;
    if (totalBytes > doneBytes) facts.push(formatDuration(left * 1000));
  }
  if (note !== undefined && note !== '') facts.push(safeText(note));
  return facts.join(', ');
}
