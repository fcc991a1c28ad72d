// The entry that a command is about, anybody's: a row of our views, a URI, a plain object, the editor in front, or what a person picks. Own shares are
// known by their rows and by the paths of this disk.

import * as vscode from 'vscode';
import type { EntryRef, ShareInfo } from '../../protocol/model.ts';
import { invalidArgument } from '../failures.ts';
import type { Services } from '../services.ts';
import { t } from '../text.ts';
import { activeTabUri } from './activeTab.ts';
import { ownEntryOf } from './ownPaths.ts';
import { pickEntry, pickHolder } from './picks.ts';
import { entryRefOf, localUriOf, mergedEntryOf, ownShareIdOf } from './targets.ts';

/** Undefined for what is shared by nobody; rows of the merged tree stand for several (`givenEntry` asks). */
export async function sharedEntryOf(services: Services, value: unknown): Promise<EntryRef | undefined> {
  const entry = entryRefOf(value);
  if (entry !== undefined) return entry;
  const local = localUriOf(value);
  const shareId = ownShareIdOf(value);
  if (local === undefined && shareId === undefined) return undefined;
  const own = await ownShares(services);
  if (local !== undefined) return ownEntryOf(vscode.Uri.from(local).fsPath, own.shares, own.peerId);
  return shareId === undefined ? undefined : { peerId: own.peerId, shareId, path: '' };
}

/** Undefined when a person was asked whose, and chose nobody. Throws `invalid-argument` for what is shared by nobody. */
export async function givenEntry(services: Services, given: unknown, title: string): Promise<EntryRef | undefined> {
  const merged = mergedEntryOf(given);
  if (merged !== undefined) return pickHolder(services, merged, { title, from: 'anybody' });
  const entry = await sharedEntryOf(services, given);
  if (entry === undefined) throw invalidArgument(t('a file or folder that is shared'));
  return entry;
}

/** What was given, else what is in front, else what a person picks; undefined when nothing is picked. Throws as `givenEntry`. */
export async function entryInQuestion(
  services: Services,
  given: unknown,
  { title, wants }: { title: string; wants: 'file' | 'any' },
): Promise<EntryRef | undefined> {
  if (given !== undefined && given !== null) return givenEntry(services, given, title);
  const active = activeTabUri();
  const entry = active === undefined ? undefined : await sharedEntryOf(services, active);
  return entry ?? pickEntry(services, title, wants);
}

async function ownShares({ sidecar, world }: Services): Promise<{ peerId: EntryRef['peerId']; shares: ShareInfo[] }> {
  const { peerId } = await sidecar.connected();
  await world.load();
  return { peerId, shares: world.shares };
}
