// What the page of a link file (webview/link) and its host in the extension say to each other. The host checks what comes from the page, and hands
// it only text that may be shown as it is; the page draws text, never HTML.

import { isOfSession } from './pageSession.ts';

export type { OfSession } from './pageSession.ts';

export const linkPageActions = [
  ...(['download', 'downloadTo', 'look', 'verify', 'reveal', 'torrent', 'magnet', 'asText'] as const),
] as const;
export type LinkPageAction = (typeof linkPageActions)[number];

/** What may be done with one file. */
export type LinkRowAction = 'open' | 'download';

/** One file, in words. */
export interface LinkPageRow {
  name: string;
  /** '' at the top. */
  folder: string;
  size: string;
  /** Where it is, or what reading it found. */
  said: string;
  mood: 'plain' | 'good' | 'bad';
  action?: { id: LinkRowAction; label: string };
}

export type ToLinkPage =
  | {
      kind: 'state';
      /** Another one: rows that are there belong to another text. */
      revision: number;
      title: string;
      facts: string[];
      /** Why it cannot be read; there is nothing else then. */
      problem?: string;
      warnings: string[];
      /** Who has it; after a click or while the sidecar runs anyway. */
      said: string[];
      fileCount: number;
      listLabel: string;
      actions: { id: LinkPageAction; label: string; isMain: boolean }[];
    }
  | { kind: 'rows'; revision: number; offset: number; rows: LinkPageRow[] };

export type FromLinkPage =
  | { kind: 'ready' }
  | { kind: 'rows'; revision: number; offset: number }
  | { kind: 'do'; action: LinkPageAction }
  | { kind: 'file'; revision: number; index: number; action: LinkRowAction };

/** Rows asked for at once, and their alignment. */
export const linkPageRows = 200;

/** What the page says, if it is a message and of this session; undefined for anything else. */
export function parseFromLinkPage(value: unknown, session: string): FromLinkPage | undefined {
  if (!isOfSession(value, session)) return undefined;
  const { kind, revision, offset, index, action } = value;
  if (kind === 'ready') return { kind };
  if (kind === 'do') {
    const known = linkPageActions.find((each) => each === action);
    return known === undefined ? undefined : { kind, action: known };
  }
  if (!isCount(revision)) return undefined;
  if (kind === 'rows' && isCount(offset) && offset % linkPageRows === 0) return { kind, revision, offset };
  if (kind === 'file' && isCount(index) && (action === 'open' || action === 'download')) return { kind, revision, index, action };
  return undefined;
}

/** As `parseFromLinkPage`, for the other direction. */
export function parseToLinkPage(value: unknown, session: string): ToLinkPage | undefined {
  return isOfSession(value, session) && isToLinkPage(value) ? value : undefined;
}

function isToLinkPage(said: Record<string, unknown>): said is Record<string, unknown> & ToLinkPage {
  if (!isCount(said['revision'])) return false;
  if (said['kind'] === 'rows') return isCount(said['offset']) && isListOf(said['rows'], isRow);
  if (said['kind'] !== 'state' || !isCount(said['fileCount'])) return false;
  const texts = [said['title'], said['listLabel'], said['problem'] ?? ''];
  const lists = [said['facts'], said['warnings'], said['said']];
  return texts.every(isText) && lists.every((list) => isListOf(list, isText)) && isListOf(said['actions'], isAction);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isListOf(value: unknown, is: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is);
}

function isRow(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { name, folder, size, said, mood, action } = value as Record<string, unknown>;
  if (![name, folder, size, said].every(isText) || !['plain', 'good', 'bad'].some((known) => known === mood)) return false;
  if (action === undefined) return true;
  const { id, label } = (action ?? {}) as Record<string, unknown>;
  return (id === 'open' || id === 'download') && isText(label);
}

function isAction(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { id, label, isMain } = value as Record<string, unknown>;
  return linkPageActions.some((known) => known === id) && isText(label) && typeof isMain === 'boolean';
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
