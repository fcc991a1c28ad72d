// Dragging: entries of peers into the Explorer (on the desktop VS Code copies them there, read and verified by our file system; in a browser its Explorer
// takes files of the system alone) and into texts (as links); files of this disk onto a peer (offered to it) or onto the own shares (shared, after
// the preview).

import * as vscode from 'vscode';
import type { EntryRef } from '../../protocol/model.ts';
import { entryRefOf, mergedEntryOf, peerIdOf } from '../commands/targets.ts';
import { entryLinksIn, linkText, localUrisIn, uriList } from './droppedUris.ts';
import { notices } from '../notices.ts';
import type { Sidecar } from '../sidecar.ts';
import { t } from '../text.ts';

const listMime = 'text/uri-list';
/** As package.json has it. */
const extensionId = 'potluck.potluck';

/** Of the Peers view. Its nodes are read as what any command gets. */
export function peersDragDrop(sidecar: Sidecar): vscode.TreeDragAndDropController<unknown> {
  return {
    dragMimeTypes: [listMime],
    dropMimeTypes: [listMime],
    handleDrag(nodes, data) {
      const entries = nodes.flatMap((node) => draggedEntry(node) ?? []);
      if (entries.length > 0) data.set(listMime, new vscode.DataTransferItem(uriList(entries)));
    },
    async handleDrop(node, data) {
      const peerId = peerIdOf(node);
      if (peerId === undefined || peerId === sidecar.connection?.peerId) return;
      const uris = await droppedFiles(data);
      if (uris.length > 0) await vscode.commands.executeCommand('potluck.peer.send', { peerId }, uris);
    },
  };
}

/** Of the Shares view. */
export function sharesDragDrop(): vscode.TreeDragAndDropController<unknown> {
  return {
    dragMimeTypes: [],
    dropMimeTypes: [listMime],
    async handleDrop(_node, data) {
      const uris = await droppedFiles(data);
      const folders: vscode.Uri[] = [];
      for (const uri of uris) {
        // What cannot be looked at is not shared.
        const stat = await Promise.resolve(vscode.workspace.fs.stat(uri)).catch(() => undefined);
        if (stat !== undefined && (stat.type & vscode.FileType.Directory) !== 0) folders.push(uri);
      }
      if (folders.length > 0) await vscode.commands.executeCommand('potluck.share.add', folders[0], folders);
      else if (uris.length > 0)
        await notices.info(t('Folders are shared. To give a single file to somebody, drop it on a peer.'));
    },
  };
}

/** Entries dropped into a text become links. */
export function registerLinkDrop(): vscode.Disposable {
  const kind = vscode.DocumentDropOrPasteEditKind.Text.append('potluck', 'link');
  return vscode.languages.registerDocumentDropEditProvider(
    [{ scheme: 'file' }, { scheme: 'untitled' }, { scheme: 'vscode-remote' }],
    {
      async provideDocumentDropEdits(document, _position, data) {
        const links = entryLinksIn((await data.get(listMime)?.asString()) ?? '');
        if (links.length === 0) return undefined;
        return new vscode.DocumentDropEdit(linkText(links, document.languageId), t('Insert Potluck Link'), kind);
      },
    },
    { dropMimeTypes: [listMime], providedDropEditKinds: [kind] },
  );
}

function draggedEntry(node: unknown): EntryRef | undefined {
  return mergedEntryOf(node)?.holders[0]?.entry ?? entryRefOf(node);
}

/** Files of the machine that the extension runs on; entries of peers that are dropped on a peer are no files of ours. */
async function droppedFiles(data: vscode.DataTransfer): Promise<vscode.Uri[]> {
  const list = (await data.get(listMime)?.asString()) ?? '';
  const isRemote = vscode.extensions.getExtension(extensionId)?.extensionKind === vscode.ExtensionKind.Workspace;
  return localUrisIn(list, { parse: (text) => vscode.Uri.parse(text), fileOf: (path) => vscode.Uri.file(path), isRemote });
}
