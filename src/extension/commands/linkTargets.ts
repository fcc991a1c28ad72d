// What a command about links was called with, or finds in front: a link file, a text with a selection.

import * as vscode from 'vscode';
import type { EntryRef } from '../../protocol/model.ts';
import { isUriParts, uriPartsOf } from '../files/uris.ts';
import type { Services } from '../services.ts';
import { activeTabUri } from './activeTab.ts';
import { sharedEntryOf } from './givenEntry.ts';
import { entryRefOf, localUriOf } from './targets.ts';

/** A URI of a `.p2p` file, of this disk or of a peer. */
export function linkFileOf(value: unknown): vscode.Uri | undefined {
  const entry = entryRefOf(value);
  const local = localUriOf(value);
  const parts = local ?? (entry === undefined ? undefined : uriPartsOf(entry));
  return parts !== undefined && /\.p2p$/i.test(parts.path) ? vscode.Uri.from(parts) : undefined;
}

/** The link file in front. */
export function activeLinkFile(): vscode.Uri | undefined {
  const uri = activeTabUri();
  return uri === undefined ? undefined : linkFileOf(uri);
}

/** Whether it is the text in front: an editor's own menu hands over the URI of its text, whatever is selected. */
export function isTextInFront(value: unknown): boolean {
  const editor = vscode.window.activeTextEditor;
  return editor !== undefined && isUriParts(value) && vscode.Uri.from(value).toString() === editor.document.uri.toString();
}

/** The entry in front, and the editor whose selection counts; undefined for what is shared by nobody. */
export async function activeEntry(
  services: Services,
): Promise<{ entry: EntryRef; editor: vscode.TextEditor | undefined } | undefined> {
  const editor = vscode.window.activeTextEditor;
  const uri = editor?.document.uri ?? activeTabUri();
  const entry = uri === undefined ? undefined : await sharedEntryOf(services, uri);
  return entry === undefined ? undefined : { entry, editor };
}
