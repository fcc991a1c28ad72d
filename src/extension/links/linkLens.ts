// Above the text of a link file: what it leads to, or what is wrong with it, and what can be done. Reads text only. What its schema says is VS Code's own
// part.

import * as vscode from 'vscode';
import { displayName } from '../displayText.ts';
import { limits } from '../limits.ts';
import { t } from '../text.ts';
import { contentsLine, readLink, type ReadLink } from './linkDocument.ts';

export function registerLinkLens(): vscode.Disposable {
  // Asked for with each key; a link of megabytes is not read each time.
  let last: { document: vscode.TextDocument; version: number; read: ReadLink } | undefined;

  function provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    const text = document.getText();
    const at = new vscode.Range(0, 0, 0, 0);
    const lens = (title: string, command: string): vscode.CodeLens =>
      new vscode.CodeLens(at, { title, command, arguments: command === '' ? [] : [document.uri] });
    const rest = [lens(t('Download'), 'potluck.link.download'), lens(t('Verify…'), 'potluck.link.verify')];
    if (text.length > limits.linkLensCharacters) return [lens(t('Open Link File'), 'potluck.link.show'), ...rest];
    if (last?.document !== document || last.version !== document.version)
      last = { document, version: document.version, read: readLink(text) };
    const { link, problem } = last.read;
    if (link === undefined) return [lens(`$(warning) ${iconless(problem ?? '')}`, '')];
    return [lens(iconless(`${displayName(link.title)}: ${contentsLine(link)}`), 'potluck.link.show'), ...rest];
  }

  for (const document of vscode.workspace.textDocuments) wakeJson(document);
  return vscode.Disposable.from(
    vscode.languages.registerCodeLensProvider({ pattern: '**/*.p2p' }, { provideCodeLenses }),
    vscode.workspace.onDidOpenTextDocument(wakeJson),
  );
}

/** VS Code's own extension checks link files by their schema, as JSON, but wakes for languages alone that it names itself. */
function wakeJson({ languageId }: vscode.TextDocument): void {
  if (languageId !== 'potluck-link') return;
  const json = vscode.extensions.getExtension('vscode.json-language-features');
  // Without it a link file has its lenses still; VS Code tells of an extension that cannot start.
  json?.activate().then(undefined, () => undefined);
}

/** Lenses draw `$(icon)`. */
function iconless(text: string): string {
  return text.replace(/\$\(/g, '$\u2009(');
}
