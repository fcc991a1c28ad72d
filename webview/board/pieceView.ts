// Who gave which part of a file: one picture a file, a legend below, and both in words for who does not see them.

import type { ShownMap, ShownSource } from '../../src/protocol/board.ts';
import { element } from '../elements.ts';
import { color, isHighContrast, onTheme, perFrame, say } from './dom.ts';
import { text } from './texts.ts';

const cellSize = 11;
const gap = 2;
/** Theme colours of the sources in their order; later ones take them again, striped. Red is for what did not verify. */
const sourceColors: readonly (readonly [name: string, otherwise: string])[] = [
  ['charts-blue', '#3794ff'],
  ['charts-green', '#89d185'],
  ['charts-orange', '#d18616'],
  ['charts-purple', '#b180d7'],
  ['charts-yellow', '#cca700'],
];

interface Drawn {
  canvas: HTMLCanvasElement;
  map: ShownMap;
}

export class PieceView {
  readonly #place: HTMLElement;
  readonly #legend: HTMLElement;
  readonly #draw = perFrame(() => this.#drawNow());
  #drawn: Drawn[] = [];
  #sources: readonly ShownSource[] = [];
  #colors: Colors = colorsNow();
  /** What the legend shows, as text: it is made again only when it reads differently. */
  #shown = '';

  constructor(place: HTMLElement, legend: HTMLElement) {
    this.#place = place;
    this.#legend = legend;
    onTheme(() => {
      this.#colors = colorsNow();
      this.#shown = '';
      this.#showLegend();
      this.#draw();
    });
    new ResizeObserver(this.#draw).observe(place);
  }

  show(sources: readonly ShownSource[], maps: readonly ShownMap[]): void {
    this.#sources = sources;
    while (this.#drawn.length > maps.length) this.#drawn.pop()?.canvas.parentElement?.remove();
    maps.forEach((map, index) => {
      const drawn = this.#drawn[index] ?? this.#add(map);
      drawn.map = map;
      const [title] = drawn.canvas.parentElement?.getElementsByTagName('figcaption') ?? [];
      if (title) say(title, `${map.name} · ${map.said}`);
      drawn.canvas.setAttribute('aria-label', text('pieceMap', map.name, map.said));
    });
    this.#showLegend();
    this.#draw();
  }

  #add(map: ShownMap): Drawn {
    const figure = element('figure', { class: 'pieces' });
    const canvas = element('canvas', { role: 'img' });
    figure.append(element('figcaption'), canvas);
    this.#place.append(figure);
    const drawn = { canvas, map };
    this.#drawn.push(drawn);
    return drawn;
  }

  #showLegend(): void {
    const isPartBefore = this.#drawn.some(({ map }) => map.done.some((done, cell) => done > 0 && (map.from[cell] ?? -1) < 0));
    const now = JSON.stringify([this.#sources, isPartBefore]);
    if (now === this.#shown) return;
    this.#shown = now;
    const items = this.#sources.map((source, index) => {
      const item = legendItem(source, fillOf(this.#colors, index));
      item.classList.toggle('striped', index >= sourceColors.length);
      item.classList.toggle('bad', source.isBad);
      return item;
    });
    if (isPartBefore) items.push(legendItem({ name: text('before'), said: '' }, this.#colors.unknown));
    this.#legend.replaceChildren(...items);
  }

  #drawNow(): void {
    // Asked for all before anything is written: a size that is set makes the browser lay everything out for the next question.
    const width = this.#place.clientWidth;
    for (const drawn of this.#drawn) drawMap(drawn, width, this.#colors);
  }
}

function legendItem({ name, said }: { name: string; said: string }, fill: string): HTMLElement {
  const item = element('li');
  const swatch = element('span', { class: 'swatch', 'aria-hidden': 'true' });
  swatch.style.background = fill;
  item.append(swatch, element('span', { class: 'label' }, name), element('span', { class: 'said' }, said));
  item.title = said === '' ? name : `${name}: ${said}`;
  return item;
}

interface Colors {
  sources: readonly string[];
  empty: string;
  border: string;
  unknown: string;
  bad: string;
  stripe: string;
}

/** Of the theme: asked for once, not for each cell. */
function colorsNow(): Colors {
  return {
    sources: sourceColors.map(([name, otherwise]) => color(name, otherwise)),
    empty: color('editorWidget-background', 'rgba(128, 128, 128, 0.2)'),
    border: isHighContrast() ? color('contrastBorder', '#ffffff') : color('widget-border', 'rgba(128, 128, 128, 0.35)'),
    unknown: color('descriptionForeground', '#999999'),
    bad: color('charts-red', '#f14c4c'),
    stripe: color('editor-background', '#000000'),
  };
}

const fillOf = ({ sources, unknown }: Colors, source: number): string => sources[source % sources.length] ?? unknown;

function drawMap({ canvas, map }: Drawn, width: number, colors: Colors): void {
  const context = canvas.getContext('2d');
  if (context === null || width === 0) return;
  const columns = Math.max(1, Math.floor((width + gap) / (cellSize + gap)));
  const lines = Math.ceil(map.done.length / columns);
  const height = lines * (cellSize + gap);
  const scale = devicePixelRatio;
  const pixels: [number, number] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== pixels[0] || canvas.height !== pixels[1]) {
    canvas.style.height = `${height}px`;
    canvas.style.width = `${width}px`;
    [canvas.width, canvas.height] = pixels;
  }
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  const place = (cell: number): [number, number] => [
    (cell % columns) * (cellSize + gap),
    Math.floor(cell / columns) * (cellSize + gap),
  ];
  map.done.forEach((done, cell) => {
    const [x, y] = place(cell);
    const from = map.from[cell] ?? -1;
    context.fillStyle = colors.empty;
    context.fillRect(x, y, cellSize, cellSize);
    if (done > 0) {
      const filled = Math.max(1, Math.round((cellSize * done) / 100));
      context.fillStyle = from < 0 ? colors.unknown : fillOf(colors, from);
      context.fillRect(x, y + cellSize - filled, cellSize, filled);
      if (from >= sourceColors.length) {
        context.fillStyle = colors.stripe;
        for (let at = 2; at < cellSize; at += 4) context.fillRect(x + at, y + cellSize - filled, 1, filled);
      }
    }
    context.strokeStyle = colors.border;
    context.lineWidth = 1;
    context.strokeRect(x + 0.5, y + 0.5, cellSize - 1, cellSize - 1);
  });
  context.strokeStyle = colors.bad;
  context.lineWidth = 2;
  for (const { cell } of map.bad) {
    const [x, y] = place(cell);
    context.strokeRect(x + 1, y + 1, cellSize - 2, cellSize - 2);
    context.beginPath();
    context.moveTo(x + 2, y + 2);
    context.lineTo(x + cellSize - 2, y + cellSize - 2);
    context.stroke();
  }
}
