// potluck.entry.*: open and download what peers share, and mount it in the Explorer.

import * as vscode from 'vscode';
import type { DownloadInfo, Entry, EntryRef } from '../../protocol/model.ts';
import { displayName, messageName } from '../displayText.ts';
import { invalidArgument, tooLargeToOpen } from '../failures.ts';
import { isHiddenPath } from '../files/hiddenConfiguration.ts';
import { mountedFolders } from '../files/mounts.ts';
import { baseName, entryRefOfUri, isSameEntry, revealedQuery, uriPartsOf } from '../files/uris.ts';
import { limits } from '../limits.ts';
import type { CommandTable, Services } from '../services.ts';
import { maxOpenBytes } from '../settings.ts';
import { formatBytes, t } from '../text.ts';
import { activeTabUri } from './activeTab.ts';
import { localPathOf } from './ownEntries.ts';
import { confirm, pickEntry, pickHolder } from './picks.ts';
import { revealLocal } from './revealLocal.ts';
import { entryRefOf, mergedEntryOf, selectionOf } from './targets.ts';
import { notices } from '../notices.ts';

export function entryCommands(services: Services): CommandTable {
  const { sidecar, fileSystem, world, peersView } = services;
  let isOffering = false;

  async function entryOf(
    value: unknown,
    title: string,
    { wants, from = 'anybody' }: { wants: 'file' | 'folder' | 'any'; from?: 'anybody' | 'peers' },
  ): Promise<EntryRef | undefined> {
    const merged = mergedEntryOf(value);
    if (merged !== undefined) return pickHolder(services, merged, { title, from });
    const entry = entryRefOf(value);
    if (entry === undefined && value !== undefined && value !== null) throw invalidArgument(t('a file or folder of a peer'));
    return entry ?? pickEntry(services, title, wants);
  }

  async function infoOf(entry: EntryRef): Promise<Entry> {
    return (await fileSystem.cache.stat(entry)) ?? sidecar.request('catalog/stat', { entry });
  }

  async function download(entries: EntryRef[]): Promise<DownloadInfo[]> {
    const added: DownloadInfo[] = [];
    for (const entry of entries) {
      if (entry.peerId === sidecar.connection?.peerId) throw invalidArgument(t('a file of a peer, not your own'));
      added.push(await sidecar.request('downloads/add', { entry }));
    }
    const [first] = added;
    if (first !== undefined) {
      const text = added.length === 1 ? t('Downloading {0}', messageName(first.name)) : t('Downloading {0} things', added.length);
      vscode.window.setStatusBarMessage(`$(cloud-download) ${text.replace(/\$\(/g, '\\$(')}`, 4000);
    }
    return added;
  }

  /** Asked for a file above the size setting: open all the same, download, or leave it. */
  async function offerTooLarge(entry: EntryRef, sizeBytes: number): Promise<void> {
    // An editor asks for its file more than once.
    if (isOffering) return;
    isOffering = true;
    try {
      await askTooLarge(entry, sizeBytes);
    } finally {
      isOffering = false;
    }
  }

  async function askTooLarge(entry: EntryRef, sizeBytes: number): Promise<void> {
    const openAnyway = t('Open Anyway');
    const downloadIt = t('Download');
    const failure = tooLargeToOpen(
      messageName(baseName(entry.path)),
      formatBytes(sizeBytes),
      formatBytes(Math.min(maxOpenBytes(), limits.openHardCapBytes)),
    );
    const byRange = t('Open by Range');
    const actions = sizeBytes <= limits.openHardCapBytes ? [byRange, openAnyway, downloadIt] : [byRange, downloadIt];
    const taken = await notices.warning(failure.message, ...actions);
    if (taken === byRange) await vscode.commands.executeCommand('potluck.entry.openByRange', entry);
    if (taken === downloadIt) await download([entry]);
    if (taken !== openAnyway) return;
    services.allowance.allow(entry);
    await openInEditor(entry);
  }

  return {
    'entry.open': async (given: unknown) => {
      const entry = await entryOf(given, t('Open a File of a Peer'), { wants: 'file' });
      if (entry === undefined) return;
      const own = await localPathOf(services, entry);
      if (own !== undefined) {
        await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(own));
        return;
      }
      const info = await infoOf(entry);
      if (info.kind === 'folder') throw invalidArgument(t('a file, not a folder'));
      const maxBytes = services.allowance.maxBytes(entry, maxOpenBytes());
      if (info.sizeBytes > maxBytes) await offerTooLarge(entry, info.sizeBytes);
      else await openInEditor(entry);
    },

    /** Called by the file system when an editor asked for too much; not in the palette. */
    'entry.offerTooLarge': async (given: unknown) => {
      const entry = entryRefOf(given);
      if (entry === undefined) throw invalidArgument(t('a file of a peer'));
      await offerTooLarge(entry, (await infoOf(entry)).sizeBytes);
    },

    'entry.download': async (clicked: unknown, all: unknown) => {
      const given = selectionOf(clicked, all, entryRefOf);
      if (given.length > 0) return download(given);
      const merged = selectionOf(clicked, all, mergedEntryOf);
      if (merged.length > 1) {
        const entries: EntryRef[] = [];
        for (const info of merged) {
          const entry = await pickHolder(services, info, { title: t('Download from Whom?'), from: 'peers' });
          if (entry !== undefined) entries.push(entry);
        }
        return download(entries);
      }
      const entry = await entryOf(clicked, t('Download a File or Folder'), { wants: 'any', from: 'peers' });
      return entry === undefined ? [] : download([entry]);
    },

    'entry.downloadFolder': async (clicked: unknown, all: unknown) => {
      const given = selectionOf(clicked, all, entryRefOf);
      if (given.length > 0) return download(given);
      const entry = await entryOf(clicked, t('Download a Folder'), { wants: 'folder', from: 'peers' });
      return entry === undefined ? [] : download([entry]);
    },

    /** Of the editor in front; the read-only message links here. Takes no argument, so that a link cannot choose the file. */
    'entry.downloadActive': async () => {
      const uri = vscode.window.activeTextEditor?.document.uri ?? activeTabUri();
      const entry = uri === undefined ? undefined : entryRefOfUri(uri);
      if (entry === undefined) throw invalidArgument(t('an open file of a peer'));
      return download([entry]);
    },

    'entry.copyPath': async (given: unknown) => {
      const entry = await entryOf(given, t('Copy the Path of What?'), { wants: 'any' });
      if (entry === undefined) return;
      await vscode.env.clipboard.writeText(vscode.Uri.from(uriPartsOf(entry)).toString());
      vscode.window.setStatusBarMessage(t('Path copied.'), 3000);
    },

    'entry.reveal': async (given: unknown) => {
      const entry = await entryOf(given, t('Reveal a File or Folder'), { wants: 'any' });
      if (entry === undefined) return false;
      const own = await localPathOf(services, entry);
      if (own !== undefined) await revealLocal(own);
      else await services.reveal(entry, await infoOf(entry));
      return true;
    },

    'entry.showMore': (given: unknown) => {
      // Only rows of our own view carry it; nothing else has pages.
      if (typeof given === 'object' && given !== null && (given as { kind?: unknown }).kind === 'more')
        peersView.showMore(given as never);
    },

    'entry.mount': async (given: unknown) => {
      const entry = await entryOf(given, t('Mount Which Folder in the Explorer?'), { wants: 'folder', from: 'peers' });
      if (entry === undefined) return false;
      const info = await infoOf(entry);
      if (info.kind !== 'folder') throw invalidArgument(t('a folder'));
      if (isHiddenPath(entry.path)) throw invalidArgument(t('a folder without configuration'));
      await world.load();
      const share = (await world.catalogShares(entry.peerId)).find(({ shareId }) => shareId === entry.shareId);
      const name = displayName(entry.path === '' ? (share?.title ?? info.name) : baseName(entry.path));
      const owner = displayName(world.peer(entry.peerId)?.name ?? entry.peerId);
      const detail = t(
        'Editors and extensions will read files of {0} as you work with them. Configuration that they would act on (.vscode, .git, tasks, agent files) stays hidden.',
        owner,
      );
      if (!(await confirm(t('Mount "{0}" in the Explorer?', name), detail, t('Mount')))) return false;
      const uri = vscode.Uri.from(uriPartsOf(entry));
      const count = vscode.workspace.workspaceFolders?.length ?? 0;
      return vscode.workspace.updateWorkspaceFolders(count, 0, { uri, name: t('{0} ({1})', name, owner) });
    },

    'entry.unmount': async (given: unknown) => {
      const entry = entryRefOf(given);
      const folder = entry === undefined ? await pickMounted() : mountedFolders().find(({ uri }) => isMountOf(uri, entry));
      if (folder === undefined) return false;
      return vscode.workspace.updateWorkspaceFolders(folder.index, 1);
    },
  };
}

async function openInEditor(entry: EntryRef): Promise<void> {
  const uri = vscode.Uri.from(isHiddenPath(entry.path) ? { ...uriPartsOf(entry), query: revealedQuery } : uriPartsOf(entry));
  await vscode.commands.executeCommand('vscode.open', uri);
}

function isMountOf(uri: vscode.Uri, entry: EntryRef): boolean {
  const mounted = entryRefOfUri(uri);
  return mounted !== undefined && isSameEntry(mounted, entry);
}

async function pickMounted(): Promise<vscode.WorkspaceFolder | undefined> {
  const items = mountedFolders().map((folder) => ({ label: folder.name.replace(/\$\(/g, '\\$('), folder }));
  if (items.length === 0) {
    void notices.info(t('Nothing of a peer is mounted.'));
    return undefined;
  }
  return (await vscode.window.showQuickPick(items, { title: t('Unmount Which Folder?') }))?.folder;
}
