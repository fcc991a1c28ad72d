// Buttons in the titles of views that do what a command does for a row, too. VS Code hands a title's command the row in focus, at which nobody
// pointed: so these have ids of their own, take nothing, and the command asks.

import * as vscode from 'vscode';
import type { CommandTable } from '../services.ts';

const ask = (command: string): Thenable<unknown> => vscode.commands.executeCommand(command);

export function titleCommands(): CommandTable {
  return {
    'share.choose': () => ask('potluck.share.add'),

    'download.choose': () => ask('potluck.download.add'),

    'peer.connectTo': () => ask('potluck.peer.connect'),

    'peer.sendFiles': () => ask('potluck.peer.send'),
  };
}
