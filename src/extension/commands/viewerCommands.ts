// potluck.entry.openByRange: opens a file of any size, fetching only what is looked at.

import * as vscode from 'vscode';
import type { EntryRef } from '../../protocol/model.ts';
import { withDelayedProgress } from '../delayedProgress.ts';
import { messageName } from '../displayText.ts';
import { invalidArgument } from '../failures.ts';
import { isHiddenPath } from '../files/hiddenConfiguration.ts';
import { baseName, revealedQuery, uriPartsOf } from '../files/uris.ts';
import { limits } from '../limits.ts';
import type { CommandTable, Services } from '../services.ts';
import { t } from '../text.ts';
import { kindOfStart, viewerOf, viewTypes } from '../viewers/viewerKinds.ts';
import { readerOf } from '../viewers/viewers.ts';
import { entryInQuestion } from './givenEntry.ts';
import { localPathOf } from './ownEntries.ts';

export function viewerCommands(services: Services): CommandTable {
  return {
    'entry.openByRange': async (given: unknown) => {
      const entry = await entryInQuestion(services, given, { title: t('Open Which File by Range?'), wants: 'file' });
      if (entry === undefined) return;
      const own = await localPathOf(services, entry);
      if (own !== undefined) {
        await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(own));
        return;
      }
      const { kind, sizeBytes } = await services.sidecar.request('catalog/stat', { entry });
      if (kind === 'folder') throw invalidArgument(t('a file, not a folder'));
      const viewer = viewerOf(baseName(entry.path), sizeBytes, limits.viewerWholeBytes) ?? (await kindOf(entry, sizeBytes));
      const uri = vscode.Uri.from(isHiddenPath(entry.path) ? { ...uriPartsOf(entry), query: revealedQuery } : uriPartsOf(entry));
      await vscode.commands.executeCommand('vscode.openWith', uri, viewTypes[viewer]);
    },
  };

  async function kindOf(entry: EntryRef, sizeBytes: number): Promise<'text' | 'hex' | 'image' | 'audio' | 'video'> {
    const reader = readerOf(services.sidecar, entry, sizeBytes);
    try {
      // Its owner may have to read the whole file first, for the content id that ranges are verified by.
      return await withDelayedProgress(t('Opening {0}', messageName(baseName(entry.path))), async (signal) =>
        kindOfStart(await reader.passing(0, limits.viewerSniffBytes, signal)),
      );
    } finally {
      reader.dispose();
    }
  }
}
