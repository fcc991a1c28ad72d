// potluck.entry.showPage: all that is known of a file or folder, on a page beside the editors. Asks the sidecar; transfers nothing.

import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { formatEntryLink } from '../../protocol/entryLinks.ts';
import { titleOf, writeLinkFile } from '../../protocol/linkFile.ts';
import type { ContentId } from '../../protocol/ids.ts';
import type { EntryRef } from '../../protocol/model.ts';
import { displayName } from '../displayText.ts';
import { filePage, pageCommands, type FileFacts } from '../filePage/filePage.ts';
import { baseName } from '../files/uris.ts';
import { limits } from '../limits.ts';
import type { CommandTable, Services } from '../services.ts';
import { t } from '../text.ts';
import { entryInQuestion } from './givenEntry.ts';
import { localPathOf } from './ownEntries.ts';

/** Ended transfers of the entry that are listed. */
const shownHistory = 20;

export function filePageCommands(services: Services, disposables: vscode.Disposable[]): CommandTable {
  const { sidecar, world } = services;
  let panel: vscode.WebviewPanel | undefined;
  disposables.push({ dispose: () => void panel?.dispose() });

  async function factsOf(entry: EntryRef): Promise<FileFacts> {
    await world.load();
    const [info, shares, own] = await Promise.all([
      sidecar.request('catalog/stat', { entry }),
      sidecar.request('catalog/shares', { peerId: entry.peerId }),
      localPathOf(services, entry),
    ]);
    const isFile = info.kind === 'file';
    const details = isFile ? await sidecar.request('catalog/details', { entry }) : undefined;
    const page = isFile ? undefined : await sidecar.request('catalog/list', { entry, limit: 1 });
    const share = shares.find(({ shareId }) => shareId === entry.shareId);
    const title = share?.title ?? entry.shareId;
    const name = entry.path === '' ? title : baseName(entry.path);
    const contentId = details?.contentId;
    const isOwn = own !== undefined;
    const peer = world.peer(entry.peerId);
    const owner = {
      name: peer?.name ?? entry.peerId,
      isOwn,
      isOnline: peer?.isOnline === true,
      ...(peer?.lastSeenMs === undefined ? {} : { lastSeenMs: peer.lastSeenMs }),
    };
    const self = { peerName: owner.name, where: `${title}/${entry.path}`, isOwn, isOnline: owner.isOnline };
    const known = contentId === undefined ? undefined : await statusOf(contentId, name, info.sizeBytes);
    const downloads = world.downloads.filter((each) => each.state === 'done' && isSame(each.entry, entry));
    const history = await sidecar.request('transfers/history', { limit: limits.historyRows });
    const copies = [own, known?.localPath, ...downloads.map(({ destination }) => destination)];
    return {
      entry,
      name,
      kind: info.kind,
      sizeBytes: info.sizeBytes,
      mtimeMs: info.mtimeMs,
      owner,
      shareTitle: title,
      ...(page === undefined ? {} : { entryCount: page.total }),
      ...(details === undefined ? {} : { details }),
      ...(contentId === undefined ? {} : { contentId }),
      holders: known === undefined || known.holders.length === 0 ? [self] : known.holders,
      holderCount: Math.max(1, known?.holderCount ?? 1),
      copies: [...new Set(copies.filter((each) => each !== undefined))],
      history: history.entries
        .filter((each) => isSame(each, entry) || (contentId !== undefined && each.contentId === contentId))
        .slice(0, shownHistory),
      link: formatEntryLink({ entry, ...(contentId === undefined ? {} : { contentId }) }),
    };
  }

  /** Who lists the content, and where it lies here. A link to it is what the sidecar tells that of. */
  async function statusOf(contentId: ContentId, name: string, sizeBytes: number) {
    const files = [{ path: name, sizeBytes, contentId }];
    const text = writeLinkFile({ title: titleOf(name), kind: 'file', files, folders: [], hints: { entries: [], parties: [] } });
    const status = await sidecar.request('links/status', { text });
    const [file] = status.files;
    const holders = (file?.holders ?? []).map(({ entry, peerName, isOwn, isOnline }) => {
      return { peerName, where: entry.path, isOwn, isOnline };
    });
    return { holders, holderCount: file?.holderCount ?? 0, localPath: file?.localPath };
  }

  return {
    'entry.showPage': async (given: unknown) => {
      const entry = await entryInQuestion(services, given, { title: t('Show the Page of What?'), wants: 'any' });
      if (entry === undefined) return;
      const facts = await factsOf(entry);
      const page = panel ?? open();
      page.title = displayName(facts.name);
      page.webview.html = filePage(facts, randomBytes(16).toString('hex'), Date.now());
      page.reveal();
    },
  };

  function open(): vscode.WebviewPanel {
    const made = vscode.window.createWebviewPanel('potluck.page', 'Potluck', vscode.ViewColumn.Active, {
      enableScripts: false,
      enableForms: false,
      enableCommandUris: [...pageCommands],
      localResourceRoots: [],
    });
    made.onDidDispose(() => (panel = undefined));
    panel = made;
    return made;
  }
}

function isSame(a: { peerId: string; shareId: string; path: string }, b: EntryRef): boolean {
  return a.peerId === b.peerId && a.shareId === b.shareId && a.path === b.path;
}
