// What is done with a link, wherever it stands (a file, a text): download, verify, write in another form. Each asks for what it needs.

import { randomUUID } from 'node:crypto';
import path from 'node:path';
import * as vscode from 'vscode';
import { AppError } from '../../protocol/errors.ts';
import type { DownloadInfo, LinkSource, LinkVerification } from '../../protocol/model.ts';
import { isFineInside } from '../commands/downloadFolder.ts';
import { withDelayedProgress } from '../delayedProgress.ts';
import { iconSafeName, messageName } from '../displayText.ts';
import { limits } from '../limits.ts';
import type { Services } from '../services.ts';
import { formatBytes, t } from '../text.ts';

/** The text itself, so that what is done is done with what was seen; of a very long one, its file. */
export function sourceOf(uri: vscode.Uri, text: string): LinkSource {
  return uri.scheme === 'file' && text.length > limits.linkTextCharacters ? { path: uri.fsPath } : { text };
}

/** The text of a link file, bounded. Throws `too-large` and `invalid-argument`. */
export async function readLinkText(uri: vscode.Uri): Promise<string> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open !== undefined) return open.getText();
  const { size } = await vscode.workspace.fs.stat(uri);
  if (size > limits.linkFileBytes) throw new AppError('too-large', t('It is {0} long: no link file is.', formatBytes(size)));
  const bytes = await vscode.workspace.fs.readFile(uri);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new AppError('invalid-argument', t('It is not text in UTF-8, so it is no link file.'), { cause: error });
  }
}

/** Shows it in another editor, in place of the one that shows it now. */
export async function reopenWith(uri: vscode.Uri, editorId: string): Promise<void> {
  const { activeTabGroup } = vscode.window.tabGroups;
  const others = activeTabGroup.tabs.filter(({ input, isDirty }) => {
    const isEditor = input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText;
    return isEditor && !isDirty && input.uri.toString() === uri.toString();
  });
  await vscode.commands.executeCommand('vscode.openWith', uri, editorId);
  // What was reopened by itself is the active one.
  const left = others.filter((tab) => !tab.isActive);
  if (left.length > 0) await vscode.window.tabGroups.close(left, true);
}

/** A folder of this machine that a person chose; undefined when none was, or when files of peers should not go there. */
export async function chooseTarget(title: string, openLabel: string): Promise<string | undefined> {
  const picked = await vscode.window.showOpenDialog({ title, openLabel, canSelectFolders: true, canSelectFiles: false });
  const folder = picked?.find(({ scheme }) => scheme === 'file')?.fsPath;
  return folder !== undefined && (await isFineInside(folder)) ? folder : undefined;
}

export async function downloadLink(
  { sidecar }: Services,
  source: LinkSource,
  { paths, folder }: { paths?: string[]; folder?: string } = {},
): Promise<DownloadInfo> {
  const chosen = { ...(paths === undefined ? {} : { paths }), ...(folder === undefined ? {} : { folder }) };
  const download = await sidecar.request('links/download', { ...source, ...chosen });
  vscode.window.setStatusBarMessage(`$(cloud-download) ${t('Downloading {0}', iconSafeName(download.name))}`, 4000);
  return download;
}

/** Asks for a folder and reads it; undefined when none was chosen. */
export async function verifyLink(
  services: Services,
  source: LinkSource,
): Promise<{ folder: string; found: LinkVerification } | undefined> {
  const picked = await vscode.window.showOpenDialog({
    title: t('Compare with What Lies Where?'),
    openLabel: t('Verify'),
    canSelectFolders: true,
    canSelectFiles: true,
  });
  const folder = picked?.find(({ scheme }) => scheme === 'file')?.fsPath;
  if (folder === undefined) return undefined;
  const found = await withProgress(services, t('Reading {0}', messageName(path.basename(folder))), (progressToken, signal) =>
    services.sidecar.request('links/verify', { ...source, folder, progressToken }, { signal, timeoutMs: limits.linkWorkMs }),
  );
  return { folder, found };
}

export async function saveTorrent(services: Services, source: LinkSource, name: string): Promise<vscode.Uri | undefined> {
  const { torrentBase64 } = await exported(services, source, 'torrent');
  return torrentBase64 === undefined ? undefined : saveAs(name, 'torrent', Buffer.from(torrentBase64, 'base64'));
}

export async function copyMagnet(services: Services, source: LinkSource): Promise<void> {
  const { text } = await exported(services, source, 'magnet');
  if (text === undefined) return;
  await vscode.env.clipboard.writeText(text);
  vscode.window.setStatusBarMessage(t('Magnet link copied.'), 3000);
}

export function exported(services: Services, source: LinkSource, as: 'link' | 'torrent' | 'magnet') {
  return withProgress(services, t('Making the link'), (progressToken, signal) =>
    services.sidecar.request('links/export', { ...source, as, progressToken }, { signal, timeoutMs: limits.linkWorkMs }),
  );
}

/** Runs a request that tells bytes by its token. */
export function withProgress<T>(
  { sidecar }: Services,
  title: string,
  work: (progressToken: string, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const token = randomUUID();
  return withDelayedProgress(title, async (signal, report) => {
    const subscription = sidecar.on('progress', ({ progressToken, done, total }) => {
      if (progressToken !== token) return;
      if (total > 0) report(t('{0} of {1}', formatBytes(done), formatBytes(total)), done / total);
      else report(formatBytes(done));
    });
    try {
      return await work(token, signal);
    } finally {
      subscription.dispose();
    }
  });
}

/** Asks where, and writes; undefined when nowhere. `name` without its ending: anything, from anybody. */
export async function saveAs(name: string, ending: 'p2p' | 'torrent', bytes: Uint8Array): Promise<vscode.Uri | undefined> {
  const fileName = `${fileNameOf(name)}.${ending}`;
  const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme !== 'potluck')?.uri;
  const chosen = await vscode.window.showSaveDialog({
    title: t('Save the Link'),
    filters: ending === 'p2p' ? { [t('Potluck Links')]: ['p2p'] } : { [t('Torrents')]: ['torrent'] },
    defaultUri: folder === undefined ? vscode.Uri.file(path.resolve('/', fileName)) : vscode.Uri.joinPath(folder, fileName),
  });
  if (chosen === undefined) return undefined;
  await vscode.workspace.fs.writeFile(chosen, bytes);
  return chosen;
}

/** What every disk takes as a name. */
export function fileNameOf(name: string): string {
  const plain = name
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}\p{M}_ .()-]+/gu, '_')
    .replace(/^[. ]+|[. ]+$/g, '')
    .slice(0, 80);
  return plain === '' || /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(plain) ? `link_${plain}` : plain;
}
