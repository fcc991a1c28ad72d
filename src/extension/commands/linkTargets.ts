// What a command about links was called with: an entry of anybody, a file of this disk that lies in an own share, or a link file.

import * as vscode from 'vscode';
import type { EntryRef, ShareInfo } from '../../protocol/model.ts';
import { uriPartsOf } from '../files/uris.ts';
import type { Services } from '../services.ts';
import { t } from '../text.ts';
import { ownEntryOf } from './ownPaths.ts';
import { pickEntry, pickHolder } from './picks.ts';
import { entryRefOf, localUriOf, mergedEntryOf, ownShareIdOf } from './targets.ts';

/** A URI of a `.p2p` file, of this disk or of a peer. */
export function linkFileOf(value: unknown): vscode.Uri | undefined {
  const entry = entryRefOf(value);
  const local = localUriOf(value);
  const parts = local ?? (entry === undefined ? undefined : uriPartsOf(entry));
  return parts !== undefined && /\.p2p$/i.test(parts.path) ? vscode.Uri.from(parts) : undefined;
}

/** The link file in front. */
export function activeLinkFile(): vscode.Uri | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const uri = input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText ? input.uri : undefined;
  return uri === undefined ? undefined : linkFileOf(uri);
}

/** Own shares are known by their rows and by the paths of this disk. Asks where nothing was given; undefined for what is shared by nobody. */
export async function anyEntryOf(services: Services, value: unknown, title: string): Promise<EntryRef | undefined> {
  const merged = mergedEntryOf(value);
  if (merged !== undefined) return pickHolder(services, merged, { title, from: 'anybody' });
  const entry = entryRefOf(value);
  if (entry !== undefined) return entry;
  const own = await ownShares(services);
  const local = localUriOf(value);
  if (local !== undefined) return ownEntryOf(vscode.Uri.from(local).fsPath, own.shares, own.peerId);
  const shareId = ownShareIdOf(value);
  if (shareId !== undefined) return { peerId: own.peerId, shareId, path: '' };
  return value === undefined || value === null ? pickEntry(services, title, 'any') : undefined;
}

/** The entry in front, and what is selected of it. */
export async function activeEntry(
  services: Services,
): Promise<{ entry: EntryRef; editor: vscode.TextEditor | undefined } | undefined> {
  const editor = vscode.window.activeTextEditor;
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const isOpen = input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText;
  const uri = editor?.document.uri ?? (isOpen ? input.uri : undefined);
  if (uri === undefined) return undefined;
  const entry = await anyEntryOf(services, uri, t('Copy a Link to What?'));
  return entry === undefined ? undefined : { entry, editor };
}

async function ownShares({ sidecar, world }: Services): Promise<{ peerId: EntryRef['peerId']; shares: ShareInfo[] }> {
  const { peerId } = await sidecar.connected();
  await world.load();
  return { peerId, shares: world.shares };
}
