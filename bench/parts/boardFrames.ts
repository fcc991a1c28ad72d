// Frames as a page shows them, noted inside the page while its list is scrolled, and what its host told it meanwhile. Texts, for there is no DOM
// where they are written.

import type { Browser, Frame, Page } from 'playwright-core';

export interface Frames {
  count: number;
  longestMs: number;
  medianMs: number;
  over50: number;
}

/**
 * For every document of a browser context, from its first moment: how long each frame took, and how many messages and rows came. A page that is
 * written anew, as VS Code writes those of webviews, forgets what it was to do with its next frame, so that is looked after.
 */
export const noteFrames = `(() => {
  if (window.potluckNoted) return window.potluckNoted.begin();
  const noted = (window.potluckNoted = { frames: [], messages: 0, rows: 0, begin });
  let lastMs = performance.now();
  let root;
  function begin() {
    if (root === document.documentElement) return;
    root = document.documentElement;
    const mine = root;
    const frame = () => {
      if (mine !== root) return;
      const nowMs = performance.now();
      noted.frames.push(nowMs - lastMs);
      lastMs = nowMs;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }
  begin();
  setInterval(begin, 5);
})()`;

/** Where the page's own code is: messages of its host arrive there. */
const noteMessages = `(() => {
  if (window.potluckNoted.isListening) return;
  window.potluckNoted.isListening = true;
  addEventListener('message', ({ data }) => {
    if (data?.type !== 'rows') return;
    window.potluckNoted.messages++;
    window.potluckNoted.rows += data.rows.length + data.removed.length;
  });
})()`;

export interface ScrollOptions {
  seconds: number;
  /** Turns round here, in pixels; left out: at the end. */
  bottom?: number;
}

/** Scrolls the list, where there is one, up and down by six rows a frame. */
const scroll = ({ seconds, bottom = Infinity }: ScrollOptions): string => `new Promise((resolve) => {
  const grid = document.getElementById('grid');
  const from = window.potluckNoted.frames.length;
  const endMs = performance.now() + ${seconds * 1000};
  let direction = 1;
  const frame = () => {
    if (grid) {
      if (grid.scrollTop + grid.clientHeight >= Math.min(${bottom}, grid.scrollHeight - 1)) direction = -1;
      if (grid.scrollTop <= 0) direction = 1;
      grid.scrollTop += direction * 220;
    }
    if (performance.now() < endMs) requestAnimationFrame(frame);
    else resolve(window.potluckNoted.frames.slice(from + 2));
  };
  requestAnimationFrame(frame);
})`;

/** Frames of some seconds of scrolling; of waiting, on a page without the list. */
export async function framesOf(where: Page | Frame, options: ScrollOptions): Promise<Frames> {
  await where.evaluate(noteFrames);
  return asFrames(await where.evaluate<number[]>(scroll(options)));
}

/** All frames since the document began. */
export async function framesSoFar(where: Page | Frame): Promise<Frames> {
  return asFrames(await where.evaluate<number[]>('window.potluckNoted.frames'));
}

/** Messages with rows, and rows in them, since this was asked for the first time. */
export async function received(where: Frame): Promise<{ messages: number; rows: number }> {
  await where.evaluate(noteMessages);
  return where.evaluate<{ messages: number; rows: number }>(
    '({ messages: window.potluckNoted.messages, rows: window.potluckNoted.rows })',
  );
}

/**
 * The longest that the main thread of a page was kept at one task meanwhile, in milliseconds of processor: what a frame waits for when the
 * machine is quiet, also measured on one that is not.
 */
export async function longestTask<T>(browser: Browser, page: Page, run: () => Promise<T>): Promise<[ms: number, result: T]> {
  await browser.startTracing(page, { categories: ['toplevel', 'disabled-by-default-devtools.timeline'] });
  const result = await run();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  const mains = new Set(
    traceEvents.filter((event) => event.args?.name === 'CrRendererMain').map(({ tid, pid }) => `${pid}/${tid}`),
  );
  const tasks = traceEvents.filter(({ name, pid, tid }) => name.endsWith('RunTask') && mains.has(`${pid}/${tid}`));
  if (tasks.length === 0) throw new Error('The browser told of no task.');
  return [tasks.reduce((longest, { tdur = 0 }) => Math.max(longest, tdur), 0) / 1000, result];
}

/** As Chromium writes it; `tdur` in microseconds of processor. */
interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  tdur?: number;
  args?: { name?: string };
}

function asFrames(times: number[]): Frames {
  const sorted = times.toSorted((a, b) => a - b);
  return {
    count: sorted.length,
    longestMs: sorted.at(-1) ?? 0,
    medianMs: sorted[Math.floor(sorted.length / 2)] ?? 0,
    over50: sorted.filter((ms) => ms > 50).length,
  };
}

/** Two stretches together. */
export function both(a: Frames, b: Frames): Frames {
  return {
    count: a.count + b.count,
    longestMs: Math.max(a.longestMs, b.longestMs),
    medianMs: (a.medianMs + b.medianMs) / 2,
    over50: a.over50 + b.over50,
  };
}
