// Long lists, page by page: the next page is asked for when the one before is on its way out, so that a slow or leaving reader sets the pace.

import type { SidecarClient } from '../client/sidecarClient.ts';
import type { Entry, EntryRef, ListOrder } from '../protocol/model.ts';
import type { Context } from './command.ts';
import { usageError } from './errors.ts';

/** Entries asked for at once: the first page is on the screen while the next is fetched. */
const pageEntries = 5000;

/** One page of something, from `offset` on. */
export interface Page<T> {
  items: T[];
  total: number;
}

/** Pages until all is there or `most` items were given. */
export async function* pages<T>(
  ask: (offset: number, limit: number) => Promise<Page<T>>,
  options: { pageItems: number; most?: number },
): AsyncGenerator<Page<T>> {
  const most = options.most ?? Infinity;
  for (let offset = 0; offset < most;) {
    const page = await ask(offset, Math.min(options.pageItems, most - offset));
    if (page.items.length > 0 || offset === 0) yield page;
    offset += page.items.length;
    if (page.items.length === 0 || offset >= page.total) return;
  }
}

/** The pages of a folder. */
export function folderPages(
  client: SidecarClient,
  entry: EntryRef,
  options: { context: Context; order?: ListOrder },
): AsyncGenerator<Page<Entry>> {
  const { context, order = 'index' } = options;
  return pages(
    async (offset, limit) => {
      const { entries, total } = await client.request('catalog/list', { entry, offset, limit, order }, context.limits);
      return { items: entries, total };
    },
    { pageItems: pageEntries },
  );
}

/** A whole number from 1 on; `otherwise` when the option was not given. */
export function countOption(context: Context, option: string, otherwise: number, command: string): number {
  const text = context.text(option);
  if (text === undefined) return otherwise;
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count) && count > 0) return count;
  throw usageError(`--${option} ${JSON.stringify(text)} is not a whole number from 1 on`, command);
}
