// `potluck:` links in every text and terminal: underlined, followed by a click, told about when the pointer rests on one. Looking never starts the
// sidecar; what is told of a link is what is known here.

import * as vscode from 'vscode';
import { formatEntryLink, type EntryLink } from '../../protocol/entryLinks.ts';
import { displayName, longDisplayName } from '../displayText.ts';
import { baseName } from '../files/uris.ts';
import { limits } from '../limits.ts';
import type { Services } from '../services.ts';
import { formatBytes, t } from '../text.ts';
import { linkedSchemes, linksWithin, terminalLinksIn } from './linksInText.ts';

class TerminalEntryLink extends vscode.TerminalLink {
  readonly text: string;

  constructor({ start, length, text }: { start: number; length: number; text: string }) {
    super(start, length, t('Open This Shared File'));
    this.text = text;
  }
}

export function registerTextLinks(services: Services): vscode.Disposable {
  const texts = linkedSchemes.map((scheme) => ({ scheme }));
  return vscode.Disposable.from(
    vscode.languages.registerDocumentLinkProvider(texts, { provideDocumentLinks: linksIn }),
    vscode.languages.registerHoverProvider(texts, {
      provideHover: (document, position) => hoverAt(services, document, position),
    }),
    vscode.window.registerTerminalLinkProvider({
      provideTerminalLinks: ({ line }) => terminalLinksIn(line).map((found) => new TerminalEntryLink(found)),
      handleTerminalLink: (link) => {
        if (link instanceof TerminalEntryLink) void vscode.commands.executeCommand('potluck.link.open', link.text);
      },
    }),
  );
}

function linksIn(document: vscode.TextDocument): vscode.DocumentLink[] {
  // One character more, which tells whether the last link goes on.
  const end = document.positionAt(limits.linkedTextCharacters + 1);
  const text = document.getText(new vscode.Range(new vscode.Position(0, 0), end));
  return linksWithin(text, limits.linkedTextCharacters).map(({ start, end: after, link }) => {
    const range = new vscode.Range(document.positionAt(start), document.positionAt(after));
    // Written anew: what is handed on is a link to an entry and nothing else.
    const query = encodeURIComponent(JSON.stringify([formatEntryLink(link)]));
    const found = new vscode.DocumentLink(range, vscode.Uri.parse(`command:potluck.link.open?${query}`));
    found.tooltip = t('Open This Shared File');
    return found;
  });
}

async function hoverAt(
  services: Services,
  document: vscode.TextDocument,
  position: vscode.Position,
): Promise<vscode.Hover | undefined> {
  const line = document.lineAt(position.line).text;
  const found = linksWithin(line, limits.linkedLineCharacters).find(
    ({ start, end }) => start <= position.character && position.character <= end,
  );
  if (found === undefined) return undefined;
  const text = new vscode.MarkdownString();
  for (const [at, said] of (await aboutEntry(services, found.link)).entries()) text.appendText(at === 0 ? said : `\n${said}`);
  return new vscode.Hover(text, new vscode.Range(position.line, found.start, position.line, found.end));
}

/** Name, owner and state, as far as they are known here, in plain lines. */
export async function aboutEntry({ sidecar, world }: Services, { entry, contentId }: EntryLink): Promise<string[]> {
  const name = longDisplayName(entry.path === '' ? entry.shareId : baseName(entry.path));
  if (sidecar.state !== 'running') return [name, t('Potluck is not running: nothing is known of it yet.')];
  await world.load();
  const isOwn = sidecar.connection?.peerId === entry.peerId;
  const peer = world.peer(entry.peerId);
  const lines = [name];
  if (isOwn) lines.push(t('Yours'));
  else if (peer === undefined) lines.push(t('Of somebody who is not known here'));
  else lines.push(t('Of {0} ({1})', displayName(peer.name), peer.isOnline ? t('online') : t('offline')));
  const info = await sidecar.request('catalog/stat', { entry }).catch(() => undefined);
  if (info === undefined) return [...lines, t('Not in the lists that are here')];
  lines.push(info.kind === 'folder' ? t('Folder') : formatBytes(info.sizeBytes));
  if (contentId === undefined) return lines;
  const known = (await sidecar.request('catalog/details', { entry }).catch(() => undefined))?.contentId;
  if (known === undefined) lines.push(t('Whether it changed since the link was made is not known.'));
  else lines.push(known === contentId ? t('Unchanged since the link was made') : t('Changed since the link was made'));
  return lines;
}
