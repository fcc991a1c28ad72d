// Workspace folders of the `potluck:` scheme, as VS Code lists them.

import * as vscode from 'vscode';
import type { EntryRef } from '../../protocol/model.ts';
import { entryRefOfUri, scheme } from './uris.ts';

export function mountedFolders(): vscode.WorkspaceFolder[] {
  return (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === scheme);
}

/** Whether any folder of this entry's share is a workspace folder. */
export function isMounted(entry: Pick<EntryRef, 'peerId' | 'shareId'>): boolean {
  return mountedFolders().some((folder) => {
    const mounted = entryRefOfUri(folder.uri);
    // A workspace folder above all shares of the peer counts for each of them.
    return mounted === undefined
      ? folder.uri.authority === entry.peerId
      : mounted.peerId === entry.peerId && mounted.shareId === entry.shareId;
  });
}
