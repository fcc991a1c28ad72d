// What a command was called with, checked: nodes of our views, URIs, plain objects of other extensions. Anything else is `undefined`, and
// the command then asks. Must not know `vscode`.

import {
  isDownloadId,
  isInviteId,
  isPartyId,
  isPeerId,
  isShareId,
  isWatchId,
  type DownloadId,
  type InviteId,
  type PartyId,
  type PeerId,
  type ShareId,
  type WatchId,
} from '../../protocol/ids.ts';
import type { EntryRef, MergedEntry } from '../../protocol/model.ts';
import { entryRefOfUri, isEntryRef, isUriParts, type UriParts } from '../files/uris.ts';
import { limits } from '../limits.ts';

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function stringField(value: unknown, name: string): string | undefined {
  const found = typeof value === 'string' ? value : field(value, name);
  return typeof found === 'string' ? found : undefined;
}

/** Of a party node, `{ partyId }`, or the id itself. A note under a party stands for the party. */
export function partyIdOf(value: unknown): PartyId | undefined {
  const id = stringField(value, 'partyId') ?? stringField(field(value, 'parent'), 'partyId');
  return id !== undefined && isPartyId(id) ? id : undefined;
}

export function peerIdOf(value: unknown): PeerId | undefined {
  const id = stringField(value, 'peerId') ?? stringField(field(value, 'entry'), 'peerId');
  return id !== undefined && isPeerId(id) ? id : undefined;
}

/** Of a node of the Shares view, `{ shareId }`, or the id itself. */
export function ownShareIdOf(value: unknown): ShareId | undefined {
  const id = stringField(value, 'shareId') ?? stringField(field(value, 'share'), 'shareId');
  return id !== undefined && isShareId(id) ? id : undefined;
}

export function downloadIdOf(value: unknown): DownloadId | undefined {
  const id = stringField(value, 'downloadId');
  return id !== undefined && isDownloadId(id) ? id : undefined;
}

/** Of the row of an accepted invite, or the id itself. */
export function inviteIdOf(value: unknown): InviteId | undefined {
  const id = stringField(value, 'inviteId');
  return id !== undefined && isInviteId(id) ? id : undefined;
}

/** Of a node of the Watched Searches view, a watched search, or the id itself. */
export function watchIdOf(value: unknown): WatchId | undefined {
  const id = stringField(value, 'watchId') ?? stringField(field(value, 'parent'), 'watchId');
  return id !== undefined && isWatchId(id) ? id : undefined;
}

/** The holders of a row of the merged tree; undefined for anything else. */
export function mergedEntryOf(value: unknown): MergedEntry | undefined {
  const info = field(value, 'info');
  const holders = field(info, 'holders');
  if (field(value, 'kind') !== 'merged' || !Array.isArray(holders)) return undefined;
  // Rows are made by our own view; what other extensions pass off as one must at least have entries where we read them.
  return holders.every((holder) => isEntryRef(field(holder, 'entry'))) ? (info as MergedEntry) : undefined;
}

/** An entry of a peer: a node with `entry`, a `potluck:` URI (object or text without escapes), or `{ peerId, shareId, path }`. */
export function entryRefOf(value: unknown): EntryRef | undefined {
  const inner = field(value, 'entry');
  if (isEntryRef(inner)) return { peerId: inner.peerId, shareId: inner.shareId, path: inner.path };
  if (isEntryRef(value)) return { peerId: value.peerId, shareId: value.shareId, path: value.path };
  if (isUriParts(value)) return entryRefOfUri(value);
  return undefined;
}

/** A URI of the local disk. */
export function localUriOf(value: unknown): UriParts | undefined {
  return isUriParts(value) && value.scheme === 'file' ? value : undefined;
}

/** The handler signature of multi-selection, `(clicked, all[])`, as one bounded list of what `read` recognises. */
export function selectionOf<T>(clicked: unknown, all: unknown, read: (value: unknown) => T | undefined): T[] {
  const values: unknown[] = Array.isArray(all) && all.length > 0 ? all : [clicked];
  return values.slice(0, limits.selection).flatMap((value) => {
    const found = read(value);
    return found === undefined ? [] : [found];
  });
}

/** Key as people paste it: with spaces, line breaks, or as `potluck://<key>/`. */
export function pastedPeerId(text: string): PeerId | undefined {
  const key = text
    .trim()
    .replace(/^potluck:\/\//i, '')
    .replace(/\/.*$/s, '')
    .replace(/\s+/g, '')
    .toLowerCase();
  return isPeerId(key) ? key : undefined;
}
