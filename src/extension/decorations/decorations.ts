// Marks in the Explorer and in our trees, while the setting is on: ExplorerMarks as VS Code wants to have them.

import * as vscode from 'vscode';
import { entryRefOfUri, uriPartsOf } from '../files/uris.ts';
import type { Sidecar } from '../sidecar.ts';
import type { World } from '../world.ts';
import type { Place } from './downloadPlaces.ts';
import { ExplorerMarks } from './explorerMarks.ts';
import type { Mark } from './marks.ts';

const setting = 'potluck.explorer.marks';

/** With the setting off nothing is registered, listened to or asked. */
export function registerDecorations(sidecar: Sidecar, world: World): vscode.Disposable {
  let marking: vscode.Disposable | undefined;
  const follow = (): void => {
    const isOn = vscode.workspace.getConfiguration().get(setting) !== false;
    if (isOn === (marking !== undefined)) return;
    marking?.dispose();
    marking = isOn ? mark(sidecar, world) : undefined;
  };
  follow();
  return vscode.Disposable.from(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(setting)) follow();
    }),
    { dispose: () => void marking?.dispose() },
  );
}

function mark(sidecar: Sidecar, world: World): vscode.Disposable {
  const changes = new vscode.EventEmitter<vscode.Uri[] | undefined>();
  const marks = new ExplorerMarks(sidecar, world, (changed) => changes.fire(changed?.map(uriOf)));
  const provider: vscode.FileDecorationProvider = {
    onDidChangeFileDecorations: changes.event,
    async provideFileDecoration(uri) {
      const place = uri.scheme === 'file' ? uri.fsPath : entryRefOfUri(uri);
      return place === undefined ? undefined : decorationOf(await marks.of(place));
    },
  };
  return vscode.Disposable.from(
    vscode.window.registerFileDecorationProvider(provider),
    vscode.workspace.onDidSaveTextDocument(({ uri }) => {
      if (uri.scheme === 'file') marks.changedHere(uri.fsPath);
    }),
    marks,
    changes,
  );
}

function uriOf(place: Place): vscode.Uri {
  return typeof place === 'string' ? vscode.Uri.file(place) : vscode.Uri.from(uriPartsOf(place));
}

function decorationOf(found: Mark | undefined): vscode.FileDecoration | undefined {
  if (found === undefined) return undefined;
  const { badge, tooltip, color } = found;
  return new vscode.FileDecoration(badge, tooltip, color === undefined ? undefined : new vscode.ThemeColor(color));
}
