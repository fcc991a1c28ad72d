// A link of a web page or another program to a shared file (`vscode://potluck.potluck/entry#…`): says what it leads to, and opens it only when a
// person says so.

import type * as vscode from 'vscode';
import { confirm } from '../commands/picks.ts';
import { messageName } from '../displayText.ts';
import { baseName } from '../files/uris.ts';
import type { Services } from '../services.ts';
import { t } from '../text.ts';
import { linkedEntry } from './anchors.ts';
import { openEntryLink } from './openLink.ts';
import { aboutEntry } from './textLinks.ts';

/** The path of such links. */
export const entryLinkPath = '/entry';

/** Throws `invalid-argument` when there is no link in it. */
export async function openLinkedEntry(services: Services, uri: Pick<vscode.Uri, 'query' | 'fragment'>): Promise<void> {
  const link = linkedEntry(uri);
  const lines = (await aboutEntry(services, link)).map((line) => messageName(line, 300));
  const name = messageName(baseName(link.entry.path) || link.entry.shareId);
  const detail = [
    ...lines,
    '',
    t('A link from outside of the editor asks for it. Key of its owner: {0}', link.entry.peerId),
  ].join('\n');
  if (await confirm(t('Open {0}, which a peer shares?', name), detail, t('Open'))) await openEntryLink(services, link);
}
