// The rates of the last five minutes, down and up, as a picture. Drawn when a sample comes, and between samples so that it glides: once for each
// half pixel that it moved, never more often than the screen shows frames, and not at all while the page is hidden or nobody sees it.

import type { RateSample } from '../../src/protocol/board.ts';
import { color, isHighContrast, onTheme, perFrame } from './dom.ts';

const shownMs = 5 * 60_000;
/** Without a sample for so long, nothing moves: rates are told once a second while there are any. */
const quietMs = 3_000;
const mostSamples = 600;

interface Colors {
  down: string;
  up: string;
  grid: string;
  text: string;
}

export class RateGraph {
  readonly #canvas: HTMLCanvasElement;
  readonly #rateText: (bytesPerSecond: number) => string;
  readonly #draw = perFrame(() => this.#drawNow());
  readonly #calm = matchMedia('(prefers-reduced-motion: reduce)');
  #samples: RateSample[] = [];
  #colors: Colors = { down: '', up: '', grid: '', text: '' };
  #isSeen = true;
  /** Asked of the page only when they may be others: asking makes the browser lay everything out. */
  #size: [width: number, height: number] = [0, 0];
  #font = '11px sans-serif';
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The highest rate in sight, and what is drawn as the top: it moves towards it. */
  #top = 0;

  constructor(canvas: HTMLCanvasElement, rateText: (bytesPerSecond: number) => string) {
    this.#canvas = canvas;
    this.#rateText = rateText;
    onTheme(() => {
      this.#colors = {
        down: color('charts-blue', '#3794ff'),
        up: color('charts-green', '#89d185'),
        grid: isHighContrast() ? color('contrastBorder', '#ffffff') : color('widget-border', 'rgba(128, 128, 128, 0.35)'),
        text: color('descriptionForeground', color('foreground', '#cccccc')),
      };
      this.#font = `11px ${getComputedStyle(document.body).fontFamily}`;
      this.#draw();
    });
    new ResizeObserver(() => {
      this.#size = [canvas.clientWidth, canvas.clientHeight];
      this.#draw();
    }).observe(canvas);
    new IntersectionObserver(([entry]) => {
      this.#isSeen = entry?.isIntersecting !== false;
      this.#draw();
    }).observe(canvas);
  }

  set(samples: readonly RateSample[]): void {
    this.#samples = [...samples];
    this.#draw();
  }

  add(sample: RateSample): void {
    this.#samples.push(sample);
    const since = sample[0] - shownMs - quietMs;
    while (this.#samples.length > mostSamples || (this.#samples[1]?.[0] ?? since) < since) this.#samples.shift();
    this.#draw();
  }

  #drawNow(): void {
    const canvas = this.#canvas;
    const context = canvas.getContext('2d');
    const [width, height] = this.#size;
    if (context === null || !this.#isSeen || width === 0 || height === 0) return;
    const scale = devicePixelRatio;
    const pixels: [number, number] = [Math.round(width * scale), Math.round(height * scale)];
    if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) [canvas.width, canvas.height] = pixels;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);

    const nowMs = Date.now();
    const newest = this.#samples.at(-1);
    const isMoving = newest !== undefined && nowMs - newest[0] < quietMs && newest[1] + newest[2] > 0 && !this.#calm.matches;
    // Held still between samples where nothing may move: then the picture ends at the newest one.
    const endMs = isMoving || newest === undefined ? nowMs : Math.max(newest[0], nowMs - shownMs);
    const highest = this.#samples.reduce((most, [, down, up]) => Math.max(most, down, up), 0);
    const wanted = roundTop(highest);
    this.#top = isMoving && this.#top > 0 ? this.#top + (wanted - this.#top) * 0.2 : wanted;

    this.#grid(context, width, height);
    const x = (timeMs: number): number => width - ((endMs - timeMs) / shownMs) * width;
    const y = (rate: number): number => height - 1 - (rate / this.#top) * (height - 16);
    this.#line(context, { values: this.#samples.map(([timeMs, , up]) => [x(timeMs), y(up)]), height, stroke: this.#colors.up });
    this.#line(context, {
      values: this.#samples.map(([timeMs, down]) => [x(timeMs), y(down)]),
      height,
      stroke: this.#colors.down,
    });
    clearTimeout(this.#timer);
    if (!isMoving) return;
    if (Math.abs(wanted - this.#top) > wanted / 100) this.#draw();
    else this.#timer = setTimeout(this.#draw, shownMs / width / scale / 2);
  }

  #grid(context: CanvasRenderingContext2D, width: number, height: number): void {
    context.lineWidth = 1;
    context.strokeStyle = this.#colors.grid;
    context.beginPath();
    for (const part of [0, 0.5, 1]) {
      const y = Math.round(height - 1 - part * (height - 16)) + 0.5;
      context.moveTo(0, y - 1);
      context.lineTo(width, y - 1);
    }
    context.stroke();
    context.fillStyle = this.#colors.text;
    context.font = this.#font;
    context.textBaseline = 'top';
    context.fillText(this.#rateText(this.#top), 2, 2);
  }

  #line(
    context: CanvasRenderingContext2D,
    { values, height, stroke }: { values: number[][]; height: number; stroke: string },
  ): void {
    const [first] = values;
    const last = values.at(-1);
    if (first === undefined || last === undefined) return;
    context.beginPath();
    values.forEach(([x = 0, y = 0], index) => (index === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
    context.lineWidth = isHighContrast() ? 2 : 1.5;
    context.lineJoin = 'round';
    context.strokeStyle = stroke;
    context.stroke();
    context.lineTo(last[0] ?? 0, height);
    context.lineTo(first[0] ?? 0, height);
    context.closePath();
    context.globalAlpha = 0.15;
    context.fillStyle = stroke;
    context.fill();
    context.globalAlpha = 1;
  }
}

/** The next power of two: a top that seldom changes. */
function roundTop(highest: number): number {
  let top = 1024;
  while (top < highest) top *= 2;
  return top;
}
