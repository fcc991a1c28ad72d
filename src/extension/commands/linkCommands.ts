// potluck.link.*: links to files and folders made, followed, taken in and given on: `.p2p` files, `potluck:` texts, torrents, magnets.

import * as vscode from 'vscode';
import { formatEntryLink, parseEntryLink, type EntryLink } from '../../protocol/entryLinks.ts';
import { AppError } from '../../protocol/errors.ts';
import { isMagnet } from '../../protocol/magnet.ts';
import type { EntryRef, LinkSource, LinkSummary } from '../../protocol/model.ts';
import { displayName, messageName } from '../displayText.ts';
import { invalidArgument } from '../failures.ts';
import { limits } from '../limits.ts';
import { deepEntryLink, linesOf } from '../links/anchors.ts';
import { readLink, verificationLines } from '../links/linkDocument.ts';
import { linkEditorId } from '../links/linkEditor.ts';
import {
  copyMagnet,
  downloadLink,
  exported,
  readLinkText,
  reopenWith,
  saveAs,
  saveTorrent,
  sourceOf,
  verifyLink,
  withProgress,
} from '../links/linkWork.ts';
import { openEntryLink } from '../links/openLink.ts';
import type { CommandTable, Services } from '../services.ts';
import { t } from '../text.ts';
import { givenEntry } from './givenEntry.ts';
import { activeEntry, activeLinkFile, isTextInFront, linkFileOf } from './linkTargets.ts';
import { pickEntry } from './picks.ts';
import { localUriOf } from './targets.ts';

export function linkCommands(services: Services): CommandTable {
  const { sidecar } = services;

  /** To what was given; else to what is in front, with the lines that are selected there; else to what a person picks. */
  async function linkTo(given: unknown): Promise<EntryLink | undefined> {
    const written = typeof given === 'string' ? parseEntryLink(given) : undefined;
    if (written !== undefined) return written;
    const front = isGiven(given) ? undefined : await linkToFront();
    if (front !== undefined) return front;
    const entry = await entryFor(given, t('Copy a Link to What?'));
    return entry && { entry };
  }

  /** The editor's own menu hands over the text in front, and means what is selected in it. */
  async function linkToSelection(given: unknown): Promise<EntryLink | undefined> {
    return (isTextInFront(given) ? await linkToFront() : undefined) ?? linkTo(given);
  }

  async function linkToFront(): Promise<EntryLink | undefined> {
    const front = await activeEntry(services);
    if (front === undefined) return undefined;
    const { entry, editor } = front;
    if (editor === undefined || editor.selection.isEmpty) return { entry };
    const { start, end } = editor.selection;
    const span = {
      startLine: start.line,
      startCharacter: start.character,
      endLine: end.line,
      endCharacter: end.character,
    };
    // Lines are of this content; of a text that is not saved, of none that anybody has.
    const { contentId } = editor.document.isDirty ? {} : await sidecar.request('catalog/details', { entry });
    return { entry, lines: linesOf(span), ...(contentId === undefined ? {} : { contentId }) };
  }

  async function copy(link: EntryLink | undefined): Promise<void> {
    if (link !== undefined) await copied(formatEntryLink(link));
  }

  /** Opens this kind of editor, where Potluck is installed, and asks there. */
  async function copyDeep(link: EntryLink | undefined): Promise<void> {
    const { uriScheme } = vscode.env;
    if (link !== undefined) await copied(deepEntryLink(link, { uriScheme, extensionId: services.extensionId }));
  }

  function entryFor(given: unknown, title: string): Promise<EntryRef | undefined> {
    return isGiven(given) ? givenEntry(services, given, title) : pickEntry(services, title, 'any');
  }

  async function created(entry: EntryRef): Promise<{ text: string; summary: LinkSummary }> {
    return withProgress(services, t('Making the link'), (progressToken, signal) =>
      sidecar.request('links/create', { entry, progressToken }, { signal, timeoutMs: limits.linkWorkMs }),
    );
  }

  /** The link in a link file, or one made of an entry. */
  async function sourceFor(given: unknown, title: string): Promise<{ source: LinkSource; name: string } | undefined> {
    const file = isGiven(given) ? linkFileOf(given) : activeLinkFile();
    if (file !== undefined) {
      const text = await readLinkText(file);
      return { source: sourceOf(file, text), name: linkIn(text).title };
    }
    const entry = await entryFor(given, title);
    if (entry === undefined) return undefined;
    const { text, summary } = await created(entry);
    return { source: { text }, name: summary.title };
  }

  async function fileFor(given: unknown): Promise<{ uri: vscode.Uri; source: LinkSource } | undefined> {
    const uri = linkFileOf(given) ?? activeLinkFile() ?? (await pickLinkFile());
    if (uri === undefined) return undefined;
    const text = await readLinkText(uri);
    linkIn(text);
    return { uri, source: sourceOf(uri, text) };
  }

  /** A torrent or a magnet becomes a link file, which says what it leads to before anything is downloaded. */
  async function takeIn(source: LinkSource): Promise<void> {
    const { summary } = await sidecar.request('links/inspect', { ...source, limit: 1 });
    if (!summary.isComplete)
      throw new AppError(
        'not-found',
        t('{0}: this magnet link names no files, and nobody here knows them. Take the torrent file.', messageName(summary.title)),
      );
    const { text } = await exported(services, source, 'link');
    const saved = text === undefined ? undefined : await saveAs(summary.title, 'p2p', Buffer.from(text));
    if (saved !== undefined) await vscode.commands.executeCommand('vscode.openWith', saved, linkEditorId);
  }

  return {
    /** Of a text or terminal, or typed: follows it. A magnet link is taken in. */
    'link.open': async (given: unknown) => {
      const text = typeof given === 'string' ? given : given === undefined ? await askLink() : '';
      if (text === undefined) return;
      if (typeof given !== 'string' && isMagnet(text)) return takeIn({ text });
      const link = parseEntryLink(text.trim());
      if (link === undefined) throw invalidArgument(t('a link like potluck://PEER/SHARE/PATH'));
      await openEntryLink(services, link);
    },

    'link.copy': async (given: unknown) => copy(await linkTo(given)),

    'link.copyDeep': async (given: unknown) => copyDeep(await linkTo(given)),

    // The same in the editor's own menu.
    'link.copySelection': async (given: unknown) => copy(await linkToSelection(given)),

    'link.copySelectionDeep': async (given: unknown) => copyDeep(await linkToSelection(given)),

    'link.create': async (given: unknown) => {
      const entry = await entryFor(given, t('Make a Link File to What?'));
      if (entry === undefined) return;
      const { text, summary } = await created(entry);
      const saved = await saveAs(summary.title, 'p2p', Buffer.from(text));
      if (saved !== undefined) await vscode.commands.executeCommand('vscode.openWith', saved, linkEditorId);
    },

    'link.show': async (given: unknown) => {
      const uri = linkFileOf(given) ?? activeLinkFile() ?? (await pickLinkFile());
      if (uri !== undefined) await reopenWith(uri, linkEditorId);
    },

    'link.showText': async (given: unknown) => {
      const uri = linkFileOf(given) ?? activeLinkFile() ?? (await pickLinkFile());
      if (uri !== undefined) await reopenWith(uri, 'default');
    },

    'link.download': async (given: unknown) => {
      const file = await fileFor(given);
      return file === undefined ? undefined : downloadLink(services, file.source);
    },

    'link.verify': async (given: unknown) => {
      const file = await fileFor(given);
      const verified = file === undefined ? undefined : await verifyLink(services, file.source);
      if (verified === undefined) return undefined;
      const [line = ''] = verificationLines(verified.found, verified.folder);
      void services.messages.info(messageName(line, 400));
      return verified.found;
    },

    'link.saveTorrent': async (given: unknown) => {
      const found = await sourceFor(given, t('Save What as a Torrent?'));
      if (found !== undefined) await saveTorrent(services, found.source, found.name);
    },

    'link.copyMagnet': async (given: unknown) => {
      const found = await sourceFor(given, t('Copy a Magnet Link to What?'));
      if (found !== undefined) await copyMagnet(services, found.source);
    },

    'link.import': async (given: unknown) => {
      const local = localUriOf(given);
      if (local !== undefined) return takeIn({ path: vscode.Uri.from(local).fsPath });
      if (typeof given === 'string') return takeIn({ text: given });
      const [fromFile, fromText] = [t('A Torrent File…'), t('A Magnet Link…')];
      // The link is fetched from another window, often enough.
      const taken = await vscode.window.showQuickPick([fromFile, fromText], { title: t('Take In What?'), ignoreFocusOut: true });
      if (taken === fromText) {
        const text = await askMagnet();
        if (text !== undefined) await takeIn({ text });
      } else if (taken === fromFile) {
        const filters = { [t('Torrents')]: ['torrent'] };
        const picked = await vscode.window.showOpenDialog({ title: t('Take In a Torrent'), openLabel: t('Take In'), filters });
        const path = picked?.find(({ scheme }) => scheme === 'file')?.fsPath;
        if (path !== undefined) await takeIn({ path });
      }
    },
  };
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

async function copied(text: string): Promise<void> {
  await vscode.env.clipboard.writeText(text);
  vscode.window.setStatusBarMessage(t('Link copied.'), 3000);
}

/** Throws what is wrong with it. */
function linkIn(text: string): { title: string } {
  const { link, problem } = readLink(text);
  if (link === undefined) throw new AppError('invalid-argument', problem ?? t('It cannot be read.'));
  return { title: displayName(link.title) };
}

async function pickLinkFile(): Promise<vscode.Uri | undefined> {
  const filters = { [t('Potluck Links')]: ['p2p'] };
  const picked = await vscode.window.showOpenDialog({ title: t('Which Link File?'), filters });
  return picked?.[0];
}

function askLink(): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: t('Open a Link'),
    prompt: t('A link to a shared file or folder, or a magnet link.'),
    placeHolder: 'potluck://…',
    ignoreFocusOut: true,
    validateInput: (text) =>
      parseEntryLink(text.trim()) === undefined && !isMagnet(text) ? t('This is neither of them.') : undefined,
  });
}

function askMagnet(): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: t('Take In a Magnet Link'),
    prompt: t('Of BitTorrent v2: it begins with magnet:?xt=urn:btmh:1220'),
    placeHolder: 'magnet:?xt=urn:btmh:1220…',
    ignoreFocusOut: true,
    validateInput: (text) => (isMagnet(text) ? undefined : t('This is no magnet link.')),
  });
}
