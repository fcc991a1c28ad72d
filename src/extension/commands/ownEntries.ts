// Entries of this machine's own shares: searches and the merged tree have them, too. They are files of this disk and are opened as such.

import path from 'node:path';
import type { EntryRef } from '../../protocol/model.ts';
import type { Services } from '../services.ts';

/** Where an own entry lies on this disk; undefined for entries of peers. */
export async function localPathOf(services: Pick<Services, 'sidecar' | 'world'>, entry: EntryRef): Promise<string | undefined> {
  const { peerId } = await services.sidecar.connected();
  if (entry.peerId !== peerId) return undefined;
  await services.world.load();
  const share = services.world.shares.find(({ shareId }) => shareId === entry.shareId);
  return share === undefined ? undefined : path.join(share.path, ...entry.path.split('/'));
}
