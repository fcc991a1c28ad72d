// Entry of the board's page: takes messages of its host, hands them to the views, tells the host what a person chose. Keeps what is chosen in
// VS Code's state, for the page is thrown away while it is hidden. Must not know anything that is not in src/protocol/board.ts.

import {
  type ActionName,
  type BoardCommand,
  type FromBoard,
  parseToBoard,
  type RowId,
  type ToBoard,
} from '../../src/protocol/board.ts';
import { at, make, say } from './dom.ts';
import { OverviewView } from './overviewView.ts';
import { PieceView } from './pieceView.ts';
import { RateGraph } from './rateGraph.ts';
import { setTexts, text } from './texts.ts';
import { registerToolkit } from './toolkit.ts';
import { type Filter, TransferList } from './transferList.ts';

declare function acquireVsCodeApi(): {
  postMessage(message: FromBoard): void;
  getState(): unknown;
  setState(state: Kept): void;
};

interface Kept {
  filter: Filter;
  search: string;
  selected: RowId;
  scrollTop: number;
  pageTop: number;
}

type WithoutSession<M> = M extends { session: string } ? Omit<M, 'session'> : never;

/** What is said aloud of finished transfers comes no more often than this. */
const announceMs = 5_000;

registerToolkit();
const host = acquireVsCodeApi();
const session = document.body.dataset['session'] ?? '';
const kept = readState(host.getState());
const send = (message: WithoutSession<FromBoard>): void => host.postMessage({ ...message, session });

let language = 'en';
const rateText = (bytesPerSecond: number): string => {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const unit = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytesPerSecond)) / 10)));
  return text('rate', `${Math.round(bytesPerSecond / 1024 ** unit).toLocaleString(language)} ${units[unit] ?? ''}`);
};

const overview = new OverviewView();
const graph = new RateGraph(at('graph') as HTMLCanvasElement, rateText);
const pieces = new PieceView(at('maps'), at('legend'));
let isRestored = false;
let saveTimer: ReturnType<typeof setTimeout> | undefined;
let announceTimer: ReturnType<typeof setTimeout> | undefined;
let announced = '';

const list = new TransferList({
  grid: at('grid'),
  body: at('rows'),
  onSelect: (id) => select(id),
  onCount: (total, shown) => {
    at('grid').hidden = total === 0;
    at('empty').hidden = total > 0;
    at('noMatch').hidden = total === 0 || shown > 0;
    say(at('count'), total === shown ? text('count', total.toLocaleString(language)) : text('countOf', shown, total));
    announceSoon();
  },
});

const filter = at('filter') as HTMLElement & { value: string };
const search = at('search') as HTMLElement & { value: string };
filter.addEventListener('change', () => filtered());
search.addEventListener('input', () => filtered());
at('grid').addEventListener('scroll', () => saveSoon(), { passive: true });
addEventListener('scroll', () => saveSoon(), { passive: true });
document.addEventListener('click', (event) => {
  const button = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-run]') : null;
  if (button?.dataset['run'] !== undefined) send({ type: 'run', command: button.dataset['run'] as BoardCommand });
});
addEventListener('message', (event: MessageEvent<unknown>) => {
  const message = parseToBoard(event.data, session);
  if (message !== undefined) take(message);
});
send({ type: 'ready' });

function take(message: ToBoard): void {
  switch (message.type) {
    case 'start':
      language = message.language;
      setTexts(message.texts);
      graph.set(message.samples);
      search.value = kept.search;
      filter.value = kept.filter;
      list.setFilter(kept.filter, kept.search);
      return;
    case 'rows':
      list.update(message);
      if (!message.isMore) restore();
      if (kept.selected !== '' && message.removed.includes(kept.selected)) select('');
      return;
    case 'rate':
      graph.add(message.sample);
      say(at('down'), message.down);
      say(at('up'), message.up);
      say(at('left'), message.left);
      return;
    case 'overview':
      overview.show(message.overview);
      return;
    case 'detail':
      if (message.id === kept.selected) showDetail(message);
      return;
  }
}

/** Once the rows are there, where they were left. */
function restore(): void {
  if (isRestored) return;
  isRestored = true;
  const { selected, scrollTop, pageTop } = kept;
  if (selected !== '' && list.row(selected) !== undefined) list.activate(selected, { isScrolled: false });
  list.scrollTop = scrollTop;
  scrollTo(0, pageTop);
}

function select(id: RowId): void {
  kept.selected = id;
  if (id === '') at('detail').hidden = true;
  send({ type: 'select', id });
  saveSoon();
}

function showDetail(message: Extract<ToBoard, { type: 'detail' }>): void {
  at('detail').hidden = false;
  say(at('detailTitle'), message.title);
  say(at('detailSaid'), message.said);
  at('noSources').hidden = message.sources.length > 0;
  pieces.show(message.sources, message.maps);
  const row = at('actions');
  const wanted = message.actions.join(' ');
  if (row.dataset['shown'] === `${message.id} ${wanted}`) return;
  row.dataset['shown'] = `${message.id} ${wanted}`;
  row.replaceChildren(...message.actions.map((action) => actionButton(action, message.id)));
}

function actionButton(action: ActionName, id: RowId): HTMLElement {
  const button = make('vscode-button', { text: text(`action.${action}`), attributes: { appearance: 'secondary' } });
  button.addEventListener('click', () => send({ type: 'act', action, id }));
  return button;
}

function filtered(): void {
  kept.filter = asFilter(filter.value);
  kept.search = search.value;
  list.setFilter(kept.filter, kept.search);
  saveSoon();
}

/** Politely, and only what matters: how many run, wait, are done, failed. */
function announceSoon(): void {
  announceTimer ??= setTimeout(() => {
    announceTimer = undefined;
    const { running = 0, queued = 0, done = 0, failed = 0 } = list.counts();
    const now = text('announce', running, queued, done, failed);
    if (now !== announced) say(at('live'), (announced = now));
  }, announceMs);
}

function saveSoon(): void {
  if (!isRestored) return;
  saveTimer ??= setTimeout(() => {
    saveTimer = undefined;
    host.setState({ ...kept, scrollTop: list.scrollTop, pageTop: scrollY });
  }, 200);
}

function readState(state: unknown): Kept {
  const from = (typeof state === 'object' && state !== null ? state : {}) as Record<string, unknown>;
  const textOf = (name: string): string => (typeof from[name] === 'string' ? from[name] : '');
  const topOf = (name: string): number => (typeof from[name] === 'number' ? from[name] : 0);
  return {
    filter: asFilter(textOf('filter')),
    search: textOf('search'),
    selected: textOf('selected'),
    scrollTop: topOf('scrollTop'),
    pageTop: topOf('pageTop'),
  };
}

function asFilter(value: string): Filter {
  return value === 'active' || value === 'waiting' || value === 'ended' ? value : 'all';
}
