// All commands, registered under `potluck.`, with one way for failures: a notification with something to do about it.

import * as vscode from 'vscode';
import type { CommandTable, Services } from '../services.ts';
import { accessCommands } from './accessCommands.ts';
import { addCommands } from './addCommands.ts';
import { codeCommands } from './codeCommands.ts';
import { downloadCommands } from './downloadCommands.ts';
import { entryCommands } from './entryCommands.ts';
import { networkCommands } from './networkCommands.ts';
import { inviteCommands } from './inviteCommands.ts';
import { partyCommands } from './partyCommands.ts';
import { peerCommands } from './peerCommands.ts';
import { queueCommands } from './queueCommands.ts';
import { searchCommands } from './searchCommands.ts';
import { shareCommands } from './shareCommands.ts';
import { sidecarCommands } from './sidecarCommands.ts';
import { transferCommands } from './transferCommands.ts';

export function registerCommands(services: Services): vscode.Disposable {
  const table: CommandTable = {
    ...partyCommands(services),
    ...inviteCommands(services),
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
    ...sidecarCommands(services),
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
  return vscode.Disposable.from(...registered);
}
