// Transfers that ended, and what was transferred in all.

import type { HistoryEntry, TransferTotals } from '../../protocol/model.ts';
import { cell, countCell, sizeCell } from '../cells.ts';
import { parseChoice } from '../choices.ts';
import type { Command, Context } from '../command.ts';
import { counted, formatSize, formatTime } from '../format.ts';
import { countOption, pages } from '../pages.ts';
import type { Style } from '../terminal.ts';

/** At most so many in one answer. */
const pageItems = 1000;

export const historyCommand: Command = {
  name: 'history',
  usage: 'history [--direction down|up] [--limit N] [--clear]',
  summary: 'list transfers that ended, newest first, and the totals',
  details: '--json: {"entries":[…],"total":N,"totals":{…}}.',
  options: {
    direction: { type: 'string', short: 'd', value: 'WAY', help: 'only downloads (down) or uploads (up)' },
    limit: { type: 'string', short: 'n', value: 'N', help: 'show at most N (50)' },
    clear: { type: 'boolean', help: 'forget it; files and totals stay' },
  },
  args: { min: 0, max: 0 },
  run: async (context) => {
    const { terminal, limits } = context;
    const direction = parseDirection(context.text('direction'));
    const most = countOption(context, 'limit', 50, 'history');
    const client = await context.connect();
    if (context.has('clear')) {
      await client.request('transfers/clearHistory', {}, limits);
      if (terminal.isJson) terminal.json({ cleared: true });
      else terminal.note('The history is empty now.');
      return undefined;
    }
    const entries: HistoryEntry[] = [];
    let total = 0;
    const asked = pages(
      async (offset, limit) => {
        const page = await client.request('transfers/history', { ...(direction && { direction }), offset, limit }, limits);
        return { items: page.entries, total: page.total };
      },
      { pageItems, most },
    );
    for await (const page of asked) {
      total = page.total;
      entries.push(...page.items);
    }
    const totals = await client.request('transfers/totals', {}, limits);
    if (terminal.isJson) terminal.json({ entries, total, totals });
    else show(entries, { total, totals, context });
    return undefined;
  },
};

function parseDirection(text: string | undefined): HistoryEntry['direction'] | undefined {
  if (text === undefined) return undefined;
  const word = parseChoice(text, ['down', 'up', 'download', 'upload'], { what: '--direction', command: 'history' });
  return word.startsWith('down') ? 'download' : 'upload';
}

const outcomeStyles: Readonly<Record<HistoryEntry['outcome'], Style>> = { done: 'green', failed: 'red', cancelled: 'dim' };

function show(
  entries: HistoryEntry[],
  { total, totals, context }: { total: number; totals: TransferTotals; context: Context },
): void {
  const { terminal } = context;
  terminal.table(
    [
      { title: 'ENDED' },
      { title: '' },
      { title: 'OUTCOME' },
      { title: 'SIZE', align: 'right' },
      { title: 'FILES', align: 'right' },
      { title: 'PEER' },
      { title: 'PATH' },
    ],
    entries.map((entry) => [
      cell(formatTime(entry.endedAtMs), 'dim'),
      cell(entry.direction === 'download' ? 'from' : 'to'),
      cell(entry.outcome, outcomeStyles[entry.outcome]),
      sizeCell(entry.bytes),
      countCell(entry.files),
      cell(entry.peerName, 'bold'),
      cell(entry.path === '' ? '(whole share)' : entry.path),
    ]),
    'No transfer has ended yet.',
  );
  if (total > entries.length) terminal.note(`${counted(total, 'transfer')} in all; --limit shows more.`);
  terminal.note(
    `Ever downloaded: ${formatSize(totals.downloadedBytes)} in ${counted(totals.downloadedFiles, 'file')}; ` +
      `uploaded: ${formatSize(totals.uploadedBytes)} in ${counted(totals.uploadedFiles, 'file')}.`,
  );
}
