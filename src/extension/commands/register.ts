// All commands, registered under `potluck.`, with one way for failures: a notification with something to do about it.

import * as vscode from 'vscode';
import type { CommandTable, Services } from '../services.ts';
import { accessCommands } from './accessCommands.ts';
import { addCommands } from './addCommands.ts';
import { boardCommands } from './boardCommands.ts';
import { codeCommands } from './codeCommands.ts';
import { compareCommands } from './compareCommands.ts';
import { downloadCommands } from './downloadCommands.ts';
import { entryCommands } from './entryCommands.ts';
import { inboxCommands } from './inboxCommands.ts';
import { linkCommands } from './linkCommands.ts';
import { filePageCommands } from './filePageCommands.ts';
import { networkCommands } from './networkCommands.ts';
import { inviteCommands } from './inviteCommands.ts';
import { partyCommands } from './partyCommands.ts';
import { peerCommands } from './peerCommands.ts';
import { queueCommands } from './queueCommands.ts';
import { searchCommands } from './searchCommands.ts';
import { sendCommands } from './sendCommands.ts';
import { shareCommands } from './shareCommands.ts';
import { sidecarCommands } from './sidecarCommands.ts';
import { titleCommands } from './titleCommands.ts';
import { transferCommands } from './transferCommands.ts';
import { viewerCommands } from './viewerCommands.ts';

export function registerCommands(services: Services): vscode.Disposable {
  const disposables: vscode.Disposable[] = [];
  const table: CommandTable = {
    ...partyCommands(services),
    ...inviteCommands(services),
    ...boardCommands(services),
    ...codeCommands(services),
    ...peerCommands(services),
    ...accessCommands(services),
    ...networkCommands(services),
    ...shareCommands(services),
    ...entryCommands(services),
    ...addCommands(services),
    ...downloadCommands(services),
    ...queueCommands(services),
    ...transferCommands(services),
    ...searchCommands(services),
    ...linkCommands(services),
    ...sendCommands(services),
    ...inboxCommands(services),
    ...titleCommands(),
    ...sidecarCommands(services),
    ...viewerCommands(services),
    ...compareCommands(services, disposables),
    ...filePageCommands(services, disposables),
  };
  const registered = Object.entries(table).map(([id, handler]) => {
    const run = async (...args: unknown[]): Promise<unknown> => {
      try {
        return await handler(...args);
      } catch (error) {
        services.messages.failure(error, { retry: () => void run(...args) });
        return undefined;
      }
    };
    return vscode.commands.registerCommand(`potluck.${id}`, run);
  });
  return vscode.Disposable.from(...registered, ...disposables);
}
