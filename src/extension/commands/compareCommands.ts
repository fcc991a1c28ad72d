// potluck.compare.*: files and folders of peers with mine, with another peer's, and in the gutter of a file that is open.

import * as vscode from 'vscode';
import path from 'node:path';
import type { CompareSide, CompareState } from '../../protocol/compare.ts';
import type { EntryRef, SearchHit } from '../../protocol/model.ts';
import { refOn, type ShownSide } from '../compare/compareModel.ts';
import { CompareView } from '../compare/compareView.ts';
import { differenceChoices, withMineLeft } from '../compare/differences.ts';
import { PeerQuickDiff } from '../compare/quickDiff.ts';
import { displayName, messageName, iconSafeName } from '../displayText.ts';
import { invalidArgument } from '../failures.ts';
import { baseName, entryRefOfUri } from '../files/uris.ts';
import { limits } from '../limits.ts';
import { chooseTarget } from '../links/linkWork.ts';
import { uriOf } from '../links/openLink.ts';
import { notices } from '../notices.ts';
import type { CommandTable, Services } from '../services.ts';
import { formatFiles, t } from '../text.ts';
import { setContext } from '../views/contexts.ts';
import { activeTabUri } from './activeTab.ts';
import { isFineInside } from './downloadFolder.ts';
import { localPathOf } from './ownEntries.ts';
import { confirm, pickEntry, pickHolder } from './picks.ts';
import { entryRefOf, localUriOf, mergedEntryOf } from './targets.ts';

/** One thing to compare. */
interface Side extends ShownSide {
  kind: 'file' | 'folder';
  uri: vscode.Uri;
}

export function compareCommands(services: Services, disposables: vscode.Disposable[]): CommandTable {
  const { sidecar, world } = services;
  const view = new CompareView(sidecar);
  const quickDiff = new PeerQuickDiff();
  disposables.push(view, quickDiff);
  let selected: Side | undefined;

  async function entrySide(entry: EntryRef): Promise<Side> {
    await world.load();
    const { kind } = await sidecar.request('catalog/stat', { entry });
    const own = await localPathOf(services, entry);
    if (own !== undefined) return localSide(vscode.Uri.file(own));
    const owner = displayName(world.peer(entry.peerId)?.name ?? entry.peerId);
    return { side: { entry }, kind, uri: await uriOf(services, entry), name: owner };
  }

  async function localSide(uri: vscode.Uri): Promise<Side> {
    const { type } = await vscode.workspace.fs.stat(uri);
    const kind = (type & vscode.FileType.Directory) === 0 ? 'file' : 'folder';
    return { side: { folder: uri.fsPath }, kind, uri, name: displayName(path.basename(uri.fsPath)) };
  }

  async function sideOf(given: unknown, title: string): Promise<Side | undefined> {
    const local = localUriOf(given);
    if (local !== undefined) return localSide(vscode.Uri.from(local));
    const merged = mergedEntryOf(given);
    const known = merged === undefined ? entryRefOf(given) : await pickHolder(services, merged, { title, from: 'anybody' });
    if (known === undefined && merged === undefined && given !== undefined && given !== null)
      throw invalidArgument(t('a file or folder'));
    if (merged !== undefined && known === undefined) return undefined;
    const entry = known ?? (await pickEntry(services, title, 'any'));
    return entry === undefined ? undefined : entrySide(entry);
  }

  async function compare(left: Side, right: Side): Promise<void> {
    if (left.kind !== right.kind) throw invalidArgument(t('two files or two folders'));
    if (left.kind === 'file') {
      const title = t('{0} ({1} ↔ {2})', displayName(baseName(right.uri.path)), left.name, right.name);
      await vscode.commands.executeCommand('vscode.diff', left.uri, right.uri, title);
      return;
    }
    const sides = withMineLeft(left, right);
    await view.compare(sides.left, sides.right, { isExact: false });
  }

  return {
    'compare.withMine': async (given: unknown) => {
      const right = await sideOf(given ?? activeEntry(), t('Compare What with Mine?'));
      if (right === undefined) return;
      const mine = await pickMine(right);
      if (mine === undefined) return;
      const left = await localSide(mine);
      await compare({ ...left, name: t('mine') }, right);
    },

    'compare.select': async (given: unknown) => {
      const chosen = await sideOf(given, t('Select What for Compare?'));
      if (chosen === undefined) return;
      selected = chosen;
      await setContext('hasSelectedForCompare', true);
      vscode.window.setStatusBarMessage(t('Selected for compare: {0}', iconSafeName(baseName(chosen.uri.path))), 4000);
    },

    'compare.withSelected': async (given: unknown) => {
      if (selected === undefined) throw invalidArgument(t('something that was selected for compare before'));
      const right = await sideOf(given, t('Compare What with the Selected?'));
      if (right !== undefined) await compare(selected, right);
    },

    /** A row of the view: what differs, or the file that only one side has. */
    'compare.open': async (given: unknown) => {
      const { shown } = view;
      const item = comparedOf(given);
      if (shown === undefined || item === undefined) throw invalidArgument(t('a row of the Compare view'));
      const left = await uriOn(shown.left.side, item.movedFrom ?? item.path);
      const right = await uriOn(shown.right.side, item.path);
      if (item.state === 'only-left' || item.state === 'only-right') {
        await openOne(item.state === 'only-left' ? left : right);
        return;
      }
      const title = t('{0} ({1} ↔ {2})', displayName(baseName(item.path)), shown.left.name, shown.right.name);
      await vscode.commands.executeCommand('vscode.diff', left, right, title);
    },

    'compare.more': async (given: unknown) => {
      const state = typeof given === 'object' && given !== null ? (given as { state?: unknown }).state : undefined;
      if (typeof state === 'string') await view.more(state as CompareState);
    },

    'compare.again': async () => {
      if (view.shown !== undefined) await view.compare(view.shown.left, view.shown.right, { isExact: false });
    },

    /** Missing content ids are made, or asked for. */
    'compare.exact': async () => {
      if (view.shown !== undefined) await view.compare(view.shown.left, view.shown.right, { isExact: true });
    },

    'compare.download': () => downloadDifferences(),

    'compare.close': () => view.close(),

    'compare.gutter': async (given: unknown) => {
      const local = localFile(given);
      const hit = await pickCopy(local);
      if (hit === undefined) return;
      await quickDiff.show(local, await uriOf(services, hit.entry));
      await vscode.window.showTextDocument(local);
    },

    'compare.gutterOff': (given: unknown) => quickDiff.hide(localFile(given)),
  };

  async function uriOn(side: CompareSide, below: string): Promise<vscode.Uri> {
    const entry = refOn(side, below);
    if (entry !== undefined) return uriOf(services, entry);
    return vscode.Uri.file(path.join('folder' in side ? side.folder : '', ...below.split('/')));
  }

  async function openOne(uri: vscode.Uri): Promise<void> {
    const entry = entryRefOfUri(uri);
    await (entry === undefined
      ? vscode.commands.executeCommand('vscode.open', uri)
      : vscode.commands.executeCommand('potluck.entry.open', entry));
  }

  async function downloadDifferences(): Promise<void> {
    const { shown } = view;
    if (shown === undefined) throw invalidArgument(t('a comparison in the Compare view'));
    const choices = differenceChoices(shown);
    if (choices.length === 0) {
      const [one, other] = [messageName(shown.left.name), messageName(shown.right.name)];
      void notices.info(t('There is nothing to download: all files of {0} are in {1}, too.', other, one));
      return;
    }
    const chosen = await vscode.window.showQuickPick(choices, asking(t('Download Which Differences?')));
    if (chosen === undefined) return;
    const folder = await targetOf(shown.left.side, t('Download into This Folder'));
    if (folder === undefined) return;
    const { totals, compareId } = shown.comparison;
    if (chosen.conflict === 'overwrite') {
      const detail = t(
        'Files of {0} take the place of yours in {1}. Yours are gone then.',
        shown.right.name,
        displayName(folder, 300),
      );
      if (!(await confirm(t('Replace {0}?', formatFiles(totals.changed.files)), detail, t('Replace')))) return;
    }
    const { states, conflict } = chosen;
    await sidecar.request('compare/download', { compareId, folder, states, conflict });
    vscode.window.setStatusBarMessage(t('Downloading the differences'), 4000);
  }

  /** Of the same name in any peer's share. */
  async function pickCopy(local: vscode.Uri): Promise<SearchHit | undefined> {
    const name = path.basename(local.fsPath);
    const query = `"${name.replaceAll('"', ' ')}"`;
    const { hits } = await sidecar.request('search/query', { query, limit: limits.findHits });
    const copies = hits.filter((hit) => hit.kind === 'file' && !hit.isOwn && baseName(hit.entry.path) === name);
    const items = copies.map((hit) => ({
      label: iconSafeName(`${hit.peerName} › ${hit.shareTitle}`),
      description: iconSafeName(hit.entry.path),
      hit,
    }));
    if (items.length === 0) {
      void notices.info(t('No peer shares a file named {0}.', messageName(name)));
      return undefined;
    }
    const title = t('Show Changes against Whose Copy?');
    return items.length === 1 ? items[0]?.hit : (await vscode.window.showQuickPick(items, asking(title)))?.hit;
  }
}

/** First of several questions: an editor that opens meanwhile does not take it away. */
function asking(title: string): vscode.QuickPickOptions {
  return { title, ignoreFocusOut: true };
}

function activeEntry(): EntryRef | undefined {
  const uri = activeTabUri();
  return uri === undefined ? undefined : entryRefOfUri(uri);
}

function localFile(given: unknown): vscode.Uri {
  const parts = localUriOf(given);
  const uri = parts === undefined ? vscode.window.activeTextEditor?.document.uri : vscode.Uri.from(parts);
  if (uri?.scheme !== 'file') throw invalidArgument(t('an open file of this machine'));
  return uri;
}

/** Files of this window with the same name first, then any. */
async function pickMine(right: Side): Promise<vscode.Uri | undefined> {
  const title = right.kind === 'file' ? t('Compare with Which File of Mine?') : t('Compare with Which Folder of Mine?');
  const name = baseName(right.uri.path);
  if (right.kind === 'file') {
    const pattern = `**/${name.replace(/[*?{}[\]!,\\]/g, '?')}`;
    const found = (await vscode.workspace.findFiles(pattern, undefined, limits.findHits)).filter(
      (uri) => uri.scheme === 'file' && path.basename(uri.fsPath) === name,
    );
    const other = t('Another File…');
    const items = [
      ...found.map((uri) => ({ label: iconSafeName(vscode.workspace.asRelativePath(uri)), uri })),
      { label: other, uri: undefined },
    ];
    const chosen = found.length === 0 ? items[0] : await vscode.window.showQuickPick(items, asking(title));
    if (chosen === undefined || chosen.uri !== undefined) return chosen?.uri;
  }
  const isFile = right.kind === 'file';
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  if (!isFile && folders.length > 0) {
    const items = [
      ...folders.map((folder) => ({
        label: iconSafeName(folder.name),
        description: iconSafeName(folder.uri.fsPath),
        uri: folder.uri,
      })),
      { label: t('Another Folder…'), description: '', uri: undefined },
    ];
    const chosen = await vscode.window.showQuickPick(items, asking(title));
    if (chosen === undefined || chosen.uri !== undefined) return chosen?.uri;
  }
  const options = { title, canSelectFiles: isFile, canSelectFolders: !isFile, openLabel: t('Compare') };
  const [picked] = (await vscode.window.showOpenDialog(options)) ?? [];
  // A dialog also offers file systems of other extensions: their paths name something else on this disk.
  if (picked !== undefined && picked.scheme !== 'file') throw invalidArgument(t('a file or folder of this machine'));
  return picked;
}

/** Where differences go: the folder that they were told from, or one that a person chose; undefined when files of peers should not go there. */
async function targetOf(left: CompareSide, title: string): Promise<string | undefined> {
  if ('entry' in left) return chooseTarget(title, t('Download'));
  return (await isFineInside(left.folder)) ? left.folder : undefined;
}

/** What the row of our view stands for, as far as it is read here. */
function comparedOf(given: unknown): { path: string; movedFrom?: string; state: CompareState } | undefined {
  const item = typeof given === 'object' && given !== null ? (given as { item?: unknown }).item : undefined;
  if (typeof item !== 'object' || item === null) return undefined;
  const { path: below, movedFrom, state } = item as Record<string, unknown>;
  if (typeof below !== 'string' || typeof state !== 'string') return undefined;
  if (isOdd(below) || (movedFrom !== undefined && (typeof movedFrom !== 'string' || isOdd(movedFrom)))) return undefined;
  return { path: below, state: state as CompareState, ...(movedFrom === undefined ? {} : { movedFrom }) };
}

/** Other extensions can call it with anything: nothing leads out of what is compared. */
function isOdd(below: string): boolean {
  return below.split(/[\\/]/).some((part) => part === '' || part === '.' || part === '..') || below.includes('\0');
}
