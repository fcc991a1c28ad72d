// What a ranged viewer's page (webview/viewer) and its host (src/extension/viewers) say to each other, and the checks of it: neither trusts
// the other's shapes. Bytes go as Uint8Array. Plain data.

import { isOfSession } from './pageSession.ts';

export type { OfSession } from './pageSession.ts';

/** `text` and `hex` read what is looked at; `image`, `audio` and `video` read the whole file, in ranges. */
export type ViewerKind = (typeof kinds)[number];

const kinds = ['text', 'hex', 'image', 'audio', 'video'] as const;

/** From the page. `id` names a request; answers carry it, `cancel` ends it. Every request has one answer, the last that bears its id. */
export type ToHost =
  | { type: 'ready' }
  /** At most `viewerMaxima.readBytes`; past the end: fewer. */
  | { type: 'read'; id: number; offset: number; length: number }
  /** From `from` on (or before it), then round from the other end. `isHex`: `query` is pairs of hexadecimal digits. */
  | {
      type: 'find';
      id: number;
      query: string;
      from: number;
      isBackwards: boolean;
      isCaseSensitive: boolean;
      isHex: boolean;
    }
  /** Lines from 1; from the end for negative ones, -1 is the last. */
  | { type: 'goToLine'; id: number; line: number }
  | { type: 'cancel'; id: number }
  | { type: 'download' };

/** From the host. */
export type ToPage =
  /** `wholeBytes`: what the page may hold of a file that it shows whole. */
  | {
      type: 'open';
      kind: ViewerKind;
      name: string;
      mime: string;
      sizeBytes: number;
      wholeBytes: number;
      texts: Record<string, string>;
    }
  | { type: 'bytes'; id: number; offset: number; bytes: Uint8Array; fetchedBytes: number }
  /** Left out `offset`: not in the file. */
  | { type: 'found'; id: number; offset?: number; length: number; isWrapped: boolean }
  /** Where the line begins; the nearest one when there are fewer. */
  | { type: 'line'; id: number; offset: number; line: number }
  | { type: 'progress'; id: number; text: string }
  | { type: 'failed'; id: number; message: string }
  | { type: 'cancelled'; id: number };

/** What a request is answered with, or told before it is. */
export type ViewerAnswer = Extract<ToPage, { id: number }>;

export const viewerMaxima = {
  /** One read of a page: a few screens of the longest lines. */
  readBytes: 1024 * 1024,
  /** Words that are looked for. */
  queryCharacters: 1024,
} as const;

/** What the page says, if it is a message and of this session; undefined for anything else. */
export function parseToHost(value: unknown, session: string): ToHost | undefined {
  return isOfSession(value, session) && isToHost(value) ? value : undefined;
}

/** As `parseToHost`, for the other direction. */
export function parseToPage(value: unknown, session: string): ToPage | undefined {
  return isOfSession(value, session) && isToPage(value) ? value : undefined;
}

function isToHost(value: unknown): value is ToHost {
  if (typeof value !== 'object' || value === null) return false;
  const { type, id, offset, length, query, from, line } = value as Record<string, unknown>;
  if (type === 'ready' || type === 'download') return true;
  if (!isWhole(id)) return false;
  switch (type) {
    case 'read':
      return isWhole(offset) && isWhole(length) && length <= viewerMaxima.readBytes;
    case 'find': {
      const { isBackwards, isCaseSensitive, isHex } = value as Record<string, unknown>;
      const flags = [isBackwards, isCaseSensitive, isHex].every((flag) => typeof flag === 'boolean');
      const isQuery = typeof query === 'string' && query.length > 0 && query.length <= viewerMaxima.queryCharacters;
      return flags && isQuery && isWhole(from);
    }
    case 'goToLine':
      return typeof line === 'number' && Number.isSafeInteger(line) && line !== 0;
    case 'cancel':
      return true;
    default:
      return false;
  }
}

function isToPage(value: unknown): value is ToPage {
  if (typeof value !== 'object' || value === null) return false;
  const { type, id, offset, bytes, length, line, text, message } = value as Record<string, unknown>;
  if (type === 'open') return isOpening(value as Record<string, unknown>);
  if (!isWhole(id)) return false;
  switch (type) {
    case 'bytes':
      return isWhole(offset) && bytes instanceof Uint8Array;
    case 'found':
      return (offset === undefined || isWhole(offset)) && isWhole(length);
    case 'line':
      return isWhole(offset) && typeof line === 'number';
    case 'progress':
      return typeof text === 'string';
    case 'failed':
      return typeof message === 'string';
    case 'cancelled':
      return true;
    default:
      return false;
  }
}

/** `kind` names an element that is made, `mime` what it is given. */
function isOpening({ kind, name, mime, sizeBytes, wholeBytes, texts }: Record<string, unknown>): boolean {
  const isKind = kinds.some((known) => known === kind);
  if (!isKind || typeof name !== 'string' || typeof mime !== 'string') return false;
  if (!isWhole(sizeBytes) || !isWhole(wholeBytes)) return false;
  return typeof texts === 'object' && texts !== null && Object.values(texts).every((text) => typeof text === 'string');
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
