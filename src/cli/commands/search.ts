// Finding things by name: search, live search, what is new.

import type { SidecarClient } from '../../client/sidecarClient.ts';
import type { SearchHit, SearchPage } from '../../protocol/model.ts';
import { cell } from '../cells.ts';
import type { Command, Context } from '../command.ts';
import { counted, formatCount, formatDuration, formatSize, formatTime } from '../format.ts';
import { countOption, pages } from '../pages.ts';
import { resolvePeer } from '../resolve.ts';
import { textWidth } from '../terminalText.ts';

/** The sidecar's largest page of hits. */
const pageHits = 1000;
const shownHits = 50;
/** The sidecar ends a live search after 10 s. */
const liveMs = 15_000;

export const searchCommands: readonly Command[] = [
  {
    name: 'search',
    usage: 'search QUERY... [--live] [--limit N]',
    summary: 'find files and folders by name, with their owners online or not',
    details:
      'Every word must be in the name or in a folder of the path; "-word" leaves out, "two words" in quotes stay together (quote them for\n' +
      'the shell, too). Narrow with ext:pdf,epub size>10MB newer:7d older:2026-01-31 kind:image peer:NAME party:NAME share:TITLE.\n' +
      'Words that begin with "-" go after "--". Best match first. --json: one document, or one hit a line with --live.',
    options: {
      live: { type: 'boolean', help: 'also ask connected peers whose index is not here yet' },
      limit: { type: 'string', short: 'n', value: 'N', help: `show at most N (${shownHits})` },
    },
    args: { min: 1, max: 64 },
    run: async (context) => {
      const most = countOption(context, 'limit', shownHits, 'search');
      const query = context.args.join(' ');
      const client = await context.connect();
      return context.has('live') ? searchLive(client, query, { context, most }) : search(client, query, { context, most });
    },
  },
  {
    name: 'recent',
    usage: 'recent [--peer PEER] [--limit N]',
    summary: 'list files that were added or changed last, newest first',
    details: 'Over all other peers; "--peer me" for your own. --json: an array.',
    options: {
      peer: { type: 'string', short: 'p', value: 'PEER', help: 'only of this peer' },
      limit: { type: 'string', short: 'n', value: 'N', help: `show at most N (${shownHits})` },
    },
    args: { min: 0, max: 0 },
    run: async (context) => {
      const most = countOption(context, 'limit', shownHits, 'recent');
      const client = await context.connect();
      const name = context.text('peer');
      const peerId = name === undefined ? undefined : await resolvePeer(client, name, context.limits);
      const of = peerId === undefined ? {} : { peerId };
      const found = pages(
        async (offset, limit) => {
          const page = await client.request('catalog/recent', { ...of, offset, limit }, context.limits);
          return { items: page.hits, total: page.total };
        },
        { pageItems: pageHits, most },
      );
      const all: SearchHit[] = [];
      let total = 0;
      for await (const { items, total: ofAll } of found) {
        total = ofAll;
        if (context.terminal.isJson) all.push(...items);
        else if (!(await showHits(items, context))) return undefined;
      }
      if (context.terminal.isJson) context.terminal.json(all);
      else if (total === 0) context.terminal.note('Nothing is here yet. See "potluck ls" for who shares what.');
      return undefined;
    },
  },
];

interface SearchOptions {
  context: Context;
  most: number;
}

async function search(client: SidecarClient, query: string, { context, most }: SearchOptions): Promise<undefined> {
  const { terminal } = context;
  const hits: SearchHit[] = [];
  let first: SearchPage | undefined;
  let shown = 0;
  const ask = async (offset: number, limit: number): Promise<{ items: SearchHit[]; total: number }> => {
    const page = await client.request('search/query', { query, offset, limit }, context.limits);
    first ??= page;
    return { items: page.hits, total: page.total };
  };
  for await (const { items } of pages(ask, { pageItems: pageHits, most })) {
    shown += items.length;
    if (terminal.isJson) hits.push(...items);
    else if (!(await showHits(items, context))) return undefined;
  }
  if (first === undefined) return undefined;
  if (terminal.isJson) terminal.json({ ...first, hits });
  else terminal.note(summary(first, shown));
  return undefined;
}

/** Hits from the indexes here first, then those of peers as they answer. */
async function searchLive(client: SidecarClient, query: string, { context, most }: SearchOptions): Promise<undefined> {
  const { terminal, signal } = context;
  const liveToken = `search-${process.pid}`;
  const early: SearchHit[] = [];
  let isDone = false;
  let wake = (): void => undefined;
  const listening = [
    client.on('search/live', (live) => {
      if (live.liveToken !== liveToken) return;
      early.push(...live.hits);
      isDone ||= live.isDone;
      wake();
    }),
    client.onClose(() => end()),
  ];
  const end = (): void => {
    isDone = true;
    wake();
  };
  const timer = setTimeout(end, context.timeoutMs ?? liveMs);
  signal.addEventListener('abort', end, { once: true });
  try {
    const page = await client.request('search/query', { query, limit: Math.min(most, pageHits), liveToken }, context.limits);
    await show(page.hits, context);
    let shown = page.hits.length;
    for (;;) {
      const hits = early.splice(0).slice(0, Math.max(0, most - shown));
      shown += hits.length;
      await show(hits, context);
      if (isDone || shown >= most || terminal.isGone) break;
      if (early.length === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
    terminal.note(summary(page, shown));
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
    for (const each of listening) each.dispose();
  }
  return undefined;
}

async function show(hits: SearchHit[], context: Context): Promise<void> {
  if (context.terminal.isJson) for (const hit of hits) context.terminal.jsonLine(hit);
  else await showHits(hits, context);
}

/** Lines that can be given to "get" and "cat"; false when nobody reads any more. */
export async function showHits(hits: SearchHit[], { terminal }: Context): Promise<boolean> {
  for (const hit of hits) {
    const size = hit.kind === 'folder' ? '-' : formatSize(hit.sizeBytes);
    const owner = cell(`${hit.isOwn ? 'me' : hit.peerName}/${hit.shareTitle}`).text;
    const place = `${owner}/${cell(hit.entry.path).text}${hit.kind === 'folder' ? '/' : ''}`;
    const seen = fit(hit.isOnline ? 'online' : hit.lastSeenMs === undefined ? 'offline' : `${since(hit.lastSeenMs)} ago`);
    const state = terminal.styled(seen, hit.isOnline ? 'green' : 'dim');
    terminal.raw(`${size.padStart(7)}  ${formatTime(hit.mtimeMs).padEnd(16)}  ${state}  ${place}`);
    await terminal.drained();
    if (terminal.isGone) return false;
  }
  return true;
}

function fit(text: string): string {
  return text + ' '.repeat(Math.max(0, 10 - textWidth(text)));
}

function since(timeMs: number): string {
  return formatDuration(Date.now() - timeMs);
}

function summary(page: SearchPage, shown: number): string {
  const { total, isFuzzy, missingShares } = page;
  const found = total === 0 ? 'Nothing found' : counted(total, 'match', 'matches');
  const part = shown < total ? `, ${formatCount(shown)} shown (more with --limit)` : '';
  const fuzzy = isFuzzy ? ', similar names included' : '';
  const missing =
    missingShares > 0 ? ` ${counted(missingShares, 'share')} could not be searched yet; --live asks their owners.` : '';
  return `${found}${fuzzy}${part}.${missing}`;
}
