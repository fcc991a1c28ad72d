// Follows a link to an entry, after a person clicked or confirmed: to the editor, to the lines, or to the row of a folder. Lines that were counted in
// another content than what is there now are asked about.

import * as vscode from 'vscode';
import type { EntryLink } from '../../protocol/entryLinks.ts';
import { AppError, asAppError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/ids.ts';
import type { Entry, EntryRef } from '../../protocol/model.ts';
import { localPathOf } from '../commands/ownEntries.ts';
import { messageName } from '../displayText.ts';
import { fetchVerified } from '../files/fetch.ts';
import { isHiddenPath } from '../files/hiddenConfiguration.ts';
import { notices } from '../notices.ts';
import { baseName, revealedQuery, uriPartsOf } from '../files/uris.ts';
import type { Services } from '../services.ts';
import { maxOpenBytes } from '../settings.ts';
import { t } from '../text.ts';
import { likeliestHolder, spanOf } from './anchors.ts';

/** Throws `not-found` where nothing known here has it. */
export async function openEntryLink(services: Services, link: EntryLink): Promise<void> {
  const info = await infoOf(services, link.entry);
  if (info.kind === 'folder') {
    await vscode.commands.executeCommand('potluck.entry.reveal', { entry: link.entry });
    return;
  }
  const isText = info.sizeBytes <= maxOpenBytes();
  const entry = await pinnedEntry(services, link, isText ? info : undefined);
  if (entry === undefined) return;
  if (!isText || link.lines === undefined) {
    await vscode.commands.executeCommand('potluck.entry.open', { entry });
    return;
  }
  const { startLine, startCharacter, endLine, endCharacter } = spanOf(link.lines);
  const selection = new vscode.Range(startLine, startCharacter, endLine, endCharacter);
  await vscode.commands.executeCommand('vscode.open', await uriOf(services, entry), { selection });
}

export async function uriOf(services: Services, entry: EntryRef): Promise<vscode.Uri> {
  const own = await localPathOf(services, entry);
  if (own !== undefined) return vscode.Uri.file(own);
  return vscode.Uri.from(isHiddenPath(entry.path) ? { ...uriPartsOf(entry), query: revealedQuery } : uriPartsOf(entry));
}

async function infoOf(services: Services, entry: EntryRef): Promise<Entry> {
  try {
    return await services.sidecar.request('catalog/stat', { entry });
  } catch (error) {
    if (asAppError(error).kind !== 'not-found') throw error;
    await services.world.load();
    const owner = services.world.peer(entry.peerId)?.name;
    const name = messageName(baseName(entry.path) || entry.shareId);
    const message =
      owner === undefined
        ? t('{0} is of somebody who is not known here. Join a party of theirs, or ask them for a code.', name)
        : t('{0} is not among what {1} shows you now: it was moved, removed, or is not for you.', name, messageName(owner));
    throw new AppError('not-found', message, { cause: error });
  }
}

/**
 * The entry to open: where the content is another one now, a person chooses; undefined when nothing is to be opened. `text`: it is fetched whole for its
 * editor anyway, so that its content is learned by that where nobody told it.
 */
async function pinnedEntry(
  { sidecar, world }: Services,
  { entry, contentId }: EntryLink,
  text: Entry | undefined,
): Promise<EntryRef | undefined> {
  if (contentId === undefined) return entry;
  const told = (await sidecar.request('catalog/details', { entry })).contentId;
  const known = told ?? (text && (await fetchVerified(sidecar, entry, text, maxOpenBytes())).contentId);
  if (known === undefined || known === contentId) return entry;
  const holders = await sidecar.request('catalog/holders', { contentId });
  await world.load();
  const isHere = (peerId: PeerId): boolean => peerId === sidecar.connection?.peerId || world.peer(peerId)?.isOnline === true;
  const holder = likeliestHolder(holders, { but: entry, isHere });
  const [openNow, openThen] = [t('Open as It Is Now'), t('Open What Was Linked')];
  const taken = await notices.warning(
    t('{0} was changed since this link was made: lines may be elsewhere.', messageName(baseName(entry.path))),
    openNow,
    ...(holder === undefined ? [] : [openThen]),
  );
  return taken === openNow ? entry : taken === openThen ? holder : undefined;
}
