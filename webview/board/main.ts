// Entry of the board's page: takes messages of its host, hands them to the views, tells the host what a person chose. Keeps what is chosen in
// VS Code's state, for the page is thrown away while it is hidden. Must not know anything that is not in src/protocol/board.ts.

import {
  type BoardCommand,
  type FromBoard,
  parseToBoard,
  type RowId,
  type ToBoard,
  type WithoutSession,
} from '../../src/protocol/board.ts';
import { byId } from '../elements.ts';
import { Announcing } from './announcing.ts';
import { DetailView } from './detailView.ts';
import { say } from './dom.ts';
import { OverviewView } from './overviewView.ts';
import { PagePlace } from './pagePlace.ts';
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

/** How the transfers stand is looked at this often, to say it aloud where it is worth that. */
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
const graph = new RateGraph(byId('graph') as HTMLCanvasElement, rateText);
const detail = new DetailView({
  onAct: (action, id) => send({ type: 'act', action, id }),
  onFocusLost: () => byId('grid').focus(),
});
const place = new PagePlace(kept.pageTop);
const announcing = new Announcing();
let isRestored = false;
let saveTimer: ReturnType<typeof setTimeout> | undefined;
let announceTimer: ReturnType<typeof setTimeout> | undefined;

const list = new TransferList({
  grid: byId('grid'),
  body: byId('rows'),
  onSelect: (id) => select(id),
  onCount: (total, shown) => {
    byId('grid').hidden = total === 0;
    byId('empty').hidden = total > 0;
    byId('noMatch').hidden = total === 0 || shown > 0;
    say(byId('count'), total === shown ? text('count', total.toLocaleString(language)) : text('countOf', shown, total));
    announceSoon();
  },
});

const filter = byId('filter') as HTMLElement & { value: string };
const search = byId('search') as HTMLElement & { value: string };
filter.addEventListener('change', () => filtered());
search.addEventListener('input', () => filtered());
byId('grid').addEventListener('scroll', () => saveSoon(), { passive: true });
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
      say(byId('down'), message.down);
      say(byId('up'), message.up);
      say(byId('left'), message.left);
      return;
    case 'overview':
      overview.show(message.overview);
      place.came('overview');
      return;
    case 'detail':
      if (message.id !== kept.selected) return;
      detail.show(message);
      place.came('detail');
      return;
  }
}

/** Once the rows are there, where they were left. */
function restore(): void {
  if (isRestored) return;
  isRestored = true;
  const { selected, scrollTop } = kept;
  const row = list.row(selected);
  if (row !== undefined) list.activate(selected, { isScrolled: false });
  if (row?.isUpload !== false) place.came('detail');
  list.scrollTop = scrollTop;
  place.came('rows');
}

function select(id: RowId): void {
  kept.selected = id;
  detail.choose(id, { hasDetail: list.row(id)?.isUpload === false });
  send({ type: 'select', id });
  saveSoon();
}

function filtered(): void {
  kept.filter = asFilter(filter.value);
  kept.search = search.value;
  list.setFilter(kept.filter, kept.search);
  saveSoon();
}

/** Politely, and only what matters: how many run, wait, are done, failed. */
function announceSoon(): void {
  if (!isRestored) return;
  announceTimer ??= setTimeout(() => {
    announceTimer = undefined;
    const counts = list.counts();
    const { running = 0, queued = 0, done = 0, failed = 0 } = counts;
    if (announcing.isWorthSaying(counts, performance.now())) say(byId('live'), text('announce', running, queued, done, failed));
  }, announceMs);
}

function saveSoon(): void {
  if (!isRestored) return;
  saveTimer ??= setTimeout(() => {
    saveTimer = undefined;
    host.setState({ ...kept, scrollTop: list.scrollTop, pageTop: place.top });
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
