// The ranged viewers as read-only custom editors: they open files of peers of any size, and fetch only what is looked at. The page draws
// (webview/viewer), viewerHost.ts answers it.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import type { EntryRef } from '../../protocol/model.ts';
import type { OfSession, ToPage, ViewerKind } from '../../protocol/viewer.ts';
import { displayName } from '../displayText.ts';
import type { PotluckFileSystem } from '../files/fileSystem.ts';
import { baseName, entryRefOfUri } from '../files/uris.ts';
import { limits } from '../limits.ts';
import type { Sidecar } from '../sidecar.ts';
import { peerName } from '../views/downloadRow.ts';
import type { World } from '../world.ts';
import { RangeReader } from './rangeReader.ts';
import { mimeOfName, viewTypes } from './viewerKinds.ts';
import { ViewerHost } from './viewerHost.ts';
import { viewerPage } from './viewerPage.ts';
import { viewerTexts } from './viewerTexts.ts';

class RangedDocument implements vscode.CustomDocument {
  readonly uri: vscode.Uri;
  readonly entry: EntryRef;
  readonly reader: RangeReader;

  constructor(uri: vscode.Uri, entry: EntryRef, reader: RangeReader) {
    this.uri = uri;
    this.entry = entry;
    this.reader = reader;
  }

  dispose(): void {
    this.reader.dispose();
  }
}

export interface ViewerParts {
  extensionUri: vscode.Uri;
  sidecar: Sidecar;
  fileSystem: PotluckFileSystem;
  world: World;
}

export function registerViewers({ extensionUri, sidecar, fileSystem, world }: ViewerParts): vscode.Disposable {
  const root = vscode.Uri.joinPath(extensionUri, 'dist');
  const providerOf = (kind: ViewerKind): vscode.CustomReadonlyEditorProvider<RangedDocument> => ({
    async openCustomDocument(uri) {
      const entry = entryRefOfUri(uri);
      if (entry === undefined) throw vscode.FileSystemError.FileNotFound(uri);
      const { size, type } = await fileSystem.stat(uri);
      if (type === vscode.FileType.Directory) throw vscode.FileSystemError.FileIsADirectory(uri);
      return new RangedDocument(uri, entry, readerOf(sidecar, entry, size));
    },

    resolveCustomEditor(document, panel) {
      // For the owner's name, should it be slow.
      world.load().catch(() => undefined);
      const { webview } = panel;
      webview.options = { enableScripts: true, enableForms: false, localResourceRoots: [root] };
      const post = (message: OfSession<ToPage>): void => void webview.postMessage(message);
      const session = randomBytes(16).toString('hex');
      const name = baseName(document.uri.path);
      const host = new ViewerHost({
        ...{ reader: document.reader, session, post },
        owner: () => peerName(world.peers, document.entry.peerId),
        opening: {
          ...{ kind, name: displayName(name), mime: mimeOfName(name) },
          ...{ sizeBytes: document.reader.sizeBytes, wholeBytes: limits.viewerWholeBytes },
          texts: viewerTexts(limits.viewerWholeBytes),
        },
        onDownload: () => void vscode.commands.executeCommand('potluck.entry.download', document.entry),
      });
      const listening = webview.onDidReceiveMessage((message: unknown) => host.take(message));
      panel.onDidDispose(() => {
        listening.dispose();
        host.dispose();
      });
      const partUri = (file: string): string => webview.asWebviewUri(vscode.Uri.joinPath(root, file)).toString();
      webview.html = viewerPage({
        nonce: randomBytes(16).toString('hex'),
        session,
        scriptUri: partUri('viewer.js'),
        styleUri: partUri('viewer.css'),
        source: webview.cspSource,
      });
    },
  });
  return vscode.Disposable.from(
    ...Object.entries(viewTypes).map(([kind, viewType]) =>
      vscode.window.registerCustomEditorProvider(viewType, providerOf(kind as ViewerKind), {
        supportsMultipleEditorsPerDocument: true,
      }),
    ),
  );
}

/** Reads an entry in ranges, through the sidecar's cache. */
export function readerOf(sidecar: Sidecar, entry: EntryRef, sizeBytes: number): RangeReader {
  return new RangeReader(sizeBytes, {
    fetchRange: (offset, length, signal) =>
      sidecar.request('files/fetchRange', { entry, offset, length }, { signal, timeoutMs: limits.viewerRangeMs }),
    readFile: (localPath) => readFile(localPath),
  });
}
