// potluck.download.add and potluck.entry.downloadTo: what to download is found first, or where it goes. Neither takes a folder as an argument:
// where files of peers are written is for a person to choose.

import * as vscode from 'vscode';
import type { ConflictPolicy, DownloadInfo, EntryRef } from '../../protocol/model.ts';
import type { PeerId } from '../../protocol/ids.ts';
import { displayName, iconSafeName, messageName } from '../displayText.ts';
import { invalidArgument } from '../failures.ts';
import { baseName } from '../files/uris.ts';
import type { CommandTable, Services } from '../services.ts';
import { formatBytes, formatCount, formatFiles, t } from '../text.ts';
import { isFineInside } from './downloadFolder.ts';
import { pickEntry, pickHolder } from './picks.ts';
import { entryRefOf, mergedEntryOf, selectionOf } from './targets.ts';

type Where = { kind: 'find' } | { kind: 'peer'; peerId: PeerId };

export function addCommands(services: Services): CommandTable {
  const { sidecar, world } = services;

  async function entriesOf(clicked: unknown, all: unknown, title: string): Promise<EntryRef[]> {
    const given = selectionOf(clicked, all, entryRefOf);
    if (given.length > 0) return given;
    const merged = selectionOf(clicked, all, mergedEntryOf);
    const entries: EntryRef[] = [];
    for (const info of merged) {
      const entry = await pickHolder(services, info, { title, from: 'peers' });
      if (entry !== undefined) entries.push(entry);
    }
    if (merged.length > 0) return entries;
    if (clicked !== undefined && clicked !== null) throw invalidArgument(t('a file or folder of a peer'));
    const picked = await pickEntry(services, title, 'any');
    return picked === undefined ? [] : [picked];
  }

  async function pickWhere(): Promise<Where | undefined> {
    await world.load();
    const items: (vscode.QuickPickItem & { where?: Where })[] = [
      { label: `$(search) ${t('Find Files…')}`, description: t('among all that peers share'), where: { kind: 'find' } },
    ];
    const sharing = world.peers.filter(({ shareCount }) => shareCount > 0);
    if (sharing.length > 0) items.push({ label: t('Browse a peer'), kind: vscode.QuickPickItemKind.Separator });
    for (const { peerId, name, isOnline, fileCount, totalBytes } of sharing) {
      items.push({
        label: `$(account) ${iconSafeName(name)}`,
        description: isOnline ? t('online') : t('offline'),
        detail: `${formatFiles(fileCount)}, ${formatBytes(totalBytes)}`,
        where: { kind: 'peer', peerId },
      });
    }
    return (await vscode.window.showQuickPick(items, { title: t('Download What?'), matchOnDetail: true }))?.where;
  }

  return {
    /** `{ peerId, shareId, path }` or a `potluck:` URI may be given; else one finds it, or browses to it. */
    'download.add': async (given: unknown): Promise<DownloadInfo | undefined> => {
      const known = entryRefOf(given);
      if (known === undefined && given !== undefined && given !== null) throw invalidArgument(t('a file or folder of a peer'));
      const where = known === undefined ? await pickWhere() : undefined;
      if (where?.kind === 'find') {
        services.findFiles.show();
        return undefined;
      }
      const entry = known ?? (where && (await pickEntry(services, t('Download a File or Folder'), 'any', where.peerId)));
      if (entry === undefined) return undefined;
      const [added] = (await vscode.commands.executeCommand<DownloadInfo[] | undefined>('potluck.entry.download', entry)) ?? [];
      return added;
    },

    'entry.downloadTo': async (clicked: unknown, all: unknown): Promise<DownloadInfo[]> => {
      const entries = await entriesOf(clicked, all, t('Download a File or Folder'));
      const [first] = entries;
      if (first === undefined) return [];
      if (entries.some(({ peerId }) => peerId === sidecar.connection?.peerId))
        throw invalidArgument(t('a file of a peer, not your own'));
      const what = entries.length === 1 ? messageName(baseName(first.path)) : t('{0} things', formatCount(entries.length));
      const folder = await pickFolder(what);
      if (folder === undefined) return [];
      const conflict = await pickConflict();
      if (conflict === undefined) return [];
      const added: DownloadInfo[] = [];
      for (const entry of entries) added.push(await sidecar.request('downloads/add', { entry, folder, conflict }));
      return added;
    },
  };

  async function pickFolder(what: string): Promise<string | undefined> {
    const { downloadFolder } = await sidecar.request('settings/get', {});
    const picked = await vscode.window.showOpenDialog({
      title: t('Download {0} to', what),
      openLabel: t('Download Here'),
      canSelectFolders: true,
      canSelectFiles: false,
      defaultUri: vscode.Uri.file(downloadFolder),
    });
    const folder = picked?.find(({ scheme }) => scheme === 'file')?.fsPath;
    return folder !== undefined && (await isFineInside(folder)) ? folder : undefined;
  }

  async function pickConflict(): Promise<ConflictPolicy | undefined> {
    const { conflict } = await sidecar.request('settings/get', {});
    const texts: Record<ConflictPolicy, [label: string, detail: string]> = {
      'keep-both': [t('Keep both'), t('The new one gets the next free name, "name (2)".')],
      skip: [t('Skip'), t('What is there stays as it is, and is not downloaded.')],
      overwrite: [t('Replace'), t('A file is replaced once the new one is whole and verified. Folders never are.')],
    };
    // The one that is set comes first: Enter takes it.
    const policies: ConflictPolicy[] = [
      conflict,
      ...(['keep-both', 'skip', 'overwrite'] as const).filter((one) => one !== conflict),
    ];
    const items = policies.map((policy) => ({ label: displayName(texts[policy][0]), detail: texts[policy][1], policy }));
    return (await vscode.window.showQuickPick(items, { title: t('Where a Name Is Taken') }))?.policy;
  }
}
