// `potluck://<peerId>/<shareId>/<path>`: entries as URIs and back. Works on parts (scheme, authority, path), so that it needs no `vscode`.
// Peer keys are z-base-32, because VS Code lower-cases authorities; the path is VS Code's decoded one, percent-encoding is its affair.

import { isPeerId, isShareId } from '../../protocol/ids.ts';
import type { EntryRef } from '../../protocol/model.ts';

export const scheme = 'potluck';

/** Query of a URI that a click in our own view made: shows a configuration file that is otherwise hidden (hiddenConfiguration.ts). */
export const revealedQuery = 'revealed';

export interface UriParts {
  scheme: string;
  authority: string;
  path: string;
  query?: string;
}

/** Longest path that is looked at (the index's own limit on paths, src/sidecar/limits.ts, and the share id). */
const maxPathBytes = 4096 + 64;

/** Parts of the URI of an entry. A share's root ends in `/`-less form, as VS Code compares workspace folders without it. */
export function uriPartsOf(entry: EntryRef): UriParts {
  const path = entry.path === '' ? `/${entry.shareId}` : `/${entry.shareId}/${entry.path}`;
  return { scheme, authority: entry.peerId, path };
}

/** The entry behind a URI, or undefined where it cannot be one: wrong scheme, ids, or a path with `.`, `..`, empty parts, `\` or NUL. */
export function entryRefOfUri(uri: UriParts): EntryRef | undefined {
  if (uri.scheme !== scheme || !isPeerId(uri.authority) || uri.path.length > maxPathBytes) return undefined;
  const [shareId, ...parts] = uri.path.replace(/^\//, '').replace(/\/$/, '').split('/');
  if (shareId === undefined || !isShareId(shareId)) return undefined;
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'))) return undefined;
  return { peerId: uri.authority, shareId, path: parts.join('/') };
}

/** Whether the URI stands above all shares: `potluck://<peerId>/`. Editors probe such places. */
export function isAboveShares(uri: UriParts): boolean {
  return uri.scheme === scheme && isPeerId(uri.authority) && /^\/?$/.test(uri.path);
}

export function parentPath(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function joinPath(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

export function isSameEntry(a: EntryRef, b: EntryRef): boolean {
  return a.peerId === b.peerId && a.shareId === b.shareId && a.path === b.path;
}

/** Whether `entry` is `folder` or lies in it. */
export function isInside(entry: EntryRef, folder: EntryRef): boolean {
  if (entry.peerId !== folder.peerId || entry.shareId !== folder.shareId) return false;
  return folder.path === '' || entry.path === folder.path || entry.path.startsWith(`${folder.path}/`);
}

/** Validates what another extension, a keybinding or a link passed as an entry. */
export function isEntryRef(value: unknown): value is EntryRef {
  if (typeof value !== 'object' || value === null) return false;
  const { peerId, shareId, path } = value as Record<string, unknown>;
  if (typeof peerId !== 'string' || typeof shareId !== 'string' || typeof path !== 'string') return false;
  const found = entryRefOfUri({ scheme, authority: peerId, path: path === '' ? `/${shareId}` : `/${shareId}/${path}` });
  return found !== undefined && found.path === path;
}

export function isUriParts(value: unknown): value is UriParts {
  if (typeof value !== 'object' || value === null) return false;
  const parts = value as Record<string, unknown>;
  return typeof parts['scheme'] === 'string' && typeof parts['authority'] === 'string' && typeof parts['path'] === 'string';
}
